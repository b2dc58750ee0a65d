/*
 * Protection V3: last byte of the counter | AES-CCM ciphertext | tag of 8,
 * under a key for each direction that lives as long as its session. Both
 * sides count; the byte tells the receiver how many frames were lost. A
 * frame is accepted once, and only after all that came before it.
 */
#include <string.h>

#include "base/wipe.h"
#include "c2c/session.h"
#include "internal.h"

#define NONCE_LEN 13

/*
 * The deterministic CBOR array ["holdfast c2c h2m v1", TE_SECRET, 16], and
 * the counter of HKDF-Expand's first and only block.
 */
#define INFO_HEAD "\x83\x73holdfast c2c h2m v1\x50"
#define INFO_WAY_AT 15 /* "h2m" or "m2h" */
#define INFO_TE_AT (sizeof(INFO_HEAD) - 1)
#define INFO_LEN (INFO_TE_AT + HF_C2C_TE_LEN + 2)

/* One direction's key: HKDF-Expand to 16 bytes is one HMAC. */
static enum err
expand(const struct hf_crypto *c, const uint8_t prk[HASH_LEN], const char *way,
    const uint8_t *te_secret, uint8_t ret_key[HF_C2C_KEY_LEN])
{
	uint8_t info[INFO_LEN] = INFO_HEAD, block[HASH_LEN];
	enum err err = ERR_OK;

	memcpy(info + INFO_WAY_AT, way, 3);
	memcpy(info + INFO_TE_AT, te_secret, HF_C2C_TE_LEN);
	info[INFO_LEN - 2] = HF_C2C_KEY_LEN;
	info[INFO_LEN - 1] = 1;
	if (c->hmac_sha256(c->ctx, prk, HASH_LEN, info, INFO_LEN, block) != 0)
		err = ERR_CRYPTO;
	else
		memcpy(ret_key, block, HF_C2C_KEY_LEN);
	wipe(block, sizeof(block));
	return err;
}

enum err
c2c_v3_keys(const struct hf_crypto *crypto, const struct hf_c2c_pair *pair,
    const uint8_t *nonce_host, const uint8_t *nonce_module,
    uint8_t ret_h2m[HF_C2C_KEY_LEN], uint8_t ret_m2h[HF_C2C_KEY_LEN])
{
	uint8_t key[2 * HF_C2C_KEY_LEN], nonces[2 * HF_C2C_NONCE_LEN];
	uint8_t prk[HASH_LEN];
	enum err err = ERR_OK;

	memcpy(key, pair->key, HF_C2C_KEY_LEN);
	memcpy(key + HF_C2C_KEY_LEN, pair->hmac_key, HF_C2C_KEY_LEN);
	memcpy(nonces, nonce_host, HF_C2C_NONCE_LEN);
	memcpy(nonces + HF_C2C_NONCE_LEN, nonce_module, HF_C2C_NONCE_LEN);
	if (crypto->hmac_sha256(crypto->ctx, key, sizeof(key), nonces,
		sizeof(nonces), prk) != 0)
		err = ERR_CRYPTO;
	if (err == ERR_OK)
		err = expand(crypto, prk, "h2m", pair->te_secret, ret_h2m);
	if (err == ERR_OK)
		err = expand(crypto, prk, "m2h", pair->te_secret, ret_m2h);
	wipe(key, sizeof(key));
	wipe(prk, sizeof(prk));
	return err;
}

static size_t
v3_body_len(size_t text_len)
{
	return text_len + V3_OVERHEAD;
}

static bool
v3_body_fits(size_t body_len)
{
	return body_len >= V3_OVERHEAD;
}

/* Five zeros, then the counter, big-endian. */
static void
nonce_make(uint64_t counter, uint8_t nonce[NONCE_LEN])
{
	size_t i;

	memset(nonce, 0, NONCE_LEN);
	for (i = 0; i < 8; i++)
		nonce[NONCE_LEN - 1 - i] = (uint8_t)(counter >> 8 * i);
}

static enum err
v3_seal(struct hf_c2c_session *s, uint8_t *body, size_t text_len)
{
	const struct hf_crypto *c = s->crypto;
	uint8_t nonce[NONCE_LEN];

	if (s->seal_counter == UINT64_MAX)
		return ERR_EXHAUSTED;
	nonce_make(s->seal_counter, nonce);
	body[0] = (uint8_t)s->seal_counter;
	/* Counted also when it fails: no nonce is ever used twice. */
	s->seal_counter++;
	if (c->ccm_seal(c->ctx, s->seal_key, nonce, body + 1, text_len) != 0)
		return ERR_CRYPTO;
	return ERR_OK;
}

static enum err
v3_open(
    struct hf_c2c_session *s, uint8_t *body, size_t len, struct bytes *ret_text)
{
	const struct hf_crypto *c = s->crypto;
	uint8_t lost = (uint8_t)(body[0] - (uint8_t)s->open_counter);
	uint64_t counter = s->open_counter + lost;
	uint8_t nonce[NONCE_LEN];

	if (lost >= C2C_WINDOW || counter < s->open_counter ||
	    counter == UINT64_MAX)
		return ERR_REPLAY;
	nonce_make(counter, nonce);
	if (c->ccm_open(
		c->ctx, s->open_key, nonce, body + 1, len - V3_OVERHEAD) != 0)
		return ERR_AUTH;
	s->open_counter = counter + 1;
	*ret_text = bytes_make(body + 1, len - V3_OVERHEAD);
	return ERR_OK;
}

const struct c2c_protection c2c_v3 = {
    1, v3_body_len, v3_body_fits, v3_seal, v3_open};
