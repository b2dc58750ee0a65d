/*
 * Every error has a name of its own, which logs can be searched for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"

#define FIRST ERR_CRITICAL /* the lowest number there is */

static void
test_names_differ(void **state)
{
	int a, b;

	(void)state;
	for (a = FIRST; a <= 0; a++) {
		for (b = FIRST; b < a; b++)
			assert_string_not_equal(
			    err_name((enum err)a), err_name((enum err)b));
	}
}

/* Names go into key=value logs: lower-case letters and hyphens. */
static void
test_names_are_words(void **state)
{
	const char *c;
	int e;

	(void)state;
	for (e = FIRST; e <= 0; e++) {
		assert_string_not_equal(err_name((enum err)e), "unknown");
		assert_true(*err_name((enum err)e) != '\0');
		for (c = err_name((enum err)e); *c != '\0'; c++)
			assert_true((*c >= 'a' && *c <= 'z') || *c == '-');
	}
}

static void
test_unknown_numbers(void **state)
{
	(void)state;
	assert_string_equal(err_name((enum err)1), "unknown");
	assert_string_equal(err_name((enum err)(FIRST - 1)), "unknown");
	assert_string_equal(err_name((enum err)(-1000)), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_differ),
	    cmocka_unit_test(test_names_are_words),
	    cmocka_unit_test(test_unknown_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
