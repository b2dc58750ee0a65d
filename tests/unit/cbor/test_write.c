/*
 * Writers: the examples of RFC 8949, appendix A, and every capacity.
 */
#include "cbor_test.h"

static void
check(const struct writer *w, const char *hex)
{
	struct bytes out, want;
	struct hex_buf buf;

	want = hex_bytes(&buf, hex);
	assert_int_equal(writer_end(w, &out), ERR_OK);
	assert_int_equal(out.len, want.len);
	assert_memory_equal(out.ptr, want.ptr, want.len);
}

static void
test_numbers(void **state UNUSED)
{
	static const struct {
		uint64_t value;
		const char *hex;
	} uints[] = {{0, "00"}, {1, "01"}, {10, "0a"}, {23, "17"}, {24, "1818"},
	    {25, "1819"}, {100, "1864"}, {255, "18ff"}, {256, "190100"},
	    {1000, "1903e8"}, {65535, "19ffff"}, {65536, "1a00010000"},
	    {1000000, "1a000f4240"}, {4294967295u, "1affffffff"},
	    {4294967296u, "1b0000000100000000"},
	    {1000000000000u, "1b000000e8d4a51000"},
	    {UINT64_MAX, "1bffffffffffffffff"}};
	static const struct {
		int64_t value;
		const char *hex;
	} ints[] = {{0, "00"}, {-1, "20"}, {-10, "29"}, {-24, "37"},
	    {-25, "3818"}, {-100, "3863"}, {-1000, "3903e7"},
	    {INT64_MIN, "3b7fffffffffffffff"},
	    {INT64_MAX, "1b7fffffffffffffff"}};
	struct writer w;
	uint8_t out[16];
	size_t i;

	for (i = 0; i < ARRAY_LEN(uints); i++) {
		writer_init(&w, out, sizeof(out));
		cbor_put_uint(&w, uints[i].value);
		check(&w, uints[i].hex);
	}
	for (i = 0; i < ARRAY_LEN(ints); i++) {
		writer_init(&w, out, sizeof(out));
		cbor_put_int(&w, ints[i].value);
		check(&w, ints[i].hex);
	}
}

static void
test_strings(void **state UNUSED)
{
	static const uint8_t four[] = {1, 2, 3, 4};
	struct writer w;
	uint8_t out[32];

	writer_init(&w, out, sizeof(out));
	cbor_put_bstr(&w, BYTES_NONE);
	cbor_put_bstr(&w, BYTES_OF(four));
	cbor_put_str(&w, "");
	cbor_put_str(&w, "IETF");
	cbor_put_tstr(&w, BYTES_LIT("\xc3\xbc"));
	cbor_put_bstr_head(&w, 24);
	check(&w, "404401020304606449455446"
		  "62c3bc5818");
}

/* ["a", {"b": "c"}] and [true, false, null] of appendix A's kind. */
static void
write_nested(struct writer *w)
{
	cbor_put_array(w, 3);
	cbor_put_str(w, "a");
	cbor_put_map(w, 1);
	cbor_put_str(w, "b");
	cbor_put_str(w, "c");
	cbor_put_array(w, 4);
	cbor_put_bool(w, true);
	cbor_put_bool(w, false);
	cbor_put_null(w);
	cbor_put_uint(w, 1000000000000u);
}

static const char NESTED[] = "836161a16162616384f5f4f61b000000e8d4a51000";

static void
test_nested(void **state UNUSED)
{
	struct writer w;
	uint8_t out[32];

	writer_init(&w, out, sizeof(out));
	write_nested(&w);
	check(&w, NESTED);
}

static void
test_every_capacity(void **state UNUSED)
{
	size_t cap, whole = (sizeof(NESTED) - 1) / 2;
	uint8_t out[32];
	struct bytes view;
	struct writer w;

	for (cap = 0; cap <= whole; cap++) {
		memset(out, 0xee, sizeof(out));
		writer_init(&w, out, cap);
		write_nested(&w);
		assert_int_equal(
		    writer_end(&w, &view), cap == whole ? ERR_OK : ERR_SPACE);
		assert_true(w.len <= cap);
		assert_int_equal(out[cap], 0xee);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_nested),
	    cmocka_unit_test(test_every_capacity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
