/*
 * The platform under the TEE's root of trust: files, or files and a TPM.
 */
#ifndef MODULE_TEE_PORT_H
#define MODULE_TEE_PORT_H

#include "rot/port_tpm2.h"

struct tee_port {
	bool has_tpm;
	struct tpm2_relay relay;
	struct port_file file;
	struct port_tpm2 tpm2;
};

/*
 * Starts the process that has the way to the TPM; nothing without a TCTI
 * (NULL). Before there is a secret in the memory that it inherits. Errors:
 * ERR_IO (what the TCTI names is not there), ERR_TIMEOUT (it hangs).
 */
MUST_CHECK enum err tee_port_start(struct tee_port *port, const char *tcti);

/*
 * Opens the directory, and the TPM that was started; waits for a module that
 * was just killed to let go of them. Errors: those of port_file_open, of
 * port_tpm2_open.
 */
MUST_CHECK enum err tee_port_open(struct tee_port *port, const char *dir);

/* For rot_open, and the only directory that the TEE needs. */
const struct rot_port *tee_port_rot(const struct tee_port *port);
int tee_port_dir(const struct tee_port *port);

/* Says whether there was a TPM that does not answer any more. */
bool tee_port_gone(const struct tee_port *port);

void tee_port_close(struct tee_port *port);

/* What a user can do about an error of opening all this, as a sentence. */
const char *tee_port_hint(const struct tee_port *port, enum err err);

#endif
