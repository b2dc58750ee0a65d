/*
 * X25519; mbedTLS 2.28 has no Ed25519.
 *
 * Spec: RFC 7748, section 6.1.
 */
#include "psa.h"

#include <string.h>

#include "base/wipe.h"

static const struct key_use use_x25519 = {
    PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_MONTGOMERY), PSA_ALG_ECDH,
    PSA_KEY_USAGE_DERIVE};

bool
crypto_has_ed25519(void)
{
	return false;
}

enum err
x25519_public(const uint8_t secret[X25519_LEN], uint8_t ret_public[X25519_LEN])
{
	uint8_t public[X25519_LEN];
	psa_key_id_t key;
	size_t len = 0;
	enum err err;

	err = key_import(&use_x25519, bytes_make(secret, X25519_LEN), &key);
	if (err == ERR_OK && psa_export_public_key(key, public, sizeof(public),
				 &len) != PSA_SUCCESS)
		err = ERR_CRYPTO;
	if (err == ERR_OK)
		memcpy(ret_public, public, sizeof(public));
	psa_destroy_key(key);
	return err;
}

enum err
x25519_ecdh(const uint8_t secret[X25519_LEN], const uint8_t peer[X25519_LEN],
    uint8_t ret_shared[X25519_LEN])
{
	static const uint8_t zeros[X25519_LEN];
	uint8_t shared[X25519_LEN] = {0};
	psa_key_id_t key;
	size_t len = 0;
	enum err err;

	err = key_import(&use_x25519, bytes_make(secret, X25519_LEN), &key);
	if (err == ERR_OK)
		err = status_err(psa_raw_key_agreement(PSA_ALG_ECDH, key, peer,
		    X25519_LEN, shared, sizeof(shared), &len));
	if (err == ERR_OK && ct_equal(shared, zeros, sizeof(zeros)))
		err = ERR_INVALID;
	if (err == ERR_OK)
		memcpy(ret_shared, shared, sizeof(shared));
	wipe(shared, sizeof(shared));
	psa_destroy_key(key);
	return err;
}

enum err
ed25519_sign(const uint8_t secret[32] UNUSED, struct bytes message UNUSED,
    uint8_t ret_signature[ED25519_SIGNATURE_LEN] UNUSED)
{
	return ERR_UNSUPPORTED;
}

enum err
ed25519_verify(const uint8_t signer[ED25519_PUBLIC_LEN] UNUSED,
    struct bytes message UNUSED,
    const uint8_t signature[ED25519_SIGNATURE_LEN] UNUSED)
{
	return ERR_UNSUPPORTED;
}
