/* Walking, finding and reading options. */
#include "common.h"

static void
test_walk(void **state UNUSED)
{
	/* 11 "a", 11 "bc", 12 + 269 empty, 300 of 13 bytes. */
	struct bytes options = B(0xb1, 'a', 0x02, 'b', 'c', 0xe0, 0, 1, 0xdd, 6,
	    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
	struct coap_options it;
	struct coap_option option;

	coap_options_init(&it, options);
	assert_true(coap_option_next(&it, &option));
	assert_int_equal(option.number, 11);
	assert_view(option.value, B('a'));
	assert_true(coap_option_next(&it, &option));
	assert_int_equal(option.number, 11);
	assert_view(option.value, B('b', 'c'));
	assert_true(coap_option_next(&it, &option));
	assert_int_equal(option.number, 281);
	assert_int_equal(option.value.len, 0);
	assert_true(coap_option_next(&it, &option));
	assert_int_equal(option.number, 300);
	assert_view(option.value, B(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
	assert_false(coap_option_next(&it, &option));
	assert_false(coap_option_next(&it, &option));
	assert_int_equal(option.number, 300);
}

static void
test_walk_stops_at_rubbish(void **state UNUSED)
{
	struct coap_option option = {77, BYTES_NONE};
	struct coap_options it;

	coap_options_init(&it, B(0xb5, 'a'));
	assert_false(coap_option_next(&it, &option));
	coap_options_init(&it, B(0xff, 1));
	assert_false(coap_option_next(&it, &option));
	coap_options_init(&it, BYTES_NONE);
	assert_false(coap_option_next(&it, &option));
	assert_int_equal(option.number, 77);
}

static void
test_find(void **state UNUSED)
{
	struct bytes options = B(0x11, 'a', 0x01, 'b', 0x11, 'c');
	struct bytes value = BYTES_NONE;

	assert_true(coap_option_find(options, 1, &value));
	assert_view(value, B('a'));
	assert_true(coap_option_find(options, 2, &value));
	assert_view(value, B('c'));
	assert_false(coap_option_find(options, 3, &value));
	assert_false(coap_option_find(options, 0, &value));
	assert_false(coap_option_find(BYTES_NONE, 1, &value));
	assert_view(value, B('c'));
}

static void
uint_check(struct bytes value, uint32_t want)
{
	uint32_t got = ~want;

	assert_true(coap_option_uint(value, &got));
	assert_int_equal(got, want);
}

static void
test_uint(void **state UNUSED)
{
	uint32_t got = 77;

	uint_check(BYTES_NONE, 0);
	uint_check(B(0), 0);
	uint_check(B(65), 65);
	uint_check(B(1, 0), 256);
	uint_check(B(0, 0, 0, 1), 1);
	uint_check(B(0xff, 0xff, 0xff, 0xff), 0xffffffff);
	assert_false(coap_option_uint(B(0, 0, 0, 0, 1), &got));
	assert_int_equal(got, 77);
}

static void
test_critical(void **state UNUSED)
{
	assert_true(coap_option_critical(COAP_OPT_URI_PATH));
	assert_true(coap_option_critical(COAP_OPT_OSCORE));
	assert_true(coap_option_critical(COAP_OPT_EDHOC));
	assert_true(coap_option_critical(COAP_OPT_BLOCK1));
	assert_false(coap_option_critical(COAP_OPT_ECHO));
	assert_false(coap_option_critical(COAP_OPT_CONTENT_FORMAT));
	assert_false(coap_option_critical(COAP_OPT_SIZE1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_walk),
	    cmocka_unit_test(test_walk_stops_at_rubbish),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_uint),
	    cmocka_unit_test(test_critical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
