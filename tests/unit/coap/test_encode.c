/* The encoder: bytes as RFC 7252, section 3 draws them, and its errors. */
#include "common.h"

#define ROOM 512

static uint8_t buf[ROOM];

/* A writer after a header of its own, which is 40 01 12 34. */
static struct coap_writer
writer_start(void)
{
	struct coap_writer w;

	coap_write_head(&w, buf, ROOM, COAP_CON, COAP_GET, 0x1234, BYTES_NONE);
	return w;
}

/* What was written after that header. */
static struct bytes
written(const struct coap_writer *w)
{
	struct bytes all;

	assert_int_equal(coap_write_end(w, &all), ERR_OK);
	assert_true(all.len >= 4);
	assert_memory_equal(all.ptr, "\x40\x01\x12\x34", 4);
	return bytes_make(all.ptr + 4, all.len - 4);
}

static enum err
ended(const struct coap_writer *w)
{
	struct bytes all;

	return coap_write_end(w, &all);
}

static void
test_head(void **state UNUSED)
{
	struct coap_writer w;
	struct bytes all;

	coap_write_head(&w, buf, ROOM, COAP_ACK, COAP_CONTENT, 0xabcd,
	    B(1, 2, 3, 4, 5, 6, 7, 8));
	assert_int_equal(coap_write_end(&w, &all), ERR_OK);
	assert_view(all, B(0x68, 0x45, 0xab, 0xcd, 1, 2, 3, 4, 5, 6, 7, 8));
	coap_write_head(
	    &w, buf, ROOM, COAP_RST, COAP_EMPTY, 0xffff, BYTES_NONE);
	assert_int_equal(coap_write_end(&w, &all), ERR_OK);
	assert_view(all, B(0x70, 0, 0xff, 0xff));
}

static void
test_token_errors(void **state UNUSED)
{
	struct coap_writer w;

	coap_write_head(
	    &w, buf, ROOM, COAP_CON, COAP_GET, 1, B(1, 2, 3, 4, 5, 6, 7, 8, 9));
	assert_int_equal(ended(&w), ERR_INVALID);
	coap_write_head(&w, buf, ROOM, COAP_CON, COAP_EMPTY, 1, B(1));
	assert_int_equal(ended(&w), ERR_INVALID);
}

/* Deltas and lengths on both sides of each of the two borders. */
static void
test_deltas(void **state UNUSED)
{
	struct coap_writer w = writer_start();

	coap_write_option(&w, 12, BYTES_NONE);
	coap_write_option(&w, 12 + 13, BYTES_NONE);
	coap_write_option(&w, 25 + 268, BYTES_NONE);
	coap_write_option(&w, 293 + 269, BYTES_NONE);
	coap_write_option(&w, 65535, BYTES_NONE);
	assert_view(written(&w),
	    B(0xc0, 0xd0, 0, 0xd0, 255, 0xe0, 0, 0, 0xe0, 0xfc, 0xc0));
}

static void
length_check(size_t len, struct bytes head)
{
	struct coap_writer w = writer_start();
	uint8_t value[300];
	struct bytes out;

	memset(value, 0x5a, sizeof(value));
	coap_write_option(&w, 0, bytes_make(value, len));
	out = written(&w);
	assert_int_equal(out.len, head.len + len);
	assert_memory_equal(out.ptr, head.ptr, head.len);
	assert_memory_equal(out.ptr + head.len, value, len);
}

static void
test_lengths(void **state UNUSED)
{
	length_check(0, B(0x00));
	length_check(12, B(0x0c));
	length_check(13, B(0x0d, 0));
	length_check(268, B(0x0d, 255));
	length_check(269, B(0x0e, 0, 0));
	length_check(300, B(0x0e, 0, 31));
}

static void
test_longest_value(void **state UNUSED)
{
	static uint8_t value[269 + 65535 + 1];
	static uint8_t room[sizeof(value) + 16];
	struct coap_writer w;
	struct bytes out;

	coap_write_body(&w, room, sizeof(room));
	coap_write_option(&w, 0, bytes_make(value, sizeof(value) - 1));
	assert_int_equal(coap_write_end(&w, &out), ERR_OK);
	assert_memory_equal(out.ptr, "\x0e\xff\xff", 3);
	coap_write_body(&w, room, sizeof(room));
	coap_write_option(&w, 0, BYTES_OF(value));
	assert_int_equal(ended(&w), ERR_SPACE);
}

