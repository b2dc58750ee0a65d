/*
 * Protection V2: IV | AES-128-CBC(key, IV, padded) | the first 16 bytes of
 * HMAC-SHA-256(hmac key, IV | ciphertext | TE_SECRET). TE_SECRET is as long
 * as the MAC and is hashed in its place, where the MAC is then written, so
 * that the port needs no HMAC of several parts.
 */
#include <string.h>

#include "base/compiler.h"
#include "base/wipe.h"
#include "internal.h"

STATIC_ASSERT(HF_C2C_TE_LEN == V2_MAC_LEN, te_secret_fits_where_the_mac_goes);

static size_t
v2_body_len(size_t text_len)
{
	return IV_LEN + c2c_padded_len(text_len) + V2_MAC_LEN;
}

static bool
v2_body_fits(size_t body_len)
{
	return body_len >= IV_LEN + BLOCK + V2_MAC_LEN && body_len % BLOCK == 0;
}

/* The MAC of a body; TE_SECRET is left where the body's own MAC belongs. */
static enum err
v2_mac(const struct hf_c2c_session *s, uint8_t *body, size_t len,
    uint8_t mac[HASH_LEN])
{
	const struct hf_crypto *c = s->crypto;

	memcpy(body + len - V2_MAC_LEN, s->te_secret, V2_MAC_LEN);
	if (c->hmac_sha256(
		c->ctx, s->hmac_key, HF_C2C_KEY_LEN, body, len, mac) != 0)
		return ERR_CRYPTO;
	return ERR_OK;
}

static enum err
v2_seal(struct hf_c2c_session *s, uint8_t *body, size_t text_len)
{
	const struct hf_crypto *c = s->crypto;
	size_t len = v2_body_len(text_len);
	uint8_t *text = body + IV_LEN;
	uint8_t mac[HASH_LEN];

	c2c_pad(text, text_len);
	if (c->random(c->ctx, body, IV_LEN) != 0)
		return ERR_RANDOM;
	if (c->cbc_encrypt(c->ctx, s->seal_key, body, text,
		len - IV_LEN - V2_MAC_LEN) != 0 ||
	    v2_mac(s, body, len, mac) != ERR_OK)
		return ERR_CRYPTO;
	memcpy(body + len - V2_MAC_LEN, mac, V2_MAC_LEN);
	return ERR_OK;
}

static enum err
v2_open(
    struct hf_c2c_session *s, uint8_t *body, size_t len, struct bytes *ret_text)
{
	const struct hf_crypto *c = s->crypto;
	size_t text_len = len - IV_LEN - V2_MAC_LEN;
	uint8_t mac[HASH_LEN], theirs[V2_MAC_LEN];

	memcpy(theirs, body + len - V2_MAC_LEN, V2_MAC_LEN);
	if (v2_mac(s, body, len, mac) != ERR_OK)
		return ERR_CRYPTO;
	if (!ct_equal(mac, theirs, V2_MAC_LEN))
		return ERR_AUTH;
	if (c->cbc_decrypt(
		c->ctx, s->open_key, body, body + IV_LEN, text_len) != 0)
		return ERR_CRYPTO;
	return c2c_unpad(body + IV_LEN, text_len, ret_text);
}

const struct c2c_protection c2c_v2 = {
    IV_LEN, v2_body_len, v2_body_fits, v2_seal, v2_open};
