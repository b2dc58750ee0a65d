/*
 * The log of the daemon's processes: one line an event on standard error,
 * written at once and whole:
 *
 *	2026-01-31T12:00:00.123Z warn supervisor event=child-restarted pid=7
 *
 * Values with other than plain characters are quoted. Lines are cut at
 * LOG_LINE_MAX. Secrets are never logged; libraries do not log at all.
 */
#ifndef CLOUD_LOG_H
#define CLOUD_LOG_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

#define LOG_LINE_MAX 1024

enum log_level { LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

enum log_kind { LOG_KIND_END, LOG_KIND_TEXT, LOG_KIND_INT, LOG_KIND_HEX };

/* One key=value; made by the functions below. */
struct log_field {
	const char *key;
	enum log_kind kind;
	struct bytes bytes; /* text or hex */
	int64_t number;
};

/*
 * Says the name of this process, which is not copied, and opens what the
 * clock needs. Call before a sandbox is entered.
 */
void log_init(const char *process);

/* Fields of text (NULL: empty), bytes as text, numbers, bytes as hex. */
struct log_field log_text(const char *key, const char *value);
struct log_field log_bytes(const char *key, struct bytes value);
struct log_field log_int(const char *key, int64_t value);
struct log_field log_hex(const char *key, struct bytes value);
/* error=NAME of an error, and error="..." of an errno. */
struct log_field log_err(enum err err);
struct log_field log_errno(int number);

/* Writes a line of fields, the last of which is of kind LOG_KIND_END. */
void log_write(
    enum log_level level, const char *event, const struct log_field *fields);

/* log_info("ready", log_text("api", address)); at least one field. */
#define log_info(event, ...)                                                   \
	log_write(LOG_LEVEL_INFO, event,                                       \
	    (const struct log_field[]){__VA_ARGS__, {.kind = LOG_KIND_END}})
#define log_warn(event, ...)                                                   \
	log_write(LOG_LEVEL_WARN, event,                                       \
	    (const struct log_field[]){__VA_ARGS__, {.kind = LOG_KIND_END}})
#define log_error(event, ...)                                                  \
	log_write(LOG_LEVEL_ERROR, event,                                      \
	    (const struct log_field[]){__VA_ARGS__, {.kind = LOG_KIND_END}})

/* An event without fields. */
void log_event(enum log_level level, const char *event);

/*
 * Makes the line of an event as log_write does, for its tests: seconds and
 * milliseconds of Unix time. Returns its length, newline included.
 */
size_t log_format(char *out, size_t cap, int64_t seconds, int milliseconds,
    enum log_level level, const char *process, const char *event,
    const struct log_field *fields);

#endif
