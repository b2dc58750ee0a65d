/*
 * The vault without a secure element: a handle is the key itself. It lies in
 * the record, sealed by the hardware key, and is used here and nowhere else;
 * a record that no longer has it has erased it.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"

_Static_assert(sizeof(struct p256_secret) == ROT_HANDLE_LEN, "a handle is d");
_Static_assert(sizeof(struct keys_salt) == ROT_HANDLE_LEN, "or a salt");

static enum err
key_import(void *ctx, const struct p256_secret *key,
    struct rot_handle *ret_handle, struct p256_point *ret_public)
{
	enum err err = p256_public(key, ret_public);

	(void)ctx;
	if (err == ERR_OK)
		memcpy(ret_handle->h, key->d, sizeof(key->d));
	return err;
}

/* A key that was made wrong would lock the device out: it signs first. */
static enum err
key_test(const struct p256_secret *key, const struct p256_point *public_key)
{
	static const struct bytes message = {
	    (const uint8_t *)"holdfast key test", 17};
	uint8_t signature[P256_SIGNATURE_LEN];
	enum err err;

	err = p256_sign(key, message, signature);
	if (err != ERR_OK)
		return err;
	return p256_verify(public_key, message, signature) == ERR_OK
		   ? ERR_OK
		   : ERR_CRYPTO;
}

static enum err
key_make(void *ctx, const struct random_source *random,
    struct rot_handle *ret_handle, struct p256_point *ret_public)
{
	struct p256_secret key;
	enum err err;

	(void)ctx;
	err = p256_generate(random, &key, ret_public);
	if (err == ERR_OK)
		err = key_test(&key, ret_public);
	if (err == ERR_OK)
		memcpy(ret_handle->h, key.d, sizeof(key.d));
	wipe(&key, sizeof(key));
	return err;
}

static enum err
key_ecdh(void *ctx, const struct rot_handle *handle,
    const struct p256_point *peer, uint8_t ret_shared[P256_LEN])
{
	struct p256_secret key;
	enum err err;

	(void)ctx;
	memcpy(key.d, handle->h, sizeof(key.d));
	err = p256_ecdh(&key, peer, ret_shared);
	wipe(&key, sizeof(key));
	return err;
}

static enum err
salt_keep(
    void *ctx, const struct keys_salt *salt, struct rot_handle *ret_handle)
{
	(void)ctx;
	memcpy(ret_handle->h, salt->k, sizeof(salt->k));
	return ERR_OK;
}

static enum err
salt_hmac(void *ctx, const struct rot_handle *handle, struct bytes message,
    uint8_t ret_mac[SHA256_LEN])
{
	(void)ctx;
	return hmac_sha256(BYTES_OF(handle->h), &message, 1, ret_mac);
}

/* A record that does not name a key does not hold it. */
static enum err
keep_only(void *ctx, const struct rot_handle *handles, size_t count)
{
	(void)ctx;
	(void)handles;
	(void)count;
	return ERR_OK;
}

const struct rot_vault vault_soft = {
    .key_import = key_import,
    .key_make = key_make,
    .key_ecdh = key_ecdh,
    .salt_keep = salt_keep,
    .salt_hmac = salt_hmac,
    .keep_only = keep_only,
};
