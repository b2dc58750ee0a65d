/*
 * The y of a point of P-256 that came as x alone: y^2 = x^3 - 3x + b. OpenSSL
 * takes the root by a general power, for as long as a third of a key
 * agreement; this takes it by the few products that this prime allows. Works
 * on public points only, for its time depends on them.
 *
 * Numbers are four limbs, the lowest first, in Montgomery's form: a stands
 * for a * 2^256 mod p, and what multiplies divides by 2^256 on its way. A
 * number is below 2^256, which is enough to go on with it, unless it is said
 * to be below p.
 *
 * Spec: SP 800-186, section 3.2.1.3; SEC 1, section 2.3.4.
 */
#include "ossl.h"

#include <string.h>

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

/* The curve's b, and 3, in this form. */
static const struct number curve_b = {
    {UINT64_C(0xd89cdf6229c4bddf), UINT64_C(0xacf005cd78843090),
	UINT64_C(0xe5a220abf7212ed6), UINT64_C(0xdc30061d04874834)}};
static const struct number three = {{3, UINT64_C(0xfffffffd00000000),
    UINT64_C(0xffffffffffffffff), UINT64_C(0x00000002fffffffc)}};

static inline uint64_t
low(u128 v)
{
	return (uint64_t)v;
}

static inline uint64_t
high(u128 v)
{
	return (uint64_t)(v >> 64);
}

/* a - b, and the borrow. */
static uint64_t
minus(const struct number *a, const struct number *b, struct number *ret)
{
	uint64_t borrow = 0;
	u128 d;

	for (size_t i = 0; i < LIMBS; i++) {
		d = (u128)a->limb[i] - b->limb[i] - borrow;
		ret->limb[i] = low(d);
		borrow = high(d) & 1;
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
		ret->limb[i] = low(sum);
		sum >>= 64;
	}
	return low(sum);
}

/* The same number below p. */
static struct number
least(struct number a)
{
	struct number less;

	return minus(&a, &prime, &less) != 0 ? a : less;
}

/* (a - b) mod p, of two numbers below p, and so is it. */
static struct number
difference(struct number a, struct number b)
{
	struct number d;

	if (minus(&a, &b, &d) != 0)
		(void)plus(&d, &prime, &d);
	return d;
}

/* (a + b) mod p, of two numbers below p, and so is it. */
static struct number
sum(struct number a, struct number b)
{
	struct number zero = {{0}};

	return difference(a, difference(zero, b));
}

/*
 * Half of the division of t, of 8 limbs, by 2^256: adds the multiple m * p
 * that makes limbs 0 and 1 zero, and returns the carry out of limb 5. p is
 * 2^96 - 1 modulo 2^128, so that m is (1 + 2^96) times these two limbs, and
 * what they leave in those above is m / 2^32, and 1 if m was cut off at
 * 2^128. The rest of m * p is m and p's highest limb at limb 3.
 */
static inline uint64_t
clear_two(uint64_t t[6])
{
	uint64_t m0 = t[0], m1 = t[1] + (t[0] << 32), cut = m1 < t[1];
	u128 p0 = (u128)m0 * prime.limb[3];
	u128 p1 = (u128)m1 * prime.limb[3] + high(p0);
	u128 s = (u128)t[2] + (m0 >> 32 | m1 << 32) + cut;

	t[2] = low(s);
	s = (u128)t[3] + (m1 >> 32) + low(p0) + high(s);
	t[3] = low(s);
	s = (u128)t[4] + low(p1) + high(s);
	t[4] = low(s);
	s = (u128)t[5] + high(p1) + high(s);
	t[5] = low(s);
	return high(s);
}

/*
 * t / 2^256 mod p. The sum is below 2^256 + p: where it goes over, p is taken
 * off by adding 2^256 - p.
 */
