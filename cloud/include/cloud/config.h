/*
 * The daemon's configuration: one schema table (name, type, default, range,
 * help), read from an INI file and the command line. Without a file
 * everything hangs on --data.
 */
#ifndef CLOUD_CONFIG_H
#define CLOUD_CONFIG_H

#include "base/err.h"

struct config {
	const char *data; /* directory of everything that is kept */
	const char *database; /* default DATA/db/holdfast.db */
	const char *key_file; /* default DATA/keys/keys */
	const char *devices_listen; /* default [::]:5683, IPv4 included */
	const char *api_listen; /* default 127.0.0.1:8080 */
	long api_connections; /* default 1024 */
	long heartbeat_s; /* default 604800 */
};

#endif
