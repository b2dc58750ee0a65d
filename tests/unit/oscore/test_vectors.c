/*
 * RFC 8613, appendix C, every value: contexts from both sides, and each
 * message protected to and opened from the bytes that the appendix prints.
 */
#include "common.h"

#include <jansson.h>

#include "base/text.h"

#define ROOM 256

/* Hex of a JSON member, kept in store. */
struct field {
	uint8_t store[ROOM];
	struct bytes view;
};

/* A case: both contexts, its sender's and that of who receives from it. */
struct pair {
	struct oscore_context own;
	struct oscore_context peer;
};

static json_t *document;

static bool
field_get(const json_t *c, const char *name, struct field *ret_field)
{
	const json_t *value = json_object_get(c, name);
	size_t len;

	if (value == NULL)
		return false;
	assert_int_equal(hex_decode(bytes_str(json_string_value(value)),
			     ret_field->store, ROOM, &len),
	    ERR_OK);
	ret_field->view = bytes_make(ret_field->store, len);
	return true;
}

static void
field_need(const json_t *c, const char *name, struct field *ret_field)
{
	if (!field_get(c, name, ret_field))
		fail_msg("%s: no %s",
		    json_string_value(json_object_get(c, "name")), name);
}

/* The case whose name starts with section, such as "C.4 ". */
static const json_t *
case_find(const char *section)
{
	json_t *cases = json_object_get(document, "cases");
	const json_t *c;
	size_t i;

	json_array_foreach(cases, i, c)
	{
		const char *name =
		    json_string_value(json_object_get(c, "name"));

		if (strncmp(name, section, strlen(section)) == 0)
			return c;
	}
	fail_msg("no case %s", section);
	return NULL;
}

static struct pair
pair_derive(const json_t *c)
{
	struct field secret, salt, id_context, sender, recipient;
	const struct bytes *context = NULL;
	struct pair pair;

	field_need(c, "master_secret", &secret);
	field_need(c, "master_salt", &salt);
	field_need(c, "id_context", &id_context);
	field_need(c, "sender_id", &sender);
	field_need(c, "recipient_id", &recipient);
	if (id_context.view.len > 0)
		context = &id_context.view;
	assert_int_equal(oscore_derive(&pair.own, secret.view, salt.view,
			     context, sender.view, recipient.view),
	    ERR_OK);
	assert_int_equal(oscore_derive(&pair.peer, secret.view, salt.view,
			     context, recipient.view, sender.view),
	    ERR_OK);
	return pair;
}

static void
keys_check(const char *section)
{
	const json_t *c = case_find(section);
	struct pair pair = pair_derive(c);
	struct field want;

	field_need(c, "sender_key", &want);
	assert_view(BYTES_OF(pair.own.sender_key), want.view);
	assert_view(BYTES_OF(pair.peer.recipient_key), want.view);
	field_need(c, "recipient_key", &want);
	assert_view(BYTES_OF(pair.own.recipient_key), want.view);
	assert_view(BYTES_OF(pair.peer.sender_key), want.view);
	field_need(c, "common_iv", &want);
	assert_view(BYTES_OF(pair.own.common_iv), want.view);
	assert_view(BYTES_OF(pair.peer.common_iv), want.view);
}

static void
test_keys(void **state UNUSED)
{
	keys_check("C.1.1 ");
	keys_check("C.2.2 ");
	keys_check("C.3.2 ");
}

/* An unprotected message, split into what stays outside and what does not. */
struct split {
	struct coap_message message;
	struct oscore_outer outer;
	struct oscore_inner inner;
	uint8_t outer_options[ROOM];
	uint8_t inner_options[ROOM];
};

static void
message_split(struct bytes datagram, struct split *s)
{
	struct coap_options it;
	struct coap_option option;
	struct coap_writer outer;
	struct coap_writer inner;

	assert_int_equal(coap_decode(datagram, &s->message), ERR_OK);
	coap_write_body(&outer, s->outer_options, ROOM);
	coap_write_body(&inner, s->inner_options, ROOM);
	coap_options_init(&it, s->message.options);
	while (coap_option_next(&it, &option))
		coap_write_option(
		    oscore_class_u(option.number) ? &outer : &inner,
		    option.number, option.value);
	s->outer.type = s->message.type;
	s->outer.id = s->message.id;
	s->outer.token = bytes_make(s->message.token, s->message.token_len);
	s->inner.code = s->message.code;
	s->inner.payload = s->message.payload;
	assert_int_equal(coap_write_end(&outer, &s->outer.options), ERR_OK);
	assert_int_equal(coap_write_end(&inner, &s->inner.options), ERR_OK);
}

/* Decodes a protected message and its OSCORE option. */
static void
protected_decode(struct bytes datagram, struct coap_message *ret_message,
    struct oscore_option *ret_option)
{
	struct bytes value;

	assert_int_equal(coap_decode(datagram, ret_message), ERR_OK);
	assert_true(
	    coap_option_find(ret_message->options, COAP_OPT_OSCORE, &value));
	assert_int_equal(oscore_option_decode(value, ret_option), ERR_OK);
}

static void
inner_check(const struct oscore_inner *got, const struct oscore_inner *want)
{
	assert_int_equal(got->code, want->code);
	assert_view(got->options, want->options);
	assert_view(got->payload, want->payload);
}

