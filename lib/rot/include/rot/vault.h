/*
 * Where the keys are that never come out: the authentication keys d(g), and
 * the salts of roots, which are F and next(g). The root of trust names each
 * by a handle that it keeps in its record. A chip without a secure element
 * needs nothing of this: its keys lie in the record, sealed, and a handle is
 * the key itself. A secure element makes and keeps its keys, and a handle is
 * what finds one again.
 */
#ifndef ROT_VAULT_H
#define ROT_VAULT_H

#include "base/random.h"
#include "crypto/crypto.h"
#include "keys/schedule.h"

#define ROT_HANDLE_LEN 32
#define ROT_HANDLES_MAX 4 /* that a record names at once */

struct rot_handle {
	uint8_t h[ROT_HANDLE_LEN];
};

/*
 * Every function can fail with ERR_CRYPTO, and one that asks a chip with
 * ERR_IO. ctx is that of the port. Keys are made and kept durably before a
 * function returns; what no record comes to name is erased by keep_only.
 */
struct rot_vault {
	/*
	 * Takes a key that production made outside. ERR_INVALID: it is none.
	 * ERR_UNSUPPORTED: keys are made inside and nowhere else.
	 */
	enum err (*key_import)(void *ctx, const struct p256_secret *key,
	    struct rot_handle *ret_handle, struct p256_point *ret_public);

	/*
	 * Makes a key of P-256, and tests that it works with its public key
	 * before anybody relies on it. random is for vaults without a source
	 * of their own. ERR_RANDOM, ERR_SPACE (no room for one more key).
	 */
	enum err (*key_make)(void *ctx, const struct random_source *random,
	    struct rot_handle *ret_handle, struct p256_point *ret_public);

	/*
	 * The x-coordinate of key * peer. ERR_INVALID: peer is no point of
	 * the curve. ERR_AUTH: the key is not here.
	 */
	enum err (*key_ecdh)(void *ctx, const struct rot_handle *handle,
	    const struct p256_point *peer, uint8_t ret_shared[P256_LEN]);

	/* Takes a salt. ERR_SPACE: no room for one more. */
	enum err (*salt_keep)(void *ctx, const struct keys_salt *salt,
	    struct rot_handle *ret_handle);

	/* HMAC-SHA-256 under a salt. ERR_AUTH: the salt is not here. */
	enum err (*salt_hmac)(void *ctx, const struct rot_handle *handle,
	    struct bytes message, uint8_t ret_mac[SHA256_LEN]);

	/*
	 * Erases every key but the count that are named. The root of trust
	 * calls it once a record that names less has been written, and when
	 * it opens.
	 */
	enum err (*keep_only)(
	    void *ctx, const struct rot_handle *handles, size_t count);
};

#endif
