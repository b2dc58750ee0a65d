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

/* Something is lost or amiss, and the program goes on. Always printed. */
void log_warning(const char *format, ...) PRINTF(1, 2);

/* Why the program cannot go on. Always printed. */
void log_fatal(const char *format, ...) PRINTF(1, 2);

#endif
