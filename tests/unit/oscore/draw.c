/*
 * Drawing aborts when the code under test refuses what is drawn: everything
 * drawn here is valid.
 */
#include "draw.h"

static void
must(enum err err)
{
	if (err == ERR_OK)
		return;
	fprintf(stderr, "drawing failed: %s\n", err_name(err));
	abort();
}

struct bytes
bytes_draw(struct prng *p, uint8_t *buf, size_t min, size_t max)
{
	size_t len = min + prng_below(p, max - min + 1);

	prng_fill(p, buf, len);
	return bytes_make(buf, len);
}

void
pair_draw(struct prng *p, struct pair *pair)
{
	const struct bytes *id_context;

	pair->secret = bytes_draw(p, pair->store[0], 1, 32);
	pair->salt = bytes_draw(p, pair->store[1], 0, 16);
	pair->id_context =
	    bytes_draw(p, pair->store[2], 1, OSCORE_ID_CONTEXT_MAX);
	pair->has_id_context = prng_below(p, 2) == 1;
	pair->client_id = bytes_draw(p, pair->store[3], 1, OSCORE_ID_MAX);
	pair->server_id = bytes_draw(p, pair->store[4], 0, OSCORE_ID_MAX);
	if (bytes_equal(pair->client_id, pair->server_id))
		pair->server_id = BYTES_NONE;

	id_context = pair->has_id_context ? &pair->id_context : NULL;
	must(oscore_derive(&pair->client, pair->secret, pair->salt, id_context,
	    pair->client_id, pair->server_id));
	must(oscore_derive(&pair->server, pair->secret, pair->salt, id_context,
	    pair->server_id, pair->client_id));
}

static uint8_t
code_draw(struct prng *p, bool request)
{
	static const uint8_t answers[] = {COAP_CREATED, COAP_CHANGED,
	    COAP_CONTENT, COAP_UNAUTHORIZED, COAP_SERVER_ERROR};

	if (request)
		return (uint8_t)(COAP_GET + prng_below(p, COAP_FETCH));
	return answers[prng_below(p, ARRAY_LEN(answers))];
}

void
text_draw(struct prng *p, struct text *t, bool request)
{
	uint8_t value[20];
	struct coap_writer w;
	uint32_t number = 0;
	size_t n;

	t->inner.code = code_draw(p, request);
	coap_write_body(&w, t->options, sizeof(t->options));
	for (n = prng_below(p, 4); n > 0; n--) {
		number += (uint32_t)prng_below(p, 300);
		coap_write_option(
		    &w, number, bytes_draw(p, value, 0, sizeof(value)));
	}
	must(coap_write_end(&w, &t->inner.options));
	t->inner.payload = bytes_draw(p, t->payload, 0, sizeof(t->payload));
}

struct bytes
piv_draw(struct prng *p, uint8_t piv[OSCORE_PIV_MAX])
{
	uint64_t seq = prng_next(p) >> (24 + prng_below(p, 40));

	if (prng_below(p, 2) == 1)
		return bytes_draw(p, piv, OSCORE_PIV_MAX, OSCORE_PIV_MAX);
	return bytes_make(piv, oscore_piv_encode(seq, piv));
}

struct oscore_outer
outer_draw(struct prng *p, uint8_t token[COAP_TOKEN_MAX])
{
	struct oscore_outer outer = {.type = (enum coap_type)prng_below(p, 2),
	    .id = (uint16_t)prng_next(p),
	    .token = bytes_draw(p, token, 0, COAP_TOKEN_MAX)};

	return outer;
}
