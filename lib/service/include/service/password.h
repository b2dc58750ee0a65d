/*
 * Passwords of users: drawn by the service, kept as scrypt hashes.
 */
#ifndef SERVICE_PASSWORD_H
#define SERVICE_PASSWORD_H

#include "base/bytes.h"
#include "base/random.h"
#include "store/accounts.h"

#define PASSWORD_TEXT_SIZE 25 /* 24 characters, 144 bits, and a NUL */
#define PASSWORD_MAX 128 /* of one that a user chooses */

/* Draws a password. Wipe it. Errors: ERR_RANDOM. */
MUST_CHECK enum err password_draw(
    const struct random_source *random, char ret_text[PASSWORD_TEXT_SIZE]);

/*
 * Hashes a password with scrypt, N = 2^15, r = 8, p = 1 (32 MiB for a tenth
 * of a second). Errors: ERR_INVALID (longer than PASSWORD_MAX), ERR_CRYPTO.
 * Spec: RFC 7914.
 */
MUST_CHECK enum err password_hash(struct bytes password,
    const uint8_t salt[SALT_LEN], uint8_t ret_hash[PASSWORD_HASH_LEN]);

/* Errors: ERR_AUTH (it is another), those of password_hash. */
MUST_CHECK enum err password_check(struct bytes password,
    const uint8_t salt[SALT_LEN], const uint8_t hash[PASSWORD_HASH_LEN]);

#endif
