/*
 * The daemon's configuration: one schema table (name, type, default, range,
 * help) in cloud/config.c, read from an INI file and the command line.
 * Without a file everything hangs on --data. A new setting is a field here
 * and a row there; the table prints --help too.
 */
#ifndef CLOUD_CONFIG_H
#define CLOUD_CONFIG_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

struct config {
	const char *data; /* directory of everything that is kept */
	const char *database; /* default DATA/db/holdfast.db */
	const char *key_file; /* default DATA/keys/keys */
	long devices_budget; /* requests a second that devices may ask keys */
	long api_budget; /* requests a second that api may ask keys */
	const char *devices_listen; /* default [::]:5683, IPv4 included */
	const char *api_listen; /* default 127.0.0.1:8080 */
	long api_connections; /* default 1024 */
	long token_s; /* default 3600 */
	long heartbeat_s; /* default 604800 */
	long rotation_s; /* default 31536000 */
};

#define CONFIG_ERROR_MAX 512

/*
 * Reads the configuration: the table's defaults, then the file (NULL: none),
 * then the set_count settings "section.key=value" of the command line. data
 * is the directory that relative paths hang on. Everything that is unknown,
 * given twice in the file, of the wrong type or out of its range is an error.
 *
 * Errors: ERR_INVALID, and ret_error says in a sentence what is wrong and
 * where; ERR_IO (the file cannot be read), with a sentence too; ERR_NOMEM.
 */
MUST_CHECK enum err config_load(const char *data, const char *file,
    const char *const *sets, size_t set_count, struct config *ret_config,
    char ret_error[CONFIG_ERROR_MAX]);

/* Frees what config_load made. */
void config_done(struct config *config);

/* Prints the table: each setting, its type, default, range and meaning. */
void config_help(FILE *out);

#endif
