/*
 * The platform with a secure element: a TPM 2.0 holds the keys, counts, and
 * guards the record; a directory holds what the TPM need not hide.
 *
 *	DIR/slot0, DIR/slot1	the record, sealed under a key of the TPM
 *	DIR/tpm2		which TPM it is, and the authorisation of the
 *				objects in it
 *	DIR/lock		held while the directory is open
 *
 * In the TPM, in the owner's hierarchy, whose authorisation must be empty:
 * persistent objects 0x81484600 (the hardware key) to 0x81484606 (d(g), F
 * and next(g)), and the NV counters 0x01484600 (the guard of the record) and
 * 0x01484601 (strides). One TPM is one device. No object can be duplicated
 * or read out.
 *
 * Everything goes through one HMAC session, salted to a primary key of this
 * very TPM: who listens on the way reads no secret, and who changes an
 * answer is found out. Of the three transient objects and three sessions
 * that a TPM must have, this takes two and one; those that a process left
 * behind when it was killed are flushed at the next start. So a TPM without
 * a resource manager must be this program's alone.
 *
 * Hosts only: needs tpm2-tss.
 */
#ifndef ROT_PORT_TPM2_H
#define ROT_PORT_TPM2_H

#include <sys/types.h>

#include "rot/port_file.h"
#include "rot/vault.h"

/*
 * A process that holds the way to the TPM (a TCTI), so that the one with the
 * secrets needs a single descriptor, whatever the TCTI opens and connects.
 */
struct tpm2_relay {
	int fd; /* one packet a command, one an answer */
	pid_t pid;
};

/* How long a TCTI may take to connect. */
#define TPM2_RELAY_WAIT_MS 8000

/*
 * Starts a relay, which never outlives its parent and can do no more than its
 * TCTI needs. tcti is NAME:CONF as tpm2-tss has it, such as
 * swtpm:host=127.0.0.1,port=2321 or device:/dev/tpmrm0. Call it before any
 * thread runs. Errors: ERR_IO (no process, no filter, no such TCTI, nobody
 * answers), ERR_TIMEOUT (the TCTI has not connected within wait_ms: the TPM
 * hangs); the process has ended then.
 */
MUST_CHECK enum err tpm2_relay_start(
    const char *tcti, int wait_ms, struct tpm2_relay *ret_relay);

/*
 * Ends the relay and waits for it: not for long, should the TPM hang. Who may
 * not kill it any more ends it by its own end.
 */
void tpm2_relay_stop(struct tpm2_relay *relay);

struct tpm2;

struct port_tpm2 {
	struct port_file file; /* slots, lock, random */
	struct tpm2 *chip;
	uint8_t huk[32];
	struct rot_port port; /* for rot_open; valid while this is open */
};

/*
 * Opens the directory of a device and its TPM at tpm_fd, a relay's. The
 * struct must stay where it is until port_tpm2_close. tpm_fd stays open.
 *
 * Errors: ERR_NOT_FOUND (no directory, or it is of no TPM), ERR_BUSY
 * (another process has it open), ERR_FORMAT (DIR/tpm2 is broken), ERR_AUTH
 * (the TPM is another one, was cleared, or is not what answers), ERR_DENIED
 * (the owner's authorisation is not empty), ERR_IO (the directory; the TPM
 * does not answer), ERR_NOMEM, ERR_CRYPTO.
 */
MUST_CHECK enum err port_tpm2_open(
    struct port_tpm2 *tpm2, const char *dir, int tpm_fd);

/*
 * Makes the directory (its parent must exist), the hardware key and the
 * counters, and opens it. With replace, the device that the TPM holds is
 * erased from it first.
 *
 * Errors: as above, ERR_EXISTS (the directory is there), ERR_CONFLICT (the
 * TPM holds a device), ERR_SPACE (no room in the TPM), ERR_RANDOM.
 */
MUST_CHECK enum err port_tpm2_create(
    struct port_tpm2 *tpm2, const char *dir, int tpm_fd, bool replace);

/* Says whether the TPM has stopped to answer: it is of no use any more. */
bool port_tpm2_gone(const struct port_tpm2 *tpm2);

/* Unlocks, flushes what is loaded in the TPM, and wipes the memory. */
void port_tpm2_close(struct port_tpm2 *tpm2);

#endif
