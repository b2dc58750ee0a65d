/*
 * Writes random exchanges, for another implementation to open: one line each
 * with master secret, salt, ID Context, client's and server's ID, request,
 * its plaintext, response, its plaintext; all as hex, "-" for none.
 *
 *	oscore_exchanges SEED COUNT
 */
#include "base/text.h"
#include "draw.h"

#define ROOM 512

static void
must(enum err err)
{
	if (err == ERR_OK)
		return;
	fprintf(stderr, "oscore_exchanges: %s\n", err_name(err));
	exit(1);
}

static void
field_print(struct bytes b, const char *end)
{
	char text[HEX_SIZE(ROOM)];

	hex_encode_lower(b, text);
	printf("%s%s", b.len > 0 ? text : "-", end);
}

static void
plaintext_print(const struct oscore_inner *inner, const char *end)
{
	uint8_t buf[ROOM];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	writer_u8(&w, inner->code);
	writer_put(&w, inner->options);
	if (inner->payload.len > 0)
		writer_u8(&w, COAP_MARKER);
	writer_put(&w, inner->payload);
	must(w.err);
	field_print(writer_bytes(&w), end);
}

static void
pair_print(const struct pair *pair)
{
	field_print(pair->secret, " ");
	field_print(pair->salt, " ");
	field_print(pair->has_id_context ? pair->id_context : BYTES_NONE, " ");
	field_print(pair->client_id, " ");
	field_print(pair->server_id, " ");
}

/* Writes a line; index makes the client's ID and the token unique. */
static void
exchange_print(struct prng *p, uint8_t index)
{
	struct oscore_outer outer = {
	    .type = COAP_CON, .id = index, .token = bytes_make(&index, 1)};
	struct oscore_request_ref ref;
	struct pair pair;
	struct text text;
	struct writer w;
	uint8_t piv[OSCORE_PIV_MAX];
	uint8_t buf[ROOM];

	do
		pair_draw(p, &pair);
	while (pair.client_id.ptr[0] != index);
	pair_print(&pair);

	text_draw(p, &text, true);
	writer_init(&w, buf, sizeof(buf));
	must(oscore_protect_request(&pair.client, &outer, piv_draw(p, piv),
	    pair.has_id_context, BYTES_NONE, &text.inner, &w, &ref));
	field_print(writer_bytes(&w), " ");
	plaintext_print(&text.inner, " ");

	outer.type = COAP_ACK;
	text_draw(p, &text, false);
	writer_init(&w, buf, sizeof(buf));
	must(oscore_protect_response(&pair.server, &outer, &ref,
	    prng_below(p, 2) == 1 ? piv_draw(p, piv) : BYTES_NONE, &text.inner,
	    &w));
	field_print(writer_bytes(&w), " ");
	plaintext_print(&text.inner, "\n");
}

int
main(int argc, char **argv)
{
	struct prng p = {0};
	unsigned long count;
	unsigned long i;

	if (argc != 3) {
		fprintf(stderr, "usage: oscore_exchanges SEED COUNT\n");
		return 2;
	}
	must(crypto_init());
	p.state = strtoull(argv[1], NULL, 0);
	count = strtoul(argv[2], NULL, 10);
	for (i = 0; i < count && i < 256; i++)
		exchange_print(&p, (uint8_t)i);
	return 0;
}
