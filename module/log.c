/*
 * See log.h. Secrets never come here.
 */
#include "log.h"

#include <stdarg.h>

static bool verbose;

void
log_verbose(bool on)
{
	verbose = on;
}

static void print(const char *format, va_list args) PRINTF(1, 0);

static void
print(const char *format, va_list args)
{
	char line[512];

	(void)vsnprintf(line, sizeof(line), format, args);
	fprintf(stderr, "holdfast-module: %s\n", line);
}

void
log_event(const char *format, ...)
{
	va_list args;

	if (!verbose)
		return;
	va_start(args, format);
	print(format, args);
	va_end(args);
}

void
log_always(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(format, args);
	va_end(args);
}
