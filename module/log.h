/*
 * The emulator's log on standard error: one event a line, a name and
 * key=value fields. Silent unless --verbose, but for what its user must know.
 */
#ifndef MODULE_LOG_H
#define MODULE_LOG_H

#include <stdbool.h>

#include "base/compiler.h"

/* Switches the log on. */
void log_verbose(bool on);

/* Something happened. */
void log_event(const char *format, ...) PRINTF(1, 2);

/*
 * Why the program cannot go on, or what is lost or amiss while it does. Always
 * printed.
 */
void log_always(const char *format, ...) PRINTF(1, 2);

#endif