/* C.4 to C.6: sequence number 20 in each. */
static void
request_check(const char *section, bool with_kid_context)
{
	const json_t *c = case_find(section);
	struct pair pair = pair_derive(c);
	struct field plain, sealed;
	struct oscore_request_ref sent, received;
	struct oscore_option option;
	struct oscore_inner inner;
	struct coap_message message;
	struct split s;
	struct writer w;
	uint8_t out[ROOM];
	uint8_t buf[ROOM];

	field_need(c, "unprotected", &plain);
	field_need(c, "protected", &sealed);
	message_split(plain.view, &s);
	writer_init(&w, out, sizeof(out));
	assert_int_equal(oscore_protect_request(&pair.own, &s.outer, B(0x14),
			     with_kid_context, BYTES_NONE, &s.inner, &w, &sent),
	    ERR_OK);
	assert_view(writer_bytes(&w), sealed.view);

	protected_decode(sealed.view, &message, &option);
	assert_int_equal(message.code, COAP_POST);
	assert_true(option.has_kid);
	assert_view(option.piv, B(0x14));
	assert_view(
	    option.kid, bytes_make(pair.own.sender.id, pair.own.sender.len));
	assert_int_equal(option.has_kid_context, with_kid_context);
	assert_int_equal(
	    oscore_open_request(&pair.peer, &option, message.payload, buf,
		sizeof(buf), &inner, &received),
	    ERR_OK);
	inner_check(&inner, &s.inner);
	assert_memory_equal(&sent, &received, sizeof(sent));
	assert_int_equal(received.piv_len, 1);
	assert_int_equal(received.piv[0], 0x14);
}

static void
test_requests(void **state UNUSED)
{
	request_check("C.4 ", false);
	request_check("C.5 ", false);
	request_check("C.6 ", true);
}

/* What a response is bound to: kid and PIV of the request in the case. */
static struct oscore_request_ref
request_ref(const json_t *c)
{
	struct oscore_request_ref ref = {0};
	struct oscore_option option;
	struct coap_message message;
	struct field request;

	field_need(c, "request", &request);
	protected_decode(request.view, &message, &option);
	ref.kid.len = option.kid.len;
	if (option.kid.len > 0)
		memcpy(ref.kid.id, option.kid.ptr, option.kid.len);
	ref.piv_len = option.piv.len;
	memcpy(ref.piv, option.piv.ptr, option.piv.len);
	return ref;
}

/* C.7 and C.8: server protects and client opens; piv is the response's. */
static void
response_check(const json_t *c, const struct oscore_context *server,
    const struct oscore_context *client, struct bytes piv)
{
	struct oscore_request_ref ref = request_ref(c);
	struct field plain, sealed;
	struct oscore_option option;
	struct oscore_inner inner;
	struct coap_message message;
	struct split s;
	struct writer w;
	uint8_t out[ROOM];
	uint8_t buf[ROOM];

	field_need(c, "unprotected", &plain);
	field_need(c, "protected", &sealed);
	message_split(plain.view, &s);
	writer_init(&w, out, sizeof(out));
	assert_int_equal(
	    oscore_protect_response(server, &s.outer, &ref, piv, &s.inner, &w),
	    ERR_OK);
	assert_view(writer_bytes(&w), sealed.view);

	protected_decode(sealed.view, &message, &option);
	assert_int_equal(message.code, COAP_CHANGED);
	assert_false(option.has_kid);
	assert_view(option.piv, piv);
	assert_int_equal(oscore_open_response(client, &ref, &option,
			     message.payload, buf, sizeof(buf), &inner),
	    ERR_OK);
	inner_check(&inner, &s.inner);
	assert_view(inner.payload, BYTES_LIT("Hello World!"));
}

static void
test_response_without_piv(void **state UNUSED)
{
	const json_t *c = case_find("C.7 ");
	struct pair pair = pair_derive(c);

	/* The case is the client's. */
	response_check(c, &pair.peer, &pair.own, BYTES_NONE);
}

static void
test_response_with_piv(void **state UNUSED)
{
	const json_t *c = case_find("C.8 ");
	struct pair pair = pair_derive(c);

	response_check(c, &pair.own, &pair.peer, B(0x00));
}

/* A case that no test above names would be a value that nobody asserts. */
static void
test_all_cases_are_here(void **state UNUSED)
{
	assert_int_equal(
	    json_array_size(json_object_get(document, "cases")), 8);
}

static int
setup(void **state UNUSED)
{
	const char *dir = getenv("HOLDFAST_VECTORS");
	char path[4096];
	json_error_t error;

	if (dir == NULL || crypto_init() != ERR_OK)
		return -1;
	snprintf(path, sizeof(path), "%s/oscore_rfc8613.json", dir);
	document = json_load_file(path, 0, &error);
	if (document == NULL)
		fprintf(stderr, "%s: %s\n", path, error.text);
	return document == NULL ? -1 : 0;
}

static int
teardown(void **state UNUSED)
{
	json_decref(document);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_response_without_piv),
	    cmocka_unit_test(test_response_with_piv),
	    cmocka_unit_test(test_all_cases_are_here),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
