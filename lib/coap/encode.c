/*
 * From its parts to a message, in the order in which they stand on the wire.
 * The writer is sticky: the first error, the caller's or a full buffer, is
 * what coap_write_end returns.
 */
#include "options.h"

#define COAP_VERSION 1
#define COAP_VALUE_MAX (COAP_BASE_U16 + 65535)
#define COAP_NUMBER_CLOSED UINT32_MAX /* payload written: no more options */

void
coap_write_head(struct coap_writer *w, uint8_t *ptr, size_t cap,
    enum coap_type type, uint8_t code, uint16_t id, struct bytes token)
{
	coap_write_body(w, ptr, cap);
	if (token.len > COAP_TOKEN_MAX ||
	    (code == COAP_EMPTY && token.len > 0)) {
		writer_fail(&w->out, ERR_INVALID);
		return;
	}
	writer_u8(&w->out,
	    (uint8_t)(COAP_VERSION << 6 | (unsigned)type << 4 | token.len));
	writer_u8(&w->out, code);
	writer_u16(&w->out, id);
	writer_put(&w->out, token);
}

void
coap_write_body(struct coap_writer *w, uint8_t *ptr, size_t cap)
{
	writer_init(&w->out, ptr, cap);
	w->number = 0;
}

/* The nibble that announces a delta or a length: RFC 7252, 3.1. */
static uint8_t
nibble_of(uint32_t v)
{
	if (v < COAP_BASE_U8)
		return (uint8_t)v;
	return v < COAP_BASE_U16 ? COAP_NIBBLE_U8 : COAP_NIBBLE_U16;
}

/* Writes what does not fit a nibble. */
static void
extended_write(struct writer *w, uint32_t v)
{
	switch (nibble_of(v)) {
	case COAP_NIBBLE_U8:
		writer_u8(w, (uint8_t)(v - COAP_BASE_U8));
		break;
	case COAP_NIBBLE_U16:
		writer_u16(w, (uint16_t)(v - COAP_BASE_U16));
		break;
	default:
		break;
	}
}

void
coap_write_option(struct coap_writer *w, uint32_t number, struct bytes value)
{
	uint32_t delta;
	uint32_t len;

	if (number < w->number || number > COAP_NUMBER_MAX) {
		writer_fail(&w->out, ERR_INTERNAL);
		return;
	}
	if (value.len > COAP_VALUE_MAX) {
		writer_fail(&w->out, ERR_SPACE);
		return;
	}
	delta = number - w->number;
	len = (uint32_t)value.len;
	writer_u8(&w->out, (uint8_t)(nibble_of(delta) << 4 | nibble_of(len)));
	extended_write(&w->out, delta);
	extended_write(&w->out, len);
	writer_put(&w->out, value);
	w->number = number;
}

void
coap_write_option_uint(struct coap_writer *w, uint32_t number, uint32_t value)
{
	uint8_t buf[4];
	size_t pos = sizeof(buf);

	/* "A sender SHOULD represent the integer with as few bytes as
	 * possible", 0 with none: RFC 7252, 3.2. */
	while (value > 0) {
		buf[--pos] = (uint8_t)value;
		value >>= 8;
	}
	coap_write_option(w, number, bytes_make(buf + pos, sizeof(buf) - pos));
}

void
coap_write_payload(struct coap_writer *w, struct bytes payload)
{
	if (w->number == COAP_NUMBER_CLOSED) {
		writer_fail(&w->out, ERR_INTERNAL);
		return;
	}
	w->number = COAP_NUMBER_CLOSED;
	if (payload.len == 0)
		return;
	writer_u8(&w->out, COAP_MARKER);
	writer_put(&w->out, payload);
}

enum err
coap_write_end(const struct coap_writer *w, struct bytes *ret_message)
{
	return writer_end(&w->out, ret_message);
}
