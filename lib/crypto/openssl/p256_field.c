/*
 * Montgomery's products modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1, whose
 * two lowest limbs make them cheap: what multiplies divides by 2^256 on its
 * way.
 *
 * Spec: SP 800-186, section 3.2.1.3.
 */
#include "p256_field.h"

__extension__ typedef unsigned __int128 u128;

/* p = 2^256 - 2^224 + 2^192 + 2^96 - 1 */
static const struct number prime = {{UINT64_C(0xffffffffffffffff),
    UINT64_C(0x00000000ffffffff), 0, UINT64_C(0xffffffff00000001)}};

/* 2^512 mod p: its product with a number is Montgomery's form of that. */
static const struct number to_form = {{3, UINT64_C(0xfffffffbffffffff),
    UINT64_C(0xfffffffffffffffe), UINT64_C(0x00000004fffffffd)}};

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

struct number
number_least(struct number a)
{
	struct number less;
	uint64_t below = 0 - minus(&a, &prime, &less);

	for (size_t i = 0; i < LIMBS; i++)
		a.limb[i] = (a.limb[i] & below) | (less.limb[i] & ~below);
	return a;
}

/* p is added where it went below zero. */
struct number
number_difference(struct number a, struct number b)
{
	struct number r, x = number_least(a), y = number_least(b);
	uint64_t below = 0 - minus(&x, &y, &r);
	u128 sum = 0;

	for (size_t i = 0; i < LIMBS; i++) {
		sum += (u128)r.limb[i] + (prime.limb[i] & below);
		r.limb[i] = low(sum);
		sum >>= 64;
	}
	return r;
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

struct number
number_product(const struct number a, const struct number b)
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

struct number
number_squared(struct number a, unsigned n)
{
	while (n-- > 0)
		a = square(a);
	return a;
}

/*
 * Fermat's: a to the power of p - 2, whose bits are 32 ones, 31 zeros and a
 * one, 96 zeros, 94 ones, a zero and a one.
 */
struct number
number_inverse(struct number a)
{
	struct number x2 = number_product(number_squared(a, 1), a);
	struct number x4 = number_product(number_squared(x2, 2), x2);
	struct number x8 = number_product(number_squared(x4, 4), x4);
	struct number x16 = number_product(number_squared(x8, 8), x8);
	struct number x24 = number_product(number_squared(x16, 8), x8);
	struct number x28 = number_product(number_squared(x24, 4), x4);
	struct number x30 = number_product(number_squared(x28, 2), x2);
	struct number x32 = number_product(number_squared(x30, 2), x2);
	struct number r = number_product(number_squared(x32, 32), a);

	r = number_product(number_squared(r, 128), x32);
	r = number_product(number_squared(r, 32), x32);
	r = number_product(number_squared(r, 30), x30);
	return number_product(number_squared(r, 2), a);
}

struct number
number_read(const uint8_t in[P256_LEN])
{
	struct number r;

	for (size_t i = 0; i < LIMBS; i++) {
		const uint8_t *at = in + P256_LEN - 8 * (i + 1);

		r.limb[i] = 0;
		for (size_t j = 0; j < 8; j++)
			r.limb[i] = r.limb[i] << 8 | at[j];
	}
	return number_product(r, to_form);
}

void
number_write(struct number a, uint8_t out[P256_LEN])
{
	const struct number one = {{1}};

	a = number_least(number_product(a, one));
	for (size_t i = 0; i < P256_LEN; i++)
		out[P256_LEN - 1 - i] = (uint8_t)(a.limb[i / 8] >> 8 * (i % 8));
}
