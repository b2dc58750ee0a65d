/*
 * Random contexts, exchanges and damage: what one side protects the other
 * opens, and nothing that was touched on the way is taken for a message.
 */
#include "common.h"
#include "prng.h"

#define ROOM 512
#define ROUNDS 400

/* A pair of contexts, drawn. */
struct pair {
	struct oscore_context client;
	struct oscore_context server;
};

static struct bytes
draw(struct prng *p, uint8_t *buf, size_t min, size_t max)
{
	size_t len = min + prng_below(p, max - min + 1);

	prng_fill(p, buf, len);
	return bytes_make(buf, len);
}

static void
pair_draw(struct prng *p, struct pair *pair)
{
	uint8_t secret[32], salt[16], context[8], a[7], b[7];
	struct bytes id_context = draw(p, context, 0, 8);
	struct bytes m = draw(p, secret, 1, 32);
	struct bytes s = draw(p, salt, 0, 16);
	struct bytes x = draw(p, a, 1, 7);
	struct bytes y = draw(p, b, 0, 7);
	const struct bytes *c = prng_below(p, 2) ? &id_context : NULL;

	/* Two IDs are the same at times: then one becomes empty. */
	if (bytes_equal(x, y))
		y = BYTES_NONE;
	assert_int_equal(oscore_derive(&pair->client, m, s, c, x, y), ERR_OK);
	assert_int_equal(oscore_derive(&pair->server, m, s, c, y, x), ERR_OK);
}

/* An inner message, with storage. */
struct text {
	uint8_t options[96];
	uint8_t payload[128];
	struct oscore_inner inner;
};

static void
text_draw(struct prng *p, struct text *t, bool request)
{
	static const uint8_t answers[] = {COAP_CREATED, COAP_CHANGED,
	    COAP_CONTENT, COAP_UNAUTHORIZED, COAP_SERVER_ERROR};
	struct coap_writer w;
	uint8_t value[20];
	uint32_t number = 0;
	size_t n;

	t->inner.code = request ? (uint8_t)(1 + prng_below(p, 5))
				: answers[prng_below(p, ARRAY_LEN(answers))];
	coap_write_body(&w, t->options, sizeof(t->options));
	for (n = prng_below(p, 4); n > 0; n--) {
		number += (uint32_t)prng_below(p, 300);
		coap_write_option(&w, number, draw(p, value, 0, 20));
	}
	assert_int_equal(coap_write_end(&w, &t->inner.options), ERR_OK);
	t->inner.payload = draw(p, t->payload, 0, sizeof(t->payload));
}

/* A drawn Partial IV, as counted or as check-ins have it. */
static struct bytes
piv_draw(struct prng *p, uint8_t piv[OSCORE_PIV_MAX])
{
	uint64_t seq = prng_next(p) >> (24 + prng_below(p, 40));

	if (prng_below(p, 2))
		return draw(p, piv, OSCORE_PIV_MAX, OSCORE_PIV_MAX);
	return bytes_make(piv, oscore_piv_encode(seq, piv));
}

static struct oscore_outer
outer_draw(struct prng *p, uint8_t token[COAP_TOKEN_MAX])
{
	struct oscore_outer outer = {.type = (enum coap_type)prng_below(p, 2),
	    .id = (uint16_t)prng_next(p),
	    .token = draw(p, token, 0, COAP_TOKEN_MAX)};

	return outer;
}

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
		struct bytes in = draw(&p, value, 0, sizeof(value));

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
