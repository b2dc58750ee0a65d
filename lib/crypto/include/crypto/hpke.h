/*
 * HPKE base mode, one message per key encapsulation: DHKEM(P-256,
 * HKDF-SHA256), HKDF-SHA256, AES-256-GCM. The factory seals each device's
 * secrets to the service with it.
 *
 * Spec: RFC 9180, sections 4.1, 5.1 and 6.1; ids 0x0010, 0x0001, 0x0002.
 */
#ifndef CRYPTO_HPKE_H
#define CRYPTO_HPKE_H

#include "crypto/crypto.h"

#define HPKE_ENC_LEN P256_POINT_LEN
#define HPKE_TAG_LEN 16

/*
 * Seals plaintext to recipient: ret_enc gets the encapsulated key, ret_out
 * plaintext.len + HPKE_TAG_LEN bytes.
 *
 * recipient must have been checked (p256_point_decode, p256_point_check).
 *
 * Errors: ERR_RANDOM, ERR_INVALID (recipient or plaintext), ERR_CRYPTO.
 */
MUST_CHECK enum err hpke_seal(const struct random_source *source,
    const struct p256_point *recipient, struct bytes info, struct bytes aad,
    struct bytes plaintext, uint8_t ret_enc[HPKE_ENC_LEN], uint8_t *ret_out);

/*
 * Opens what hpke_seal made; ret_out gets ciphertext.len - HPKE_TAG_LEN
 * bytes. recipient is the public point of secret.
 *
 * Errors: ERR_INVALID (enc is no point, bad secret), ERR_TRUNCATED, ERR_AUTH
 * (ret_out has been wiped), ERR_CRYPTO.
 */
MUST_CHECK enum err hpke_open(const struct p256_secret *secret,
    const struct p256_point *recipient, const uint8_t enc[HPKE_ENC_LEN],
    struct bytes info, struct bytes aad, struct bytes ciphertext,
    uint8_t *ret_out);

#endif
