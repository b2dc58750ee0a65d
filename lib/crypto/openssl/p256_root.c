/*
 * The y of a point of P-256 that came as x alone: y^2 = x^3 - 3x + b. OpenSSL
 * takes the root by a general power, for as long as a third of a key
 * agreement; this takes it by the few products that this prime allows. Works
 * on public points only, for its time depends on them.
 *
 * Spec: SP 800-186, section 3.2.1.3; SEC 1, section 2.3.4.
 */
#include "p256_field.h"

#include <string.h>

#include "ossl.h"

/* The curve's b, and 3, in Montgomery's form. */
static const struct number curve_b = {
    {UINT64_C(0xd89cdf6229c4bddf), UINT64_C(0xacf005cd78843090),
	UINT64_C(0xe5a220abf7212ed6), UINT64_C(0xdc30061d04874834)}};
static const struct number three = {{3, UINT64_C(0xfffffffd00000000),
    UINT64_C(0xffffffffffffffff), UINT64_C(0x00000002fffffffc)}};

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
		r = number_product(number_squared(r, n), r);
	r = number_product(number_squared(r, 32), a);
	r = number_product(number_squared(r, 96), a);
	return number_squared(r, 94);
}

/* Whether two numbers are the same. */
static bool
same(struct number a, struct number b)
{
	a = number_least(a);
	b = number_least(b);
	return memcmp(a.limb, b.limb, sizeof(a.limb)) == 0;
}

bool
p256_root(const uint8_t x[P256_LEN], int y_bit, uint8_t ret_y[P256_LEN])
{
	const struct number zero = {{0}};
	struct number n = number_read(x), right, y;

	/* x^3 - 3x + b = x(x^2 - 3) + b */
	right = number_difference(number_squared(n, 1), three);
	right = number_product(right, n);
	right = number_difference(right, number_difference(zero, curve_b));
	y = root(right);
	if (!same(number_squared(y, 1), right))
		return false;
	number_write(y, ret_y);
	if ((ret_y[P256_LEN - 1] & 1) != y_bit)
		number_write(number_difference(zero, y), ret_y);
	return true;
}
