/* Block1 and Block2 values: the examples of RFC 7959 and every error. */
#include "common.h"

#include "coap/block.h"

static void
block_check(struct bytes value, uint32_t num, bool more, uint8_t szx)
{
	struct coap_block block;
	struct coap_writer w;
	struct bytes out;
	uint8_t buf[8];

	assert_int_equal(coap_block_decode(value, &block), ERR_OK);
	assert_int_equal(block.num, num);
	assert_int_equal(block.more, more);
	assert_int_equal(block.szx, szx);
	coap_write_body(&w, buf, sizeof(buf));
	coap_write_block(&w, 0, &block);
	assert_int_equal(coap_write_end(&w, &out), ERR_OK);
	assert_int_equal(out.ptr[0], value.len);
	assert_view(bytes_make(out.ptr + 1, out.len - 1), value);
}

static void
test_values(void **state UNUSED)
{
	block_check(BYTES_NONE, 0, false, 0);
	block_check(B(0x08), 0, true, 0);
	block_check(B(0x06), 0, false, 6);
	block_check(B(0x0b), 0, true, 3);
	block_check(B(0x1b), 1, true, 3);
	block_check(B(0xf6), 15, false, 6);
	block_check(B(0x01, 0x06), 16, false, 6);
	block_check(B(0xff, 0xfe), 4095, true, 6);
	block_check(B(0x01, 0x00, 0x00), 4096, false, 0);
	block_check(B(0xff, 0xff, 0xfe), 0xfffff, true, 6);
}

static void
test_leading_zeros(void **state UNUSED)
{
	struct coap_block block;

	assert_int_equal(coap_block_decode(B(0, 0, 0x1a), &block), ERR_OK);
	assert_int_equal(block.num, 1);
	assert_true(block.more);
	assert_int_equal(block.szx, 2);
}

static void
test_errors(void **state UNUSED)
{
	struct coap_block block = {77, true, 5};

	assert_int_equal(coap_block_decode(B(0x07), &block), ERR_FORMAT);
	assert_int_equal(coap_block_decode(B(0x0f), &block), ERR_FORMAT);
	assert_int_equal(
	    coap_block_decode(B(0, 0, 0, 0x06), &block), ERR_FORMAT);
	assert_int_equal(
	    coap_block_decode(B(0, 0, 0, 0, 0x06), &block), ERR_FORMAT);
	assert_int_equal(block.num, 77);
	assert_int_equal(block.szx, 5);
}

static void
test_sizes(void **state UNUSED)
{
	struct coap_block block = {0, false, 0};

	assert_int_equal(coap_block_size(&block), 16);
	assert_int_equal(coap_block_offset(&block), 0);
	block.szx = 6;
	block.num = 3;
	assert_int_equal(coap_block_size(&block), 1024);
	assert_int_equal(coap_block_offset(&block), 3072);
	block.num = COAP_BLOCK_NUM_MAX;
	assert_int_equal(coap_block_offset(&block), 0xfffffu * 1024);
}

static void
test_find(void **state UNUSED)
{
	struct coap_block block;
	/* Block2 0x0b, Block1 0x1b. */
	struct bytes options = B(0xd1, 10, 0x0b, 0x41, 0x1b);

	assert_int_equal(
	    coap_block_find(options, COAP_OPT_BLOCK2, &block), ERR_OK);
	assert_int_equal(block.num, 0);
	assert_int_equal(
	    coap_block_find(options, COAP_OPT_BLOCK1, &block), ERR_OK);
	assert_int_equal(block.num, 1);
	assert_int_equal(coap_block_find(BYTES_NONE, COAP_OPT_BLOCK1, &block),
	    ERR_NOT_FOUND);
	assert_int_equal(coap_block_find(B(0xd1, 14, 0x0b, 0x01, 0x1b),
			     COAP_OPT_BLOCK1, &block),
	    ERR_FORMAT);
	assert_int_equal(
	    coap_block_find(B(0xd1, 14, 0x07), COAP_OPT_BLOCK1, &block),
	    ERR_FORMAT);
}

static void
write_refused(uint32_t num, uint8_t szx)
{
	struct coap_block block = {num, false, szx};
	struct coap_writer w;
	struct bytes out;
	uint8_t buf[16];

	coap_write_body(&w, buf, sizeof(buf));
	coap_write_block(&w, COAP_OPT_BLOCK1, &block);
	assert_int_equal(coap_write_end(&w, &out), ERR_INVALID);
}

static void
test_write_errors(void **state UNUSED)
{
	write_refused(COAP_BLOCK_NUM_MAX + 1, 0);
	write_refused(UINT32_MAX, 0);
	write_refused(0, 7);
	write_refused(0, 255);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_leading_zeros),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_write_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
