/*
 * Random contexts, exchanges and damage: what one side protects the other
 * opens, and nothing that was touched on the way is taken for a message.
 */
#include "common.h"
#include "draw.h"

#define ROOM 512
#define ROUNDS 400

/* A protected message, decoded. */
struct sealed {
	uint8_t store[ROOM];
	struct bytes datagram;
	struct coap_message message;
	struct oscore_option option;
};

/* False when the datagram is no OSCORE message. */
static bool
sealed_read(struct sealed *s, struct bytes datagram)
{
	struct bytes value;

	s->datagram = datagram;
	return coap_decode(datagram, &s->message) == ERR_OK &&
	       coap_option_find(s->message.options, COAP_OPT_OSCORE, &value) &&
	       oscore_option_decode(value, &s->option) == ERR_OK;
}

static void
inner_check(const struct oscore_inner *got, const struct oscore_inner *want)
{
	assert_int_equal(got->code, want->code);
	assert_view(got->options, want->options);
	assert_view(got->payload, want->payload);
}

static void
request_seal(struct prng *p, const struct oscore_context *c,
    const struct text *t, struct sealed *s, struct oscore_request_ref *ref)
{
	uint8_t token[COAP_TOKEN_MAX];
	uint8_t piv[OSCORE_PIV_MAX];
	struct oscore_outer outer = outer_draw(p, token);
	bool with = c->has_id_context && prng_below(p, 2);
	struct writer w;

	writer_init(&w, s->store, sizeof(s->store));
	assert_int_equal(oscore_protect_request(c, &outer, piv_draw(p, piv),
			     with, BYTES_NONE, &t->inner, &w, ref),
	    ERR_OK);
	assert_true(sealed_read(s, writer_bytes(&w)));
	assert_int_equal(s->message.id, outer.id);
	assert_view(
	    bytes_make(s->message.token, s->message.token_len), outer.token);
}

static void
response_seal(struct prng *p, const struct oscore_context *c,
    const struct text *t, struct sealed *s,
    const struct oscore_request_ref *ref)
{
	uint8_t token[COAP_TOKEN_MAX];
	uint8_t buf[OSCORE_PIV_MAX];
	struct oscore_outer outer = outer_draw(p, token);
	struct bytes piv = prng_below(p, 2) ? piv_draw(p, buf) : BYTES_NONE;
	struct writer w;

	writer_init(&w, s->store, sizeof(s->store));
	assert_int_equal(
	    oscore_protect_response(c, &outer, ref, piv, &t->inner, &w),
	    ERR_OK);
	assert_true(sealed_read(s, writer_bytes(&w)));
}

static void
test_exchanges(void **state UNUSED)
{
	struct oscore_request_ref sent, received;
	struct oscore_inner inner;
	struct sealed s;
	struct pair pair;
	struct prng p;
	struct text t;
	uint8_t buf[ROOM];
	size_t i;

	prng_init(&p, 8613);
	for (i = 0; i < ROUNDS; i++) {
		pair_draw(&p, &pair);
		text_draw(&p, &t, true);
		request_seal(&p, &pair.client, &t, &s, &sent);
		assert_int_equal(
		    oscore_open_request(&pair.server, &s.option,
			s.message.payload, buf, ROOM, &inner, &received),
		    ERR_OK);
		inner_check(&inner, &t.inner);
		assert_memory_equal(&sent, &received, sizeof(sent));

		text_draw(&p, &t, false);
		response_seal(&p, &pair.server, &t, &s, &received);
		assert_int_equal(
		    oscore_open_response(&pair.client, &sent, &s.option,
			s.message.payload, buf, ROOM, &inner),
		    ERR_OK);
		inner_check(&inner, &t.inner);
	}
}

/* What opens must be exactly what was protected: bits of the header, of the
 * token or of nothing were hit. */
static void
damaged_check(const struct pair *pair, struct bytes datagram,
    const struct oscore_inner *want)
{
	struct oscore_request_ref ref;
	struct oscore_inner inner;
	struct sealed s;
	uint8_t buf[ROOM];

	if (!sealed_read(&s, datagram))
		return;
	if (oscore_open_request(&pair->server, &s.option, s.message.payload,
		buf, ROOM, &inner, &ref) != ERR_OK)
		return;
	inner_check(&inner, want);
}

static void
test_damage(void **state UNUSED)
{
	struct oscore_request_ref ref;
	struct sealed s;
	struct pair pair;
	struct prng p;
	struct text t;
	size_t i;
	size_t len;
	size_t bit;

	prng_init(&p, 5);
	for (i = 0; i < ROUNDS / 20; i++) {
		pair_draw(&p, &pair);
		text_draw(&p, &t, true);
		request_seal(&p, &pair.client, &t, &s, &ref);
		for (len = 0; len < s.datagram.len; len++)
			damaged_check(
			    &pair, bytes_make(s.store, len), &t.inner);
		for (bit = 0; bit < 8 * s.datagram.len; bit++) {
			s.store[bit / 8] ^= (uint8_t)(1u << (bit % 8));
			damaged_check(&pair, s.datagram, &t.inner);
			s.store[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		}
	}
}

/* Contexts of other secrets open nothing. */
static void
test_strangers(void **state UNUSED)
{
	struct oscore_request_ref ref;
	struct oscore_inner inner;
	struct sealed s;
	struct pair own;
	struct pair other;
	struct prng p;
	struct text t;
	uint8_t buf[ROOM];
	size_t i;

	prng_init(&p, 6);
	for (i = 0; i < ROUNDS; i++) {
		pair_draw(&p, &own);
		pair_draw(&p, &other);
		text_draw(&p, &t, true);
		request_seal(&p, &own.client, &t, &s, &ref);
		other.server.recipient = own.server.recipient;
		s.option.has_kid_context = false;
		assert_int_equal(
		    oscore_open_request(&other.server, &s.option,
			s.message.payload, buf, ROOM, &inner, &ref),
		    ERR_AUTH);
	}
}

/* Random options: what decodes is written again as it was. */
static void
test_options(void **state UNUSED)
{
	struct oscore_option option;
	struct prng p;
	struct writer w;
	uint8_t value[24];
	uint8_t again[24];
	size_t good = 0;
	size_t i;

	prng_init(&p, 7);
	for (i = 0; i < 100 * ROUNDS; i++) {
		struct bytes in = bytes_draw(&p, value, 0, sizeof(value));

		if (oscore_option_decode(in, &option) != ERR_OK)
			continue;
		good++;
		writer_init(&w, again, sizeof(again));
		oscore_option_encode(&option, &w);
		assert_int_equal(w.err, ERR_OK);
		assert_view(writer_bytes(&w), in);
	}
	assert_in_range(good, 1, 100 * ROUNDS - 1);
}

static int
setup(void **state UNUSED)
{
	return crypto_init() == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exchanges),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_strangers),
	    cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
