/*
 * Views and cursors: every bound, and that errors stick.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"

#define CANARY 0xEE

static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static void
test_views(void **state)
{
	struct bytes b = BYTES_OF(data);

	(void)state;
	assert_ptr_equal(b.ptr, data);
	assert_int_equal(b.len, 9);
	assert_int_equal(BYTES_LIT("abc").len, 3);
	assert_int_equal(BYTES_LIT("").len, 0);
	assert_int_equal(BYTES_NONE.len, 0);
	assert_null(BYTES_NONE.ptr);
	assert_int_equal(bytes_str("abc").len, 3);
	assert_int_equal(bytes_str("").len, 0);
	b = bytes_make(data + 1, 2);
	assert_int_equal(b.ptr[0], 2);
	assert_int_equal(b.len, 2);
}

static void
test_equal(void **state)
{
	(void)state;
	assert_true(bytes_equal(BYTES_LIT("abc"), bytes_str("abc")));
	assert_false(bytes_equal(BYTES_LIT("abc"), BYTES_LIT("abd")));
	assert_false(bytes_equal(BYTES_LIT("abc"), BYTES_LIT("ab")));
	assert_false(bytes_equal(BYTES_LIT("ab"), BYTES_LIT("abc")));
	assert_true(bytes_equal(BYTES_NONE, BYTES_NONE));
	assert_true(bytes_equal(BYTES_NONE, BYTES_LIT("")));
	assert_false(bytes_equal(BYTES_NONE, BYTES_LIT("a")));
	assert_true(bytes_equal(BYTES_LIT("a\0b"), BYTES_LIT("a\0b")));
	assert_false(bytes_equal(BYTES_LIT("a\0b"), BYTES_LIT("a\0c")));
}

static void
test_read_numbers(void **state)
{
	static const uint8_t in[] = {0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA, 0xF9,
	    0xF8, 0xF7, 0xF6, 0xF5, 0xF4, 0xF3, 0xF2, 0xF1};
	struct reader r;

	(void)state;
	reader_init(&r, BYTES_OF(in));
	assert_int_equal(reader_u8(&r), 0xFF);
	assert_int_equal(reader_u16(&r), 0xFEFD);
	assert_int_equal(reader_u32(&r), 0xFCFBFAF9);
	assert_true(reader_u64(&r) == 0xF8F7F6F5F4F3F2F1);
	assert_int_equal(reader_left(&r), 0);
	assert_int_equal(reader_end(&r), ERR_OK);
}

/* Reads a number of len bytes with the function for it. */
static uint64_t
read_number(struct reader *r, size_t len)
{
	switch (len) {
	case 1:
		return reader_u8(r);
	case 2:
		return reader_u16(r);
	case 4:
		return reader_u32(r);
	default:
		return reader_u64(r);
	}
}

static void
test_read_numbers_cut(void **state)
{
	static const size_t lens[] = {1, 2, 4, 8};
	struct reader r;
	size_t i, have;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lens); i++) {
		for (have = 0; have < lens[i]; have++) {
			reader_init(&r, bytes_make(data, have));
			assert_true(read_number(&r, lens[i]) == 0);
			assert_int_equal(r.err, ERR_TRUNCATED);
			assert_int_equal(r.pos, 0);
		}
		reader_init(&r, bytes_make(data, lens[i]));
		assert_true(read_number(&r, lens[i]) != 0);
		assert_int_equal(reader_end(&r), ERR_OK);
	}
}

static void
test_take_and_copy(void **state)
{
	uint8_t out[4] = {CANARY, CANARY, CANARY, CANARY};
	struct reader r;
	struct bytes b;

	(void)state;
	reader_init(&r, BYTES_OF(data));
	b = reader_take(&r, 0);
	assert_int_equal(b.len, 0);
	b = reader_take(&r, 3);
	assert_ptr_equal(b.ptr, data);
	assert_int_equal(b.len, 3);
	reader_copy(&r, out, 2);
	assert_int_equal(out[0], 4);
	assert_int_equal(out[1], 5);
	assert_int_equal(out[2], CANARY);
	reader_copy(&r, out, 0);
	assert_int_equal(reader_left(&r), 4);
	b = reader_rest(&r);
	assert_ptr_equal(b.ptr, data + 5);
	assert_int_equal(b.len, 4);
	b = reader_rest(&r);
	assert_int_equal(b.len, 0);
	assert_int_equal(reader_end(&r), ERR_OK);
}

