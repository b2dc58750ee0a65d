/*
 * Keys that serve for many messages, prepared once: for a session, whose
 * frames would otherwise each pay for setting them up. A kept key holds its
 * secret until it is freed. One belongs to one thread at a time. All sizes
 * are bytes.
 */
#ifndef CRYPTO_KEPT_H
#define CRYPTO_KEPT_H

#include "crypto/crypto.h"

struct kept_cbc;
struct kept_hmac;

/*
 * Keeps an AES-128-CBC key, and an HMAC-SHA-256 key of 1 to 64 bytes.
 * Errors: ERR_INVALID (length), ERR_NOMEM, ERR_CRYPTO.
 */
MUST_CHECK enum err kept_cbc_new(
    const uint8_t key[AES128_KEY_LEN], struct kept_cbc **ret_key);
MUST_CHECK enum err kept_hmac_new(struct bytes key, struct kept_hmac **ret_key);

/* Wipe and free; NULL is allowed. */
void kept_cbc_free(struct kept_cbc *key);
void kept_hmac_free(struct kept_hmac *key);

/*
 * As aes128_cbc_encrypt and aes128_cbc_decrypt, in place. A key that has
 * failed goes on failing.
 */
MUST_CHECK enum err kept_cbc_encrypt(struct kept_cbc *key,
    const uint8_t iv[AES_BLOCK_LEN], uint8_t *data, size_t len);
MUST_CHECK enum err kept_cbc_decrypt(struct kept_cbc *key,
    const uint8_t iv[AES_BLOCK_LEN], uint8_t *data, size_t len);

/* As hmac_sha256, of one part. */
MUST_CHECK enum err kept_hmac_make(
    struct kept_hmac *key, struct bytes data, uint8_t ret_mac[SHA256_LEN]);

#endif
