/*
 * The lines of the log, whatever stands in their values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>

#include "cloud/log.h"

static const struct log_field end = {.kind = LOG_KIND_END};

static void
assert_line(const char *want, struct log_field field)
{
	struct log_field fields[] = {field, end};
	char line[LOG_LINE_MAX];
	size_t len = log_format(line, sizeof(line), 1700000000, 7,
	    LOG_LEVEL_WARN, "api", "thing", fields);
	char all[LOG_LINE_MAX];

	snprintf(all, sizeof(all),
	    "2023-11-14T22:13:20.007Z warn api event=thing %s\n", want);
	line[len] = '\0';
	assert_string_equal(line, all);
}

static void
test_values_are_quoted_when_they_must(void **ignored UNUSED)
{
	static const uint8_t uid[] = {0, 0x8a, 0xff};

	assert_line("a=b", log_text("a", "b"));
	assert_line("a=\"\"", log_text("a", ""));
	assert_line("a=\"\"", log_text("a", NULL));
	assert_line("a=[::]:5683", log_text("a", "[::]:5683"));
	assert_line("a=\"b c\"", log_text("a", "b c"));
	assert_line("a=\"b=c\"", log_text("a", "b=c"));
	assert_line("a=\"\\\"\\\\\"", log_text("a", "\"\\"));
	assert_line("a=\"x\\x0ay\"", log_text("a", "x\ny"));
	assert_line("a=\"\\xc3\\xa9\"", log_text("a", "\xc3\xa9"));
	assert_line("a=-9223372036854775808", log_int("a", INT64_MIN));
	assert_line("a=008AFF", log_hex("a", BYTES_OF(uid)));
	assert_line("error=no-memory", log_err(ERR_NOMEM));
	assert_line("error=\"Permission denied\"", log_errno(EACCES));
	assert_line("error=unknown", log_errno(99999));
}

static void
test_a_long_line_is_cut_and_ends(void **ignored UNUSED)
{
	char value[2 * LOG_LINE_MAX], line[LOG_LINE_MAX];
	size_t i, len;

	for (i = 0; i < sizeof(value); i++) {
		struct log_field fields[] = {
		    log_bytes("a", bytes_make(value, i)), end};

		value[i] = i % 7 == 0 ? '\n' : 'x';
		len = log_format(line, sizeof(line), 0, 0, LOG_LEVEL_INFO,
		    "keys", "long", fields);
		assert_true(len <= sizeof(line));
		assert_int_equal(line[len - 1], '\n');
		assert_ptr_equal(memchr(line, '\n', len), line + len - 1);
		if (i > LOG_LINE_MAX)
			assert_memory_equal(line + len - 4, "...\n", 4);
	}
}

static void
test_an_event_may_stand_alone(void **ignored UNUSED)
{
	char line[LOG_LINE_MAX];
	size_t len = log_format(
	    line, sizeof(line), 0, 999, LOG_LEVEL_ERROR, "keys", "stop", &end);

	line[len] = '\0';
	assert_string_equal(
	    line, "1970-01-01T00:00:00.999Z error keys event=stop\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values_are_quoted_when_they_must),
	    cmocka_unit_test(test_a_long_line_is_cut_and_ends),
	    cmocka_unit_test(test_an_event_may_stand_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
