/*
 * What the files of this port share.
 */
#ifndef ROT_TPM2_INTERNAL_H
#define ROT_TPM2_INTERNAL_H

#include <stdbool.h>
#include <tss2/tss2_esys.h>

#include "base/bytes.h"
#include "rot/vault.h"

#define TPM2_PACKET_MAX 4096 /* of a command and of an answer */
#define TPM2_AUTH_LEN 32
#define TPM2_NAME_LEN 32 /* the digest in the name of an object */

/* Objects of ours in a TPM. */
#define TPM2_HUK 0 /* the first persistent one; keys and salts follow */
#define TPM2_OBJECTS 7 /* as many as a TPM must have room for */

enum tpm2_counter { TPM2_GUARD = 0, TPM2_STRIDE = 1, TPM2_COUNTERS = 2 };

/* A TPM that is open. */
struct tpm2 {
	TSS2_TCTI_CONTEXT *wire;
	ESYS_CONTEXT *esys;
	ESYS_TR primary; /* parent of all objects, salt of the session */
	ESYS_TR session;
	ESYS_TR huk;
	ESYS_TR counter[TPM2_COUNTERS];
	TPM2B_AUTH auth; /* of our objects */
	uint8_t primary_name[TPM2_NAME_LEN];
	bool gone; /* it has stopped to answer */
};

/*
 * wire.c: a TCTI over one descriptor, which stays the caller's. Without an
 * answer within answer_ms it is over: nothing is sent any more, and an answer
 * that is late is never taken for that of another command. Error: ERR_NOMEM.
 */
MUST_CHECK enum err wire_new(
    int fd, int answer_ms, TSS2_TCTI_CONTEXT **ret_wire);
void wire_free(TSS2_TCTI_CONTEXT *wire);

/*
 * filter.c: takes from this process, for good, what a TCTI that is connected
 * does not need. It must have no_new_privs. Errors: ERR_NOMEM, ERR_IO,
 * ERR_UNSUPPORTED (the kernel has no seccomp).
 */
MUST_CHECK enum err relay_filter(const char *tcti);

/*
 * chip.c: connects, starts the TPM up, flushes what others left, makes the
 * primary and the session. Errors: ERR_IO, ERR_DENIED, ERR_NOMEM,
 * ERR_CRYPTO.
 */
MUST_CHECK enum err chip_open(
    struct tpm2 *chip, int fd, const uint8_t auth[TPM2_AUTH_LEN]);
void chip_close(struct tpm2 *chip);

/* chip.c: what a return code means; a TPM that is gone is marked so. */
MUST_CHECK enum err chip_err(struct tpm2 *chip, TSS2_RC rc);

/*
 * chip.c: the session, for a command whose first parameter goes encrypted,
 * or whose first answer comes so.
 */
enum chip_secret { CHIP_PLAIN = 0, CHIP_IN = 1, CHIP_OUT = 2 };
ESYS_TR chip_session(struct tpm2 *chip, unsigned secret);

/* chip.c: the digest in the name of an object. */
MUST_CHECK enum err chip_name(
    struct tpm2 *chip, ESYS_TR object, uint8_t ret_name[TPM2_NAME_LEN]);

/* chip.c: wipes what tpm2-tss allocated, and frees it. */
void chip_free(void *ptr, size_t len);

/* objects.c: which of our persistent objects there are, one bit each. */
MUST_CHECK enum err objects_list(struct tpm2 *chip, unsigned *ret_there);

/* objects.c: finds one; ERR_NOT_FOUND. Close it with Esys_TR_Close. */
MUST_CHECK enum err object_find(
    struct tpm2 *chip, unsigned i, ESYS_TR *ret_object);
MUST_CHECK enum err object_erase(struct tpm2 *chip, unsigned i);

/* objects.c: makes the hardware key, and the 32 bytes that it gives. */
MUST_CHECK enum err huk_make(
    struct tpm2 *chip, uint8_t ret_name[TPM2_NAME_LEN]);
MUST_CHECK enum err huk_derive(struct tpm2 *chip, uint8_t ret_huk[32]);

/* vault_tpm2.c: ctx is a struct port_tpm2. */
extern const struct rot_vault vault_tpm2;

/* objects.c: keys and salts at places 1 to TPM2_OBJECTS - 1. */
MUST_CHECK enum err key_create(
    struct tpm2 *chip, unsigned i, struct p256_point *ret_public);
MUST_CHECK enum err key_agree(struct tpm2 *chip, ESYS_TR key,
    const struct p256_point *peer, uint8_t ret_shared[P256_LEN]);
MUST_CHECK enum err salt_create(
    struct tpm2 *chip, unsigned i, const struct keys_salt *salt);
MUST_CHECK enum err salt_mac(struct tpm2 *chip, ESYS_TR salt,
    struct bytes message, uint8_t ret_mac[SHA256_LEN]);

/* counters.c: makes both, finds both, adds one, reads. */
MUST_CHECK enum err counters_make(struct tpm2 *chip);
MUST_CHECK enum err counters_find(struct tpm2 *chip);
MUST_CHECK enum err counter_add(struct tpm2 *chip, enum tpm2_counter which);
MUST_CHECK enum err counter_read(
    struct tpm2 *chip, enum tpm2_counter which, uint64_t *ret_value);

#endif