static void
test_take_too_much(void **state)
{
	static const size_t lens[] = {10, 11, SIZE_MAX - 1, SIZE_MAX};
	uint8_t out[16];
	struct reader r;
	size_t i;

	(void)state;
	memset(out, CANARY, sizeof(out));
	for (i = 0; i < ARRAY_LEN(lens); i++) {
		reader_init(&r, BYTES_OF(data));
		assert_int_equal(reader_take(&r, lens[i]).len, 0);
		assert_int_equal(reader_end(&r), ERR_TRUNCATED);
		/* Also after some bytes have been read. */
		reader_init(&r, BYTES_OF(data));
		(void)reader_u8(&r);
		assert_int_equal(reader_take(&r, lens[i] - 1).len, 0);
		assert_int_equal(reader_end(&r), ERR_TRUNCATED);
	}
	reader_init(&r, BYTES_OF(data));
	reader_copy(&r, out, 10);
	assert_int_equal(reader_end(&r), ERR_TRUNCATED);
	assert_int_equal(out[0], CANARY);
}

static void
test_peek(void **state)
{
	struct reader r;
	uint8_t byte = CANARY;

	(void)state;
	reader_init(&r, bytes_make(data, 1));
	assert_true(reader_peek(&r, &byte));
	assert_int_equal(byte, 1);
	assert_true(reader_peek(&r, &byte));
	assert_int_equal(reader_u8(&r), 1);
	byte = CANARY;
	assert_false(reader_peek(&r, &byte));
	assert_int_equal(byte, CANARY);
	assert_int_equal(r.err, ERR_OK);
}

static void
test_reader_is_sticky(void **state)
{
	struct reader r;
	uint8_t byte = CANARY;

	(void)state;
	reader_init(&r, BYTES_OF(data));
	reader_fail(&r, ERR_UNSUPPORTED);
	reader_fail(&r, ERR_INVALID);
	assert_int_equal(reader_u8(&r), 0);
	assert_int_equal(reader_u64(&r), 0);
	assert_int_equal(reader_take(&r, 1).len, 0);
	assert_int_equal(reader_rest(&r).len, 0);
	reader_copy(&r, &byte, 1);
	assert_false(reader_peek(&r, &byte));
	assert_int_equal(byte, CANARY);
	assert_int_equal(reader_left(&r), 0);
	assert_int_equal(r.pos, 0);
	assert_int_equal(reader_end(&r), ERR_UNSUPPORTED);
	/* What comes after running out does not hide it. */
	reader_init(&r, bytes_make(data, 1));
	(void)reader_u16(&r);
	reader_fail(&r, ERR_INVALID);
	assert_int_equal(reader_u8(&r), 0);
	assert_int_equal(reader_end(&r), ERR_TRUNCATED);
}

static void
test_bytes_left_over(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r, BYTES_OF(data));
	assert_int_equal(reader_end(&r), ERR_FORMAT);
	(void)reader_take(&r, 8);
	assert_int_equal(reader_end(&r), ERR_FORMAT);
	(void)reader_u8(&r);
	assert_int_equal(reader_end(&r), ERR_OK);
	reader_init(&r, BYTES_NONE);
	assert_int_equal(reader_rest(&r).len, 0);
	assert_int_equal(reader_end(&r), ERR_OK);
}

