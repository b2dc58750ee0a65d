/*
 * AES-128-CBC keys that serve for many messages, prepared once: for a
 * session, whose frames would otherwise each pay for setting them up. A kept
 * key holds its secret until it is freed. One belongs to one thread at a
 * time. All sizes are bytes. For HMAC: struct hmac_key of crypto.h.
 */
#ifndef CRYPTO_KEPT_H
#define CRYPTO_KEPT_H

#include "crypto/crypto.h"

struct kept_cbc;

/* Keeps a key. Errors: ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err kept_cbc_new(
    const uint8_t key[AES128_KEY_LEN], struct kept_cbc **ret_key);

/* Wipes and frees; NULL is allowed. */
void kept_cbc_free(struct kept_cbc *key);

/*
 * As aes128_cbc_encrypt and aes128_cbc_decrypt, in place. A key that has
 * failed goes on failing.
 */
MUST_CHECK enum err kept_cbc_encrypt(struct kept_cbc *key,
    const uint8_t iv[AES_BLOCK_LEN], uint8_t *data, size_t len);
MUST_CHECK enum err kept_cbc_decrypt(struct kept_cbc *key,
    const uint8_t iv[AES_BLOCK_LEN], uint8_t *data, size_t len);

#endif
