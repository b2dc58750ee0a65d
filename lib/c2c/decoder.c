/*
 * Finds frames in a stream of a serial line that loses and changes bytes.
 * Every flag byte may start a frame. The first that is not refuted stands at
 * the start of the buffer, those behind it are tried with every flag that
 * arrives: so a frame is found although a false start swallowed it, and
 * without waiting for the bytes that the false start asks for.
 *
 * It never answers, and never holds more than the longest frame.
 */
#include <string.h>

#include "c2c/frame.h"

void
c2c_decoder_init(struct hf_c2c_decoder *d, uint8_t *buf, size_t cap)
{
	memset(d, 0, sizeof(*d));
	d->buf = buf;
	d->cap = cap;
}

bool
c2c_decoder_pending(const struct hf_c2c_decoder *d)
{
	return d->len > d->taken;
}

/*
 * The length of the frame that starts at at, or 0 while its length field is
 * not there.
 */
static size_t
frame_len(const struct hf_c2c_decoder *d, size_t at)
{
	const uint8_t *p = d->buf + at;

	if (d->len - at < C2C_BODY_AT)
		return 0;
	return (size_t)(p[1] | p[2] << 8) + C2C_FRAME_OVERHEAD;
}

/* Says whether a good frame starts at at and ends with the last byte. */
static bool
frame_ends(const struct hf_c2c_decoder *d, size_t at)
{
	size_t len = frame_len(d, at);
	const uint8_t *fcs;
	uint16_t want;

	if (len <= C2C_FRAME_OVERHEAD || len != d->len - at)
		return false;
	fcs = d->buf + d->len - 3;
	want = c2c_fcs16(bytes_make(d->buf + at + 1, len - 4));
	return fcs[0] == (want & 0xFF) && fcs[1] == want >> 8;
}

/* The first flag at or after at; d->len when there is none. */
static size_t
next_flag(const struct hf_c2c_decoder *d, size_t at)
{
	const uint8_t *p =
	    at < d->len ? memchr(d->buf + at, C2C_FLAG, d->len - at) : NULL;

	return p == NULL ? d->len : (size_t)(p - d->buf);
}

/* Where the outermost frame starts that ends here; d->len for none. */
static size_t
find_frame(const struct hf_c2c_decoder *d)
{
	size_t at = 0;

	while (at < d->len && !frame_ends(d, at))
		at = next_flag(d, at + 1 > d->seen ? at + 1 : d->seen);
	return at;
}

/* Forgets the first bytes; those of delivered frames are not dropped ones. */
static void
drop(struct hf_c2c_decoder *d, size_t len, size_t delivered)
{
	d->dropped += (uint32_t)(len - delivered);
	d->len -= len;
	memmove(d->buf, d->buf + len, d->len);
	d->seen = 0;
	d->inside = 0;
	d->taken = 0;
}

/* Says whether no frame can start at the first byte any more. */
static bool
head_refuted(const struct hf_c2c_decoder *d)
{
	size_t len = frame_len(d, 0);

	return d->buf[0] != C2C_FLAG || len == C2C_FRAME_OVERHEAD ||
	       len > d->cap || (len > 0 && len <= d->len);
}

static void
drop_refuted(struct hf_c2c_decoder *d)
{
	while (d->len > 0 && head_refuted(d))
		drop(d, next_flag(d, d->seen > 1 ? d->seen : 1), d->inside);
}

/* Delivers the frame from at to here, and says where its body is. */
static struct bytes
deliver(struct hf_c2c_decoder *d, size_t at)
{
	size_t len = d->len - at;

	d->frames++;
	d->seen = d->len;
	d->inside += len;
	if (at == 0)
		d->taken = len;
	return bytes_make(d->buf + at + C2C_BODY_AT, len - C2C_FRAME_OVERHEAD);
}

/* What the frame that was delivered last leaves behind. */
static void
settle(struct hf_c2c_decoder *d)
{
	if (d->taken > 0)
		drop(d, d->taken, d->taken);
	drop_refuted(d);
}

/* How many bytes can be taken in a row: none that decides about the head. */
static size_t
run_len(const struct hf_c2c_decoder *d, struct bytes in)
{
	const uint8_t *flag = memchr(in.ptr, C2C_FLAG, in.len);
	size_t len = flag == NULL ? in.len : (size_t)(flag - in.ptr);
	size_t head = frame_len(d, 0);
	size_t left = (head == 0 ? C2C_BODY_AT : head) - d->len;

	return len < left ? len : left;
}

/* Takes bytes without a flag up to what decides about the head. */
static size_t
take_run(struct hf_c2c_decoder *d, struct bytes in)
{
	size_t len = run_len(d, in);

	memcpy(d->buf + d->len, in.ptr, len);
	d->len += len;
	drop_refuted(d);
	return len;
}

/* Nothing has begun: the bytes before the next flag are no frame's. */
static size_t
skip_garbage(struct hf_c2c_decoder *d, struct bytes in)
{
	const uint8_t *flag = memchr(in.ptr, C2C_FLAG, in.len);
	size_t len = flag == NULL ? in.len : (size_t)(flag - in.ptr);

	d->dropped += (uint32_t)len;
	return len;
}

/* Takes a flag, which starts a frame or ends one. */
static struct bytes
take_flag(struct hf_c2c_decoder *d)
{
	size_t at;

	d->buf[d->len++] = C2C_FLAG;
	at = find_frame(d);
	if (at < d->len)
		return deliver(d, at);
	drop_refuted(d);
	return BYTES_NONE;
}

size_t
c2c_decoder_feed(
    struct hf_c2c_decoder *d, struct bytes in, struct bytes *ret_body)
{
	size_t all = in.len, n;

	*ret_body = BYTES_NONE;
	settle(d);
	while (in.len > 0 && ret_body->ptr == NULL) {
		n = 1;
		if (in.ptr[0] == C2C_FLAG)
			*ret_body = take_flag(d);
		else if (d->len == 0)
			n = skip_garbage(d, in);
		else
			n = take_run(d, in);
		in.ptr += n;
		in.len -= n;
	}
	return all - in.len;
}
