/* The OSCORE option's value: RFC 8613, sections 2 and 6.1, bit by bit. */
#include "common.h"

static enum err
decode(struct bytes value)
{
	struct oscore_option option;

	return oscore_option_decode(value, &option);
}

/* Writes an option and compares; every valid value has one spelling. */
static void
encode_check(const struct oscore_option *option, struct bytes want)
{
	uint8_t buf[512];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	oscore_option_encode(option, &w);
	assert_int_equal(w.err, ERR_OK);
	assert_view(writer_bytes(&w), want);
}

static struct oscore_option
decoded(struct bytes value)
{
	struct oscore_option option;

	assert_int_equal(oscore_option_decode(value, &option), ERR_OK);
	encode_check(&option, value);
	return option;
}

static void
test_empty(void **state UNUSED)
{
	struct oscore_option option = decoded(BYTES_NONE);

	assert_int_equal(option.piv.len, 0);
	assert_false(option.has_kid);
	assert_false(option.has_kid_context);
}

/* The examples of RFC 8613, section 6.3. */
static void
test_examples(void **state UNUSED)
{
	struct oscore_option option = decoded(B(0x09, 0x05, 0x25));

	assert_view(option.piv, B(0x05));
	assert_true(option.has_kid);
	assert_view(option.kid, B(0x25));
	assert_false(option.has_kid_context);

	option = decoded(B(
	    0x19, 0x05, 0x08, 0x44, 0x61, 0x6c, 0x65, 0x6b, 0x01, 0x02, 0x03));
	assert_view(option.piv, B(0x05));
	assert_true(option.has_kid_context);
	assert_view(option.kid_context,
	    B(0x44, 0x61, 0x6c, 0x65, 0x6b, 0x01, 0x02, 0x03));
	assert_true(option.has_kid);
	assert_int_equal(option.kid.len, 0);

	option = decoded(B(0x01, 0x07));
	assert_view(option.piv, B(0x07));
	assert_false(option.has_kid);
}

static void
test_kid(void **state UNUSED)
{
	struct oscore_option option = decoded(B(0x08));

	assert_true(option.has_kid);
	assert_int_equal(option.kid.len, 0);
	option = decoded(B(0x08, 1, 2, 3, 4, 5, 6, 7, 8, 9));
	assert_int_equal(option.kid.len, 9);
}

static void
test_kid_context(void **state UNUSED)
{
	struct oscore_option option = decoded(B(0x10, 0));

	assert_true(option.has_kid_context);
	assert_int_equal(option.kid_context.len, 0);
	option = decoded(B(0x18, 1, 2, 3));
	assert_view(option.kid_context, B(2));
	assert_view(option.kid, B(3));
	assert_int_equal(decode(B(0x10)), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x10, 1)), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x18, 3, 1, 2)), ERR_TRUNCATED);
	assert_int_equal(decode(B(0x10, 255, 1)), ERR_TRUNCATED);
	/* Without the kid flag nothing may follow. */
	assert_int_equal(decode(B(0x10, 1, 2, 3)), ERR_FORMAT);
}

static void
test_piv(void **state UNUSED)
{
	uint8_t value[6] = {0, 1, 2, 3, 4, 5};
	uint8_t n;

	for (n = 1; n <= 5; n++) {
		struct oscore_option option;

		value[0] = n;
		option = decoded(bytes_make(value, 1u + n));
		assert_view(option.piv, bytes_make(value + 1, n));
		assert_int_equal(decode(bytes_make(value, n)), ERR_TRUNCATED);
	}
	/* Leading zeros are bytes like others: the nonce is the same. */
	assert_view(decoded(B(0x02, 0, 7)).piv, B(0, 7));
	/* More than the flags announce. */
	assert_int_equal(decode(B(0x01, 1, 2)), ERR_FORMAT);
}

