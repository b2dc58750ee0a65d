/*
 * Protecting: what stands on the outside and in which order, combined
 * requests, refusals, and that an error leaves nothing behind.
 */
#include "common.h"

#define ROOM 256

static struct oscore_context device;
static struct oscore_context service;
static const struct oscore_outer plain_outer = {.type = COAP_CON, .id = 0x1234};
static const struct oscore_inner post = {.code = COAP_POST};
static uint8_t out[ROOM];

/* Protects post with piv to a message, which is decoded. */
static enum err
request(const struct oscore_outer *outer, struct bytes piv, bool kid_context,
    struct bytes message_3, struct coap_message *ret_message)
{
	struct oscore_request_ref ref;
	struct writer w;
	enum err err;

	writer_init(&w, out, sizeof(out));
	err = oscore_protect_request(
	    &device, outer, piv, kid_context, message_3, &post, &w, &ref);
	if (err == ERR_OK)
		assert_int_equal(
		    coap_decode(writer_bytes(&w), ret_message), ERR_OK);
	return err;
}

static void
test_check_in_size(void **state UNUSED)
{
	struct coap_message m;

	assert_int_equal(
	    request(&plain_outer, B(0x81, 2, 3, 4, 5), false, BYTES_NONE, &m),
	    ERR_OK);
	assert_int_equal(m.type, COAP_CON);
	assert_int_equal(m.code, COAP_POST);
	assert_int_equal(m.id, 0x1234);
	assert_int_equal(m.token_len, 0);
	/* 9 with 12 bytes: flags, PIV, kid. */
	assert_view(m.options,
	    B(0x9c, 0x0d, 0x81, 2, 3, 4, 5, 'd', 'e', 'v', 'i', 'c', 'e'));
	assert_int_equal(m.payload.len, 1 + OSCORE_TAG_LEN);
}

static void
test_combined(void **state UNUSED)
{
	struct bytes message_3 = B(0x52, 1, 2);
	struct oscore_request_ref ref;
	struct oscore_option option;
	struct oscore_inner inner;
	struct coap_message m;
	struct bytes rest;
	uint8_t buf[ROOM];

	assert_int_equal(
	    request(&plain_outer, B(0), false, message_3, &m), ERR_OK);
	/* EDHOC, 12 after OSCORE, is empty. */
	assert_view(
	    m.options, B(0x98, 0x09, 0, 'd', 'e', 'v', 'i', 'c', 'e', 0xc0));
	assert_int_equal(m.payload.len, message_3.len + 1 + OSCORE_TAG_LEN);
	assert_memory_equal(m.payload.ptr, message_3.ptr, message_3.len);

	rest = bytes_make(
	    m.payload.ptr + message_3.len, m.payload.len - message_3.len);
	assert_int_equal(
	    oscore_option_decode(
		bytes_make(m.options.ptr + 1, m.options.len - 2), &option),
	    ERR_OK);
	assert_int_equal(oscore_open_request(&service, &option, rest, buf,
			     sizeof(buf), &inner, &ref),
	    ERR_OK);
	assert_int_equal(inner.code, COAP_POST);
}

/* Outer options on each side of OSCORE and EDHOC keep their order. */
static void
test_outer_options(void **state UNUSED)
{
	struct oscore_outer outer = plain_outer;
	struct coap_message m;
	struct coap_writer w;
	uint8_t buf[64];

	coap_write_body(&w, buf, sizeof(buf));
	coap_write_option(&w, COAP_OPT_URI_HOST, B('h'));
	coap_write_option(&w, COAP_OPT_URI_PORT, B(0x16, 0x33));
	coap_write_option(&w, COAP_OPT_MAX_AGE, BYTES_NONE);
	coap_write_option(&w, COAP_OPT_PROXY_SCHEME, B('c'));
	assert_int_equal(coap_write_end(&w, &outer.options), ERR_OK);
	assert_int_equal(request(&outer, B(7), false, B(0xaa), &m), ERR_OK);
	assert_view(
	    m.options, B(0x31, 'h', 0x42, 0x16, 0x33, 0x28, 0x09, 7, 'd', 'e',
			   'v', 'i', 'c', 'e', 0x50, 0x70, 0xd1, 5, 'c'));
	assert_int_equal(request(&outer, B(7), false, BYTES_NONE, &m), ERR_OK);
	assert_view(
	    m.options, B(0x31, 'h', 0x42, 0x16, 0x33, 0x28, 0x09, 7, 'd', 'e',
			   'v', 'i', 'c', 'e', 0x50, 0xd1, 12, 'c'));
}

