/*
 * The one table of settings, and the strict reading of it. What is not in
 * the table is an error, never a guess.
 */
#include "cloud/config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdint.h>

#include "base/limits.h"
#include "cloud/address.h"

enum config_type {
	CONFIG_PATH, /* a file; a relative one hangs on the data directory */
	CONFIG_ADDRESS, /* HOST:PORT to listen on */
	CONFIG_NUMBER /* min to max */
};

static const struct setting {
	const char *section;
	const char *key;
	enum config_type type;
	size_t offset; /* in struct config: const char * or long */
	const char *fallback;
	long min;
	long max;
	const char *help;
} settings[] = {
/* clang-format off */
#define AT(field) offsetof(struct config, field)
	{"store", "database", CONFIG_PATH, AT(database), "db/holdfast.db", 0, 0,
	    "the SQLite database; its directory holds nothing else"},
	{"keys", "file", CONFIG_PATH, AT(key_file), "keys/keys", 0, 0,
	    "the service's own keys, made on the first start"},
	{"keys", "devices_budget", CONFIG_NUMBER, AT(devices_budget), "200000", 1, 100000000,
	    "requests a second that the devices process may ask for"},
	{"keys", "api_budget", CONFIG_NUMBER, AT(api_budget), "200000", 1, 100000000,
	    "requests a second that the api process may ask for"},
	{"devices", "listen", CONFIG_ADDRESS, AT(devices_listen), "[::]:5683", 0, 0,
	    "where devices reach the service (UDP); [::] takes IPv4 too"},
	{"devices", "heartbeat", CONFIG_NUMBER, AT(heartbeat_s), "604800", 60, 31536000,
	    "seconds from one check-in of a device to the next"},
	{"devices", "rotation", CONFIG_NUMBER, AT(rotation_s), "31536000", 86400, 315360000,
	    "seconds until a device is asked for a new root"},
	{"api", "listen", CONFIG_ADDRESS, AT(api_listen), "127.0.0.1:8080", 0, 0,
	    "where the REST API is served (HTTP)"},
	{"api", "token_s", CONFIG_NUMBER, AT(token_s), "3600", 1, 86400,
	    "seconds that an AuthToken is good for"},
	{"api", "connections", CONFIG_NUMBER, AT(api_connections), "1024", 1, 65536,
	    "connections that the REST API holds at once"},
#undef AT
    /* clang-format on */
};

#define SETTING_COUNT ARRAY_LEN(settings)

/* Reading one configuration: where we are, and the first thing wrong. */
struct loader {
	struct config *config;
	const char *file;
	FILE *in;
	int line;
	int failed_line;
	bool seen[SETTING_COUNT];
	char *error; /* CONFIG_ERROR_MAX */
};

static const struct setting *
setting_find(const char *section, const char *key)
{
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++)
		if (strcmp(settings[i].section, section) == 0 &&
		    strcmp(settings[i].key, key) == 0)
			return &settings[i];
	return NULL;
}

static const char **
setting_text(struct config *config, const struct setting *s)
{
	return (const char **)(void *)((char *)config + s->offset);
}

static long *
setting_number(struct config *config, const struct setting *s)
{
	return (long *)(void *)((char *)config + s->offset);
}

/* Frees the old text and keeps the new one, which is ours from here on. */
static enum err
set_text(struct config *config, const struct setting *s, char *text)
{
	const char **at = setting_text(config, s);

	if (text == NULL)
		return ERR_NOMEM;
	free((void *)(uintptr_t)*at);
	*at = text;
	return ERR_OK;
}

static enum err
set_path(struct config *config, const struct setting *s, const char *value)
{
	char *text;

	if (value[0] == '\0')
		return ERR_INVALID;
	if (value[0] == '/')
		return set_text(config, s, strdup(value));
	if (asprintf(&text, "%s/%s", config->data, value) < 0)
		return ERR_NOMEM;
	return set_text(config, s, text);
}

static enum err
set_address(struct config *config, const struct setting *s, const char *value)
{
	struct address ignored;

	if (address_parse(value, &ignored) != ERR_OK)
		return ERR_INVALID;
	return set_text(config, s, strdup(value));
}

static enum err
set_number(struct config *config, const struct setting *s, const char *value)
{
	char *end;
	long n;

	if (!(value[0] >= '0' && value[0] <= '9') && value[0] != '-')
		return ERR_INVALID;
	errno = 0;
	n = strtol(value, &end, 10);
	if (errno != 0 || *end != '\0' || n < s->min || n > s->max)
		return ERR_INVALID;
	*setting_number(config, s) = n;
	return ERR_OK;
}

static enum err
set_value(struct config *config, const struct setting *s, const char *value)
{
	switch (s->type) {
	case CONFIG_PATH:
		return set_path(config, s, value);
	case CONFIG_ADDRESS:
		return set_address(config, s, value);
	case CONFIG_NUMBER:
		return set_number(config, s, value);
	}
	return ERR_INTERNAL;
}

/* What a setting demands, in words. */
static void
setting_demand(const struct setting *s, char *out, size_t cap)
{
	switch (s->type) {
	case CONFIG_PATH:
		snprintf(out, cap, "a path");
		return;
	case CONFIG_ADDRESS:
		snprintf(out, cap,
		    "HOST:PORT with a numeric host, IPv6 in brackets");
		return;
	case CONFIG_NUMBER:
		snprintf(out, cap, "a number from %ld to %ld", s->min, s->max);
		return;
	}
}

