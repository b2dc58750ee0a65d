/*
 * Error messages, written and read.
 */
#include "edhoc_test.h"

#include "base/text.h"

static enum err
read_hex(const char *hex, struct edhoc_error *ret_error)
{
	static uint8_t buf[128]; /* ret_error->text lives here */
	size_t len;

	assert_ok(hex_decode(bytes_str(hex), buf, sizeof(buf), &len));
	return edhoc_error_read(bytes_make(buf, len), ret_error);
}

static void
test_text(void **state UNUSED)
{
	struct edhoc_error error;
	uint8_t buf[32];
	struct writer w;
	size_t cap;

	for (cap = 0; cap < 6; cap++) {
		writer_init(&w, buf, cap);
		edhoc_error_write(&w, "busy");
		assert_int_equal(w.err, ERR_SPACE);
	}
	writer_init(&w, buf, cap);
	edhoc_error_write(&w, "busy");
	assert_view(writer_bytes(&w), B(0x01, 0x64, 'b', 'u', 's', 'y'));
	assert_ok(edhoc_error_read(writer_bytes(&w), &error));
	assert_int_equal(error.code, 1);
	assert_view(error.text, BYTES_LIT("busy"));
	assert_int_equal(error.suite_count, 0);
}

static void
test_suites(void **state UNUSED)
{
	static const enum edhoc_suite offered[] = {
	    EDHOC_SUITE_2, EDHOC_SUITE_3};
	struct edhoc_error error;
	uint8_t buf[32];
	struct writer w;
	size_t cap;

	for (cap = 0; cap < 4; cap++) {
		writer_init(&w, buf, cap);
		edhoc_error_suites(&w, offered, 2);
		assert_int_equal(w.err, ERR_SPACE);
	}
	writer_init(&w, buf, cap);
	edhoc_error_suites(&w, offered, 2);
	assert_view(writer_bytes(&w), B(0x02, 0x82, 0x02, 0x03));
	assert_ok(edhoc_error_read(writer_bytes(&w), &error));
	assert_int_equal(error.code, 2);
	assert_int_equal(error.suite_count, 2);
	assert_int_equal(error.suites[0], 2);
	assert_int_equal(error.suites[1], 3);
	writer_init(&w, buf, sizeof(buf));
	edhoc_error_suites(&w, offered, 0);
	assert_int_equal(w.err, ERR_INVALID);
}

static void
test_read(void **state UNUSED)
{
	static const struct {
		const char *hex;
		enum err err;
		int code;
		size_t suites;
	} cases[] = {
	    {"0160", ERR_OK, 1, 0},
	    {"0202", ERR_OK, 2, 1},
	    {"0221", ERR_OK, 2, 1},
	    {"02870102030405060708", ERR_FORMAT, 0, 0},
	    {"028a0102", ERR_TRUNCATED, 0, 0},
	    {"028a00010203040506070809", ERR_OK, 2, EDHOC_SUITES_MAX},
	    {"03f5", ERR_OK, 3, 0},
	    {"04a10203", ERR_OK, 4, 0},
	    {"20f6", ERR_OK, -1, 0}, /* private use */
	    {"00f6", ERR_OK, 0, 0},
	    {"", ERR_TRUNCATED, 0, 0},
	    {"01", ERR_TRUNCATED, 0, 0},
	    {"0161", ERR_TRUNCATED, 0, 0},
	    {"0140", ERR_FORMAT, 0, 0},
	    {"0161ff", ERR_FORMAT, 0, 0},
	    {"016000", ERR_FORMAT, 0, 0},
	    {"02", ERR_TRUNCATED, 0, 0},
	    {"0280", ERR_FORMAT, 0, 0},
	    {"028102", ERR_FORMAT, 0, 0},
	    {"0282", ERR_TRUNCATED, 0, 0},
	    {"02820260", ERR_FORMAT, 0, 0},
	    {"021b0000000100000002", ERR_FORMAT, 0, 0},
	    {"03f4", ERR_FORMAT, 0, 0},
	    {"0301", ERR_FORMAT, 0, 0},
	    {"04", ERR_TRUNCATED, 0, 0},
	    {"0400ff", ERR_FORMAT, 0, 0},
	    {"1b0000000100000001f6", ERR_FORMAT, 0, 0},
	    {"4101", ERR_FORMAT, 0, 0},
	};
	struct edhoc_error error;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].hex);
		error.code = 99;
		assert_int_equal(read_hex(cases[i].hex, &error), cases[i].err);
		if (cases[i].err != ERR_OK) {
			assert_int_equal(error.code, 99);
			continue;
		}
		assert_int_equal(error.code, cases[i].code);
		assert_int_equal(error.suite_count, cases[i].suites);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_suites),
	    cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