static void
test_uints(void **state UNUSED)
{
	struct coap_writer w = writer_start();

	coap_write_option_uint(&w, 1, 0);
	coap_write_option_uint(&w, 1, 1);
	coap_write_option_uint(&w, 1, 0xff);
	coap_write_option_uint(&w, 1, 0x100);
	coap_write_option_uint(&w, 1, 0xffff);
	coap_write_option_uint(&w, 1, 0x10000);
	coap_write_option_uint(&w, 1, 0xffffffff);
	assert_view(written(&w),
	    B(0x10, 0x01, 1, 0x01, 0xff, 0x02, 1, 0, 0x02, 0xff, 0xff, 0x03, 1,
		0, 0, 0x04, 0xff, 0xff, 0xff, 0xff));
}

static void
test_order(void **state UNUSED)
{
	struct coap_writer w = writer_start();

	coap_write_option(&w, 11, BYTES_NONE);
	coap_write_option(&w, 11, BYTES_NONE);
	assert_int_equal(ended(&w), ERR_OK);
	coap_write_option(&w, 10, BYTES_NONE);
	assert_int_equal(ended(&w), ERR_INTERNAL);
	w = writer_start();
	coap_write_option(&w, 65536, BYTES_NONE);
	assert_int_equal(ended(&w), ERR_INTERNAL);
}

static void
test_payload(void **state UNUSED)
{
	struct coap_writer w = writer_start();

	coap_write_payload(&w, B(0xff, 0));
	assert_view(written(&w), B(0xff, 0xff, 0));
	w = writer_start();
	coap_write_payload(&w, BYTES_NONE);
	assert_view(written(&w), BYTES_NONE);
}

static void
test_nothing_after_payload(void **state UNUSED)
{
	struct coap_writer w = writer_start();

	coap_write_payload(&w, B(1));
	coap_write_option(&w, 65535, BYTES_NONE);
	assert_int_equal(ended(&w), ERR_INTERNAL);
	w = writer_start();
	coap_write_payload(&w, BYTES_NONE);
	coap_write_payload(&w, B(1));
	assert_int_equal(ended(&w), ERR_INTERNAL);
}

static void
test_first_error_stays(void **state UNUSED)
{
	struct coap_writer w = writer_start();
	struct bytes out = BYTES_LIT("untouched");

	coap_write_option(&w, 2, BYTES_NONE);
	coap_write_option(&w, 1, BYTES_NONE);
	coap_write_path(&w, "a");
	coap_write_payload(&w, B(1));
	assert_int_equal(coap_write_end(&w, &out), ERR_INTERNAL);
	assert_view(out, BYTES_LIT("untouched"));
}

/* A message of every part, for the test of capacities. */
static enum err
whole_write(uint8_t *ptr, size_t cap, struct bytes *ret_out)
{
	uint8_t value[20] = {0};
	struct coap_writer w;

	coap_write_head(&w, ptr, cap, COAP_CON, COAP_POST, 7, B(1, 2, 3));
	coap_write_path(&w, "e/f");
	coap_write_option_uint(&w, COAP_OPT_CONTENT_FORMAT, 65);
	coap_write_option(&w, 2000, BYTES_OF(value));
	coap_write_payload(&w, B(1, 2, 3, 4));
	return coap_write_end(&w, ret_out);
}

static void
test_capacities(void **state UNUSED)
{
	struct bytes out = BYTES_NONE;
	size_t len;
	size_t cap;

	assert_int_equal(whole_write(buf, ROOM, &out), ERR_OK);
	len = out.len;
	for (cap = 0; cap < len; cap++) {
		memset(buf, 0xa5, ROOM);
		assert_int_equal(whole_write(buf, cap, &out), ERR_SPACE);
		assert_int_equal(buf[cap], 0xa5);
	}
	assert_int_equal(whole_write(buf, len, &out), ERR_OK);
	assert_int_equal(out.len, len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_head),
	    cmocka_unit_test(test_token_errors),
	    cmocka_unit_test(test_deltas),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_longest_value),
	    cmocka_unit_test(test_uints),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_payload),
	    cmocka_unit_test(test_nothing_after_payload),
	    cmocka_unit_test(test_first_error_stays),
	    cmocka_unit_test(test_capacities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