static void
test_write(void **state)
{
	static const uint8_t want[] = {0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA, 0xF9,
	    0xF8, 0xF7, 0xF6, 0xF5, 0xF4, 0xF3, 0xF2, 0xF1, 'a', 'b', 9};
	uint8_t buf[sizeof(want)], *at;
	struct writer w;
	struct bytes out;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	writer_u8(&w, 0xFF);
	writer_u16(&w, 0xFEFD);
	writer_u32(&w, 0xFCFBFAF9);
	writer_u64(&w, 0xF8F7F6F5F4F3F2F1);
	writer_put(&w, BYTES_LIT("ab"));
	writer_put(&w, BYTES_NONE);
	at = writer_skip(&w, 1);
	assert_ptr_equal(at, buf + 17);
	*at = 9;
	assert_non_null(writer_skip(&w, 0));
	assert_int_equal(writer_end(&w, &out), ERR_OK);
	assert_ptr_equal(out.ptr, buf);
	assert_int_equal(out.len, sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	assert_int_equal(writer_bytes(&w).len, sizeof(want));
}

static void
write_number(struct writer *w, size_t len)
{
	if (len == 1)
		writer_u8(w, 1);
	else if (len == 2)
		writer_u16(w, 1);
	else if (len == 4)
		writer_u32(w, 1);
	else
		writer_u64(w, 1);
}

/* A number that does not fit leaves no part of itself behind. */
static void
test_write_without_space(void **state)
{
	static const size_t lens[] = {1, 2, 4, 8};
	struct bytes out = BYTES_LIT("untouched");
	uint8_t buf[8];
	struct writer w;
	size_t i, cap;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lens); i++) {
		for (cap = 0; cap < lens[i]; cap++) {
			memset(buf, CANARY, sizeof(buf));
			writer_init(&w, buf, cap);
			write_number(&w, lens[i]);
			assert_int_equal(writer_end(&w, &out), ERR_SPACE);
			assert_int_equal(buf[0], CANARY);
			assert_int_equal(w.len, 0);
		}
	}
	assert_int_equal(out.len, 9);
	writer_init(&w, buf, 3);
	writer_u8(&w, 1);
	writer_put(&w, BYTES_LIT("abc"));
	assert_int_equal(w.err, ERR_SPACE);
	assert_int_equal(buf[1], CANARY);
	writer_init(&w, buf, 3);
	writer_u8(&w, 1);
	assert_null(writer_skip(&w, SIZE_MAX));
	assert_int_equal(w.err, ERR_SPACE);
	writer_init(&w, NULL, 0);
	writer_put(&w, BYTES_NONE);
	assert_int_equal(writer_end(&w, &out), ERR_OK);
	assert_int_equal(out.len, 0);
}

static void
test_writer_is_sticky(void **state)
{
	uint8_t buf[4] = {0};
	struct bytes out;
	struct writer w;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	writer_u8(&w, 1);
	writer_fail(&w, ERR_STATE);
	writer_fail(&w, ERR_INVALID);
	writer_u8(&w, 2);
	writer_put(&w, BYTES_LIT("a"));
	assert_null(writer_skip(&w, 0));
	assert_null(writer_skip(&w, 1));
	assert_int_equal(w.len, 1);
	assert_int_equal(buf[1], 0);
	assert_int_equal(writer_end(&w, &out), ERR_STATE);
	/* A later write that would fit does not make up for the first. */
	writer_init(&w, buf, 1);
	writer_u16(&w, 1);
	writer_u8(&w, 1);
	assert_int_equal(writer_end(&w, &out), ERR_SPACE);
	assert_int_equal(w.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_views),
	    cmocka_unit_test(test_equal),
	    cmocka_unit_test(test_read_numbers),
	    cmocka_unit_test(test_read_numbers_cut),
	    cmocka_unit_test(test_take_and_copy),
	    cmocka_unit_test(test_take_too_much),
	    cmocka_unit_test(test_peek),
	    cmocka_unit_test(test_reader_is_sticky),
	    cmocka_unit_test(test_bytes_left_over),
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_write_without_space),
	    cmocka_unit_test(test_writer_is_sticky),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
