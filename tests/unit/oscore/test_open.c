/*
 * Opening: every flipped bit is refused, IDs must be the context's, what is
 * authentic must still be a message, and nothing stays after an error.
 */
#include "cose.h"
#include "common.h"

#define ROOM 256

static struct oscore_context device;
static struct oscore_context service;
static const struct oscore_outer outer = {.type = COAP_CON, .id = 1};

/* A protected message, decoded; views into store. */
struct sealed {
	uint8_t store[ROOM];
	struct coap_message message;
	struct oscore_option option;
	struct oscore_request_ref ref;
};

static void
sealed_decode(struct sealed *s, struct bytes datagram)
{
	struct bytes value;

	assert_int_equal(coap_decode(datagram, &s->message), ERR_OK);
	assert_true(
	    coap_option_find(s->message.options, COAP_OPT_OSCORE, &value));
	assert_int_equal(oscore_option_decode(value, &s->option), ERR_OK);
}

static void
request_make(struct sealed *s, struct bytes piv)
{
	struct oscore_inner inner = {COAP_POST, B(0xb1, 'e'), B(1, 2, 3)};
	struct writer w;

	writer_init(&w, s->store, sizeof(s->store));
	assert_int_equal(oscore_protect_request(&device, &outer, piv, false,
			     BYTES_NONE, &inner, &w, &s->ref),
	    ERR_OK);
	sealed_decode(s, writer_bytes(&w));
}

static void
response_make(
    struct sealed *s, const struct oscore_request_ref *ref, struct bytes piv)
{
	struct oscore_inner inner = {COAP_CHANGED, BYTES_NONE, B(9, 8, 7)};
	struct writer w;

	writer_init(&w, s->store, sizeof(s->store));
	assert_int_equal(
	    oscore_protect_response(&service, &outer, ref, piv, &inner, &w),
	    ERR_OK);
	sealed_decode(s, writer_bytes(&w));
}

/* Opens a request with outputs that must stay untouched on an error. */
static enum err
request_open(const struct oscore_option *option, struct bytes ciphertext)
{
	struct oscore_inner inner = {.code = 77};
	struct oscore_request_ref ref = {.piv_len = 77};
	uint8_t buf[ROOM];
	enum err err;
	size_t i;

	memset(buf, 0, sizeof(buf));
	err = oscore_open_request(
	    &service, option, ciphertext, buf, sizeof(buf), &inner, &ref);
	if (err == ERR_OK)
		return err;
	assert_int_equal(inner.code, 77);
	assert_int_equal(ref.piv_len, 77);
	for (i = 0; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0);
	return err;
}

static void
test_request(void **state UNUSED)
{
	struct oscore_request_ref ref;
	struct oscore_inner inner;
	struct sealed s;
	uint8_t buf[ROOM];

	request_make(&s, B(0x91, 0, 0, 0, 5));
	assert_int_equal(oscore_open_request(&service, &s.option,
			     s.message.payload, buf, sizeof(buf), &inner, &ref),
	    ERR_OK);
	assert_int_equal(inner.code, COAP_POST);
	assert_view(inner.options, B(0xb1, 'e'));
	assert_view(inner.payload, B(1, 2, 3));
	assert_int_equal(ref.kid.len, 6);
	assert_memory_equal(ref.kid.id, "device", 6);
	assert_int_equal(ref.piv_len, 5);
	assert_memory_equal(ref.piv, "\x91\0\0\0\5", 5);
}

static void
test_in_place(void **state UNUSED)
{
	struct oscore_request_ref ref;
	struct oscore_inner inner;
	struct sealed s;
	uint8_t *at;

	request_make(&s, B(1));
	at = s.store + (s.message.payload.ptr - s.store);
	assert_int_equal(
	    oscore_open_request(&service, &s.option, s.message.payload, at,
		s.message.payload.len, &inner, &ref),
	    ERR_OK);
	assert_view(inner.payload, B(1, 2, 3));
}

static void
test_flipped_bits(void **state UNUSED)
{
	uint8_t copy[ROOM];
	struct sealed s;
	size_t bit;

	request_make(&s, B(1));
	for (bit = 0; bit < 8 * s.message.payload.len; bit++) {
		memcpy(copy, s.message.payload.ptr, s.message.payload.len);
		copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_int_equal(request_open(&s.option,
				     bytes_make(copy, s.message.payload.len)),
		    ERR_AUTH);
	}
}

static void
test_truncated(void **state UNUSED)
{
	struct sealed s;
	size_t len;

	request_make(&s, B(1));
	for (len = 0; len < s.message.payload.len; len++)
		assert_int_equal(request_open(&s.option,
				     bytes_make(s.message.payload.ptr, len)),
		    ERR_AUTH);
}

