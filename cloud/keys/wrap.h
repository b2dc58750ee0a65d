/*
 * Wrapped blobs: 32 secret bytes that only the keys process can open, bound
 * to what they are and whose.
 *
 * Spec: PROTOCOL.md, "Wrapped blobs".
 */
#ifndef CLOUD_KEYS_WRAP_H
#define CLOUD_KEYS_WRAP_H

#include "cloud/keys.h"

enum blob_kind {
	BLOB_FACTORY = 1, /* F, under the import key */
	BLOB_ROOT = 2,
	BLOB_CHECKIN = 3,
	BLOB_IMPORT = 4, /* import key */
	BLOB_TICKET = 5,
	BLOB_CA = 6 /* the private scalar of a CA */
};

/* What a blob is and whose: its additional data. NULL profile: zeros. */
struct blob_name {
	enum blob_kind kind;
	const uint8_t *uid; /* UID_LEN */
	uint32_t generation;
	const uint8_t *profile; /* PROFILE_UID_LEN */
	/* A ticket's alias and public key; a CA's tenant and public key. */
	struct bytes more;
};

#define BLOB_TICKET_MORE (ALIAS_LEN + P256_COMPRESSED_LEN)
#define BLOB_CA_MORE (8 + P256_COMPRESSED_LEN)
#define BLOB_MORE_MAX BLOB_CA_MORE

/* Wraps under the newest key-encryption key. Errors: ERR_RANDOM, ERR_CRYPTO. */
MUST_CHECK enum err wrap_seal(const struct keys_state *state,
    const struct blob_name *name, const uint8_t secret[KEY_LEN],
    struct keysproto_blob *ret_blob);

/* Opens a blob. Errors: ERR_AUTH (also another length, version or key). */
MUST_CHECK enum err wrap_open(const struct keys_state *state,
    const struct blob_name *name, struct bytes blob,
    uint8_t ret_secret[KEY_LEN]);

/*
 * The same in two steps, for who wraps again what he has opened: the key of
 * a blob (ERR_AUTH: it is none of ours), and what is done with it. The caller
 * wipes the key.
 */
MUST_CHECK enum err wrap_key(const struct keys_state *state,
    const struct blob_name *name, struct bytes blob,
    struct wrapping_key *ret_key);
MUST_CHECK enum err wrap_open_with(const struct wrapping_key *key,
    const struct blob_name *name, struct bytes blob,
    uint8_t ret_secret[KEY_LEN]);
MUST_CHECK enum err wrap_seal_with(const struct random_source *random,
    const struct wrapping_key *key, const struct blob_name *name,
    const uint8_t secret[KEY_LEN], struct keysproto_blob *ret_blob);

/* Whether a key is the one that wrap_seal would take. */
bool wrap_key_is_newest(
    const struct keys_state *state, const struct wrapping_key *key);

/* The same under an import key, for factory secrets. */
MUST_CHECK enum err wrap_seal_import(const struct keys_state *state,
    const uint8_t import_key[KEY_LEN], const struct blob_name *name,
    const uint8_t secret[KEY_LEN], struct keysproto_blob *ret_blob);
MUST_CHECK enum err wrap_open_import(const uint8_t import_key[KEY_LEN],
    const struct blob_name *name, struct bytes blob,
    uint8_t ret_secret[KEY_LEN]);

/* Opens the key of an import by its number. */
MUST_CHECK enum err wrap_open_import_key(const struct keys_state *state,
    uint64_t import_id, const struct keysproto_blob *blob,
    uint8_t ret_key[KEY_LEN]);

/* A blob as a view; empty when its length is none. */
struct bytes wrap_blob_bytes(const struct keysproto_blob *blob);

/* Whether a profile is all zeros: nobody's. */
bool profile_is_none(const uint8_t profile[PROFILE_UID_LEN]);

#endif
