/*
 * Random messages: what is written reads back, cuts and damage are errors or
 * other messages but never a view outside of the datagram.
 */
#include "common.h"
#include "prng.h"

#define ROOM 4096
#define ROUNDS 2000

/* A message as a list of its parts. */
struct parts {
	enum coap_type type;
	uint8_t code;
	uint16_t id;
	uint8_t token[COAP_TOKEN_MAX];
	size_t token_len;
	size_t count;
	uint32_t numbers[COAP_OPTIONS_MAX];
	struct bytes values[COAP_OPTIONS_MAX];
	struct bytes payload;
	uint8_t store[ROOM];
};

/* Deltas are small, around a border of the coding, or large. */
static uint32_t
delta_draw(struct prng *p)
{
	static const uint32_t borders[] = {12, 13, 14, 268, 269, 270, 1500};

	if (prng_below(p, 3) > 0)
		return (uint32_t)prng_below(p, 13);
	return borders[prng_below(p, ARRAY_LEN(borders))];
}

static size_t
length_draw(struct prng *p)
{
	static const size_t borders[] = {12, 13, 14, 268, 269, 270};

	if (prng_below(p, 8) > 0)
		return prng_below(p, 13);
	return borders[prng_below(p, ARRAY_LEN(borders))];
}

/* Takes len bytes of the parts' store, less when it is used up. */
static struct bytes
store_take(struct parts *m, size_t *pos, size_t len)
{
	struct bytes out;

	if (len > ROOM / 2 - *pos)
		len = ROOM / 2 - *pos;
	out = bytes_make(m->store + *pos, len);
	*pos += len;
	return out;
}

static void
parts_draw(struct prng *p, struct parts *m)
{
	uint32_t number = 0;
	size_t pos = 0;
	size_t i;

	m->type = (enum coap_type)prng_below(p, 4);
	m->code = (uint8_t)(1 + prng_below(p, 255));
	m->id = (uint16_t)prng_next(p);
	m->token_len = prng_below(p, COAP_TOKEN_MAX + 1);
	prng_fill(p, m->token, m->token_len);
	prng_fill(p, m->store, sizeof(m->store));
	m->count = prng_below(p, COAP_OPTIONS_MAX + 1);
	for (i = 0; i < m->count; i++) {
		number += delta_draw(p);
		m->numbers[i] = number;
		m->values[i] = store_take(m, &pos, length_draw(p));
	}
	m->payload = store_take(m, &pos, prng_below(p, 64));
}

static enum err
parts_write(
    const struct parts *m, uint8_t *buf, size_t cap, struct bytes *ret_out)
{
	struct coap_writer w;
	size_t i;

	coap_write_head(&w, buf, cap, m->type, m->code, m->id,
	    bytes_make(m->token, m->token_len));
	for (i = 0; i < m->count; i++)
		coap_write_option(&w, m->numbers[i], m->values[i]);
	coap_write_payload(&w, m->payload);
	return coap_write_end(&w, ret_out);
}

static void
parts_check(const struct parts *want, const struct coap_message *got)
{
	struct coap_options it;
	struct coap_option option;
	size_t i;

	assert_int_equal(got->type, want->type);
	assert_int_equal(got->code, want->code);
	assert_int_equal(got->id, want->id);
	assert_view(bytes_make(got->token, got->token_len),
	    bytes_make(want->token, want->token_len));
	coap_options_init(&it, got->options);
	for (i = 0; i < want->count; i++) {
		assert_true(coap_option_next(&it, &option));
		assert_int_equal(option.number, want->numbers[i]);
		assert_view(option.value, want->values[i]);
	}
	assert_false(coap_option_next(&it, &option));
	assert_view(got->payload, want->payload);
}

static void
test_roundtrip(void **state UNUSED)
{
	static struct parts m;
	static uint8_t buf[ROOM];
	struct coap_message got;
	struct bytes out;
	struct prng p;
	size_t i;

	prng_init(&p, 7252);
	for (i = 0; i < ROUNDS; i++) {
		parts_draw(&p, &m);
		assert_int_equal(parts_write(&m, buf, ROOM, &out), ERR_OK);
		assert_int_equal(coap_decode(out, &got), ERR_OK);
		parts_check(&m, &got);
	}
}