static inline struct number
divided(uint64_t t[2 * LIMBS])
{
	uint64_t over, ones;
	struct number r;
	u128 s;

	s = (u128)t[6] + clear_two(t);
	t[6] = low(s);
	s = (u128)t[7] + high(s);
	t[7] = low(s);
	over = high(s) + clear_two(t + 2);
	ones = 0 - over;
	s = (u128)t[4] + over;
	r.limb[0] = low(s);
	s = (u128)t[5] + (ones << 32) + high(s);
	r.limb[1] = low(s);
	s = (u128)t[6] + ones + high(s);
	r.limb[2] = low(s);
	r.limb[3] = t[7] + (ones >> 32) - over + high(s);
	return r;
}

/* t = (t + a * b) from a limb on; t's next limb is new. */
static inline void
multiply_limb(uint64_t *t, const struct number *a, uint64_t b)
{
	u128 s = (u128)a->limb[0] * b + t[0];

	t[0] = low(s);
	s = (u128)a->limb[1] * b + t[1] + high(s);
	t[1] = low(s);
	s = (u128)a->limb[2] * b + t[2] + high(s);
	t[2] = low(s);
	s = (u128)a->limb[3] * b + t[3] + high(s);
	t[3] = low(s);
	t[4] = high(s);
}

/* a * b / 2^256 mod p. */
static struct number
product(const struct number a, const struct number b)
{
	uint64_t t[2 * LIMBS] = {0};

	multiply_limb(t, &a, b.limb[0]);
	multiply_limb(t + 1, &a, b.limb[1]);
	multiply_limb(t + 2, &a, b.limb[2]);
	multiply_limb(t + 3, &a, b.limb[3]);
	return divided(t);
}

/* a * a / 2^256 mod p: what stands beside the diagonal counts twice. */
static inline struct number
square(const struct number a)
{
	const uint64_t a0 = a.limb[0], a1 = a.limb[1], a2 = a.limb[2];
	const uint64_t a3 = a.limb[3];
	uint64_t t[2 * LIMBS];
	u128 s, d;

	s = (u128)a0 * a1;
	t[1] = low(s);
	s = (u128)a0 * a2 + high(s);
	t[2] = low(s);
	s = (u128)a0 * a3 + high(s);
	t[3] = low(s);
	t[4] = high(s);
	s = (u128)a1 * a2 + t[3];
	t[3] = low(s);
	s = (u128)a1 * a3 + t[4] + high(s);
	t[4] = low(s);
	s = (u128)a2 * a3 + high(s);
	t[5] = low(s);
	t[6] = high(s);
	d = (u128)a0 * a0;
	t[0] = low(d);
	s = (u128)t[1] + t[1] + high(d);
	t[1] = low(s);
	d = (u128)a1 * a1;
	s = (u128)t[2] + t[2] + low(d) + high(s);
	t[2] = low(s);
	s = (u128)t[3] + t[3] + high(d) + high(s);
	t[3] = low(s);
	d = (u128)a2 * a2;
	s = (u128)t[4] + t[4] + low(d) + high(s);
	t[4] = low(s);
	s = (u128)t[5] + t[5] + high(d) + high(s);
	t[5] = low(s);
	d = (u128)a3 * a3;
	s = (u128)t[6] + t[6] + low(d) + high(s);
	t[6] = low(s);
	t[7] = high(d) + high(s);
	return divided(t);
}

/* a to the power of 2^n. */
static struct number
squared(struct number a, unsigned n)
{
	while (n-- > 0)
		a = square(a);
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

/* Whether two numbers below p are the same. */
static bool
same(struct number a, struct number b)
{
	return memcmp(a.limb, b.limb, sizeof(a.limb)) == 0;
}

bool
p256_root(const uint8_t x[P256_LEN], int y_bit, uint8_t ret_y[P256_LEN])
{
	const struct number one = {{1}};
	struct number n = product(number_read(x), to_form), right, y, other;

	/* x^3 - 3x + b = x(x^2 - 3) + b */
	right = difference(least(square(n)), three);
	right = sum(least(product(right, n)), curve_b);
	y = root(right);
	if (!same(least(square(y)), right))
		return false;
	y = least(product(y, one));
	(void)minus(&prime, &y, &other);
	number_write((int)(y.limb[0] & 1) == y_bit ? y : other, ret_y);
	return true;
}
