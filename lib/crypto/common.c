/*
 * The parts of lib/crypto that are the same whatever library computes:
 * lengths, encodings, drawing of scalars, and HKDF out of HMAC.
 */
#include "crypto/crypto.h"

#include <string.h>

#include "base/wipe.h"
#include "internal.h"

/* The order n of P-256's group. Spec: FIPS 186-5 and SP 800-186, 3.2.1.3. */
static const uint8_t p256_order[P256_LEN] = {0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00,
    0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6,
    0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63,
    0x25, 0x51};

/* The prime p of its field. Spec: the same. */
static const uint8_t p256_prime[P256_LEN] = {0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00,
    0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF};

/* A draw is refused once in 2^32; eight in a row is a broken source. */
#define DRAWS_MAX 8

#define HKDF_BLOCKS_MAX 255
#define CCM_AAD_MAX 0xFEFF
#define GCM_MAX 0x7FFFFFFF

struct aead_shape {
	size_t key_len;
	size_t nonce_len;
	size_t tag_len;
	size_t text_max; /* CCM: what a counter of 15 - nonce_len bytes holds */
	size_t aad_max; /* CCM: mbedTLS has no longer form of its length */
};

static const struct aead_shape shapes[AEAD_COUNT] = {
    [AEAD_CCM_16_64_128] = {16, 13, 8, 0xFFFF, CCM_AAD_MAX},
    [AEAD_CCM_16_128_128] = {16, 13, 16, 0xFFFF, CCM_AAD_MAX},
    [AEAD_CCM_12_64_128] = {16, 12, 8, 0xFFFFFF, CCM_AAD_MAX},
    [AEAD_CCM_12_128_128] = {16, 12, 16, 0xFFFFFF, CCM_AAD_MAX},
    [AEAD_GCM_256] = {32, 12, 16, GCM_MAX, GCM_MAX},
};

size_t
aead_key_len(enum aead aead)
{
	return shapes[aead].key_len;
}

size_t
aead_nonce_len(enum aead aead)
{
	return shapes[aead].nonce_len;
}

size_t
aead_tag_len(enum aead aead)
{
	return shapes[aead].tag_len;
}

enum err
aead_check(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, size_t text_len)
{
	const struct aead_shape *shape = &shapes[aead];

	if (key.len != shape->key_len || nonce.len != shape->nonce_len ||
	    aad.len > shape->aad_max || text_len > shape->text_max)
		return ERR_INVALID;
	return ERR_OK;
}

enum err
hkdf_extract(struct bytes salt, struct bytes ikm, uint8_t ret_prk[SHA256_LEN])
{
	return hmac_sha256(salt, &ikm, 1, ret_prk);
}

enum err
hmac_key_expand(
    const struct hmac_key *prk, struct bytes info, uint8_t *ret_out, size_t len)
{
	uint8_t block[SHA256_LEN];
	struct bytes parts[3] = {BYTES_NONE, info, BYTES_NONE};
	enum err err = ERR_OK;
	size_t done = 0, take;
	uint8_t counter = 0;

	if (len > HKDF_BLOCKS_MAX * SHA256_LEN)
		return ERR_INVALID;
	while (done < len && err == ERR_OK) {
		counter++;
		parts[2] = bytes_make(&counter, 1);
		err = hmac_key_make(prk, parts, ARRAY_LEN(parts), block);
		if (err != ERR_OK)
			break;
		take = len - done < sizeof(block) ? len - done : sizeof(block);
		memcpy(ret_out + done, block, take);
		done += take;
		parts[0] = BYTES_OF(block);
	}
	if (err != ERR_OK)
		wipe(ret_out, len);
	wipe(block, sizeof(block));
	return err;
}

enum err
hkdf_expand(struct bytes prk, struct bytes info, uint8_t *ret_out, size_t len)
{
	struct hmac_key key;
	enum err err;

	if (prk.len == 0 || len > HKDF_BLOCKS_MAX * SHA256_LEN)
		return ERR_INVALID;
	err = hmac_key_init(prk, &key);
	if (err == ERR_OK)
		err = hmac_key_expand(&key, info, ret_out, len);
	else
		wipe(ret_out, len);
	wipe(&key, sizeof(key));
	return err;
}

/* 1 when a is below b, else 0; in constant time. */
static uint32_t
below(const uint8_t a[P256_LEN], const uint8_t b[P256_LEN])
{
	uint32_t borrow = 0;
	size_t i;

	for (i = P256_LEN; i-- > 0;)
		borrow = ((uint32_t)a[i] - b[i] - borrow) >> 31;
	return borrow;
}

bool
p256_scalar_valid(const uint8_t d[P256_LEN])
{
	static const uint8_t zero[P256_LEN];

	return (below(zero, d) & below(d, p256_order)) == 1;
}

bool
p256_coordinate_valid(const uint8_t coordinate[P256_LEN])
{
	return below(coordinate, p256_prime) == 1;
}

enum err
p256_draw(const struct random_source *source, struct p256_secret *ret_secret)
{
	struct p256_secret secret;
	enum err err = ERR_RANDOM;
	int draw;

	for (draw = 0; draw < DRAWS_MAX; draw++) {
		err = random_fill(source, secret.d, sizeof(secret.d));
		if (err != ERR_OK)
			break;
		if (p256_scalar_valid(secret.d)) {
			*ret_secret = secret;
			break;
		}
		err = ERR_RANDOM;
	}
	wipe(&secret, sizeof(secret));
	return err;
}

void
p256_point_encode(
    const struct p256_point *point, uint8_t ret_out[P256_POINT_LEN])
{
	ret_out[0] = 4;
	memcpy(ret_out + 1, point->x, P256_LEN);
	memcpy(ret_out + 1 + P256_LEN, point->y, P256_LEN);
}

void
p256_point_compress(
    const struct p256_point *point, uint8_t ret_out[P256_COMPRESSED_LEN])
{
	ret_out[0] = (uint8_t)(2 | (point->y[P256_LEN - 1] & 1));
	memcpy(ret_out + 1, point->x, P256_LEN);
}
