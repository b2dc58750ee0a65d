/*
 * What differs from one emulated module to the other.
 */
#ifndef MODULE_MODEL_H
#define MODULE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

struct model {
	const char *option; /* as --model names it */
	const char *name; /* as +CGMM tells it */
	const char *ordering_code;
	uint32_t heartbeat_min_s; /* +USECCONN at most this often */
	bool devinfo_blocks; /* +USECDEVINFO? waits for a bootstrap's end */
	bool usecconn_blocks; /* +USECCONN waits for the service's answer */
	bool c2c; /* chip-to-chip */
	unsigned cell_mode; /* +UCGED after power-on */
	bool tls_1_3; /* TLS 1.2 and 1.3; else 1.2 alone */
	bool rot_psk; /* profiles with PSKs of the root of trust's */
	unsigned validation; /* of a security profile that nobody has set */
};

/* The model of that name, NULL when there is none. */
const struct model *model_find(const char *option);

/* The names of all models, for --help, as "sara-r4, sara-r5". */
#define MODEL_NAMES "sara-r4, sara-r5"
#define MODEL_DEFAULT "sara-r5"

#endif
