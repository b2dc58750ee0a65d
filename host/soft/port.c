/*
 * The crypto port on top of the software AES and SHA-256: CBC, CCM with a
 * nonce of 13 and a tag of 8 bytes, and HMAC.
 *
 * Spec: NIST SP 800-38A and SP 800-38C; RFC 2104.
 */
#include <string.h>

#include "base/compiler.h"
#include "base/wipe.h"
#include "holdfast/soft.h"
#include "soft.h"

#define NONCE 13
#define TAG 8

static void
xor_into(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] ^= from[i];
}

static int
soft_cbc_encrypt(void *ctx UNUSED, const uint8_t key[16], const uint8_t iv[16],
    uint8_t *data, size_t len)
{
	struct soft_aes aes;
	const uint8_t *before = iv;
	size_t at;

	if (len % AES_BLOCK != 0)
		return -1;
	soft_aes_init(&aes, key);
	for (at = 0; at < len; at += AES_BLOCK) {
		xor_into(data + at, before, AES_BLOCK);
		soft_aes_encrypt(&aes, data + at);
		before = data + at;
	}
	wipe(&aes, sizeof(aes));
	return 0;
}

/* From the end, so that each block still finds the one before it. */
static int
soft_cbc_decrypt(void *ctx UNUSED, const uint8_t key[16], const uint8_t iv[16],
    uint8_t *data, size_t len)
{
	struct soft_aes aes;
	size_t at = len;

	if (len % AES_BLOCK != 0)
		return -1;
	soft_aes_init(&aes, key);
	while (at > 0) {
		at -= AES_BLOCK;
		soft_aes_decrypt(&aes, data + at);
		xor_into(
		    data + at, at == 0 ? iv : data + at - AES_BLOCK, AES_BLOCK);
	}
	wipe(&aes, sizeof(aes));
	return 0;
}

/* B_0 and the counter blocks: flags, nonce, two bytes. */
static void
ccm_block(
    uint8_t block[AES_BLOCK], uint8_t flags, const uint8_t *nonce, size_t n)
{
	block[0] = flags;
	memcpy(block + 1, nonce, NONCE);
	block[14] = (uint8_t)(n >> 8);
	block[15] = (uint8_t)n;
}

/* The CBC-MAC of B_0 and the plaintext, sealed with counter 0. */
static void
ccm_tag(const struct soft_aes *aes, const uint8_t *nonce, const uint8_t *data,
    size_t len, uint8_t tag[TAG])
{
	uint8_t mac[AES_BLOCK], pad[AES_BLOCK];
	size_t at, n;

	ccm_block(mac, 0x19, nonce, len); /* no data beside it, 8, 2 */
	soft_aes_encrypt(aes, mac);
	for (at = 0; at < len; at += n) {
		n = len - at < AES_BLOCK ? len - at : AES_BLOCK;
		xor_into(mac, data + at, n);
		soft_aes_encrypt(aes, mac);
	}
	ccm_block(pad, 0x01, nonce, 0);
	soft_aes_encrypt(aes, pad);
	xor_into(mac, pad, TAG);
	memcpy(tag, mac, TAG);
	wipe(mac, sizeof(mac));
	wipe(pad, sizeof(pad));
}

static void
ccm_crypt(
    const struct soft_aes *aes, const uint8_t *nonce, uint8_t *data, size_t len)
{
	uint8_t pad[AES_BLOCK];
	size_t at, n;

	for (at = 0; at < len; at += n) {
		n = len - at < AES_BLOCK ? len - at : AES_BLOCK;
		ccm_block(pad, 0x01, nonce, at / AES_BLOCK + 1);
		soft_aes_encrypt(aes, pad);
		xor_into(data + at, pad, n);
	}
	wipe(pad, sizeof(pad));
}

static int
soft_ccm_seal(void *ctx UNUSED, const uint8_t key[16],
    const uint8_t nonce[NONCE], uint8_t *data, size_t len)
{
	struct soft_aes aes;

	if (len > 0xFFFF)
		return -1;
	soft_aes_init(&aes, key);
	ccm_tag(&aes, nonce, data, len, data + len);
	ccm_crypt(&aes, nonce, data, len);
	wipe(&aes, sizeof(aes));
	return 0;
}

static int
soft_ccm_open(void *ctx UNUSED, const uint8_t key[16],
    const uint8_t nonce[NONCE], uint8_t *data, size_t len)
{
	struct soft_aes aes;
	uint8_t tag[TAG];
	int result = 0;

	if (len > 0xFFFF)
		return -1;
	soft_aes_init(&aes, key);
	ccm_crypt(&aes, nonce, data, len);
	ccm_tag(&aes, nonce, data, len, tag);
	if (!ct_equal(tag, data + len, TAG)) {
		wipe(data, len);
		result = -1;
	}
	wipe(&aes, sizeof(aes));
	wipe(tag, sizeof(tag));
	return result;
}

static int
soft_sha256(void *ctx UNUSED, const uint8_t *data, size_t len, uint8_t hash[32])
{
	struct soft_sha256 s;

	soft_sha256_init(&s);
	soft_sha256_update(&s, data, len);
	soft_sha256_final(&s, hash);
	wipe(&s, sizeof(s));
	return 0;
}

/* Hashes the key with each byte changed by pad, then data. */
static void
keyed_hash(const uint8_t *key, size_t key_len, uint8_t pad, const uint8_t *data,
    size_t len, uint8_t hash[SHA256_HASH])
{
	uint8_t block[SHA256_BLOCK];
	struct soft_sha256 s;

	memset(block, pad, sizeof(block));
	xor_into(block, key, key_len);
	soft_sha256_init(&s);
	soft_sha256_update(&s, block, sizeof(block));
	soft_sha256_update(&s, data, len);
	soft_sha256_final(&s, hash);
	wipe(block, sizeof(block));
	wipe(&s, sizeof(s));
}

static int
soft_hmac_sha256(void *ctx UNUSED, const uint8_t *key, size_t key_len,
    const uint8_t *data, size_t len, uint8_t mac[32])
{
	uint8_t inner[SHA256_HASH];

	if (key_len > SHA256_BLOCK)
		return -1;
	keyed_hash(key, key_len, 0x36, data, len, inner);
	keyed_hash(key, key_len, 0x5C, inner, sizeof(inner), mac);
	wipe(inner, sizeof(inner));
	return 0;
}

void
hf_soft_init(struct hf_crypto *port,
    int (*random)(void *ctx, uint8_t *out, size_t len), void *ctx)
{
	port->cbc_encrypt = soft_cbc_encrypt;
	port->cbc_decrypt = soft_cbc_decrypt;
	port->ccm_seal = soft_ccm_seal;
	port->ccm_open = soft_ccm_open;
	port->sha256 = soft_sha256;
	port->hmac_sha256 = soft_hmac_sha256;
	port->random = random;
	port->forget = NULL;
	port->ctx = ctx;
}
