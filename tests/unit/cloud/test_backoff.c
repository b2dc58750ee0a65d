/*
 * How long a child that dies is held back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "backoff.h"
#include "base/compiler.h"

static void
test_the_first_death_costs_nothing(void **ignored UNUSED)
{
	struct backoff b = {0};

	assert_int_equal(backoff_after(&b, 1), 0);
}

static void
test_short_lives_wait_ever_longer(void **ignored UNUSED)
{
	static const int want[] = {
	    0, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
	struct backoff b = {0};
	size_t i;

	for (i = 0; i < ARRAY_LEN(want); i++)
		assert_int_equal(backoff_after(&b, 5), want[i]);
}

static void
test_a_longer_life_starts_over(void **ignored UNUSED)
{
	struct backoff b = {0};

	assert_int_equal(backoff_after(&b, 5), 0);
	assert_int_equal(backoff_after(&b, 100), 100);
	assert_int_equal(backoff_after(&b, 200), 200);
	assert_int_equal(backoff_after(&b, 401), 0);
	assert_int_equal(backoff_after(&b, 101), 0);
	assert_int_equal(backoff_after(&b, 100), 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_first_death_costs_nothing),
	    cmocka_unit_test(test_short_lives_wait_ever_longer),
	    cmocka_unit_test(test_a_longer_life_starts_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
