/*
 * What the implementations of lib/crypto share and nobody else sees. All of
 * it is in common.c.
 */
#ifndef CRYPTO_INTERNAL_H
#define CRYPTO_INTERNAL_H

#include "crypto/crypto.h"

#define AEAD_COUNT 5
#define AEAD_TAG_MAX 16
#define SHA256_BLOCK 64
#define HMAC_IPAD 0x36 /* RFC 2104, section 2 */
#define HMAC_OPAD 0x5C

/*
 * Says, in a time that does not depend on it, whether a big-endian scalar is
 * in 1..n-1.
 */
bool p256_scalar_valid(const uint8_t d[P256_LEN]);

/*
 * Says whether a coordinate is below p. OpenSSL takes larger ones for what
 * they are modulo p, which would give one point several encodings.
 */
bool p256_coordinate_valid(const uint8_t coordinate[P256_LEN]);

/* Draws a scalar in 1..n-1 by rejection. Error: ERR_RANDOM. */
MUST_CHECK enum err p256_draw(
    const struct random_source *source, struct p256_secret *ret_secret);

/*
 * Checks the lengths of key, nonce, aad and text (without its tag) against
 * the algorithm. Error: ERR_INVALID.
 */
MUST_CHECK enum err aead_check(enum aead aead, struct bytes key,
    struct bytes nonce, struct bytes aad, size_t text_len);

#endif