PRINTF(2, 3)
static void
say(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, CONFIG_ERROR_MAX, format, args);
	va_end(args);
}

/* Sets one value; where is what the sentence of an error starts with. */
static enum err
apply(struct config *config, const struct setting *s, const char *value,
    const char *where, char *error)
{
	enum err err = set_value(config, s, value);
	char demand[96];

	if (err == ERR_OK)
		return ERR_OK;
	setting_demand(s, demand, sizeof(demand));
	say(error, "%s: %s.%s must be %s, not \"%s\"", where, s->section,
	    s->key, demand, value);
	return err;
}

/* Hands inih one line, and counts it. inih would cut a long line in two. */
static char *
next_line(char *out, int cap, void *stream)
{
	struct loader *l = stream;
	char *got = fgets(out, cap, l->in);

	if (got == NULL)
		return NULL;
	l->line++;
	if (strchr(got, '\n') == NULL && !feof(l->in) && l->failed_line == 0) {
		say(l->error, "%s:%d: longer than %d characters", l->file,
		    l->line, cap - 2);
		l->failed_line = l->line;
	}
	return got;
}

static int
handle(void *user, const char *section, const char *key, const char *value)
{
	struct loader *l = user;
	const struct setting *s = setting_find(section, key);
	char where[256];

	if (l->failed_line != 0)
		return 1;
	snprintf(where, sizeof(where), "%s:%d", l->file, l->line);
	if (s == NULL)
		say(l->error, "%s: no setting is called \"%s.%s\"", where,
		    section, key);
	else if (l->seen[s - settings])
		say(l->error, "%s: %s.%s is given twice", where, section, key);
	else if (apply(l->config, s, value, where, l->error) == ERR_OK) {
		l->seen[s - settings] = true;
		return 1;
	}
	l->failed_line = l->line;
	return 0;
}

static enum err
load_file(struct config *config, const char *file, char *error)
{
	struct loader l = {.config = config, .file = file, .error = error};
	int bad;

	l.in = fopen(file, "re");
	if (l.in == NULL) {
		say(error, "%s: %s", file, strerror(errno));
		return ERR_IO;
	}
	/* inih gives the first line that it or we could not take. */
	bad = ini_parse_stream(next_line, &l, handle, &l);
	if (ferror(l.in)) {
		say(error, "%s: %s", file, strerror(errno));
		fclose(l.in);
		return ERR_IO;
	}
	fclose(l.in);
	if (bad == 0 && l.failed_line == 0)
		return ERR_OK;
	if (l.failed_line == 0 || (bad > 0 && bad < l.failed_line))
		say(error,
		    "%s:%d: neither [section] nor key = value nor ; comment",
		    file, bad);
	return ERR_INVALID;
}

/* One "section.key=value" of the command line. */
static enum err
load_set(struct config *config, const char *set, char *error)
{
	const char *equals = strchr(set, '=');
	const struct setting *s;
	char name[64], *dot;
	char where[96];

	snprintf(where, sizeof(where), "--set %.64s", set);
	if (equals == NULL || (size_t)(equals - set) >= sizeof(name)) {
		say(error, "%s: not section.key=value", where);
		return ERR_INVALID;
	}
	memcpy(name, set, (size_t)(equals - set));
	name[equals - set] = '\0';
	dot = strchr(name, '.');
	if (dot == NULL) {
		say(error, "%s: not section.key=value", where);
		return ERR_INVALID;
	}
	*dot = '\0';
	s = setting_find(name, dot + 1);
	if (s == NULL) {
		say(error, "%s: no setting is called \"%s.%s\"", where, name,
		    dot + 1);
		return ERR_INVALID;
	}
	return apply(config, s, equals + 1, "--set", error);
}

static enum err
load_fallbacks(struct config *config, char *error)
{
	enum err err = ERR_OK;
	size_t i;

	for (i = 0; i < SETTING_COUNT && err == ERR_OK; i++)
		err = apply(config, &settings[i], settings[i].fallback,
		    "default", error);
	return err;
}

enum err
config_load(const char *data, const char *file, const char *const *sets,
    size_t set_count, struct config *ret_config,
    char ret_error[CONFIG_ERROR_MAX])
{
	struct config config = {0};
	enum err err;
	size_t i;

	say(ret_error, "out of memory");
	config.data = strdup(data);
	if (config.data == NULL)
		return ERR_NOMEM;
	err = load_fallbacks(&config, ret_error);
	if (err == ERR_OK && file != NULL)
		err = load_file(&config, file, ret_error);
	for (i = 0; i < set_count && err == ERR_OK; i++)
		err = load_set(&config, sets[i], ret_error);
	if (err != ERR_OK) {
		config_done(&config);
		return err;
	}
	*ret_config = config;
	return ERR_OK;
}

void
config_done(struct config *config)
{
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++)
		if (settings[i].type != CONFIG_NUMBER)
			free((void *)(uintptr_t)*setting_text(
			    config, &settings[i]));
	free((void *)(uintptr_t)config->data);
	memset(config, 0, sizeof(*config));
}

void
config_help(FILE *out)
{
	char demand[96];
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++) {
		setting_demand(&settings[i], demand, sizeof(demand));
		fprintf(out, "  %s.%s = %s\n        %s; %s\n",
		    settings[i].section, settings[i].key, settings[i].fallback,
		    settings[i].help, demand);
	}
}
