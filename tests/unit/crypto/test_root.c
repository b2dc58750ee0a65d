/*
 * Points that come as x alone, against OpenSSL's own way to their y. A carry
 * that is lost would show at numbers of long runs of ones and zeros first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#undef ERR_STATE

#include "crypto/crypto.h"

#define LIMB_LEN 8
#define RANDOM_COUNT 2000

static const uint8_t limbs[][LIMB_LEN] = {
    {0},
    {0, 0, 0, 0, 0, 0, 0, 1},
    {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
    {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
    {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1},
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe},
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
    {0x80, 0, 0, 0, 0, 0, 0, 0},
};

/* What OpenSSL says of 02 or 03 | x; false: no point. */
static bool
reference(const EC_GROUP *group, const uint8_t in[P256_COMPRESSED_LEN],
    uint8_t out[P256_POINT_LEN])
{
	EC_POINT *q = EC_POINT_new(group);
	bool good;

	assert_non_null(q);
	good = EC_POINT_oct2point(group, q, in, P256_COMPRESSED_LEN, NULL) == 1;
	if (good)
		assert_int_equal(
		    EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED,
			out, P256_POINT_LEN, NULL),
		    P256_POINT_LEN);
	EC_POINT_free(q);
	return good;
}

static void
check(const EC_GROUP *group, const uint8_t in[P256_COMPRESSED_LEN],
    size_t *ret_points)
{
	uint8_t expected[P256_POINT_LEN], encoded[P256_POINT_LEN];
	struct p256_point q;

	if (!reference(group, in, expected)) {
		assert_int_equal(
		    p256_point_decode(bytes_make(in, P256_COMPRESSED_LEN), &q),
		    ERR_INVALID);
		return;
	}
	assert_int_equal(
	    p256_point_decode(bytes_make(in, P256_COMPRESSED_LEN), &q), ERR_OK);
	p256_point_encode(&q, encoded);
	assert_memory_equal(encoded, expected, P256_POINT_LEN);
	(*ret_points)++;
}

static void
test_as_openssl_says(void **state)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	size_t kinds = ARRAY_LEN(limbs), all = kinds * kinds * kinds * kinds;
	uint8_t in[P256_COMPRESSED_LEN];
	size_t points = 0, rest;

	(void)state;
	assert_non_null(group);
	for (size_t i = 0; i < all; i++) {
		rest = i;
		for (size_t at = 0; at < P256_LEN; at += LIMB_LEN) {
			memcpy(in + 1 + at, limbs[rest % kinds], LIMB_LEN);
			rest /= kinds;
		}
		in[0] = (uint8_t)(2 + i % 2);
		check(group, in, &points);
	}
	EC_GROUP_free(group);
	assert_true(points > all / 4 && points < all / 2);
}

static void
test_random(void **state)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	uint8_t in[P256_COMPRESSED_LEN], seed[SHA256_LEN] = {1};
	struct bytes last = BYTES_OF(seed);
	size_t points = 0;

	(void)state;
	assert_non_null(group);
	for (size_t i = 0; i < RANDOM_COUNT; i++) {
		assert_int_equal(sha256(&last, 1, seed), ERR_OK);
		memcpy(in + 1, seed, sizeof(seed));
		in[0] = (uint8_t)(2 + i % 2);
		check(group, in, &points);
	}
	EC_GROUP_free(group);
	assert_true(points > RANDOM_COUNT / 3 && points < RANDOM_COUNT * 2 / 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_openssl_says),
	    cmocka_unit_test(test_random),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