/* Each of the 256 flag bytes, followed by enough bytes for anything. */
static void
test_all_flags(void **state UNUSED)
{
	unsigned flags;

	for (flags = 0; flags < 256; flags++) {
		uint8_t value[16] = {(uint8_t)flags};
		bool reserved = (flags & 0xe0) != 0 || (flags & 7) > 5;
		bool kid = (flags & 0x08) != 0;
		enum err want = ERR_FORMAT;

		/* With a kid all that follows is its. */
		if (!reserved && kid)
			want = ERR_OK;
		assert_int_equal(decode(BYTES_OF(value)), want);
		if (reserved)
			assert_int_equal(
			    decode(bytes_make(value, 1)), ERR_FORMAT);
	}
}

/* "If the flag bits are all zero, the option value SHALL be empty." */
static void
test_zero_flags(void **state UNUSED)
{
	assert_int_equal(decode(B(0)), ERR_FORMAT);
	assert_int_equal(decode(B(0, 0)), ERR_FORMAT);
}

static void
test_untouched_on_error(void **state UNUSED)
{
	struct oscore_option option;
	struct oscore_option before;

	memset(&option, 0xa5, sizeof(option));
	before = option;
	assert_int_equal(oscore_option_decode(B(0x09), &option), ERR_TRUNCATED);
	assert_memory_equal(&option, &before, sizeof(option));
}

static void
test_encode_errors(void **state UNUSED)
{
	static const uint8_t zeros[256];
	struct oscore_option option = {0};
	uint8_t buf[512];
	struct writer w;

	option.piv = bytes_make(zeros, 6);
	writer_init(&w, buf, sizeof(buf));
	oscore_option_encode(&option, &w);
	assert_int_equal(w.err, ERR_INVALID);

	option.piv = BYTES_NONE;
	option.has_kid_context = true;
	option.kid_context = bytes_make(zeros, 256);
	writer_init(&w, buf, sizeof(buf));
	oscore_option_encode(&option, &w);
	assert_int_equal(w.err, ERR_INVALID);
	option.kid_context.len = 255;
	writer_init(&w, buf, 256);
	oscore_option_encode(&option, &w);
	assert_int_equal(w.err, ERR_SPACE);
	writer_init(&w, buf, 257);
	oscore_option_encode(&option, &w);
	assert_int_equal(w.err, ERR_OK);
}

/* Figure 5 of RFC 8613: what may stand outside. */
static void
test_classes(void **state UNUSED)
{
	static const uint32_t outside[] = {COAP_OPT_URI_HOST, COAP_OPT_OBSERVE,
	    COAP_OPT_URI_PORT, COAP_OPT_OSCORE, COAP_OPT_MAX_AGE,
	    COAP_OPT_BLOCK1, COAP_OPT_BLOCK2, COAP_OPT_SIZE1, COAP_OPT_SIZE2,
	    COAP_OPT_PROXY_URI, COAP_OPT_PROXY_SCHEME, COAP_OPT_NO_RESPONSE,
	    COAP_OPT_EDHOC, COAP_OPT_ECHO, COAP_OPT_HOP_LIMIT,
	    COAP_OPT_REQUEST_TAG};
	static const uint32_t inside[] = {COAP_OPT_IF_MATCH, COAP_OPT_ETAG, 5,
	    8, COAP_OPT_URI_PATH, COAP_OPT_CONTENT_FORMAT, COAP_OPT_URI_QUERY,
	    COAP_OPT_ACCEPT, 20, 0, 2049, 65535};
	size_t i;

	for (i = 0; i < ARRAY_LEN(outside); i++)
		assert_true(oscore_class_u(outside[i]));
	for (i = 0; i < ARRAY_LEN(inside); i++)
		assert_false(oscore_class_u(inside[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_examples),
	    cmocka_unit_test(test_kid),
	    cmocka_unit_test(test_kid_context),
	    cmocka_unit_test(test_piv),
	    cmocka_unit_test(test_all_flags),
	    cmocka_unit_test(test_zero_flags),
	    cmocka_unit_test(test_untouched_on_error),
	    cmocka_unit_test(test_encode_errors),
	    cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
