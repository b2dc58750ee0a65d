/*
 * The front end's end of the way to the TEE.
 */
#ifndef MODULE_TEE_CLIENT_H
#define MODULE_TEE_CLIENT_H

#include <sys/types.h>

#include "tee.h"

/* What a TEE is started with. */
struct tee_config {
	const char *rot_dir; /* of port_file or port_tpm2 */
	const char *tcti; /* of the TPM; NULL: there is none */
	uint32_t heartbeat_min_s;
	uint32_t time_rate; /* of the life cycle; 0: as time goes */
	bool well_known;
	bool c2c_v1; /* chip-to-chip V1 is on */
	const char *firmware; /* of an image without a manifest */
	const char *manifest; /* NULL: beside the program */
	bool verbose;
};

struct tee_client {
	int fd;
	pid_t pid;
	int answer_ms; /* how long an answer, or the end, may take */
};

/*
 * Starts the TEE as a child. Call it before anything else is open or any
 * thread runs. Errors: ERR_IO.
 */
MUST_CHECK enum err tee_client_start(
    struct tee_client *client, const struct tee_config *config);

/* Ends the TEE and waits for it; one that does not end in time is killed. */
void tee_client_stop(struct tee_client *client);

/*
 * The way to ask it, as commands see it. An answer that does not come in time
 * or is nonsense is the end of the TEE, and fd hangs up: what comes later is
 * never taken for the answer to something else.
 */
struct tee tee_client_port(struct tee_client *client);

#endif
