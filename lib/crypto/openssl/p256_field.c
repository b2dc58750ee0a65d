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

/*
 * Sums whose carry goes on from limb to limb: t = t + a; add_4 returns the
 * carry out of it. GCC 12 does not leave a carry in its flag from one sum to
 * the next, and a square takes twice as long.
 */
#if defined(__x86_64__) && !defined(P256_FIELD_PLAIN)
static inline uint64_t
add_4(uint64_t t[4], uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	uint64_t carry = 0;

	__asm__(
	    "addq %5, %0\n\tadcq %6, %1\n\t"
	    "adcq %7, %2\n\tadcq %8, %3\n\tadcq $0, %4"
	    : "+&r"(t[0]), "+&r"(t[1]), "+&r"(t[2]), "+&r"(t[3]), "+&r"(carry)
	    : "rme"(a0), "rme"(a1), "rme"(a2), "rme"(a3)
	    : "cc");
	return carry;
}

static inline void
add_8(uint64_t t[8], const uint64_t a[8])
{
	__asm__("addq %8, %0\n\tadcq %9, %1\n\t"
		"adcq %10, %2\n\tadcq %11, %3\n\t"
		"adcq %12, %4\n\tadcq %13, %5\n\t"
		"adcq %14, %6\n\tadcq %15, %7"
		: "+&r"(t[0]), "+&r"(t[1]), "+&r"(t[2]), "+&r"(t[3]),
		"+&r"(t[4]), "+&r"(t[5]), "+&r"(t[6]), "+&r"(t[7])
		: "rme"(a[0]), "rme"(a[1]), "rme"(a[2]), "rme"(a[3]),
		"rme"(a[4]), "rme"(a[5]), "rme"(a[6]), "rme"(a[7])
		: "cc");
}
#else
static inline uint64_t
add_4(uint64_t t[4], uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	u128 s = (u128)t[0] + a0;

	t[0] = low(s);
	s = (u128)t[1] + a1 + high(s);
	t[1] = low(s);
	s = (u128)t[2] + a2 + high(s);
	t[2] = low(s);
	s = (u128)t[3] + a3 + high(s);
	t[3] = low(s);
	return high(s);
}

static inline void
add_8(uint64_t t[8], const uint64_t a[8])
{
	uint64_t carry = add_4(t, a[0], a[1], a[2], a[3]);

	(void)add_4(t + 4, a[4], a[5], a[6], a[7]);
	(void)add_4(t + 4, carry, 0, 0, 0);
}
#endif

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

	(void)add_4(r.limb, prime.limb[0] & below, prime.limb[1] & below,
	    prime.limb[2] & below, prime.limb[3] & below);
	return r;
}

/*
 * t / 2^256 mod p, one limb after the other: adding m * p for the lowest, m,
 * makes that zero, for p is 2^96 - 1 modulo 2^192. What is left in the end is
 * below 2^256 + p: where it goes over, p is taken off by adding 2^256 - p.
 */
static inline struct number
divided(const uint64_t t[2 * LIMBS])
{
	struct number r = {{t[0], t[1], t[2], t[3]}};
	uint64_t *x = r.limb, m, over, ones;
	u128 p;

	for (size_t i = 0; i < LIMBS; i++) {
		m = x[0];
		p = (u128)m * prime.limb[3];
		x[0] = x[1];
		x[1] = x[2];
		x[2] = x[3];
		x[3] = high(p);
		(void)add_4(x, m << 32, m >> 32, low(p), 0);
	}
	over = add_4(x, t[4], t[5], t[6], t[7]);
	ones = 0 - over;
	(void)add_4(x, over, ones << 32, ones, (ones >> 32) - over);
	return r;
}

struct number
number_product(const struct number a, const struct number b)
{
	uint64_t t[2 * LIMBS] = {0};
	u128 p[LIMBS];

	for (size_t i = 0; i < LIMBS; i++) {
		for (size_t j = 0; j < LIMBS; j++)
			p[j] = (u128)a.limb[j] * b.limb[i];
		t[i + 4] = high(p[3]) + add_4(t + i, low(p[0]), low(p[1]),
					    low(p[2]), low(p[3]));
		(void)add_4(t + i + 1, high(p[0]), high(p[1]), high(p[2]), 0);
	}
	return divided(t);
}

/* a * a / 2^256 mod p: what stands beside the diagonal counts twice. */
static inline struct number
square(const struct number a)
{
	const uint64_t *n = a.limb;
	const u128 p01 = (u128)n[0] * n[1], p02 = (u128)n[0] * n[2];
	const u128 p03 = (u128)n[0] * n[3], p12 = (u128)n[1] * n[2];
	const u128 p13 = (u128)n[1] * n[3], p23 = (u128)n[2] * n[3];
	const u128 p00 = (u128)n[0] * n[0], p11 = (u128)n[1] * n[1];
	const u128 p22 = (u128)n[2] * n[2], p33 = (u128)n[3] * n[3];
	const uint64_t diagonal[2 * LIMBS] = {low(p00), high(p00), low(p11),
	    high(p11), low(p22), high(p22), low(p33), high(p33)};
	uint64_t t[2 * LIMBS] = {0, low(p01), high(p01), high(p02), high(p03),
	    high(p13), high(p23), 0};

	t[6] += add_4(t + 2, low(p02), low(p03), low(p13), low(p23));
	(void)add_4(t + 3, low(p12), high(p12), 0, 0);
	add_8(t, t);
	add_8(t, diagonal);
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
