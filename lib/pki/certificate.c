/*
 * Certificates through OpenSSL's X509. A key identifier is the first 20 bytes
 * of SHA-256 over the public point, which RFC 7093 allows and which spares
 * us SHA-1.
 */
#include <string.h>

/* OpenSSL has a type of this name, which it uses nowhere in its own API. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include "pki/certificate.h"

#define KEY_ID_LEN 20
#define TIME_MAX INT64_C(253402300799) /* the last second of 9999 */

/* OpenSSL's queue of errors is nobody's business later on. */
static enum err
fail(enum err err)
{
	ERR_clear_error();
	return err;
}

/* --- keys --- */

static EVP_PKEY *
key_make(const struct p256_point *point, const struct p256_secret *secret)
{
	uint8_t pub[P256_POINT_LEN];
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BIGNUM *d = BN_secure_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	bool good;

	p256_point_encode(point, pub);
	good = bld != NULL && ctx != NULL && d != NULL &&
	       OSSL_PARAM_BLD_push_utf8_string(
		   bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
	       OSSL_PARAM_BLD_push_octet_string(
		   bld, OSSL_PKEY_PARAM_PUB_KEY, pub, sizeof(pub)) == 1;
	if (good && secret != NULL)
		good = BN_bin2bn(secret->d, P256_LEN, d) != NULL &&
		       OSSL_PARAM_BLD_push_BN(
			   bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1;
	if (good)
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key,
		secret == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
		params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	BN_clear_free(d);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* --- extensions --- */

static bool
extension_add(X509 *x, int nid, bool critical, void *value)
{
	return X509_add1_ext_i2d(x, nid, value, critical, 0) == 1;
}

/* A signer's key identifier, of the subject or the issuer. */
static ASN1_OCTET_STRING *
key_id_make(const struct p256_point *key)
{
	uint8_t pub[P256_POINT_LEN], hash[SHA256_LEN];
	struct bytes part = BYTES_OF(pub);
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();

	p256_point_encode(key, pub);
	if (id == NULL || sha256(&part, 1, hash) != ERR_OK ||
	    ASN1_OCTET_STRING_set(id, hash, KEY_ID_LEN) != 1) {
		ASN1_OCTET_STRING_free(id);
		return NULL;
	}
	return id;
}

static bool
key_ids_add(
    X509 *x, const struct p256_point *subject, const struct p256_point *issuer)
{
	ASN1_OCTET_STRING *own = key_id_make(subject);
	AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
	bool good = own != NULL && authority != NULL;

	if (good) {
		authority->keyid = key_id_make(issuer);
		good =
		    authority->keyid != NULL &&
		    extension_add(x, NID_subject_key_identifier, false, own) &&
		    extension_add(
			x, NID_authority_key_identifier, false, authority);
	}
	ASN1_OCTET_STRING_free(own);
	AUTHORITY_KEYID_free(authority);
	return good;
}

static bool
constraints_add(X509 *x, bool ca)
{
	BASIC_CONSTRAINTS *c = BASIC_CONSTRAINTS_new();
	bool good = c != NULL;

	if (good && ca) {
		c->ca = 1;
		/* It signs devices, no further CA. */
		c->pathlen = ASN1_INTEGER_new();
		good = c->pathlen != NULL && ASN1_INTEGER_set(c->pathlen, 0);
	}
	good = good && extension_add(x, NID_basic_constraints, true, c);
	BASIC_CONSTRAINTS_free(c);
	return good;
}

static bool
usage_add(X509 *x, bool ca)
{
	/* Bits of RFC 5280, 4.2.1.3, counted from the first. */
	enum { DIGITAL_SIGNATURE = 0, CERT_SIGN = 5, CRL_SIGN = 6 };
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	bool good = bits != NULL;

	if (good && ca)
		good = ASN1_BIT_STRING_set_bit(bits, CERT_SIGN, 1) == 1 &&
		       ASN1_BIT_STRING_set_bit(bits, CRL_SIGN, 1) == 1;
	else if (good)
		good = ASN1_BIT_STRING_set_bit(bits, DIGITAL_SIGNATURE, 1) == 1;
	good = good && extension_add(x, NID_key_usage, true, bits);
	ASN1_BIT_STRING_free(bits);
	return good;
}

static bool
client_usage_add(X509 *x)
{
	EXTENDED_KEY_USAGE *usage = EXTENDED_KEY_USAGE_new();
	bool good =
	    usage != NULL &&
	    sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_client_auth)) > 0 &&
	    extension_add(x, NID_ext_key_usage, false, usage);

	EXTENDED_KEY_USAGE_free(usage);
	return good;
}

static bool
extensions_add(
    X509 *x, const struct pki_wish *wish, const struct pki_signer *signer)
{
	bool ca = wish->kind == PKI_CA;

	return constraints_add(x, ca) && usage_add(x, ca) &&
	       (wish->kind != PKI_DEVICE || client_usage_add(x)) &&
	       key_ids_add(x, &wish->key, signer->key);
}

/* --- making --- */

static bool
name_set(X509_NAME *name, struct bytes text)
{
	return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
		   text.ptr, (int)text.len, -1, 0) == 1;
}

