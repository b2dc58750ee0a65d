/* The decoder: every field, every format error of RFC 7252, section 3. */
#include "common.h"

static enum err
decode(struct bytes in)
{
	struct coap_message m;

	return coap_decode(in, &m);
}

static void
test_request(void **state UNUSED)
{
	/* The request of RFC 7252, figure 16, with its token 0x20. */
	struct bytes in = B(0x41, 0x01, 0x7d, 0x35, 0x20, 0xbb, 't', 'e', 'm',
	    'p', 'e', 'r', 'a', 't', 'u', 'r', 'e');
	struct coap_message m;
	struct bytes path;

	assert_int_equal(coap_decode(in, &m), ERR_OK);
	assert_int_equal(m.type, COAP_CON);
	assert_int_equal(m.code, COAP_GET);
	assert_int_equal(m.id, 0x7d35);
	assert_int_equal(m.token_len, 1);
	assert_int_equal(m.token[0], 0x20);
	assert_int_equal(m.payload.len, 0);
	assert_true(coap_option_find(m.options, COAP_OPT_URI_PATH, &path));
	assert_true(bytes_equal(path, BYTES_LIT("temperature")));
}

static void
test_response(void **state UNUSED)
{
	struct bytes in =
	    B(0x61, 0x45, 0x7d, 0x35, 0x20, 0xff, '2', '2', '.', '3', ' ', 'C');
	struct coap_message m;

	assert_int_equal(coap_decode(in, &m), ERR_OK);
	assert_int_equal(m.type, COAP_ACK);
	assert_int_equal(m.code, COAP_CONTENT);
	assert_int_equal(m.options.len, 0);
	assert_true(bytes_equal(m.payload, BYTES_LIT("22.3 C")));
}

static void
test_types(void **state UNUSED)
{
	uint8_t in[] = {0x40, 0, 0, 1};
	struct coap_message m;
	unsigned type;

	for (type = 0; type < 4; type++) {
		in[0] = (uint8_t)(0x40 | type << 4);
		assert_int_equal(coap_decode(BYTES_OF(in), &m), ERR_OK);
		assert_int_equal(m.type, type);
		assert_int_equal(m.code, COAP_EMPTY);
		assert_int_equal(m.id, 1);
	}
}

static void
test_versions(void **state UNUSED)
{
	assert_int_equal(decode(B(0x00, 1, 0, 0)), ERR_FORMAT);
	assert_int_equal(decode(B(0x80, 1, 0, 0)), ERR_FORMAT);
	assert_int_equal(decode(B(0xc0, 1, 0, 0)), ERR_FORMAT);
}

static void
test_short(void **state UNUSED)
{
	assert_int_equal(decode(BYTES_NONE), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x40)), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x40, 1)), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x40, 1, 0)), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x40, 1, 0, 0)), ERR_OK);
}

static void
test_token(void **state UNUSED)
{
	struct bytes full = B(0x48, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
	struct coap_message m;
	unsigned len;

	assert_int_equal(coap_decode(full, &m), ERR_OK);
	assert_int_equal(m.token_len, 8);
	assert_memory_equal(m.token, full.ptr + 4, 8);
	assert_int_equal(
	    decode(B(0x48, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7)), ERR_TRUNCATED);
	for (len = 9; len < 16; len++) {
		uint8_t in[32] = {(uint8_t)(0x40 | len), 1};

		assert_int_equal(decode(BYTES_OF(in)), ERR_FORMAT);
	}
}

static void
test_empty(void **state UNUSED)
{
	assert_int_equal(decode(B(0x40, 0, 0, 0)), ERR_OK);
	assert_int_equal(decode(B(0x41, 0, 0, 0, 1)), ERR_FORMAT);
	assert_int_equal(decode(B(0x41, 0, 0, 0)), ERR_FORMAT);
	assert_int_equal(decode(B(0x40, 0, 0, 0, 0xb0)), ERR_FORMAT);
	assert_int_equal(decode(B(0x40, 0, 0, 0, 0xff, 1)), ERR_FORMAT);
}

static void
test_payload(void **state UNUSED)
{
	struct coap_message m;

	assert_int_equal(decode(B(0x40, 1, 0, 0, 0xff)), ERR_FORMAT);
	assert_int_equal(decode(B(0x40, 1, 0, 0, 0xb0, 0xff)), ERR_FORMAT);
	/* A payload may hold what looks like a marker or an option. */
	assert_int_equal(
	    coap_decode(B(0x40, 1, 0, 0, 0xff, 0xff, 0xf0), &m), ERR_OK);
	assert_view(m.payload, B(0xff, 0xf0));
}

static void
test_option_errors(void **state UNUSED)
{
	/* Nibble 15 other than in a marker. */
	assert_int_equal(decode(B(0x40, 1, 0, 0, 0xf0)), ERR_FORMAT);
	assert_int_equal(decode(B(0x40, 1, 0, 0, 0x0f)), ERR_FORMAT);
	assert_int_equal(decode(B(0x40, 1, 0, 0, 0xfe)), ERR_FORMAT);
	/* Extended parts and values that are cut off. */
	assert_int_equal(decode(B(0x40, 1, 0, 0, 0xd0)), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x40, 1, 0, 0, 0x0d)), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x40, 1, 0, 0, 0xe0, 0)), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x40, 1, 0, 0, 0x0e, 0)), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x40, 1, 0, 0, 0xb2, 1)), ERR_TRUNCATED);
	assert_int_equal(
	    decode(B(0x40, 1, 0, 0, 0x0e, 0xff, 0xff, 1)), ERR_TRUNCATED);
}

