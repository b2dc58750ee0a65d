/*
 * A TPM for tests: swtpm, on sockets in a folder of its own.
 */
#ifndef TESTS_ROT_SWTPM_H
#define TESTS_ROT_SWTPM_H

#include <sys/types.h>

#include "rot/port_tpm2.h"

#define SWTPM_PATH 64

struct swtpm {
	char dir[SWTPM_PATH]; /* state/, sock, sock.ctrl; tests may add */
	char tcti[SWTPM_PATH + 32];
	pid_t pid;
};

/* Makes the folder and starts the TPM in it; fails the test if it cannot. */
void swtpm_start(struct swtpm *tpm);

/* Pulls the plug, and puts it in again. The state is on disk. */
void swtpm_kill(struct swtpm *tpm);
void swtpm_again(struct swtpm *tpm);

/* Copies the state, counters and all, and puts it back. TPM off. */
void swtpm_save(const struct swtpm *tpm, const char *name);
void swtpm_restore(const struct swtpm *tpm, const char *name);

/* Kills it and removes the folder. */
void swtpm_stop(struct swtpm *tpm);

#endif
