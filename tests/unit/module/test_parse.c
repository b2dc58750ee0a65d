/*
 * The grammar of command lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "at_parse.h"

/* Reads the first command of a line. */
static enum err
first(const char *text, struct at_line *line, struct at_command *c)
{
	enum err err = at_line_start(line, bytes_str(text));

	if (err != ERR_OK)
		return err;
	assert_true(at_line_more(line));
	return at_line_next(line, c);
}

/* The whole line is this one command. */
static void
only(const char *text, struct at_command *c)
{
	struct at_line line;

	assert_int_equal(first(text, &line, c), ERR_OK);
	assert_false(at_line_more(&line));
}

static void
assert_text(const struct at_command *c, size_t i, const char *text)
{
	struct bytes b;

	assert_true(at_param_text(c, i, &b));
	assert_true(bytes_equal(b, bytes_str(text)));
}

static void
assert_number(const struct at_command *c, size_t i, uint32_t number)
{
	uint32_t n;

	assert_true(at_param_number(c, i, 0, UINT32_MAX, &n));
	assert_int_equal(n, number);
}

static void
test_forms(void **state)
{
	struct at_command c;

	(void)state;
	only("AT+USECROTUID", &c);
	assert_string_equal(c.name, "+USECROTUID");
	assert_int_equal(c.form, AT_EXECUTE);
	only("at+usecdevinfo?", &c);
	assert_string_equal(c.name, "+USECDEVINFO");
	assert_int_equal(c.form, AT_READ);
	only("AT+CMEE=?", &c);
	assert_int_equal(c.form, AT_TEST);
	only("AT+CMEE=2", &c);
	assert_int_equal(c.form, AT_SET);
	assert_int_equal(c.count, 1);
	assert_number(&c, 0, 2);
	only("AT+X=", &c);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.params[0].type, AT_OMITTED);
}

/* The seed types spaces after commas, and once around the equal sign. */
static void
test_spaces(void **state)
{
	struct at_command c;

	(void)state;
	only("AT+USECPRF=0, 8, \"DEDD8D0A62D9D24059F392688D738236\", 1", &c);
	assert_int_equal(c.count, 4);
	assert_number(&c, 0, 0);
	assert_number(&c, 1, 8);
	assert_text(&c, 2, "DEDD8D0A62D9D24059F392688D738236");
	assert_number(&c, 3, 1);
	only("AT+USECC2C = 0, \" A \"", &c);
	assert_number(&c, 0, 0);
	assert_text(&c, 1, " A ");
	only(" AT +X ? ", &c);
	assert_string_equal(c.name, "+X");
}

static void
test_strings(void **state)
{
	struct at_command c;

	(void)state;
	only("AT+X=\"line 1\r\nline 2;,=?\",,\"\"", &c);
	assert_int_equal(c.count, 3);
	assert_text(&c, 0, "line 1\r\nline 2;,=?");
	assert_int_equal(c.params[1].type, AT_OMITTED);
	assert_text(&c, 2, "");
}

static void
test_basic(void **state)
{
	struct at_command c;

	(void)state;
	only("ATE0", &c);
	assert_string_equal(c.name, "E");
	assert_int_equal(c.form, AT_SET);
	assert_number(&c, 0, 0);
	only("ATI", &c);
	assert_int_equal(c.form, AT_EXECUTE);
	only("AT&K3", &c);
	assert_string_equal(c.name, "&K");
	assert_number(&c, 0, 3);
	only("ATS3?", &c);
	assert_string_equal(c.name, "S3");
	assert_int_equal(c.form, AT_READ);
	only("ATS12=13", &c);
	assert_string_equal(c.name, "S12");
	assert_number(&c, 0, 13);
}

static void
test_several(void **state)
{
	struct at_line line;
	struct at_command c;

	(void)state;
	assert_int_equal(first("ATE0V1+CMEE=1;+CREG?;&C1", &line, &c), 0);
	assert_string_equal(c.name, "E");
	assert_int_equal(at_line_next(&line, &c), ERR_OK);
	assert_string_equal(c.name, "V");
	assert_int_equal(at_line_next(&line, &c), ERR_OK);
	assert_string_equal(c.name, "+CMEE");
	assert_number(&c, 0, 1);
	assert_int_equal(at_line_next(&line, &c), ERR_OK);
	assert_string_equal(c.name, "+CREG");
	assert_int_equal(c.form, AT_READ);
	assert_int_equal(at_line_next(&line, &c), ERR_OK);
	assert_string_equal(c.name, "&C");
	assert_false(at_line_more(&line));
}

static void
test_bad(void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} lines[] = {
	    {"", ERR_FORMAT},
	    {"A", ERR_FORMAT},
	    {"A T", ERR_FORMAT},
	    {"B", ERR_FORMAT},
	    {"AT+", ERR_FORMAT},
	    {"AT+1X", ERR_FORMAT},
	    {"AT+X=abc", ERR_FORMAT},
	    {"AT+X=-1", ERR_FORMAT},
	    {"AT+X=1 2", ERR_FORMAT},
	    {"AT+X=\"a\"b", ERR_FORMAT},
	    {"AT+X=\"a", ERR_TRUNCATED},
	    {"AT+X??", ERR_FORMAT},
	    {"AT+X=?1", ERR_FORMAT},
	    {"AT+X:1", ERR_FORMAT},
	    {"AT!", ERR_FORMAT},
	    {"AT1", ERR_FORMAT},
	    {"AT&", ERR_FORMAT},
	    {"AT&&C", ERR_FORMAT},
	    {"ATS", ERR_FORMAT},
	    {"ATS3=", ERR_FORMAT},
	    {"AT+X=4294967296", ERR_SPACE},
	    {"AT+X=99999999999999999999999999", ERR_SPACE},
	    {"AT+NAMESOFTWENTYONECHARS", ERR_SPACE},
	    {"AT+X=1,2,3,4,5,6,7,8,9,10,11,12,13", ERR_SPACE},
	};
	struct at_line line;
	struct at_command c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++)
		assert_int_equal(first(lines[i].text, &line, &c), lines[i].err);
	assert_int_equal(
	    at_line_start(&line, bytes_make("AT+X=\0", 6)), ERR_OK);
	assert_int_equal(at_line_next(&line, &c), ERR_FORMAT);
}

static void
test_limits(void **state)
{
	struct at_command c;
	uint32_t n;

	(void)state;
	only("AT+X=4294967295,1,2,3,4,5,6,7,8,9,10,11", &c);
	assert_int_equal(c.count, AT_PARAMS_MAX);
	assert_number(&c, 0, 4294967295);
	assert_false(at_param_number(&c, 0, 0, 5, &n));
	assert_false(at_param_number(&c, 12, 0, 5, &n));
	assert_true(at_param_number_or(&c, 12, 0, 5, 3, &n));
	assert_int_equal(n, 3);
	assert_false(at_param_number_or(&c, 11, 0, 5, 3, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_spaces),
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_basic),
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
