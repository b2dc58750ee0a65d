/*
 * Passwords. The one place on the service's side that uses OpenSSL itself,
 * for scrypt has no business on a device.
 */
/* OpenSSL has a type of this name, which it uses nowhere in its own API. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/evp.h>
#undef ERR_STATE

#include "service/password.h"

#include "base/text.h"
#include "base/wipe.h"

#define SCRYPT_N (1u << 15)
#define SCRYPT_R 8
#define SCRYPT_P 1
#define SCRYPT_MEMORY (64u << 20)

enum err
password_draw(
    const struct random_source *random, char ret_text[PASSWORD_TEXT_SIZE])
{
	uint8_t raw[18];
	enum err err = random_fill(random, raw, sizeof(raw));

	if (err != ERR_OK)
		return err;
	base64url_encode(BYTES_OF(raw), ret_text);
	wipe(raw, sizeof(raw));
	return ERR_OK;
}

enum err
password_hash(struct bytes password, const uint8_t salt[SALT_LEN],
    uint8_t ret_hash[PASSWORD_HASH_LEN])
{
	if (password.len > PASSWORD_MAX)
		return ERR_INVALID;
	int ok = EVP_PBE_scrypt((const char *)password.ptr, password.len, salt,
	    SALT_LEN, SCRYPT_N, SCRYPT_R, SCRYPT_P, SCRYPT_MEMORY, ret_hash,
	    PASSWORD_HASH_LEN);

	return ok == 1 ? ERR_OK : ERR_CRYPTO;
}

enum err
password_check(struct bytes password, const uint8_t salt[SALT_LEN],
    const uint8_t hash[PASSWORD_HASH_LEN])
{
	uint8_t got[PASSWORD_HASH_LEN];
	enum err err = password_hash(password, salt, got);

	if (err == ERR_OK && !ct_equal(got, hash, sizeof(got)))
		err = ERR_AUTH;
	wipe(got, sizeof(got));
	return err;
}
