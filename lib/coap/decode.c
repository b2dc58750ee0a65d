/*
 * From a datagram to a message. Every option is read once here, so that later
 * walks cannot fail; whether a message is allowed at this point of an
 * exchange is for its receiver to say.
 */
#include "options.h"

#define COAP_VERSION 1

/* Reads options up to the payload's marker or the end: RFC 7252, 3. */
static void
options_check(struct reader *r, struct bytes *ret_options)
{
	size_t start = r->pos;
	uint32_t number = 0;
	size_t count = 0;
	uint8_t next;

	while (reader_peek(r, &next) && next != COAP_MARKER) {
		if (++count > COAP_OPTIONS_MAX)
			reader_fail(r, ERR_SPACE);
		coap_option_read(r, &number);
	}
	*ret_options = BYTES_NONE;
	if (r->pos > start)
		*ret_options = bytes_make(r->in.ptr + start, r->pos - start);
}

/*
 * Reads the payload, if a marker announces one. "The presence of a marker
 * followed by a zero-length payload MUST be processed as a message format
 * error": RFC 7252, 3.
 */
static struct bytes
payload_read(struct reader *r)
{
	if (reader_left(r) == 0)
		return BYTES_NONE;
	reader_u8(r);
	if (reader_left(r) == 0)
		reader_fail(r, ERR_FORMAT);
	return reader_rest(r);
}

/* Reads the four bytes that every message has, and the token. */
static void
head_read(struct reader *r, struct coap_message *m)
{
	uint8_t first = reader_u8(r);
	size_t token_len = first & 0x0f;

	m->type = (enum coap_type)(first >> 4 & 3);
	m->code = reader_u8(r);
	m->id = reader_u16(r);
	if (r->err == ERR_OK && first >> 6 != COAP_VERSION)
		reader_fail(r, ERR_FORMAT);
	if (token_len > COAP_TOKEN_MAX)
		reader_fail(r, ERR_FORMAT);
	/* "Bytes of data MUST NOT be present after the Message ID": 4.1. */
	if (m->code == COAP_EMPTY && (token_len > 0 || reader_left(r) > 0))
		reader_fail(r, ERR_FORMAT);
	if (r->err != ERR_OK)
		return;
	reader_copy(r, m->token, token_len);
	m->token_len = token_len;
}

enum err
coap_decode(struct bytes datagram, struct coap_message *ret_message)
{
	struct coap_message m = {0};
	struct reader r;
	enum err err;

	reader_init(&r, datagram);
	head_read(&r, &m);
	options_check(&r, &m.options);
	m.payload = payload_read(&r);
	err = reader_end(&r);
	if (err != ERR_OK)
		return err;
	*ret_message = m;
	return ERR_OK;
}

enum err
coap_decode_body(
    struct bytes in, struct bytes *ret_options, struct bytes *ret_payload)
{
	struct bytes options;
	struct bytes payload;
	struct reader r;
	enum err err;

	reader_init(&r, in);
	options_check(&r, &options);
	payload = payload_read(&r);
	err = reader_end(&r);
	if (err != ERR_OK)
		return err;
	*ret_options = options;
	*ret_payload = payload;
	return ERR_OK;
}
