/*
 * Many products of scalars and points at once. Each ends in a division, which
 * is a twelfth of it; so they are kept as fractions, and divided together,
 * after Montgomery: the inverse of a product gives that of each factor.
 *
 * Spec: SEC 1, section 3.3.1; "Speeding the Pollard and elliptic curve methods
 * of factorization" (P. Montgomery, 1987), section 10.3.1.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* its only way to a fraction */
#include "ossl.h"

#include "base/wipe.h"
#include "p256_field.h"

#define TOGETHER 64

/* A point as a fraction, and the product of all z up to its own. */
struct fraction {
	struct number x, y, z, upto;
	bool is;
};

static bool
raw_read(BN_CTX *bn, const EC_POINT *r, struct fraction *ret)
{
	uint8_t b[P256_LEN];
	struct number *to[3] = {&ret->x, &ret->y, &ret->z};
	BIGNUM *n[3];
	bool good;

	BN_CTX_start(bn);
	for (size_t i = 0; i < 3; i++)
		n[i] = BN_CTX_get(bn);
	good = n[2] != NULL && EC_POINT_get_Jprojective_coordinates_GFp(
				   ossl.p256, r, n[0], n[1], n[2], bn) == 1;
	for (size_t i = 0; i < 3 && n[i] != NULL; i++) {
		good = good && BN_bn2binpad(n[i], b, P256_LEN) == P256_LEN;
		if (good)
			*to[i] = number_read(b);
		BN_clear(n[i]);
	}
	BN_CTX_end(bn);
	wipe(b, sizeof(b));
	return good;
}

/* secret * peer, as p256_multiply has it. */
static enum err
multiply(struct ossl_thread *t, const struct p256_secret *secret,
    const struct p256_point *peer, struct fraction *ret)
{
	enum err err = p256_multiply(t, secret, peer);

	if (err == ERR_OK && !raw_read(t->bn, t->r, ret))
		err = ERR_CRYPTO;
	ret->is = err == ERR_OK;
	p256_clear(t);
	return err == ERR_OK ? ERR_OK : ossl_fail(err);
}

/* Replaces each z by 1 / z. */
static void
divide(struct fraction *list, size_t count)
{
	struct number left = {{0}}, z;
	const struct fraction *before = NULL;

	for (size_t i = 0; i < count; i++) {
		struct fraction *f = &list[i];

		if (!f->is)
			continue;
		f->upto =
		    before == NULL ? f->z : number_product(before->upto, f->z);
		before = f;
	}
	if (before != NULL)
		left = number_inverse(before->upto);
	for (size_t i = count; i-- > 0;) {
		struct fraction *f = &list[i];
		size_t j = i;

		if (!f->is)
			continue;
		while (j > 0 && !list[j - 1].is)
			j--;
		z = f->z;
		f->z = j > 0 ? number_product(left, list[j - 1].upto) : left;
		left = number_product(left, z);
	}
	wipe(&left, sizeof(left));
	wipe(&z, sizeof(z));
}

/* x / z^2, and y / z^3 unless it is NULL. */
static void
affine(const struct fraction *f, uint8_t *ret_x, uint8_t *ret_y)
{
	struct number z2 = number_squared(f->z, 1);

	number_write(number_product(f->x, z2), ret_x);
	if (ret_y != NULL)
		number_write(
		    number_product(f->y, number_product(z2, f->z)), ret_y);
	wipe(&z2, sizeof(z2));
}

static void
agree(struct ossl_thread *t, struct p256_agreement *list, size_t count)
{
	struct fraction f[TOGETHER];

	for (size_t i = 0; i < count; i++)
		list[i].err = multiply(t, list[i].secret, list[i].peer, &f[i]);
	divide(f, count);
	for (size_t i = 0; i < count; i++) {
		if (f[i].is)
			affine(&f[i], list[i].shared, NULL);
		else
			memset(list[i].shared, 0, P256_LEN);
	}
	wipe(f, count * sizeof(f[0]));
}

void
p256_ecdh_many(struct p256_agreement *list, size_t count)
{
	struct ossl_thread *t = ossl_thread();
	size_t part;

	for (size_t i = 0; t == NULL && i < count; i++) {
		list[i].err = ERR_CRYPTO;
		memset(list[i].shared, 0, P256_LEN);
	}
	for (; t != NULL && count > 0; list += part, count -= part) {
		part = count < TOGETHER ? count : TOGETHER;
		agree(t, list, part);
	}
}

static enum err
generate(struct ossl_thread *t, const struct random_source *source,
    struct p256_secret *secret, struct p256_point *public_key, size_t count)
{
	struct fraction f[TOGETHER];
	enum err err = ERR_OK;
	size_t made;

	for (made = 0; made < count && err == ERR_OK; made++) {
		err = p256_draw(source, &secret[made]);
		if (err == ERR_OK)
			err = multiply(t, &secret[made], NULL, &f[made]);
	}
	if (err == ERR_OK) {
		divide(f, count);
		for (size_t i = 0; i < count; i++)
			affine(&f[i], public_key[i].x, public_key[i].y);
	}
	wipe(f, made * sizeof(f[0]));
	return err;
}

enum err
p256_generate_many(const struct random_source *source,
    struct p256_secret *ret_secret, struct p256_point *ret_public, size_t count)
{
	struct ossl_thread *t = ossl_thread();
	enum err err = t != NULL ? ERR_OK : ERR_CRYPTO;
	size_t part;

	for (size_t at = 0; at < count && err == ERR_OK; at += part) {
		part = count - at < TOGETHER ? count - at : TOGETHER;
		err =
		    generate(t, source, ret_secret + at, ret_public + at, part);
	}
	if (err != ERR_OK)
		wipe(ret_secret, count * sizeof(*ret_secret));
	return err;
}
