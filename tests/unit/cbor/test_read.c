/*
 * Each reader on what it takes, on what it refuses, and on every prefix.
 */
#include "cbor_test.h"

static void
test_uint(void **state UNUSED)
{
	static const struct {
		const char *hex;
		uint64_t value;
	} good[] = {{"00", 0}, {"17", 23}, {"1818", 24}, {"18ff", 255},
	    {"190100", 256}, {"19ffff", 65535}, {"1a00010000", 65536},
	    {"1affffffff", 4294967295u}, {"1b0000000100000000", 4294967296u},
	    {"1bffffffffffffffff", UINT64_MAX}};
	static const char *const bad[] = {"1817", "1800", "1900ff",
	    "1a0000ffff", "1b00000000ffffffff", "1c", "1d", "1e", "1f", "20",
	    "40", "f4", "c000"};
	struct hex_buf buf;
	struct reader r;
	size_t i;

	for (i = 0; i < ARRAY_LEN(good); i++) {
		hex_reader(&r, &buf, good[i].hex);
		assert_true(cbor_uint(&r) == good[i].value);
		assert_int_equal(reader_end(&r), ERR_OK);
	}
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		hex_reader(&r, &buf, bad[i]);
		assert_true(cbor_uint(&r) == 0);
		assert_int_equal(r.err, ERR_FORMAT);
	}
}

static void
test_int(void **state UNUSED)
{
	static const struct {
		const char *hex;
		int64_t value;
		enum err err;
	} cases[] = {{"00", 0, ERR_OK}, {"20", -1, ERR_OK}, {"37", -24, ERR_OK},
	    {"3818", -25, ERR_OK}, {"3903e7", -1000, ERR_OK},
	    {"1b7fffffffffffffff", INT64_MAX, ERR_OK},
	    {"3b7fffffffffffffff", INT64_MIN, ERR_OK},
	    {"1b8000000000000000", 0, ERR_FORMAT},
	    {"3b8000000000000000", 0, ERR_FORMAT},
	    {"3bffffffffffffffff", 0, ERR_FORMAT}, {"3817", 0, ERR_FORMAT},
	    {"60", 0, ERR_FORMAT}, {"", 0, ERR_TRUNCATED},
	    {"38", 0, ERR_TRUNCATED}};
	struct hex_buf buf;
	struct reader r;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		hex_reader(&r, &buf, cases[i].hex);
		assert_true(cbor_int(&r) == cases[i].value);
		assert_int_equal(r.err, cases[i].err);
	}
}

static void
test_uint_max(void **state UNUSED)
{
	struct hex_buf buf;
	struct reader r;

	hex_reader(&r, &buf, "1818");
	assert_int_equal(cbor_uint_max(&r, 24), 24);
	assert_int_equal(reader_end(&r), ERR_OK);
	hex_reader(&r, &buf, "1818");
	assert_int_equal(cbor_uint_max(&r, 23), 0);
	assert_int_equal(r.err, ERR_INVALID);
	hex_reader(&r, &buf, "");
	assert_int_equal(cbor_uint_max(&r, 23), 0);
	assert_int_equal(r.err, ERR_TRUNCATED);
}

static void
test_strings(void **state UNUSED)
{
	struct hex_buf buf;
	struct bytes b;
	struct reader r;

	hex_reader(&r, &buf, "4401020304");
	b = cbor_bstr(&r);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.ptr, "\1\2\3\4", 4);
	assert_int_equal(reader_end(&r), ERR_OK);
	hex_reader(&r, &buf, "40");
	assert_int_equal(cbor_bstr(&r).len, 0);
	assert_int_equal(reader_end(&r), ERR_OK);
	hex_reader(&r, &buf, "6449455446");
	assert_true(bytes_equal(cbor_tstr(&r), BYTES_LIT("IETF")));
	assert_int_equal(reader_end(&r), ERR_OK);
	hex_reader(&r, &buf, "6449455446");
	assert_int_equal(cbor_bstr(&r).len, 0);
	assert_int_equal(r.err, ERR_FORMAT);
	hex_reader(&r, &buf, "4401020304");
	assert_int_equal(cbor_tstr(&r).len, 0);
	assert_int_equal(r.err, ERR_FORMAT);
	hex_reader(&r, &buf, "5bffffffffffffffff00");
	assert_int_equal(cbor_bstr(&r).len, 0);
	assert_int_equal(r.err, ERR_TRUNCATED);
}

static void
test_utf8(void **state UNUSED)
{
	static const char *const good[] = {"60", "6161", "62c280", "62dfbf",
	    "63e0a080", "63ed9fbf", "63ee8080", "63efbfbf", "64f0908080",
	    "64f48fbfbf", "6161"};
	/* stray, overlong, surrogate, too high, cut off */
	static const char *const bad[] = {"6180", "61bf", "62c080", "62c1bf",
	    "63e09fbf", "63eda080", "63edbfbf", "64f08fbfbf", "64f4908080",
	    "64f5808080", "61ff", "61c2", "62e0a0", "63f09080", "62c241",
	    "63e0a041"};
	struct hex_buf buf;
	struct reader r;
	size_t i;

	for (i = 0; i < ARRAY_LEN(good); i++) {
		hex_reader(&r, &buf, good[i]);
		(void)cbor_tstr(&r);
		assert_int_equal(reader_end(&r), ERR_OK);
	}
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		hex_reader(&r, &buf, bad[i]);
		assert_int_equal(cbor_tstr(&r).len, 0);
		assert_int_equal(r.err, ERR_FORMAT);
	}
}

