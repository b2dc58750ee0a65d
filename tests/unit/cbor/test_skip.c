/*
 * Whole items: the examples of RFC 8949, appendix A, and what deterministic
 * encoding forbids.
 */
#include "cbor_test.h"

#include "appendix_a.h"

static enum err
skip_hex(const char *hex)
{
	struct hex_buf buf;
	struct bytes item;
	struct reader r;

	hex_reader(&r, &buf, hex);
	item = cbor_skip(&r);
	if (r.err == ERR_OK) {
		assert_int_equal(item.len, buf.len);
		assert_ptr_equal(item.ptr, buf.data);
	} else {
		assert_int_equal(item.len, 0);
	}
	return reader_end(&r);
}

static void
test_appendix_a(void **state UNUSED)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(APPENDIX_A); i++) {
		print_message("%s\n", APPENDIX_A[i].hex);
		assert_int_equal(skip_hex(APPENDIX_A[i].hex),
		    APPENDIX_A[i].deterministic ? ERR_OK : ERR_FORMAT);
	}
}

/* No proper prefix of an item is an item. */
static void
test_prefixes(void **state UNUSED)
{
	struct hex_buf buf;
	struct reader r;
	size_t i, len;

	for (i = 0; i < ARRAY_LEN(APPENDIX_A); i++) {
		if (!APPENDIX_A[i].deterministic)
			continue;
		(void)hex_bytes(&buf, APPENDIX_A[i].hex);
		for (len = 0; len < buf.len; len++) {
			reader_init(&r, bytes_make(buf.data, len));
			(void)cbor_skip(&r);
			assert_int_equal(r.err, ERR_TRUNCATED);
		}
	}
}

static void
test_floats(void **state UNUSED)
{
	/* The neighbours of every border between two formats. */
	static const char *const good[] = {
	    "fa47800000", /* 65536: above the largest half */
	    "fa477fe001", /* 65504 and a bit */
	    "fa3f801000", /* 1 + 2^-11 */
	    "fa33000000", /* 2^-25: below the smallest half */
	    "fa33800001", /* 2^-24 and a bit */
	    "fa387fa000", /* a subnormal half and half of its last bit */
	    "fa00000001", /* the smallest single */
	    "fb47f0000000000000", /* 2^128 */
	    "fb3ff0000010000000", /* 1 + 2^-24 */
	    "fb3690000000000000", /* 2^-150 */
	    "fb36a0000000000001", /* 2^-149 and a bit */
	    "fb0000000000000001", /* the smallest double */
	};
	static const char *const bad[] = {
	    "fa00000000",
	    "fa80000000",
	    "fa477fe000", /* 65504, the largest half */
	    "fa3f800000",
	    "fa3f802000", /* 1 + 2^-10 */
	    "fa38800000", /* 2^-14, the smallest normal half */
	    "fa387fc000", /* the largest subnormal half */
	    "fa33800000", /* 2^-24, the smallest half */
	    "fb0000000000000000",
	    "fb8000000000000000",
	    "fb47efffffe0000000", /* the largest single */
	    "fb3ff0000020000000", /* 1 + 2^-23 */
	    "fb3810000000000000", /* 2^-126, the smallest normal single */
	    "fb380fffffc0000000", /* the largest subnormal single */
	    "fb36a0000000000000", /* 2^-149, the smallest single */
	    "f97e01",
	    "f9fe00",
	    "f97c01",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(skip_hex(good[i]), ERR_OK);
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(skip_hex(bad[i]), ERR_FORMAT);
}

static void
test_map_order(void **state UNUSED)
{
	/* The keys of the example in RFC 8949, section 4.2.1. */
	assert_int_equal(skip_hex("a80a00186400200061"
				  "7a006261610081186400812000f400"),
	    ERR_OK);
	/* The same two keys at a time, swapped. */
	assert_int_equal(skip_hex("a21864000a00"), ERR_FORMAT);
	assert_int_equal(skip_hex("a22000186400"), ERR_FORMAT);
	assert_int_equal(skip_hex("a2617a002000"), ERR_FORMAT);
	assert_int_equal(skip_hex("a262616100617a00"), ERR_FORMAT);
	assert_int_equal(skip_hex("a281186400626161"), ERR_FORMAT);
	assert_int_equal(skip_hex("a281200081186400"), ERR_FORMAT);
	assert_int_equal(skip_hex("a2f400812000"), ERR_FORMAT);
	/* A key twice. */
	assert_int_equal(skip_hex("a201000100"), ERR_FORMAT);
	assert_int_equal(skip_hex("a2616101616102"), ERR_FORMAT);
	/* Also inside. */
	assert_int_equal(skip_hex("81a201000200"), ERR_OK);
	assert_int_equal(skip_hex("81a201000100"), ERR_FORMAT);
	assert_int_equal(skip_hex("a101a201000100"), ERR_FORMAT);
	assert_int_equal(skip_hex("a1a20100010001"), ERR_FORMAT);
}

static void
test_depth(void **state UNUSED)
{
	assert_int_equal(skip_hex("818181818181818100"), ERR_OK);
	assert_int_equal(skip_hex("81818181818181818100"), ERR_FORMAT);
	assert_int_equal(skip_hex("c1c1c1c1c1c1c1c100"), ERR_OK);
	assert_int_equal(skip_hex("c1c1c1c1c1c1c1c1c100"), ERR_FORMAT);
	assert_int_equal(
	    skip_hex("a100a100a100a100a100a100a100a10000"), ERR_OK);
	assert_int_equal(
	    skip_hex("a100a100a100a100a100a100a100a100a10000"), ERR_FORMAT);
	assert_int_equal(skip_hex("818181818181818180"), ERR_FORMAT);
}

static void
test_malformed(void **state UNUSED)
{
	/* The kinds of RFC 8949, appendix F, that are not just cut off. */
	static const char *const bad[] = {"f800", "f801", "f818", "f81f", "fc",
	    "fd", "fe", "ff", "1c", "3d", "5e", "7c", "9d", "be", "dc", "1f",
	    "3f", "df", "81ff", "8200ff", "a1ff00", "a100ff", "c1ff",
	    "a2ff000000", "5f00ff", "7f6100ff", "61ff", "d80000"};
	/* More is promised than there is. */
	static const char *const cut[] = {"81", "8200", "a1", "a100", "a20102",
	    "5affffffff00", "5bffffffffffffffff010203", "7affffffff00",
	    "7b7fffffffffffffff010203", "9affffffff00", "9bffffffffffffffff00",
	    "baffffffff0000", "c0", "", "f8", "f900", "fa0000", "fb000000"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(skip_hex(bad[i]), ERR_FORMAT);
	for (i = 0; i < ARRAY_LEN(cut); i++)
		assert_int_equal(skip_hex(cut[i]), ERR_TRUNCATED);
	assert_int_equal(skip_hex("f820"), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_appendix_a),
	    cmocka_unit_test(test_prefixes),
	    cmocka_unit_test(test_floats),
	    cmocka_unit_test(test_map_order),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
