/*
 * The random source: lengths, pool edges, and no number given out twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto.h"

#define CANARY 0xEE
#define DRAWS 5000
#define DRAW_LEN 16

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, DRAW_LEN);
}

/* 80,000 bytes: the pool is refilled some twenty times. */
static void
test_no_draw_comes_twice(void **state)
{
	static uint8_t draws[DRAWS][DRAW_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < DRAWS; i++)
		assert_int_equal(crypto_random(draws[i], DRAW_LEN), ERR_OK);
	qsort(draws, DRAWS, DRAW_LEN, compare);
	for (i = 1; i < DRAWS; i++)
		assert_memory_not_equal(draws[i - 1], draws[i], DRAW_LEN);
}

/* Fills all of it and no more, whatever the length does to the pool. */
static void
test_lengths(void **state)
{
	static uint8_t out[10001];
	static const size_t lens[] = {0, 1, 2, 15, 16, 17, 1000, 1023, 1024,
	    1025, 4095, 4096, 4097, 10000};
	size_t i, j, zeros;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lens); i++) {
		memset(out, 0, sizeof(out));
		out[lens[i]] = CANARY;
		assert_int_equal(crypto_random(out, lens[i]), ERR_OK);
		assert_int_equal(out[lens[i]], CANARY);
		for (j = zeros = 0; j < lens[i]; j++)
			zeros += out[j] == 0;
		/* One of 256 is zero; 17 in a row would not be random. */
		assert_true(zeros <= lens[i] / 16 + 17);
	}
}

static void
test_as_a_source(void **state)
{
	uint8_t a[32] = {0}, b[32] = {0};

	(void)state;
	assert_int_equal(
	    random_fill(&crypto_random_source, a, sizeof(a)), ERR_OK);
	assert_int_equal(
	    random_fill(&crypto_random_source, b, sizeof(b)), ERR_OK);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* Each bit is set about half of the time: 3 in 10^9 runs fail. */
static void
test_no_bit_stands_still(void **state)
{
	uint8_t out[1000];
	size_t bit, i, set;

	(void)state;
	assert_int_equal(crypto_random(out, sizeof(out)), ERR_OK);
	for (bit = 0; bit < 8; bit++) {
		for (i = set = 0; i < sizeof(out); i++)
			set += out[i] >> bit & 1;
		assert_in_range(set, 400, 600);
	}
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_draw_comes_twice),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_as_a_source),
	    cmocka_unit_test(test_no_bit_stands_still),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