static void
test_number_limit(void **state UNUSED)
{
	/* 65535 = 269 + 0xfef2; one more is no number of RFC 7252. */
	struct bytes last = B(0x40, 1, 0, 0, 0xe0, 0xfe, 0xf2);
	struct coap_message m;
	struct bytes value;

	assert_int_equal(coap_decode(last, &m), ERR_OK);
	assert_true(coap_option_find(m.options, 65535, &value));
	assert_int_equal(
	    decode(B(0x40, 1, 0, 0, 0xe0, 0xfe, 0xf3)), ERR_FORMAT);
	assert_int_equal(
	    decode(B(0x40, 1, 0, 0, 0xe0, 0xfe, 0xf2, 0x10)), ERR_FORMAT);
	assert_int_equal(
	    decode(B(0x40, 1, 0, 0, 0xe0, 0xfe, 0xf2, 0x00)), ERR_OK);
}

static void
test_option_count(void **state UNUSED)
{
	uint8_t in[4 + COAP_OPTIONS_MAX + 1] = {0x40, 1};

	assert_int_equal(decode(bytes_make(in, 4 + COAP_OPTIONS_MAX)), ERR_OK);
	assert_int_equal(decode(BYTES_OF(in)), ERR_SPACE);
}

static void
test_outputs_untouched(void **state UNUSED)
{
	struct bytes options = BYTES_LIT("options");
	struct bytes payload = BYTES_LIT("payload");
	struct coap_message m;
	struct coap_message before;

	memset(&m, 0xa5, sizeof(m));
	before = m;
	assert_int_equal(coap_decode(B(0x40, 1, 0, 0, 0xff), &m), ERR_FORMAT);
	assert_memory_equal(&m, &before, sizeof(m));
	assert_int_equal(
	    coap_decode_body(B(0xff), &options, &payload), ERR_FORMAT);
	assert_true(bytes_equal(options, BYTES_LIT("options")));
	assert_true(bytes_equal(payload, BYTES_LIT("payload")));
}

static void
test_body(void **state UNUSED)
{
	struct bytes options;
	struct bytes payload;

	assert_int_equal(
	    coap_decode_body(BYTES_NONE, &options, &payload), ERR_OK);
	assert_int_equal(options.len, 0);
	assert_int_equal(payload.len, 0);
	assert_int_equal(
	    coap_decode_body(B(0xb1, 'e', 0xff, 1, 2), &options, &payload),
	    ERR_OK);
	assert_view(options, B(0xb1, 'e'));
	assert_view(payload, B(1, 2));
	assert_int_equal(
	    coap_decode_body(B(0xb1), &options, &payload), ERR_TRUNCATED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_response),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_short),
	    cmocka_unit_test(test_token),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_payload),
	    cmocka_unit_test(test_option_errors),
	    cmocka_unit_test(test_number_limit),
	    cmocka_unit_test(test_option_count),
	    cmocka_unit_test(test_outputs_untouched),
	    cmocka_unit_test(test_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
