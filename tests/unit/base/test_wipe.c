/*
 * Wiping reaches every byte and no other; comparing sees every bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/compiler.h"
#include "base/wipe.h"

#define CANARY 0xEE

static void
test_wipe(void **state)
{
	uint8_t buf[300];
	size_t len, i;

	(void)state;
	for (len = 0; len < sizeof(buf) - 2; len++) {
		memset(buf, CANARY, sizeof(buf));
		wipe(buf + 1, len);
		assert_int_equal(buf[0], CANARY);
		for (i = 0; i < len; i++)
			assert_int_equal(buf[1 + i], 0);
		assert_int_equal(buf[1 + len], CANARY);
	}
	wipe(NULL, 0);
}

#define SECRET_LEN 1000

/* Leaves a secret on the stack and says where, unless wipe took it. */
static __attribute__((noinline)) void
use_secret(bool wiped, uintptr_t *ret_where, unsigned *ret_sum)
{
	uint8_t secret[SECRET_LEN];
	size_t i;

	memset(secret, 0xA5, sizeof(secret));
	for (i = 0; i < sizeof(secret); i++)
		*ret_sum += ((volatile uint8_t *)secret)[i];
	*ret_where = (uintptr_t)secret;
	if (wiped)
		wipe(secret, sizeof(secret));
}

/*
 * The last act on a dead object is what compilers drop. To read the stack of
 * a function that has returned is no C, but what an attacker does.
 */
static __attribute__((noinline, no_sanitize("address"))) unsigned
count_secret(bool wiped, unsigned *ret_sum)
{
	const volatile uint8_t *at;
	unsigned found = 0;
	uintptr_t where;
	size_t i;

	use_secret(wiped, &where, ret_sum);
	at = (const volatile uint8_t *)where;
	for (i = 0; i < SECRET_LEN; i++)
		found += at[i] == 0xA5;
	return found;
}

static void
test_wipe_is_not_dropped(void **state)
{
	unsigned sum = 0, left, left_wiped;

	(void)state;
	left = count_secret(false, &sum);
	left_wiped = count_secret(true, &sum);
	assert_int_equal(sum, 2 * SECRET_LEN * 0xA5);
	/* Shows that this test sees a secret which was not wiped. */
	assert_true(left > SECRET_LEN / 2);
	assert_int_equal(left_wiped, 0);
}

static void
test_ct_equal(void **state)
{
	uint8_t a[40], b[40];
	size_t len, bit;

	(void)state;
	memset(a, 0x33, sizeof(a));
	memset(b, 0x33, sizeof(b));
	for (len = 0; len <= sizeof(a); len++) {
		assert_true(ct_equal(a, b, len));
		for (bit = 0; bit < len * 8; bit++) {
			b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_false(ct_equal(a, b, len));
			assert_false(ct_equal(b, a, len));
			b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	/* Differences that add or xor up to nothing are seen. */
	b[0] ^= 1;
	b[1] ^= 1;
	assert_false(ct_equal(a, b, 2));
	b[0] = (uint8_t)(a[0] + 1);
	b[1] = (uint8_t)(a[1] - 1);
	assert_false(ct_equal(a, b, 2));
	/* What lies behind len is not looked at. */
	assert_true(ct_equal(a + 2, b + 2, 1));
	assert_true(ct_equal(NULL, NULL, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wipe),
	    cmocka_unit_test(test_wipe_is_not_dropped),
	    cmocka_unit_test(test_ct_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