/* The PIV is bound through nonce and additional data. */
static void
test_other_piv(void **state UNUSED)
{
	struct sealed s;

	request_make(&s, B(1));
	s.option.piv = B(2);
	assert_int_equal(request_open(&s.option, s.message.payload), ERR_AUTH);
	/* Same nonce, other bytes: the additional data tells them apart. */
	s.option.piv = B(0, 1);
	assert_int_equal(request_open(&s.option, s.message.payload), ERR_AUTH);
	s.option.piv = B(1);
	assert_int_equal(request_open(&s.option, s.message.payload), ERR_OK);
}

/* A peer may pad: the bytes count as they are. */
static void
test_leading_zeros_in_a_request(void **state UNUSED)
{
	struct sealed s;

	request_make(&s, B(0, 0, 0, 0, 9));
	assert_int_equal(request_open(&s.option, s.message.payload), ERR_OK);
}

static void
test_missing_parts(void **state UNUSED)
{
	struct oscore_option option;
	struct sealed s;

	request_make(&s, B(1));
	option = s.option;
	option.has_kid = false;
	assert_int_equal(request_open(&option, s.message.payload), ERR_INVALID);
	option = s.option;
	option.piv = BYTES_NONE;
	assert_int_equal(request_open(&option, s.message.payload), ERR_INVALID);
	option.piv = B(1, 2, 3, 4, 5, 6);
	assert_int_equal(request_open(&option, s.message.payload), ERR_INVALID);
}

static void
test_foreign_ids(void **state UNUSED)
{
	struct oscore_option option;
	struct sealed s;

	request_make(&s, B(1));
	option = s.option;
	option.kid = BYTES_LIT("devicE");
	assert_int_equal(request_open(&option, s.message.payload), ERR_INVALID);
	option.kid = BYTES_LIT("a kid that is far too long");
	assert_int_equal(request_open(&option, s.message.payload), ERR_INVALID);
	option.kid = BYTES_NONE;
	assert_int_equal(request_open(&option, s.message.payload), ERR_INVALID);
	option = s.option;
	option.has_kid_context = true;
	assert_int_equal(request_open(&option, s.message.payload), ERR_INVALID);
}

static void
test_kid_context(void **state UNUSED)
{
	struct oscore_context plain_device = device;
	struct oscore_context plain_service = service;
	struct bytes id_context = B(5, 6);
	struct sealed s;

	contexts_make(&device, &service, &id_context);
	request_make(&s, B(1));
	/* It may be left out, but when it is there it must be ours. */
	assert_int_equal(request_open(&s.option, s.message.payload), ERR_OK);
	s.option.has_kid_context = true;
	s.option.kid_context = B(5, 6);
	assert_int_equal(request_open(&s.option, s.message.payload), ERR_OK);
	s.option.kid_context = B(5, 7);
	assert_int_equal(
	    request_open(&s.option, s.message.payload), ERR_INVALID);
	device = plain_device;
	service = plain_service;
}

static void
test_room(void **state UNUSED)
{
	struct oscore_request_ref ref;
	struct oscore_inner inner;
	struct sealed s;
	uint8_t buf[ROOM];
	size_t need;
	size_t cap;

	request_make(&s, B(1));
	need = s.message.payload.len - OSCORE_TAG_LEN;
	for (cap = 0; cap <= need; cap++) {
		memset(buf, 0xa5, sizeof(buf));
		assert_int_equal(oscore_open_request(&service, &s.option,
				     s.message.payload, buf, cap, &inner, &ref),
		    cap < need ? ERR_SPACE : ERR_OK);
		assert_int_equal(buf[cap], 0xa5);
	}
}

/* Seals any plaintext, as a request with PIV 1 or the answer, and opens it. */
static enum err
text_open(struct bytes text, bool request)
{
	struct oscore_option option = {
	    .piv = B(1), .has_kid = true, .kid = BYTES_LIT("device")};
	struct oscore_bind bind = oscore_bind_request(option.kid, option.piv);
	struct oscore_option empty = {.has_kid = false};
	struct oscore_request_ref ref;
	struct oscore_inner inner;
	uint8_t buf[ROOM];
	uint8_t opened[ROOM];
	struct bytes sealed;

	if (text.len > 0)
		memcpy(buf, text.ptr, text.len);
	assert_int_equal(
	    oscore_seal(request ? &device : &service, &bind, buf, text.len),
	    ERR_OK);
	sealed = bytes_make(buf, text.len + OSCORE_TAG_LEN);
	if (request)
		return request_open(&option, sealed);
	oscore_ref_fill(&ref, option.kid, option.piv);
	return oscore_open_response(
	    &device, &ref, &empty, sealed, opened, ROOM, &inner);
}