static bool
serial_set(X509 *x, const uint8_t serial[PKI_SERIAL_LEN])
{
	uint8_t positive[PKI_SERIAL_LEN];
	BIGNUM *number;
	bool good;

	memcpy(positive, serial, sizeof(positive));
	positive[0] &= 0x7f;
	/* Zero is no serial number. */
	positive[PKI_SERIAL_LEN - 1] |= 1;
	number = BN_bin2bn(positive, sizeof(positive), NULL);
	good = number != NULL &&
	       BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
	BN_free(number);
	return good;
}

static bool
fields_set(
    X509 *x, const struct pki_wish *wish, const struct pki_signer *signer)
{
	return X509_set_version(x, X509_VERSION_3) == 1 &&
	       serial_set(x, wish->serial) &&
	       name_set(X509_get_subject_name(x), wish->name) &&
	       name_set(X509_get_issuer_name(x), signer->name) &&
	       ASN1_TIME_set(
		   X509_getm_notBefore(x), (time_t)wish->not_before) != NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)wish->not_after) !=
		   NULL;
}

static bool
sign(X509 *x, const struct pki_wish *wish, const struct pki_signer *signer)
{
	EVP_PKEY *subject = key_make(&wish->key, NULL);
	EVP_PKEY *issuer = key_make(signer->key, signer->secret);
	bool good = subject != NULL && issuer != NULL &&
		    X509_set_pubkey(x, subject) == 1 &&
		    X509_sign(x, issuer, EVP_sha256()) > 0;

	EVP_PKEY_free(subject);
	EVP_PKEY_free(issuer);
	return good;
}

static bool
name_is_good(struct bytes name)
{
	size_t i;

	if (name.len == 0 || name.len > PKI_NAME_MAX)
		return false;
	for (i = 0; i < name.len; i++)
		if (name.ptr[i] < 0x20 || name.ptr[i] == 0x7f)
			return false;
	return true;
}

static bool
wish_is_good(const struct pki_wish *wish)
{
	return wish->kind >= PKI_CA && wish->kind <= PKI_DEVICE &&
	       name_is_good(wish->name) && wish->not_before >= 0 &&
	       wish->not_after >= wish->not_before &&
	       wish->not_after <= TIME_MAX;
}

static enum err
encode(const X509 *x, struct pki_certificate *ret_certificate)
{
	uint8_t *out = ret_certificate->der;
	int len = i2d_X509(x, NULL);

	if (len <= 0)
		return ERR_CRYPTO;
	if (len > PKI_CERTIFICATE_MAX)
		return ERR_SPACE;
	ret_certificate->len = (size_t)i2d_X509(x, &out);
	return ERR_OK;
}

enum err
pki_certificate_make(const struct pki_wish *wish,
    const struct pki_signer *signer, struct pki_certificate *ret_certificate)
{
	X509 *x;
	enum err err;

	if (!wish_is_good(wish) || !name_is_good(signer->name))
		return ERR_INVALID;
	x = X509_new();
	if (x == NULL)
		return fail(ERR_CRYPTO);
	/* What OpenSSL refuses of good lengths is not UTF-8. */
	if (!fields_set(x, wish, signer))
		err = ERR_INVALID;
	else if (!extensions_add(x, wish, signer) || !sign(x, wish, signer))
		err = ERR_CRYPTO;
	else
		err = encode(x, ret_certificate);
	X509_free(x);
	return err == ERR_OK ? ERR_OK : fail(err);
}

/* --- reading --- */

static bool
name_read(const X509 *x, char ret_name[PKI_NAME_MAX + 1])
{
	const X509_NAME *name = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *text;
	int len;

	if (at < 0 || X509_NAME_entry_count(name) != 1)
		return false;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	len = ASN1_STRING_length(text);
	if (len <= 0 || len > PKI_NAME_MAX)
		return false;
	memcpy(ret_name, ASN1_STRING_get0_data(text), (size_t)len);
	ret_name[len] = '\0';
	return strlen(ret_name) == (size_t)len;
}

static bool
key_read(const X509 *x, struct p256_point *ret_key)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x);

	return bits != NULL && ASN1_STRING_length(bits) == P256_POINT_LEN &&
	       p256_point_decode(
		   bytes_make(ASN1_STRING_get0_data(bits), P256_POINT_LEN),
		   ret_key) == ERR_OK;
}

static bool
time_read(const ASN1_TIME *at, int64_t *ret_time)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	bool good =
	    epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, at) == 1;

	ASN1_TIME_free(epoch);
	*ret_time = (int64_t)days * 86400 + seconds;
	return good;
}

enum err
pki_issuer_read(struct bytes der, struct pki_issuer *ret_issuer)
{
	const uint8_t *at = der.ptr;
	struct pki_issuer issuer = {.not_after = 0};
	X509 *x;
	bool good;

	if (der.len == 0 || der.len > PKI_CERTIFICATE_MAX)
		return ERR_FORMAT;
	x = d2i_X509(NULL, &at, (long)der.len);
	good = x != NULL && at == der.ptr + der.len && X509_check_ca(x) == 1 &&
	       name_read(x, issuer.name) && key_read(x, &issuer.key) &&
	       time_read(X509_get0_notAfter(x), &issuer.not_after);
	X509_free(x);
	if (!good)
		return fail(ERR_FORMAT);
	*ret_issuer = issuer;
	return ERR_OK;
}
