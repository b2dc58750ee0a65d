/*
 * The y of a point of P-256 that came as x alone: y^2 = x^3 - 3x + b. OpenSSL
 * takes the root by a general power, for as long as a third of a key
 * agreement; this takes it by the few products that this prime allows. Works
 * on public points only, for its time depends on them, and is never the
 * judge of its result: whoever calls lets OpenSSL check that the point is on
 * the curve.
 *
 * Numbers are four limbs, the lowest first, in Montgomery's form: a stands
 * for a * 2^256 mod p, and product() divides by 2^256 on its way.
 *
 * Spec: SP 800-186, section 3.2.1.3; SEC 1, section 2.3.4.
 */
#include "ossl.h"

#define LIMBS 4

__extension__ typedef unsigned __int128 u128;

struct number {
	uint64_t limb[LIMBS];
};

/* p = 2^256 - 2^224 + 2^192 + 2^96 - 1 */
static const struct number prime = {{UINT64_C(0xffffffffffffffff),
    UINT64_C(0x00000000ffffffff), 0, UINT64_C(0xffffffff00000001)}};

/* 2^512 mod p: its product with a number is Montgomery's form of that. */
static const struct number to_form = {{3, UINT64_C(0xfffffffbffffffff),
    UINT64_C(0xfffffffffffffffe), UINT64_C(0x00000004fffffffd)}};

/* The curve's b. */
static const struct number curve_b = {
    {UINT64_C(0x3bce3c3e27d2604b), UINT64_C(0x651d06b0cc53b0f6),
	UINT64_C(0xb3ebbd55769886bc), UINT64_C(0x5ac635d8aa3a93e7)}};

/* a - b, and the borrow. */
static uint64_t
minus(const struct number *a, const struct number *b, struct number *ret)
{
	uint64_t borrow = 0;
	u128 d;

	for (size_t i = 0; i < LIMBS; i++) {
		d = (u128)a->limb[i] - b->limb[i] - borrow;
		ret->limb[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> 64) & 1;
	}
	return borrow;
}

/* a + b, and the carry. */
static uint64_t
plus(const struct number *a, const struct number *b, struct number *ret)
{
	u128 sum = 0;

	for (size_t i = 0; i < LIMBS; i++) {
		sum += (u128)a->limb[i] + b->limb[i];
		ret->limb[i] = (uint64_t)sum;
		sum >>= 64;
	}
	return (uint64_t)sum;
}

/* (a - b) mod p, of two numbers below p. */
static struct number
difference(struct number a, struct number b)
{
	struct number d;

	if (minus(&a, &b, &d) != 0)
		(void)plus(&d, &prime, &d);
	return d;
}

/* (a + b) mod p, of two numbers below p. */
static struct number
sum(struct number a, struct number b)
{
	struct number zero = {{0}};

	return difference(a, difference(zero, b));
}

/*
 * One limb b of a product: t = (t + a * b + m * p) / 2^64. p is -1 modulo
 * 2^64, so the m that makes this come out even is the lowest limb itself, and
 * m * p is m * 2^96 - m and the product with p's highest limb. t stays below
 * 2p: its bit number 256 is in top.
 */
static inline void
multiply_limb(
    struct number *t, uint64_t *top, const struct number *a, uint64_t b)
{
	u128 low = (u128)a->limb[0] * b + t->limb[0];
	u128 u1 = (u128)a->limb[1] * b + t->limb[1] + (uint64_t)(low >> 64);
	u128 u2 = (u128)a->limb[2] * b + t->limb[2] + (uint64_t)(u1 >> 64);
	u128 u3 = (u128)a->limb[3] * b + t->limb[3] + (uint64_t)(u2 >> 64);
	uint64_t u4 = *top + (uint64_t)(u3 >> 64), m = (uint64_t)low;
	u128 high = (u128)m * prime.limb[3], acc;

	acc = (u128)(uint64_t)u1 + (m << 32);
	t->limb[0] = (uint64_t)acc;
	acc = (acc >> 64) + (uint64_t)u2 + (m >> 32);
	t->limb[1] = (uint64_t)acc;
	acc = (acc >> 64) + (uint64_t)u3 + (uint64_t)high;
	t->limb[2] = (uint64_t)acc;
	acc = (acc >> 64) + u4 + (uint64_t)(high >> 64);
	t->limb[3] = (uint64_t)acc;
	*top = (uint64_t)(acc >> 64);
}

/* a * b / 2^256 mod p. */
static struct number
product(const struct number a, const struct number b)
{
	struct number t = {{0}}, less;
	uint64_t top = 0;

	multiply_limb(&t, &top, &a, b.limb[0]);
	multiply_limb(&t, &top, &a, b.limb[1]);
	multiply_limb(&t, &top, &a, b.limb[2]);
	multiply_limb(&t, &top, &a, b.limb[3]);
	return minus(&t, &prime, &less) <= top ? less : t;
}

/* a to the power of 2^n. */
static struct number
squared(struct number a, unsigned n)
{
	while (n-- > 0)
		a = product(a, a);
	return a;
}

/*
 * a to the power of (p + 1) / 4, which is a root of a if it has one:
 * (p + 1) / 4 = ((((2^32 - 1) * 2^32) + 1) * 2^96 + 1) * 2^94.
 */
static struct number
root(struct number a)
{
	struct number r = a;

	/* From a power of 2^n - 1 to one of 2^(2n) - 1. */
	for (unsigned n = 1; n < 32; n *= 2)
		r = product(squared(r, n), r);
	r = product(squared(r, 32), a);
	r = product(squared(r, 96), a);
	return squared(r, 94);
}

static struct number
number_read(const uint8_t in[P256_LEN])
{
	struct number r;

	for (size_t i = 0; i < LIMBS; i++) {
		const uint8_t *at = in + P256_LEN - 8 * (i + 1);

		r.limb[i] = 0;
		for (size_t j = 0; j < 8; j++)
			r.limb[i] = r.limb[i] << 8 | at[j];
	}
	return r;
}

static void
number_write(struct number a, uint8_t out[P256_LEN])
{
	for (size_t i = 0; i < P256_LEN; i++)
		out[P256_LEN - 1 - i] = (uint8_t)(a.limb[i / 8] >> 8 * (i % 8));
}

void
p256_root(const uint8_t x[P256_LEN], int y_bit, uint8_t ret_y[P256_LEN])
{
	const struct number one = {{1}};
	struct number n = product(number_read(x), to_form), y, other;
	struct number cubed = product(product(n, n), n);
	struct number thrice = sum(sum(n, n), n);

	y = root(sum(difference(cubed, thrice), product(curve_b, to_form)));
	y = product(y, one);
	(void)minus(&prime, &y, &other);
	number_write((int)(y.limb[0] & 1) == y_bit ? y : other, ret_y);
}
