/*
 * P-256 key agreement on the group itself: for a key of EVP the same costs
 * several times as much, because it checks and copies at every call.
 * EC_POINT_mul with one point is constant-time; private scalars carry
 * BN_FLG_CONSTTIME besides.
 *
 * Spec: SP 800-56A rev. 3, section 5.7.1.2; SEC 1, section 2.3.4.
 */
#include "ossl.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

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

void
p256_clear(struct ossl_thread *t)
{
	BN_clear(t->k);
	/* A point has no function that wipes it and keeps it. */
	if (EC_POINT_copy(t->r, EC_GROUP_get0_generator(ossl.p256)) != 1)
		abort();
}

enum err
p256_multiply(struct ossl_thread *t, const struct p256_secret *secret,
    const struct p256_point *peer)
{
	const EC_POINT *q = peer != NULL ? t->q : NULL;

	if (!p256_scalar_valid(secret->d))
		return ERR_INVALID;
	if (peer != NULL && !point_write(t->bn, peer, t->q))
		return ERR_INVALID;
	if (BN_bin2bn(secret->d, P256_LEN, t->k) == NULL ||
	    EC_POINT_mul(ossl.p256, t->r, q == NULL ? t->k : NULL, q,
		q == NULL ? NULL : t->k, t->bn) != 1)
		return ERR_CRYPTO;
	/* No scalar below n leads there from a point of the curve. */
	return EC_POINT_is_at_infinity(ossl.p256, t->r) == 1 ? ERR_INVALID
							     : ERR_OK;
}

enum err
p256_public(const struct p256_secret *secret, struct p256_point *ret_public)
{
	struct ossl_thread *t = ossl_thread();
	struct p256_point point;
	enum err err;

	if (t == NULL)
		return ERR_CRYPTO;
	err = p256_multiply(t, secret, NULL);
	if (err == ERR_OK && !point_read(t->bn, t->r, point.x, point.y))
		err = ERR_CRYPTO;
	if (err == ERR_OK)
		*ret_public = point;
	p256_clear(t);
	return err == ERR_OK ? ERR_OK : ossl_fail(err);
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

	if (t == NULL)
		return ERR_CRYPTO;
	return point_write(t->bn, point, t->q) ? ERR_OK
					       : ossl_fail(ERR_INVALID);
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

enum err
p256_ecdh(const struct p256_secret *secret, const struct p256_point *peer,
    uint8_t ret_shared[P256_LEN])
{
	struct ossl_thread *t = ossl_thread();
	enum err err;

	if (t == NULL)
		return ERR_CRYPTO;
	err = p256_multiply(t, secret, peer);
	if (err == ERR_OK && !point_read(t->bn, t->r, ret_shared, NULL))
		err = ERR_CRYPTO;
	p256_clear(t);
	return err == ERR_OK ? ERR_OK : ossl_fail(err);
}