static void
test_bstr_copy(void **state UNUSED)
{
	uint8_t out[4] = {9, 9, 9, 9};
	struct hex_buf buf;
	struct reader r;

	hex_reader(&r, &buf, "43010203");
	cbor_bstr_copy(&r, out, 4);
	assert_int_equal(r.err, ERR_FORMAT);
	assert_memory_equal(out, "\x09\x09\x09\x09", 4);
	hex_reader(&r, &buf, "43010203");
	cbor_bstr_copy(&r, out, 3);
	assert_int_equal(reader_end(&r), ERR_OK);
	assert_memory_equal(out, "\1\2\3\x09", 4);
	hex_reader(&r, &buf, "40");
	cbor_bstr_copy(&r, out, 0);
	assert_int_equal(reader_end(&r), ERR_OK);
}

static void
test_counts(void **state UNUSED)
{
	struct hex_buf buf;
	struct reader r;

	hex_reader(&r, &buf, "83010203");
	assert_int_equal(cbor_array(&r), 3);
	assert_int_equal(r.err, ERR_OK);
	hex_reader(&r, &buf, "a201020304");
	assert_int_equal(cbor_map(&r), 2);
	assert_int_equal(r.err, ERR_OK);
	hex_reader(&r, &buf, "830102");
	assert_int_equal(cbor_array(&r), 0);
	assert_int_equal(r.err, ERR_TRUNCATED);
	hex_reader(&r, &buf, "a2010203");
	assert_int_equal(cbor_map(&r), 0);
	assert_int_equal(r.err, ERR_TRUNCATED);
	hex_reader(&r, &buf, "bbffffffffffffffff0102");
	assert_int_equal(cbor_map(&r), 0);
	assert_int_equal(r.err, ERR_TRUNCATED);
	hex_reader(&r, &buf, "9bffffffffffffffff0102");
	assert_int_equal(cbor_array(&r), 0);
	assert_int_equal(r.err, ERR_TRUNCATED);
	hex_reader(&r, &buf, "a0");
	assert_int_equal(cbor_array(&r), 0);
	assert_int_equal(r.err, ERR_FORMAT);
}

static void
test_simple(void **state UNUSED)
{
	struct hex_buf buf;
	struct reader r;

	hex_reader(&r, &buf, "f4f5f6");
	assert_false(cbor_peek_null(&r));
	assert_false(cbor_bool(&r));
	assert_false(cbor_peek_null(&r));
	assert_true(cbor_bool(&r));
	assert_true(cbor_peek_null(&r));
	cbor_null(&r);
	assert_false(cbor_peek_null(&r));
	assert_int_equal(reader_end(&r), ERR_OK);
	hex_reader(&r, &buf, "f6");
	assert_false(cbor_bool(&r));
	assert_int_equal(r.err, ERR_FORMAT);
	hex_reader(&r, &buf, "f7");
	cbor_null(&r);
	assert_int_equal(r.err, ERR_FORMAT);
	hex_reader(&r, &buf, "");
	assert_false(cbor_bool(&r));
	assert_int_equal(r.err, ERR_TRUNCATED);
	hex_reader(&r, &buf, "");
	cbor_null(&r);
	assert_int_equal(r.err, ERR_TRUNCATED);
}

static void
test_peek(void **state UNUSED)
{
	static const char *const heads[] = {
	    "00", "20", "40", "60", "80", "a0", "c0", "e0", ""};
	struct hex_buf buf;
	struct reader r;
	size_t i;

	for (i = 0; i < ARRAY_LEN(heads); i++) {
		hex_reader(&r, &buf, heads[i]);
		assert_int_equal(cbor_peek(&r), (int)i);
		assert_int_equal(r.pos, 0);
	}
	hex_reader(&r, &buf, "00");
	reader_fail(&r, ERR_AUTH);
	assert_int_equal(cbor_peek(&r), CBOR_NONE);
}

/* After the first error nothing is read and the error stays. */
static void
test_sticky(void **state UNUSED)
{
	struct hex_buf buf;
	struct reader r;

	hex_reader(&r, &buf, "0001f5f6414080a0");
	reader_fail(&r, ERR_AUTH);
	assert_true(cbor_uint(&r) == 0);
	assert_true(cbor_int(&r) == 0);
	assert_int_equal(cbor_bstr(&r).len, 0);
	assert_int_equal(cbor_tstr(&r).len, 0);
	assert_int_equal(cbor_array(&r), 0);
	assert_int_equal(cbor_map(&r), 0);
	assert_false(cbor_bool(&r));
	cbor_null(&r);
	assert_int_equal(cbor_skip(&r).len, 0);
	assert_int_equal(r.pos, 0);
	assert_int_equal(r.err, ERR_AUTH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_uint),
	    cmocka_unit_test(test_int),
	    cmocka_unit_test(test_uint_max),
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_utf8),
	    cmocka_unit_test(test_bstr_copy),
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_simple),
	    cmocka_unit_test(test_peek),
	    cmocka_unit_test(test_sticky),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
