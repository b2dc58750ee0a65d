/*
 * ES256 through EVP. Signatures are rare here, so keys are made per call.
 *
 * Spec: RFC 9053, section 2.1; FIPS 186-5, section 6.
 */
#include "ossl.h"

#include <string.h>

#include "base/wipe.h"

/* A DER SEQUENCE of two INTEGERs of at most 33 bytes each. */
#define DER_MAX 72

/* An EVP key from a public point and, unless NULL, its private scalar. */
static EVP_PKEY *
key_make(const struct p256_point *point, const BIGNUM *d)
{
	uint8_t pub[P256_POINT_LEN];
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	int part = d == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;

	p256_point_encode(point, pub);
	if (bld != NULL && ctx != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(
		bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(
		bld, OSSL_PKEY_PARAM_PUB_KEY, pub, sizeof(pub)) == 1 &&
	    (d == NULL ||
		OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1))
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, part, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
key_private(const struct p256_secret *secret, const struct p256_point *point)
{
	BIGNUM *d = BN_secure_new();
	EVP_PKEY *key = NULL;

	if (d != NULL && BN_bin2bn(secret->d, P256_LEN, d) != NULL)
		key = key_make(point, d);
	BN_clear_free(d);
	return key;
}

static bool
der_to_raw(const uint8_t *der, size_t len, uint8_t raw[P256_SIGNATURE_LEN])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool good;

	good = sig != NULL &&
	       BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, P256_LEN) == P256_LEN &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + P256_LEN, P256_LEN) ==
		   P256_LEN;
	ECDSA_SIG_free(sig);
	return good;
}

/* Returns the length of the DER form, or 0. */
static size_t
raw_to_der(const uint8_t raw[P256_SIGNATURE_LEN], uint8_t der[DER_MAX])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, P256_LEN, NULL);
	BIGNUM *s = BN_bin2bn(raw + P256_LEN, P256_LEN, NULL);
	int len = 0;

	if (sig == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else {
		len = i2d_ECDSA_SIG(sig, &der);
	}
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

enum err
p256_sign(const struct p256_secret *secret, struct bytes message,
    uint8_t ret_signature[P256_SIGNATURE_LEN])
{
	struct p256_point point;
	uint8_t der[DER_MAX];
	size_t len = sizeof(der);
	EVP_MD_CTX *ctx;
	EVP_PKEY *key;
	enum err err = p256_public(secret, &point);

	if (err != ERR_OK)
		return err;
	key = key_private(secret, &point);
	ctx = EVP_MD_CTX_new();
	if (key == NULL || ctx == NULL ||
	    EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) !=
		1 ||
	    EVP_DigestSign(ctx, der, &len, message.ptr, message.len) != 1 ||
	    !der_to_raw(der, len, ret_signature))
		err = ERR_CRYPTO;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return err == ERR_OK ? ERR_OK : ossl_fail(err);
}

enum err
p256_verify(const struct p256_point *signer, struct bytes message,
    const uint8_t signature[P256_SIGNATURE_LEN])
{
	uint8_t der[DER_MAX];
	size_t len = raw_to_der(signature, der);
	EVP_MD_CTX *ctx;
	EVP_PKEY *key;
	enum err err = p256_point_check(signer);

	if (err != ERR_OK)
		return err;
	key = key_make(signer, NULL);
	ctx = EVP_MD_CTX_new();
	if (len == 0 || key == NULL || ctx == NULL ||
	    EVP_DigestVerifyInit_ex(
		ctx, NULL, "SHA256", NULL, NULL, key, NULL) != 1)
		err = ERR_CRYPTO;
	else if (EVP_DigestVerify(ctx, der, len, message.ptr, message.len) != 1)
		err = ERR_AUTH;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return err == ERR_OK ? ERR_OK : ossl_fail(err);
}
