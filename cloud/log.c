/*
 * One event, one line, one write. A line never breaks: whatever stands in a
 * value, and however long it is.
 */
#include "cloud/log.h"

#include <time.h>
#include <unistd.h>

static const char *process_name = "holdfastd";

static const char *const level_names[] = {
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_ERROR] = "error",
};

void
log_init(const char *process)
{
	time_t now = 0;
	struct tm tm;

	process_name = process;
	/* The C library reads its time zone the first time: now. */
	tzset();
	gmtime_r(&now, &tm);
}

struct log_field
log_bytes(const char *key, struct bytes value)
{
	struct log_field f = {key, LOG_KIND_TEXT, value, 0};

	return f;
}

struct log_field
log_text(const char *key, const char *value)
{
	return log_bytes(key, bytes_str(value == NULL ? "" : value));
}

struct log_field
log_int(const char *key, int64_t value)
{
	struct log_field f = {key, LOG_KIND_INT, BYTES_NONE, value};

	return f;
}

struct log_field
log_hex(const char *key, struct bytes value)
{
	struct log_field f = {key, LOG_KIND_HEX, value, 0};

	return f;
}

struct log_field
log_err(enum err err)
{
	return log_text("error", err_name(err));
}

struct log_field
log_errno(int number)
{
	const char *text = strerrordesc_np(number);

	return log_text("error", text == NULL ? "unknown" : text);
}

static void
put_text(struct writer *w, const char *text)
{
	writer_put(w, bytes_str(text));
}

static bool
is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

/* A value bare when all its characters are plain, else in quotes. */
static void
put_value(struct writer *w, struct bytes value)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < value.len && is_plain(value.ptr[i]); i++)
		continue;
	if (i == value.len && i > 0) {
		writer_put(w, value);
		return;
	}
	writer_u8(w, '"');
	for (i = 0; i < value.len; i++) {
		uint8_t c = value.ptr[i];

		if (is_plain(c) || c == ' ' || c == '=') {
			writer_u8(w, c);
		} else if (c == '"' || c == '\\') {
			writer_u8(w, '\\');
			writer_u8(w, c);
		} else {
			put_text(w, "\\x");
			writer_u8(w, (uint8_t)digits[c >> 4]);
			writer_u8(w, (uint8_t)digits[c & 15]);
		}
	}
	writer_u8(w, '"');
}

static void
put_hex(struct writer *w, struct bytes value)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < value.len; i++) {
		writer_u8(w, (uint8_t)digits[value.ptr[i] >> 4]);
		writer_u8(w, (uint8_t)digits[value.ptr[i] & 15]);
	}
}

static void
put_field(struct writer *w, const struct log_field *f)
{
	char number[32];

	writer_u8(w, ' ');
	put_text(w, f->key);
	writer_u8(w, '=');
	switch (f->kind) {
	case LOG_KIND_TEXT:
		put_value(w, f->bytes);
		break;
	case LOG_KIND_INT:
		snprintf(number, sizeof(number), "%lld", (long long)f->number);
		put_text(w, number);
		break;
	case LOG_KIND_HEX:
		put_hex(w, f->bytes);
		break;
	case LOG_KIND_END:
		break;
	}
}

static void
put_time(struct writer *w, int64_t seconds, int milliseconds)
{
	time_t t = (time_t)seconds;
	struct tm tm = {0};
	char text[64];

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	put_text(w, text);
	snprintf(text, sizeof(text), ".%03dZ ", milliseconds);
	put_text(w, text);
}

size_t
log_format(char *out, size_t cap, int64_t seconds, int milliseconds,
    enum log_level level, const char *process, const char *event,
    const struct log_field *fields)
{
	struct writer w;

	/* Room for "..." and the newline is kept back. */
	writer_init(&w, (uint8_t *)out, cap - 4);
	put_time(&w, seconds, milliseconds);
	put_text(&w, level_names[level]);
	writer_u8(&w, ' ');
	put_text(&w, process);
	put_text(&w, " event=");
	put_text(&w, event);
	for (; fields->kind != LOG_KIND_END; fields++)
		put_field(&w, fields);
	if (w.err != ERR_OK) {
		memcpy(out + w.len, "...", 3);
		w.len += 3;
	}
	out[w.len] = '\n';
	return w.len + 1;
}

void
log_write(
    enum log_level level, const char *event, const struct log_field *fields)
{
	char line[LOG_LINE_MAX];
	struct timespec now;
	ssize_t ignored;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	len = log_format(line, sizeof(line), now.tv_sec,
	    (int)(now.tv_nsec / 1000000), level, process_name, event, fields);
	/* A log that cannot be written stops nobody. */
	ignored = write(STDERR_FILENO, line, len);
	(void)ignored;
}

void
log_event(enum log_level level, const char *event)
{
	static const struct log_field end = {.kind = LOG_KIND_END};

	log_write(level, event, &end);
}