static bool
inside(struct bytes view, struct bytes all)
{
	if (view.len == 0)
		return true;
	return view.ptr >= all.ptr && view.len <= all.len &&
	       (size_t)(view.ptr - all.ptr) <= all.len - view.len;
}

/* Writes a decoded message from its parts: it must be what was decoded. */
static void
same_again(const struct coap_message *m, struct bytes datagram)
{
	static uint8_t buf[ROOM];
	struct coap_options it;
	struct coap_option option;
	struct coap_writer w;
	struct bytes out;

	coap_write_head(&w, buf, ROOM, m->type, m->code, m->id,
	    bytes_make(m->token, m->token_len));
	coap_options_init(&it, m->options);
	while (coap_option_next(&it, &option))
		coap_write_option(&w, option.number, option.value);
	coap_write_payload(&w, m->payload);
	assert_int_equal(coap_write_end(&w, &out), ERR_OK);
	assert_view(out, datagram);
}

/* Decodes an exact copy; true when it is a message, which is checked. */
static bool
decode_checked(struct bytes in)
{
	uint8_t *copy = malloc(in.len > 0 ? in.len : 1);
	struct coap_message m;
	struct bytes datagram;
	enum err err;

	assert_non_null(copy);
	memcpy(copy, in.ptr, in.len);
	datagram = bytes_make(copy, in.len);
	err = coap_decode(datagram, &m);
	if (err == ERR_OK) {
		assert_true(inside(m.options, datagram));
		assert_true(inside(m.payload, datagram));
		same_again(&m, datagram);
	} else {
		assert_true(err == ERR_TRUNCATED || err == ERR_FORMAT ||
			    err == ERR_SPACE);
	}
	free(copy);
	return err == ERR_OK;
}

static void
test_truncations(void **state UNUSED)
{
	static struct parts m;
	static uint8_t buf[ROOM];
	struct bytes out;
	struct prng p;
	size_t i;
	size_t len;

	prng_init(&p, 1);
	for (i = 0; i < ROUNDS / 20; i++) {
		parts_draw(&p, &m);
		assert_int_equal(parts_write(&m, buf, ROOM, &out), ERR_OK);
		for (len = 0; len < 4; len++)
			assert_false(decode_checked(bytes_make(buf, len)));
		for (; len < out.len; len++)
			(void)decode_checked(bytes_make(buf, len));
		assert_true(decode_checked(out));
	}
}

static void
test_damage(void **state UNUSED)
{
	static struct parts m;
	static uint8_t buf[ROOM];
	struct bytes out;
	struct prng p;
	size_t good = 0;
	size_t i;
	size_t n;

	prng_init(&p, 2);
	for (i = 0; i < ROUNDS; i++) {
		parts_draw(&p, &m);
		assert_int_equal(parts_write(&m, buf, ROOM, &out), ERR_OK);
		for (n = 1 + prng_below(&p, 4); n > 0; n--)
			buf[prng_below(&p, out.len)] = (uint8_t)prng_next(&p);
		good += decode_checked(out);
	}
	/* Both kinds came up, so both were tested. */
	assert_in_range(good, 1, ROUNDS - 1);
}

static void
test_noise(void **state UNUSED)
{
	uint8_t buf[64];
	struct prng p;
	size_t good = 0;
	size_t i;

	prng_init(&p, 3);
	for (i = 0; i < 20 * ROUNDS; i++) {
		prng_fill(&p, buf, sizeof(buf));
		good += decode_checked(
		    bytes_make(buf, prng_below(&p, sizeof(buf))));
	}
	assert_in_range(good, 1, 20 * ROUNDS - 1);
}

static void
test_capacities(void **state UNUSED)
{
	static struct parts m;
	static uint8_t buf[ROOM];
	struct bytes out;
	struct prng p;
	size_t i;
	size_t len;
	size_t cap;

	prng_init(&p, 4);
	for (i = 0; i < ROUNDS / 40; i++) {
		parts_draw(&p, &m);
		assert_int_equal(parts_write(&m, buf, ROOM, &out), ERR_OK);
		len = out.len;
		for (cap = 0; cap < len; cap++)
			assert_int_equal(
			    parts_write(&m, buf, cap, &out), ERR_SPACE);
		assert_int_equal(parts_write(&m, buf, len, &out), ERR_OK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_roundtrip),
	    cmocka_unit_test(test_truncations),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_noise),
	    cmocka_unit_test(test_capacities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
