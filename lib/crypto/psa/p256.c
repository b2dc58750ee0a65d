/*
 * P-256 key agreement and ES256. PSA takes uncompressed points only, so that
 * y is computed here when a point comes without it; points are public, and
 * this need not be constant-time.
 *
 * Spec: SEC 1, section 2.3.4; RFC 9053, section 2.1.
 */
#include "psa.h"

#include <string.h>
#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>

#include "base/wipe.h"

#define PAIR PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)
#define PUBLIC PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1)
#define ES256 PSA_ALG_ECDSA(PSA_ALG_SHA_256)

static const struct key_use use_ecdh = {
    PAIR, PSA_ALG_ECDH, PSA_KEY_USAGE_DERIVE};
static const struct key_use use_sign = {
    PAIR, ES256, PSA_KEY_USAGE_SIGN_MESSAGE};
static const struct key_use use_verify = {
    PUBLIC, ES256, PSA_KEY_USAGE_VERIFY_MESSAGE};

static enum err
import_secret(const struct key_use *use, const struct p256_secret *secret,
    psa_key_id_t *ret_key)
{
	*ret_key = 0;
	if (!p256_scalar_valid(secret->d))
		return ERR_INVALID;
	return key_import(use, BYTES_OF(secret->d), ret_key);
}

static void
point_split(const uint8_t in[P256_POINT_LEN], struct p256_point *ret_point)
{
	memcpy(ret_point->x, in + 1, P256_LEN);
	memcpy(ret_point->y, in + 1 + P256_LEN, P256_LEN);
}

enum err
p256_public(const struct p256_secret *secret, struct p256_point *ret_public)
{
	uint8_t out[P256_POINT_LEN];
	psa_key_id_t key;
	size_t len = 0;
	enum err err = import_secret(&use_ecdh, secret, &key);

	if (err == ERR_OK &&
	    psa_export_public_key(key, out, sizeof(out), &len) != PSA_SUCCESS)
		err = ERR_CRYPTO;
	if (err == ERR_OK)
		point_split(out, ret_public);
	psa_destroy_key(key);
	return err;
}

enum err
p256_generate(const struct random_source *source,
    struct p256_secret *ret_secret, struct p256_point *ret_public)
{
	struct p256_secret secret;
	enum err err = p256_draw(source, &secret);

	if (err == ERR_OK)
		err = p256_public(&secret, ret_public);
	if (err == ERR_OK)
		*ret_secret = secret;
	wipe(&secret, sizeof(secret));
	return err;
}

enum err
p256_point_check(const struct p256_point *point)
{
	uint8_t in[P256_POINT_LEN];
	psa_key_id_t key;
	enum err err;

	p256_point_encode(point, in);
	err = key_import(&use_verify, BYTES_OF(in), &key);
	psa_destroy_key(key);
	return err;
}

/* ret_y2 = x^3 - 3x + b mod p. Returns 0 or an error of mbedTLS. */
static int
curve_equation(
    const mbedtls_ecp_group *group, const mbedtls_mpi *x, mbedtls_mpi *ret_y2)
{
	int bad;

	bad = mbedtls_mpi_mul_mpi(ret_y2, x, x);
	if (bad == 0)
		bad = mbedtls_mpi_sub_int(ret_y2, ret_y2, 3);
	if (bad == 0)
		bad = mbedtls_mpi_mod_mpi(ret_y2, ret_y2, &group->P);
	if (bad == 0)
		bad = mbedtls_mpi_mul_mpi(ret_y2, ret_y2, x);
	if (bad == 0)
		bad = mbedtls_mpi_add_mpi(ret_y2, ret_y2, &group->B);
	if (bad == 0)
		bad = mbedtls_mpi_mod_mpi(ret_y2, ret_y2, &group->P);
	return bad;
}

/*
 * ret_y = a^((p + 1) / 4) mod p, which is a root of a if a has one: p is
 * 3 mod 4.
 */
static int
square_root(
    const mbedtls_ecp_group *group, const mbedtls_mpi *a, mbedtls_mpi *ret_y)
{
	mbedtls_mpi e;
	int bad;

	mbedtls_mpi_init(&e);
	bad = mbedtls_mpi_add_int(&e, &group->P, 1);
	if (bad == 0)
		bad = mbedtls_mpi_shift_r(&e, 2);
	if (bad == 0)
		bad = mbedtls_mpi_exp_mod(ret_y, a, &e, &group->P, NULL);
	mbedtls_mpi_free(&e);
	return bad;
}

