/*
 * X25519 and Ed25519 through EVP.
 *
 * Spec: RFC 7748, section 6.1; RFC 8032, section 5.1.
 */
#include "ossl.h"

#include <string.h>

#include "base/wipe.h"

bool
crypto_has_ed25519(void)
{
	return true;
}

enum err
x25519_public(const uint8_t secret[X25519_LEN], uint8_t ret_public[X25519_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_X25519, NULL, secret, X25519_LEN);
	size_t len = X25519_LEN;
	bool good;

	good = key != NULL &&
	       EVP_PKEY_get_raw_public_key(key, ret_public, &len) == 1;
	EVP_PKEY_free(key);
	return good ? ERR_OK : ossl_fail(ERR_CRYPTO);
}

/* Derives to out; the one way for it to fail is a secret of zeros only. */
static enum err
derive(EVP_PKEY *own, EVP_PKEY *peer, uint8_t out[X25519_LEN])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t len = X25519_LEN;
	enum err err = ERR_OK;

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, peer) != 1)
		err = ERR_CRYPTO;
	else if (EVP_PKEY_derive(ctx, out, &len) != 1)
		err = ERR_INVALID;
	EVP_PKEY_CTX_free(ctx);
	return err;
}

enum err
x25519_ecdh(const uint8_t secret[X25519_LEN], const uint8_t peer[X25519_LEN],
    uint8_t ret_shared[X25519_LEN])
{
	static const uint8_t zeros[X25519_LEN];
	uint8_t shared[X25519_LEN] = {0};
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_X25519, NULL, secret, X25519_LEN);
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_X25519, NULL, peer, X25519_LEN);
	enum err err = ERR_CRYPTO;

	if (own != NULL && other != NULL)
		err = derive(own, other, shared);
	if (err == ERR_OK && ct_equal(shared, zeros, sizeof(zeros)))
		err = ERR_INVALID;
	if (err == ERR_OK)
		memcpy(ret_shared, shared, sizeof(shared));
	wipe(shared, sizeof(shared));
	EVP_PKEY_free(own);
	EVP_PKEY_free(other);
	return err == ERR_OK ? ERR_OK : ossl_fail(err);
}

enum err
ed25519_sign(const uint8_t secret[32], struct bytes message,
    uint8_t ret_signature[ED25519_SIGNATURE_LEN])
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[ED25519_SIGNATURE_LEN];
	size_t len = sizeof(signature);
	bool good;

	good =
	    key != NULL && ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, signature, &len, message.ptr, message.len) == 1;
	if (good)
		memcpy(ret_signature, signature, sizeof(signature));
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good ? ERR_OK : ossl_fail(ERR_CRYPTO);
}

enum err
ed25519_verify(const uint8_t signer[ED25519_PUBLIC_LEN], struct bytes message,
    const uint8_t signature[ED25519_SIGNATURE_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, signer, ED25519_PUBLIC_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum err err = ERR_OK;

	if (key == NULL || ctx == NULL ||
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1)
		err = ERR_CRYPTO;
	else if (EVP_DigestVerify(ctx, signature, ED25519_SIGNATURE_LEN,
		     message.ptr, message.len) != 1)
		err = ERR_AUTH;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return err == ERR_OK ? ERR_OK : ossl_fail(err);
}
