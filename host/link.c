/*
 * Bytes between the port and the answer, through the session when one is
 * open. A frame that does not open is dropped and counted; its command runs
 * into its time.
 */
#include <string.h>

#include "c2c/frame.h"
#include "c2c/session.h"
#include "internal.h"

void
link_use(struct hf_host *h, struct hf_c2c *c2c)
{
	h->c2c = c2c;
	h->line_len = 0;
	if (c2c != NULL)
		c2c->plain_len = 0;
}

/* Reads more of the line behind what is there. */
static enum hf_err
fill(struct hf_host *h, uint32_t *timeout_ms)
{
	int n;

	if (h->in_at == h->in_len)
		h->in_at = h->in_len = 0;
	n = h->port->read(h->port->ctx, h->in + h->in_len,
	    sizeof(h->in) - h->in_len, timeout_ms);
	if (n < 0 || (size_t)n > sizeof(h->in) - h->in_len)
		return HF_ERR_IO;
	h->in_len += (size_t)n;
	return n == 0 ? HF_ERR_TIMEOUT : HF_OK;
}

/* Takes what is there up to the end of a frame, and opens that. */
static void
take_frame(struct hf_host *h)
{
	struct hf_c2c *c = h->c2c;
	struct bytes in = bytes_make(h->in + h->in_at, h->in_len - h->in_at);
	struct bytes body, text;
	size_t at;

	h->in_at += c2c_decoder_feed(&c->decoder, in, &body);
	if (body.ptr == NULL)
		return;
	at = (size_t)(body.ptr - c->in);
	if (c2c_open(&c->session, c->in + at, body.len, &text) != ERR_OK) {
		c->refused++;
		return;
	}
	c->text = text.ptr;
	c->text_len = text.len;
}

enum hf_err
link_read(struct hf_host *h, uint8_t *ret_byte, uint32_t *timeout_ms)
{
	struct hf_c2c *c = h->c2c;
	enum hf_err err;

	while (c == NULL ? h->in_at == h->in_len : c->text_len == 0) {
		if (h->in_at < h->in_len) {
			take_frame(h);
			continue;
		}
		err = fill(h, timeout_ms);
		if (err != HF_OK)
			return err;
	}
	if (c == NULL) {
		*ret_byte = h->in[h->in_at++];
		return HF_OK;
	}
	*ret_byte = *c->text++;
	c->text_len--;
	return HF_OK;
}

static enum hf_err
port_write(struct hf_host *h, const uint8_t *data, size_t len)
{
	return h->port->write(h->port->ctx, data, len) == 0 ? HF_OK : HF_ERR_IO;
}

enum hf_err
link_flush(struct hf_host *h)
{
	struct hf_c2c *c = h->c2c;
	struct bytes plain;
	size_t len;

	if (c == NULL || c->plain_len == 0)
		return HF_OK;
	plain = bytes_make(c->plain, c->plain_len);
	c->plain_len = 0;
	if (c2c_seal(&c->session, plain, c->out, sizeof(c->out), &len) !=
	    ERR_OK)
		return HF_ERR_CRYPTO;
	return port_write(h, c->out, len);
}

enum hf_err
link_write(struct hf_host *h, struct bytes data)
{
	struct hf_c2c *c = h->c2c;
	enum hf_err err = HF_OK;
	size_t n;

	if (c == NULL)
		return data.len == 0 ? HF_OK
				     : port_write(h, data.ptr, data.len);
	while (data.len > 0 && err == HF_OK) {
		n = sizeof(c->plain) - c->plain_len;
		n = n < data.len ? n : data.len;
		memcpy(c->plain + c->plain_len, data.ptr, n);
		c->plain_len += n;
		data.ptr += n;
		data.len -= n;
		if (c->plain_len == sizeof(c->plain))
			err = link_flush(h);
	}
	return err;
}

enum hf_err
link_pause(struct hf_host *h, uint32_t timeout_ms)
{
	enum hf_err err = HF_OK;

	while (err == HF_OK && h->in_len < sizeof(h->in))
		err = fill(h, &timeout_ms);
	return err == HF_ERR_TIMEOUT ? HF_OK : err;
}
