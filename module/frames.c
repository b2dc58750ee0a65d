/*
 * See frames.h. A frame that does not open is dropped, counted and never
 * answered.
 */
#include "frames.h"

#include "base/wipe.h"
#include "c2c/frame.h"
#include "c2c/session.h"

void
frames_start(struct frames *f, struct hf_c2c_session *session)
{
	memset(f, 0, sizeof(*f));
	f->session = *session;
	wipe(session, sizeof(*session));
	c2c_decoder_init(&f->decoder, f->in, sizeof(f->in));
	f->open = true;
}

void
frames_stop(struct frames *f)
{
	if (f->open)
		c2c_session_done(&f->session);
	wipe(f, sizeof(*f));
}

void
frames_hangup(struct frames *f)
{
	if (!f->open)
		return;
	f->text = BYTES_NONE;
	f->before = PLAIN_START;
	wipe(f->in, sizeof(f->in));
	c2c_decoder_init(&f->decoder, f->in, sizeof(f->in));
}

static enum frames_plain
plain_behind(enum frames_plain before, uint8_t byte)
{
	if (byte == '\r')
		return PLAIN_START;
	if (before != PLAIN_START)
		return PLAIN_OTHER;
	if (byte == 'A' || byte == 'a')
		return PLAIN_A;
	/* What may stand before a line, see terminal.c. */
	return byte == '\n' || byte == 0 || byte == ' ' ? PLAIN_START
							: PLAIN_OTHER;
}

bool
frames_see_plain(struct frames *f, uint8_t byte)
{
	bool found = f->before == PLAIN_A && (byte == 'T' || byte == 't');

	/* A frame may have any byte in it. */
	if (f->heard || c2c_decoder_pending(&f->decoder)) {
		f->before = PLAIN_OTHER;
		return false;
	}
	f->before = plain_behind(f->before, byte);
	return found;
}

size_t
frames_feed(struct frames *f, struct bytes in)
{
	struct bytes body, text;
	size_t taken = c2c_decoder_feed(&f->decoder, in, &body);

	if (body.ptr == NULL)
		return taken;
	if (c2c_open(&f->session, f->in + (body.ptr - f->in), body.len,
		&text) != ERR_OK) {
		f->refused++;
		return taken;
	}
	f->text = text;
	f->heard = true;
	return taken;
}

void
frames_seal(struct frames *f, struct buffer *plain, struct buffer *out)
{
	uint8_t frame[HF_C2C_MODULE_FRAME_MAX];
	struct bytes text = buffer_bytes(plain);
	size_t len;

	if (text.len > c2c_seal_max(&f->session))
		text.len = c2c_seal_max(&f->session);
	if (c2c_seal(&f->session, text, frame, sizeof(frame), &len) != ERR_OK ||
	    buffer_put(out, bytes_make(frame, len)) != ERR_OK)
		buffer_done(plain);
	else
		buffer_drop(plain, text.len);
}
