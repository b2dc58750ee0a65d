/*
 * The module's pairs: eight records at most, each named by TE_SECRET and the
 * terminal it was made on. A record holds no key, but a secret from which the
 * root of trust's C2C record key makes them. All of it is one small file,
 * which the caller seals and writes before it answers the host.
 *
 * New keys wait in the record until the host has confirmed them; those
 * before them stand meanwhile, so that a lost answer locks nobody out.
 *
 * Spec: PROTOCOL.md, "Chip-to-chip".
 */
#ifndef C2C_RECORDS_H
#define C2C_RECORDS_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/limits.h"
#include "holdfast/c2c.h"

#define C2C_RECORDS 8
#define C2C_TERMINAL_MAX 32 /* characters of a terminal's name */
#define C2C_SECRET_LEN 16

/* The longest encoding of all records. */
#define C2C_RECORDS_LEN                                                        \
	(2 + C2C_RECORDS * (1 + C2C_TERMINAL_MAX + HF_C2C_TE_LEN +             \
			       2 * (1 + C2C_SECRET_LEN)))

/* Keys that are there, or not: version is 0 then. */
struct c2c_secret {
	uint8_t version; /* enum hf_c2c_version */
	uint8_t secret[C2C_SECRET_LEN];
};

struct c2c_record {
	char terminal[C2C_TERMINAL_MAX + 1];
	uint8_t te_secret[HF_C2C_TE_LEN];
	struct c2c_secret now; /* opens sessions */
	struct c2c_secret next; /* waits for its confirmation */
};

struct c2c_records {
	size_t count;
	struct c2c_record record[C2C_RECORDS];
};

/* What is needed to work with records: crypto and the C2C record key. */
struct c2c_maker {
	const struct hf_crypto *crypto;
	const uint8_t *record_key; /* KEY_LEN bytes */
};

/* Names a record, or one that could be. */
struct c2c_name {
	const uint8_t *te_secret; /* HF_C2C_TE_LEN bytes */
	const char *terminal; /* 1 to C2C_TERMINAL_MAX characters */
};

/* The record of that name, or NULL. */
struct c2c_record *c2c_records_find(
    struct c2c_records *records, const struct c2c_name *name);

/*
 * Makes keys for the record of that name, which is added when there is none;
 * whether that is allowed is for c2c_may_pair. Keys of V1 count at once, the
 * others wait to be confirmed. ret_tag is for the host to confirm with. When
 * there are eight, the oldest that was never confirmed gives way.
 *
 * Errors: ERR_INVALID (no such version, no such terminal), ERR_SPACE
 * (there are eight that are confirmed), ERR_RANDOM, ERR_CRYPTO; records are
 * as they were.
 */
MUST_CHECK enum err c2c_records_pair(struct c2c_records *records,
    const struct c2c_maker *maker, const struct c2c_name *name,
    enum hf_c2c_version version, struct hf_c2c_pair *ret_pair,
    uint8_t ret_tag[HF_C2C_TAG_LEN]);

/*
 * Confirms the keys that wait, which then count; *ret_changed says so. A
 * confirmation of those that count already is good, too.
 *
 * Errors: ERR_NOT_FOUND, ERR_AUTH, ERR_CRYPTO.
 */
MUST_CHECK enum err c2c_records_confirm(struct c2c_records *records,
    const struct c2c_maker *maker, const struct c2c_name *name,
    const uint8_t confirm[HF_C2C_CONFIRM_LEN], bool *ret_changed);

/*
 * Erases the record of that name, confirmed or not; whether that is allowed
 * is for c2c_may_erase. Error: ERR_NOT_FOUND.
 */
MUST_CHECK enum err c2c_records_erase(
    struct c2c_records *records, const struct c2c_name *name);

/* Erases all records of a terminal, and says how many there were. */
size_t c2c_records_erase_terminal(
    struct c2c_records *records, const char *terminal);

/*
 * The pair that opens sessions for a name. Errors: ERR_NOT_FOUND, ERR_STATE
 * (nothing was confirmed yet), ERR_CRYPTO.
 */
MUST_CHECK enum err c2c_records_open(struct c2c_records *records,
    const struct c2c_maker *maker, const struct c2c_name *name,
    struct hf_c2c_pair *ret_pair);

/* Writes all records. Never fails: cap is C2C_RECORDS_LEN. */
size_t c2c_records_encode(
    const struct c2c_records *records, uint8_t ret_out[C2C_RECORDS_LEN]);

/*
 * Reads what c2c_records_encode wrote. Errors: ERR_TRUNCATED, ERR_FORMAT,
 * ERR_UNSUPPORTED (a later format).
 */
MUST_CHECK enum err c2c_records_decode(
    struct bytes in, struct c2c_records *ret_records);

/* How far a device has come. */
enum c2c_standing {
	C2C_UNREGISTERED, /* not bootstrapped: on trial */
	C2C_UNCLAIMED, /* bootstrapped, owned by nobody */
	C2C_CLAIMED
};

/* What a device may do with chip-to-chip. */
struct c2c_rights {
	enum c2c_standing standing;
	bool sessions; /* feature LocalC2C */
	bool pairing; /* feature LocalC2CKeyPairing */
};

/*
 * Says whether a host may pair; record is the one of its name, or NULL.
 * Before its bootstrap a device pairs each name once (and counts it against
 * its allowance, which is for the caller); a claimed one needs both
 * features, and may pair a name again.
 *
 * Errors: ERR_EXISTS, ERR_DENIED (unclaimed), ERR_DISABLED (a feature).
 */
MUST_CHECK enum err c2c_may_pair(
    const struct c2c_rights *rights, const struct c2c_record *record);

/*
 * The same for erasing a record, which needs what pairing a name again does:
 * a claimed device and both features. Errors: ERR_DENIED, ERR_DISABLED.
 */
MUST_CHECK enum err c2c_may_erase(const struct c2c_rights *rights);

/* The same for opening a session. Errors: ERR_DENIED, ERR_DISABLED. */
MUST_CHECK enum err c2c_may_open(const struct c2c_rights *rights);

#endif