static void
test_inside(void **state UNUSED)
{
	assert_int_equal(text_open(B(COAP_POST), true), ERR_OK);
	assert_int_equal(text_open(B(COAP_FETCH, 0xb1, 'e'), true), ERR_OK);
	assert_int_equal(text_open(BYTES_NONE, true), ERR_FORMAT);
	assert_int_equal(text_open(BYTES_NONE, false), ERR_FORMAT);
	assert_int_equal(text_open(B(COAP_POST, 0xff), true), ERR_FORMAT);
	assert_int_equal(text_open(B(COAP_POST, 0xb2, 'e'), true), ERR_FORMAT);
	assert_int_equal(text_open(B(COAP_POST, 0xf0), true), ERR_FORMAT);
	assert_int_equal(text_open(B(COAP_CHANGED, 0xff), false), ERR_FORMAT);
}

/* Each of the 256 codes in each direction. */
static void
test_codes(void **state UNUSED)
{
	unsigned code;

	for (code = 0; code < 256; code++) {
		unsigned class = code >> 5;
		bool request = class == 0 && code != 0;
		bool response = class == 2 || class == 4 || class == 5;

		assert_int_equal(text_open(B((uint8_t)code), true),
		    request ? ERR_OK : ERR_FORMAT);
		assert_int_equal(text_open(B((uint8_t)code), false),
		    response ? ERR_OK : ERR_FORMAT);
	}
}

static enum err
response_open(const struct sealed *s, const struct oscore_request_ref *ref)
{
	struct oscore_inner inner;
	uint8_t buf[ROOM];
	enum err err;

	err = oscore_open_response(&device, ref, &s->option, s->message.payload,
	    buf, sizeof(buf), &inner);
	if (err == ERR_OK) {
		assert_int_equal(inner.code, COAP_CHANGED);
		assert_view(inner.payload, B(9, 8, 7));
	}
	return err;
}

static void
test_responses(void **state UNUSED)
{
	struct sealed asked;
	struct sealed other;
	struct sealed answer;

	request_make(&asked, B(1));
	request_make(&other, B(2));
	response_make(&answer, &asked.ref, BYTES_NONE);
	assert_int_equal(response_open(&answer, &asked.ref), ERR_OK);
	assert_int_equal(response_open(&answer, &other.ref), ERR_AUTH);
	response_make(&answer, &asked.ref, B(0x88, 1, 2, 3, 4));
	assert_int_equal(response_open(&answer, &asked.ref), ERR_OK);
	assert_int_equal(response_open(&answer, &other.ref), ERR_AUTH);
}

/* The same answer under two PIVs of its own: two different ciphertexts. */
static void
test_responses_differ(void **state UNUSED)
{
	struct sealed asked;
	struct sealed a;
	struct sealed b;

	request_make(&asked, B(1));
	response_make(&a, &asked.ref, B(0x88, 1, 2, 3, 4));
	response_make(&b, &asked.ref, B(0x88, 1, 2, 3, 5));
	assert_int_equal(a.message.payload.len, b.message.payload.len);
	assert_memory_not_equal(a.message.payload.ptr, b.message.payload.ptr,
	    a.message.payload.len);
}

static void
test_response_kid(void **state UNUSED)
{
	struct sealed asked;
	struct sealed answer;

	request_make(&asked, B(1));
	response_make(&answer, &asked.ref, BYTES_NONE);
	answer.option.has_kid = true;
	assert_int_equal(response_open(&answer, &asked.ref), ERR_OK);
	answer.option.kid = B(1);
	assert_int_equal(response_open(&answer, &asked.ref), ERR_INVALID);
}

/* A request sent back to its sender is not a response. */
static void
test_reflected(void **state UNUSED)
{
	struct sealed asked;

	request_make(&asked, B(1));
	asked.option.has_kid = false;
	asked.option.piv = BYTES_NONE;
	assert_int_equal(response_open(&asked, &asked.ref), ERR_AUTH);
}

static void
test_response_ref(void **state UNUSED)
{
	struct oscore_request_ref ref;
	struct sealed asked;
	struct sealed answer;

	request_make(&asked, B(1));
	response_make(&answer, &asked.ref, BYTES_NONE);
	ref = asked.ref;
	ref.piv_len = 0;
	assert_int_equal(response_open(&answer, &ref), ERR_INVALID);
	ref.piv_len = 6;
	assert_int_equal(response_open(&answer, &ref), ERR_INVALID);
	ref = asked.ref;
	ref.kid.len = 8;
	assert_int_equal(response_open(&answer, &ref), ERR_INVALID);
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
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_in_place),
	    cmocka_unit_test(test_flipped_bits),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_other_piv),
	    cmocka_unit_test(test_leading_zeros_in_a_request),
	    cmocka_unit_test(test_missing_parts),
	    cmocka_unit_test(test_foreign_ids),
	    cmocka_unit_test(test_kid_context),
	    cmocka_unit_test(test_room),
	    cmocka_unit_test(test_inside),
	    cmocka_unit_test(test_codes),
	    cmocka_unit_test(test_responses),
	    cmocka_unit_test(test_responses_differ),
	    cmocka_unit_test(test_response_kid),
	    cmocka_unit_test(test_reflected),
	    cmocka_unit_test(test_response_ref),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