/* Writes some root y for x; whether it is one, the caller checks. */
static int
compute_y(const uint8_t *x, int y_bit, uint8_t ret_y[P256_LEN])
{
	mbedtls_ecp_group group;
	mbedtls_mpi bx, a, y;
	int bad;

	mbedtls_ecp_group_init(&group);
	mbedtls_mpi_init(&bx);
	mbedtls_mpi_init(&a);
	mbedtls_mpi_init(&y);
	bad = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
	if (bad == 0)
		bad = mbedtls_mpi_read_binary(&bx, x, P256_LEN);
	if (bad == 0)
		bad = curve_equation(&group, &bx, &a);
	if (bad == 0)
		bad = square_root(&group, &a, &y);
	if (bad == 0 && mbedtls_mpi_get_bit(&y, 0) != y_bit)
		bad = mbedtls_mpi_sub_mpi(&y, &group.P, &y);
	if (bad == 0)
		bad = mbedtls_mpi_write_binary(&y, ret_y, P256_LEN);
	mbedtls_mpi_free(&y);
	mbedtls_mpi_free(&a);
	mbedtls_mpi_free(&bx);
	mbedtls_ecp_group_free(&group);
	return bad;
}

static enum err
decode_x(const uint8_t *x, int y_bit, struct p256_point *ret_point)
{
	memcpy(ret_point->x, x, P256_LEN);
	if (compute_y(x, y_bit, ret_point->y) != 0)
		return ERR_CRYPTO;
	return p256_point_check(ret_point);
}

enum err
p256_point_decode(struct bytes in, struct p256_point *ret_point)
{
	struct p256_point point;
	enum err err = ERR_INVALID;

	if (in.len == P256_LEN) {
		err = decode_x(in.ptr, 0, &point);
	} else if (in.len == P256_COMPRESSED_LEN && (in.ptr[0] & 0xFE) == 2) {
		err = decode_x(in.ptr + 1, in.ptr[0] & 1, &point);
	} else if (in.len == P256_POINT_LEN && in.ptr[0] == 4) {
		point_split(in.ptr, &point);
		err = p256_point_check(&point);
	}
	if (err == ERR_OK)
		*ret_point = point;
	return err;
}

enum err
p256_ecdh(const struct p256_secret *secret, const struct p256_point *peer,
    uint8_t ret_shared[P256_LEN])
{
	uint8_t in[P256_POINT_LEN], shared[P256_LEN];
	psa_key_id_t key;
	size_t len = 0;
	enum err err = import_secret(&use_ecdh, secret, &key);

	p256_point_encode(peer, in);
	if (err == ERR_OK)
		err = status_err(psa_raw_key_agreement(PSA_ALG_ECDH, key, in,
		    sizeof(in), shared, sizeof(shared), &len));
	if (err == ERR_OK)
		memcpy(ret_shared, shared, sizeof(shared));
	wipe(shared, sizeof(shared));
	psa_destroy_key(key);
	return err;
}

/* The library has nothing that many could share. */
void
p256_ecdh_many(struct p256_agreement *list, size_t count)
{
	for (struct p256_agreement *a = list; a < list + count; a++) {
		a->err = p256_ecdh(a->secret, a->peer, a->shared);
		if (a->err != ERR_OK)
			memset(a->shared, 0, P256_LEN);
	}
}

enum err
p256_generate_many(const struct random_source *source,
    struct p256_secret *ret_secret, struct p256_point *ret_public, size_t count)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = p256_generate(source, &ret_secret[i], &ret_public[i]);
	if (err != ERR_OK)
		wipe(ret_secret, count * sizeof(*ret_secret));
	return err;
}

enum err
p256_sign(const struct p256_secret *secret, struct bytes message,
    uint8_t ret_signature[P256_SIGNATURE_LEN])
{
	uint8_t signature[P256_SIGNATURE_LEN];
	psa_key_id_t key;
	size_t len = 0;
	enum err err = import_secret(&use_sign, secret, &key);

	if (err == ERR_OK &&
	    psa_sign_message(key, ES256, message.ptr, message.len, signature,
		sizeof(signature), &len) != PSA_SUCCESS)
		err = ERR_CRYPTO;
	if (err == ERR_OK)
		memcpy(ret_signature, signature, sizeof(signature));
	psa_destroy_key(key);
	return err;
}

enum err
p256_verify(const struct p256_point *signer, struct bytes message,
    const uint8_t signature[P256_SIGNATURE_LEN])
{
	uint8_t in[P256_POINT_LEN];
	psa_key_id_t key;
	enum err err;

	p256_point_encode(signer, in);
	err = key_import(&use_verify, BYTES_OF(in), &key);
	if (err == ERR_OK) {
		err = status_err(psa_verify_message(key, ES256, message.ptr,
		    message.len, signature, P256_SIGNATURE_LEN));
		err = err == ERR_OK || err == ERR_AUTH ? err : ERR_CRYPTO;
	}
	psa_destroy_key(key);
	return err;
}
