/*
 * The table of error numbers and texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "at_result.h"
#include "base/bytes.h"
#include "tee.h"

static bool
same_text(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

/* In the order of the numbers, so that each is there once; no text twice. */
static void
test_rows(void **state)
{
	const struct at_result_row *row, *other;
	char number[16];

	(void)state;
	for (row = at_result_rows; row->text != NULL; row++) {
		assert_true(row->result >= 0);
		assert_true(
		    row == at_result_rows || row->result > row[-1].result);
		assert_int_equal(
		    at_result_number(row->result), (unsigned)row->result);
		assert_string_equal(at_result_text(row->result), row->text);
		for (other = at_result_rows; other != row; other++)
			assert_false(same_text(other->text, row->text));
		/* A host that looks for a number takes no text for one. */
		(void)snprintf(number, sizeof(number), "%d", (int)row->result);
		assert_string_not_equal(number, row->text);
	}
	assert_true(row > at_result_rows + 40);
}

/* One number, and a text for each feature. */
static void
test_off(void **state)
{
	enum at_result off;
	unsigned bit;

	(void)state;
	for (bit = TEE_FEATURE_PSK; bit <= TEE_FEATURE_ZTP; bit <<= 1) {
		off = at_result_off(bit);
		assert_int_equal(at_result_number(off), 1673);
		assert_non_null(strstr(at_result_text(off), " is not enabled"));
	}
	assert_string_equal(at_result_text(at_result_off(64)), "unknown");
}

/* Every error has a number with a text, whatever was at work. */
static void
test_errors(void **state)
{
	enum at_result (*const of[])(enum err) = {at_result_of,
	    at_result_of_file, at_result_of_security, at_result_of_credential};
	enum at_result result;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < ARRAY_LEN(of); i++) {
		assert_int_equal(of[i](ERR_OK), AT_DONE);
		for (err = ERR_INTERNAL; err >= ERR_CRITICAL; err--) {
			result = of[i]((enum err)err);
			assert_true(result >= 0);
			assert_true(
			    result == CME_UNKNOWN ||
			    !same_text(at_result_text(result), "unknown"));
		}
	}
	assert_int_equal(at_result_of_file(ERR_NOT_FOUND), 1612);
	assert_int_equal(at_result_of_security(ERR_NOT_FOUND), 1677);
	assert_int_equal(at_result_of_credential(ERR_NOT_FOUND), 22);
	assert_int_equal(at_result_of_credential(ERR_NOMEM), 1912);
	assert_int_equal(at_result_of(ERR_NOT_FOUND), 22);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_off),
	    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
