/*
 * Arithmetic modulo p against OpenSSL's numbers, as it is built for this
 * processor and as it is for all others (P256_FIELD_PLAIN). A carry that is
 * lost would show at limbs of ones and zeros first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/bn.h>
#undef ERR_STATE

#include "openssl/p256_field.h"
#include "prng.h"

#define ROUNDS 20000
#define SEED 0xf1e1d

static const uint64_t odd_limbs[] = {0, 1, 2, UINT64_C(0xffffffff),
    UINT64_C(0xffffffff00000000), UINT64_C(0xffffffff00000001),
    UINT64_C(0x8000000000000000), UINT64_MAX - 1, UINT64_MAX};

static const char p_hex[] = "ffffffff00000001000000000000000000000000fffffffff"
			    "fffffffffffffff";

struct world {
	struct prng prng;
	BN_CTX *ctx;
	BIGNUM *p, *r; /* r: 2^256 */
};

static int
world_setup(void **state)
{
	static struct world w;

	prng_init(&w.prng, SEED);
	w.ctx = BN_CTX_new();
	w.r = BN_new();
	assert_non_null(w.ctx);
	assert_non_null(w.r);
	assert_int_equal(BN_hex2bn(&w.p, p_hex), P256_LEN * 2);
	assert_int_equal(BN_set_bit(w.r, 256), 1);
	*state = &w;
	return 0;
}

static int
world_teardown(void **state)
{
	struct world *w = *state;

	BN_free(w->p);
	BN_free(w->r);
	BN_CTX_free(w->ctx);
	return 0;
}

/* Any number below 2^256, more often than not one of odd limbs. */
static struct number
draw(struct world *w)
{
	struct number a;

	for (size_t i = 0; i < LIMBS; i++) {
		uint64_t kind =
		    prng_next(&w->prng) % (2 * ARRAY_LEN(odd_limbs));

		a.limb[i] = kind < ARRAY_LEN(odd_limbs) ? odd_limbs[kind]
							: prng_next(&w->prng);
	}
	return a;
}

static BIGNUM *
number_of(const struct number *a)
{
	BIGNUM *n = BN_new();

	assert_non_null(n);
	for (size_t i = LIMBS; i-- > 0;) {
		assert_int_equal(BN_lshift(n, n, 64), 1);
		assert_int_equal(BN_add_word(n, a->limb[i]), 1);
	}
	return n;
}

/* Says that got is a, modulo p; frees a. */
static void
check(struct world *w, struct number got, BIGNUM *a)
{
	struct number least = number_least(got);
	BIGNUM *n = number_of(&least);

	assert_int_equal(BN_nnmod(a, a, w->p, w->ctx), 1);
	assert_int_equal(BN_cmp(n, a), 0);
	BN_free(n);
	BN_free(a);
}

/* a * b / 2^256 */
static BIGNUM *
montgomery(struct world *w, const struct number *a, const struct number *b)
{
	BIGNUM *m = number_of(a), *n = number_of(b);

	assert_int_equal(BN_mul(m, m, n, w->ctx), 1);
	assert_non_null(BN_mod_inverse(n, w->r, w->p, w->ctx));
	assert_int_equal(BN_mod_mul(m, m, n, w->p, w->ctx), 1);
	BN_free(n);
	return m;
}

static void
test_products(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < ROUNDS; i++) {
		struct number a = draw(w), b = draw(w);

		check(w, number_product(a, b), montgomery(w, &a, &b));
		check(w, number_squared(a, 1), montgomery(w, &a, &a));
	}
}

static void
test_differences(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < ROUNDS; i++) {
		struct number a = draw(w), b = draw(w);
		BIGNUM *m = number_of(&a), *n = number_of(&b);

		assert_int_equal(BN_sub(m, m, n), 1);
		BN_free(n);
		check(w, number_difference(a, b), m);
	}
}

/* The inverse of a number times it is 1, which is 2^256 here. */
static void
test_inverses(void **state)
{
	struct world *w = *state;
	const struct number zero = {{0}};

	for (int i = 0; i < 500; i++) {
		struct number a = draw(w);
		struct number least = number_least(a);

		if (memcmp(&least, &zero, sizeof(zero)) == 0)
			continue;
		check(w, number_product(number_inverse(a), a), BN_dup(w->r));
	}
	check(w, number_inverse(zero), BN_new());
}

static void
test_bytes(void **state)
{
	struct world *w = *state;
	uint8_t in[P256_LEN], out[P256_LEN];
	BIGNUM *n;

	for (int i = 0; i < ROUNDS; i++) {
		struct number a = draw(w);

		n = number_of(&a);
		assert_int_equal(BN_bn2binpad(n, in, P256_LEN), P256_LEN);
		number_write(number_read(in), out);
		assert_int_equal(BN_nnmod(n, n, w->p, w->ctx), 1);
		assert_int_equal(BN_bn2binpad(n, in, P256_LEN), P256_LEN);
		assert_memory_equal(in, out, P256_LEN);
		BN_free(n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_products),
	    cmocka_unit_test(test_differences),
	    cmocka_unit_test(test_inverses),
	    cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
