/*
 * P-256 key agreement on the group itself: for a key of EVP the same costs
 * several times as much, because it checks and copies at every call.
 * EC_POINT_mul with one point is constant-time; private scalars carry
 * BN_FLG_CONSTTIME besides.
 *
 * Spec: SP 800-56A rev. 3, section 5.7.1.2; SEC 1, section 2.3.4.
 */
#include "ossl.h"

#include <string.h>

#include "base/wipe.h"

static BIGNUM *
secret_scalar(const struct p256_secret *secret)
{
	BIGNUM *k = BN_secure_new();

	if (k == NULL)
		return NULL;
	BN_set_flags(k, BN_FLG_CONSTTIME);
	if (BN_bin2bn(secret->d, P256_LEN, k) == NULL) {
		BN_clear_free(k);
		return NULL;
	}
	return k;
}

/* Reads both coordinates of q; y may be NULL. */
static bool
point_read(BN_CTX *bn, const EC_POINT *q, uint8_t x[P256_LEN], uint8_t *y)
{
	BIGNUM *bx, *by;
	bool good;

	BN_CTX_start(bn);
	bx = BN_CTX_get(bn);
	by = BN_CTX_get(bn);
	good = by != NULL &&
	       EC_POINT_get_affine_coordinates(ossl.p256, q, bx, by, bn) == 1 &&
	       BN_bn2binpad(bx, x, P256_LEN) == P256_LEN &&
	       (y == NULL || BN_bn2binpad(by, y, P256_LEN) == P256_LEN);
	if (by != NULL) {
		BN_clear(bx);
		BN_clear(by);
	}
	BN_CTX_end(bn);
	return good;
}

/* Sets q to a point, after checking it; OpenSSL sees if it is on the curve. */
static bool
point_write(BN_CTX *bn, const struct p256_point *point, EC_POINT *q)
{
	BIGNUM *x, *y;
	bool good;

	if (!p256_coordinate_valid(point->x) ||
	    !p256_coordinate_valid(point->y))
		return false;
	BN_CTX_start(bn);
	x = BN_CTX_get(bn);
	y = BN_CTX_get(bn);
	good = y != NULL && BN_bin2bn(point->x, P256_LEN, x) != NULL &&
	       BN_bin2bn(point->y, P256_LEN, y) != NULL &&
	       EC_POINT_set_affine_coordinates(ossl.p256, q, x, y, bn) == 1;
	BN_CTX_end(bn);
	return good;
}

enum err
p256_public(const struct p256_secret *secret, struct p256_point *ret_public)
{
	struct ossl_thread *t = ossl_thread();
	struct p256_point point;
	EC_POINT *q;
	BIGNUM *k;
	bool good;

	if (!p256_scalar_valid(secret->d))
		return ERR_INVALID;
	if (t == NULL)
		return ERR_CRYPTO;
	k = secret_scalar(secret);
	q = EC_POINT_new(ossl.p256);
	good = k != NULL && q != NULL &&
	       EC_POINT_mul(ossl.p256, q, k, NULL, NULL, t->bn) == 1 &&
	       point_read(t->bn, q, point.x, point.y);
	if (good)
		*ret_public = point;
	BN_clear_free(k);
	EC_POINT_free(q);
	return good ? ERR_OK : ossl_fail(ERR_CRYPTO);
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
	struct ossl_thread *t = ossl_thread();
	EC_POINT *q;
	enum err err = ERR_CRYPTO;

	if (t == NULL)
		return ERR_CRYPTO;
	q = EC_POINT_new(ossl.p256);
	if (q != NULL)
		err = point_write(t->bn, point, q) ? ERR_OK : ERR_INVALID;
	EC_POINT_free(q);
	return err == ERR_OK ? ERR_OK : ossl_fail(err);
}

/* A y that is a root is on the curve; OpenSSL checks when it is used. */
static enum err
decode_x(const uint8_t *x, int y_bit, struct p256_point *ret_point)
{
	memcpy(ret_point->x, x, P256_LEN);
	if (!p256_coordinate_valid(x) || !p256_root(x, y_bit, ret_point->y))
		return ERR_INVALID;
	return ERR_OK;
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
		memcpy(point.x, in.ptr + 1, P256_LEN);
		memcpy(point.y, in.ptr + 1 + P256_LEN, P256_LEN);
		err = p256_point_check(&point);
	}
	if (err == ERR_OK)
		*ret_point = point;
	return err;
}

/* r = k * peer, its x to shared. */
static enum err
ecdh(BN_CTX *bn, const BIGNUM *k, const struct p256_point *peer,
    uint8_t shared[P256_LEN])
{
	EC_POINT *q = EC_POINT_new(ossl.p256);
	EC_POINT *r = EC_POINT_new(ossl.p256);
	enum err err = ERR_CRYPTO;

	if (q == NULL || r == NULL)
		err = ERR_CRYPTO;
	else if (!point_write(bn, peer, q))
		err = ERR_INVALID;
	else if (EC_POINT_mul(ossl.p256, r, NULL, q, k, bn) != 1)
		err = ERR_CRYPTO;
	else if (EC_POINT_is_at_infinity(ossl.p256, r) == 1)
		err = ERR_INVALID;
	else if (point_read(bn, r, shared, NULL))
		err = ERR_OK;
	EC_POINT_free(q);
	EC_POINT_clear_free(r);
	return err;
}

enum err
p256_ecdh(const struct p256_secret *secret, const struct p256_point *peer,
    uint8_t ret_shared[P256_LEN])
{
	struct ossl_thread *t = ossl_thread();
	enum err err = ERR_CRYPTO;
	BIGNUM *k;

	if (!p256_scalar_valid(secret->d))
		return ERR_INVALID;
	if (t == NULL)
		return ERR_CRYPTO;
	k = secret_scalar(secret);
	if (k != NULL)
		err = ecdh(t->bn, k, peer, ret_shared);
	BN_clear_free(k);
	return err == ERR_OK ? ERR_OK : ossl_fail(err);
}
