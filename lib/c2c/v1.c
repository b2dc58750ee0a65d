/*
 * Protection V1: AES-128-CBC(key, IV, padded | SHA-256(padded)) | IV. It has
 * no key for its hash, and its vendor called it insecure: it is here for
 * firmware that speaks nothing else. The hash is compared before the padding
 * is looked at, so that there is one kind of failure only.
 */
#include <string.h>

#include "base/wipe.h"
#include "internal.h"

static size_t
v1_body_len(size_t text_len)
{
	return c2c_padded_len(text_len) + HASH_LEN + IV_LEN;
}

static bool
v1_body_fits(size_t body_len)
{
	return body_len >= BLOCK + HASH_LEN + IV_LEN && body_len % BLOCK == 0;
}

static enum err
v1_seal(struct hf_c2c_session *s, uint8_t *body, size_t text_len)
{
	const struct hf_crypto *c = s->crypto;
	size_t len = c2c_padded_len(text_len);
	uint8_t *iv = body + len + HASH_LEN;

	c2c_pad(body, text_len);
	if (c->random(c->ctx, iv, IV_LEN) != 0)
		return ERR_RANDOM;
	if (c->sha256(c->ctx, body, len, body + len) != 0 ||
	    c->cbc_encrypt(c->ctx, s->seal_key, iv, body, len + HASH_LEN) != 0)
		return ERR_CRYPTO;
	return ERR_OK;
}

static enum err
v1_open(
    struct hf_c2c_session *s, uint8_t *body, size_t len, struct bytes *ret_text)
{
	const struct hf_crypto *c = s->crypto;
	size_t text_len = len - HASH_LEN - IV_LEN;
	uint8_t hash[HASH_LEN];
	bool good;

	if (c->cbc_decrypt(c->ctx, s->open_key, body + len - IV_LEN, body,
		len - IV_LEN) != 0 ||
	    c->sha256(c->ctx, body, text_len, hash) != 0)
		return ERR_CRYPTO;
	good = ct_equal(hash, body + text_len, HASH_LEN);
	wipe(hash, sizeof(hash));
	return good ? c2c_unpad(body, text_len, ret_text) : ERR_AUTH;
}

const struct c2c_protection c2c_v1 = {
    0, v1_body_len, v1_body_fits, v1_seal, v1_open};