static void
test_outer_options_refused(void **state UNUSED)
{
	/* Uri-Path, Content-Format, OSCORE, EDHOC, cut off. */
	const struct bytes refused[] = {
	    B(0xb1, 'e'), B(0xc1, 65), B(0x90), B(0xd0, 8), B(0x35, 'h')};
	struct oscore_outer outer = plain_outer;
	struct coap_message m;
	size_t i;

	for (i = 0; i < ARRAY_LEN(refused); i++) {
		outer.options = refused[i];
		assert_int_equal(
		    request(&outer, B(7), false, BYTES_NONE, &m), ERR_INVALID);
	}
}

static enum err
request_inner(struct bytes options)
{
	struct oscore_inner inner = {.code = COAP_POST, .options = options};
	struct oscore_request_ref ref;
	struct writer w;

	writer_init(&w, out, sizeof(out));
	return oscore_protect_request(
	    &device, &plain_outer, B(1), false, BYTES_NONE, &inner, &w, &ref);
}

static void
test_inner_options_refused(void **state UNUSED)
{
	assert_int_equal(request_inner(B(0xb1, 'e')), ERR_OK);
	assert_int_equal(request_inner(B(0xb2, 'e')), ERR_INVALID);
	assert_int_equal(request_inner(B(0xb1, 'e', 0xff, 1)), ERR_INVALID);
	assert_int_equal(request_inner(B(0xff)), ERR_INVALID);
}

static void
test_piv_lengths(void **state UNUSED)
{
	struct bytes none = BYTES_NONE;
	struct coap_message m;

	assert_int_equal(
	    request(&plain_outer, none, false, none, &m), ERR_INVALID);
	assert_int_equal(
	    request(&plain_outer, B(1, 2, 3, 4, 5, 6), false, none, &m),
	    ERR_INVALID);
	assert_int_equal(request(&plain_outer, B(0), false, none, &m), ERR_OK);
	/* A counted PIV has no leading zero; a drawn one may. */
	assert_int_equal(
	    request(&plain_outer, B(0, 1), false, none, &m), ERR_INVALID);
	assert_int_equal(
	    request(&plain_outer, B(0, 1, 2, 3, 4), false, none, &m), ERR_OK);
}

static void
test_kid_context(void **state UNUSED)
{
	struct bytes id_context = B(0xc0, 0xc1);
	struct oscore_context own = device;
	struct oscore_context peer;
	struct coap_message m;

	assert_int_equal(
	    request(&plain_outer, B(1), true, BYTES_NONE, &m), ERR_INVALID);
	contexts_make(&device, &peer, &id_context);
	assert_int_equal(
	    request(&plain_outer, B(1), true, BYTES_NONE, &m), ERR_OK);
	assert_view(m.options,
	    B(0x9b, 0x19, 1, 2, 0xc0, 0xc1, 'd', 'e', 'v', 'i', 'c', 'e'));
	device = own;
}

/* Fills ret_ref as if a request with this PIV had been received. */
static struct oscore_request_ref
ref_make(struct bytes piv)
{
	struct oscore_request_ref ref = {0};

	memcpy(ref.kid.id, "device", 6);
	ref.kid.len = 6;
	memcpy(ref.piv, piv.ptr, piv.len);
	ref.piv_len = piv.len;
	return ref;
}

static enum err
response(const struct oscore_request_ref *ref, struct bytes piv,
    struct coap_message *ret_message)
{
	struct oscore_inner inner = {.code = COAP_CHANGED};
	struct writer w;
	enum err err;

	writer_init(&w, out, sizeof(out));
	err = oscore_protect_response(
	    &service, &plain_outer, ref, piv, &inner, &w);
	if (err == ERR_OK)
		assert_int_equal(
		    coap_decode(writer_bytes(&w), ret_message), ERR_OK);
	return err;
}

static void
test_response_options(void **state UNUSED)
{
	struct oscore_request_ref ref = ref_make(B(1));
	struct coap_message m;

	assert_int_equal(response(&ref, BYTES_NONE, &m), ERR_OK);
	assert_int_equal(m.code, COAP_CHANGED);
	assert_view(m.options, B(0x90));
	assert_int_equal(response(&ref, B(0x99, 1, 2, 3, 4), &m), ERR_OK);
	assert_view(m.options, B(0x96, 0x05, 0x99, 1, 2, 3, 4));
}

