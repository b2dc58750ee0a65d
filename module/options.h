/*
 * The command line of holdfast-module.
 */
#ifndef MODULE_OPTIONS_H
#define MODULE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model.h"

#define OPTIONS_LINES_MAX 4 /* of --pty, and of --tcp */

struct options {
	const struct model *model;
	const char *state; /* directory; required */
	const char *tcti; /* of the TPM with the root of trust, or NULL */
	const char *service; /* coap://HOST:PORT */
	const char *pty[OPTIONS_LINES_MAX];
	size_t pty_count;
	const char *tcp[OPTIONS_LINES_MAX];
	size_t tcp_count;
	bool stdio;
	bool offline; /* start with the radio off */
	const char *manifest; /* NULL: beside the program */
	bool verbose;
	bool c2c_v1; /* chip-to-chip as old firmware has it */
	bool well_known; /* EDHOC at /.well-known/edhoc */
	uint32_t register_ms; /* from power to registration */
	uint32_t idle_s; /* how long a prompt waits for its data */
	uint32_t heartbeat_min_s; /* the model's, unless it was given */
	uint32_t time_rate; /* how fast time goes for the life cycle */
};

/*
 * Reads the arguments. ERR_OK: run. ERR_EXISTS: --help or --version was
 * asked for and answered. ERR_INVALID: a message is on standard error.
 */
MUST_CHECK enum err options_read(
    int argc, char **argv, struct options *ret_options);

#endif
