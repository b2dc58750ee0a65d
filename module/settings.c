/*
 * A text file, so that it can be read and mended by hand. Each value is
 * checked by the command that sets it, whichever way it comes.
 */
#include "settings.h"

#include <stdarg.h>

#include "file/file.h"

#define FILE_NAME "settings"

static const struct setting *const groups[] = {
    settings_general,
    settings_mqtt,
    settings_network,
    settings_packet,
    settings_power,
    settings_usec,
};

static const struct setting *
setting_find(const char *name)
{
	const struct setting *s;
	size_t i;

	for (i = 0; i < ARRAY_LEN(groups); i++) {
		for (s = groups[i]; s->name != NULL; s++) {
			if (strcmp(s->name, name) == 0)
				return s;
		}
	}
	return NULL;
}

void
settings_default(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	s->mno_profile = 100;
	s->rats[0] = 7;
	s->time_zone = 1;
	s->pdp[0].type = PDP_IP;
	mqtt_profile_reset(&s->mqtt);
	memset(s->psm_periodic, '0', TIMER_LEN);
	memset(s->psm_active, '0', TIMER_LEN);
}

/* Takes the next line off in: up to an LF that stands in no quotes. */
static struct bytes
line_take(struct bytes *in)
{
	struct bytes line = bytes_make(in->ptr, 0);
	bool quoted = false;

	while (line.len < in->len && (quoted || in->ptr[line.len] != '\n')) {
		if (in->ptr[line.len] == '"')
			quoted = !quoted;
		line.len++;
	}
	in->ptr += line.len;
	in->len -= line.len;
	if (in->len > 0) {
		in->ptr++;
		in->len--;
	}
	return line;
}

/* Does one command of the file; false when it is none that is kept. */
static bool
line_apply(struct bytes text, struct settings *s)
{
	const struct setting *setting;
	struct settings next = *s;
	struct at_command c;
	struct at_line line;
	bool good;

	if (at_line_start(&line, text) != ERR_OK || !at_line_more(&line) ||
	    at_line_next(&line, &c) != ERR_OK || at_line_more(&line))
		return false;
	setting = setting_find(c.name);
	good = setting != NULL && c.form == AT_SET &&
	       setting->apply(&next, &c) == AT_DONE;
	if (good)
		*s = next;
	return good;
}

size_t
settings_decode(struct bytes in, struct settings *s)
{
	struct bytes line;
	size_t bad = 0;

	while (in.len > 0) {
		line = line_take(&in);
		if (line.len > 0 && !line_apply(line, s))
			bad++;
	}
	return bad;
}

void
setting_put(struct writer *out, const char *format, ...)
{
	char text[1024];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(text)) {
		writer_fail(out, ERR_SPACE);
		return;
	}
	writer_put(out, bytes_make(text, (size_t)len));
	writer_u8(out, '\n');
}

enum err
settings_encode(const struct settings *s, struct writer *out)
{
	const struct setting *setting;
	size_t i;

	for (i = 0; i < ARRAY_LEN(groups); i++) {
		for (setting = groups[i]; setting->name != NULL; setting++)
			setting->write(s, out);
	}
	return out->err;
}

enum err
settings_load(int state_fd, struct settings *ret_settings)
{
	uint8_t file[SETTINGS_MAX];
	struct settings s;
	size_t len;
	enum err err =
	    file_read_at(state_fd, FILE_NAME, file, sizeof(file), &len);

	if (err == ERR_NOT_FOUND) {
		len = 0;
		err = ERR_OK;
	}
	if (err != ERR_OK)
		return err;
	settings_default(&s);
	(void)settings_decode(bytes_make(file, len), &s);
	*ret_settings = s;
	return ERR_OK;
}

/* Nothing is written when it is what stands already. */
enum err
settings_keep(int state_fd, struct settings *s, const struct settings *next)
{
	uint8_t old[SETTINGS_MAX], file[SETTINGS_MAX];
	struct writer was, out;
	enum err err;

	writer_init(&was, old, sizeof(old));
	writer_init(&out, file, sizeof(file));
	err = settings_encode(s, &was);
	if (err == ERR_OK)
		err = settings_encode(next, &out);
	if (err == ERR_OK &&
	    !bytes_equal(writer_bytes(&was), writer_bytes(&out)))
		err = file_replace_at(state_fd, FILE_NAME, writer_bytes(&out));
	if (err == ERR_OK)
		*s = *next;
	return err;
}

enum at_result
settings_set(int state_fd, struct settings *s, const struct at_command *c)
{
	const struct setting *setting = setting_find(c->name);
	struct settings next = *s;
	enum at_result result;

	if (setting == NULL)
		return CME_UNKNOWN;
	result = setting->apply(&next, c);
	if (result == AT_DONE)
		result = at_result_of(settings_keep(state_fd, s, &next));
	return result;
}