static void
test_response_refused(void **state UNUSED)
{
	struct oscore_request_ref ref = ref_make(B(1));
	struct coap_message m;

	assert_int_equal(response(&ref, B(1, 2, 3, 4, 5, 6), &m), ERR_INVALID);
	assert_int_equal(response(&ref, B(0, 1), &m), ERR_INVALID);
	ref.piv_len = 0;
	assert_int_equal(response(&ref, B(1), &m), ERR_INVALID);
	ref.piv_len = OSCORE_PIV_MAX + 1;
	assert_int_equal(response(&ref, B(1), &m), ERR_INVALID);
	ref = ref_make(B(1));
	ref.kid.len = OSCORE_ID_MAX + 1;
	assert_int_equal(response(&ref, B(1), &m), ERR_INVALID);
}

static void
test_token_too_long(void **state UNUSED)
{
	struct oscore_outer outer = plain_outer;
	struct coap_message m;

	outer.token = B(1, 2, 3, 4, 5, 6, 7, 8, 9);
	assert_int_equal(
	    request(&outer, B(1), false, BYTES_NONE, &m), ERR_INVALID);
}

/* A buffer with something in it before, and guarded behind. */
struct space {
	uint8_t buf[ROOM];
	struct writer w;
};

static void
space_init(struct space *s, size_t cap)
{
	memset(s->buf, 0xa5, sizeof(s->buf));
	writer_init(&s->w, s->buf, cap);
	writer_u16(&s->w, 0xbeef);
}

/* Nothing but the first two bytes and zeros, up to cap; guard after it. */
static void
space_check_clean(const struct space *s, size_t cap)
{
	size_t i;

	assert_int_equal(s->w.len, 2);
	assert_int_equal(s->w.err, ERR_OK);
	assert_memory_equal(s->buf, "\xbe\xef", 2);
	for (i = 2; i < cap; i++)
		assert_true(s->buf[i] == 0 || s->buf[i] == 0xa5);
	for (i = cap; i < sizeof(s->buf); i++)
		assert_int_equal(s->buf[i], 0xa5);
}

static void
test_capacities(void **state UNUSED)
{
	struct oscore_inner inner = {COAP_POST, B(0xb1, 'e'), B(1, 2, 3)};
	struct oscore_request_ref ref = {.piv_len = 77};
	struct space s;
	size_t len;
	size_t cap;

	space_init(&s, ROOM);
	assert_int_equal(oscore_protect_request(&device, &plain_outer, B(1),
			     false, B(0x52), &inner, &s.w, &ref),
	    ERR_OK);
	assert_memory_equal(s.buf, "\xbe\xef\x40\x02\x12\x34", 6);
	len = s.w.len;
	ref.piv_len = 77;
	for (cap = 2; cap < len; cap++) {
		space_init(&s, cap);
		assert_int_equal(oscore_protect_request(&device, &plain_outer,
				     B(1), false, B(0x52), &inner, &s.w, &ref),
		    ERR_SPACE);
		space_check_clean(&s, cap);
		assert_int_equal(ref.piv_len, 77);
	}
	space_init(&s, len);
	assert_int_equal(oscore_protect_request(&device, &plain_outer, B(1),
			     false, B(0x52), &inner, &s.w, &ref),
	    ERR_OK);
	assert_int_equal(s.w.len, len);
}

static void
test_writer_that_failed_before(void **state UNUSED)
{
	struct oscore_request_ref ref;
	struct writer w;

	writer_init(&w, out, sizeof(out));
	writer_fail(&w, ERR_IO);
	assert_int_equal(oscore_protect_request(&device, &plain_outer, B(1),
			     false, BYTES_NONE, &post, &w, &ref),
	    ERR_IO);
	assert_int_equal(w.len, 0);
}

static int
setup(void **state UNUSED)
{
	contexts_make(&device, &service, NULL);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_check_in_size),
	    cmocka_unit_test(test_combined),
	    cmocka_unit_test(test_outer_options),
	    cmocka_unit_test(test_outer_options_refused),
	    cmocka_unit_test(test_inner_options_refused),
	    cmocka_unit_test(test_piv_lengths),
	    cmocka_unit_test(test_kid_context),
	    cmocka_unit_test(test_response_options),
	    cmocka_unit_test(test_response_refused),
	    cmocka_unit_test(test_token_too_long),
	    cmocka_unit_test(test_capacities),
	    cmocka_unit_test(test_writer_that_failed_before),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
