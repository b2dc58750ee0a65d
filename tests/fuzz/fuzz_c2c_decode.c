/*
 * The frame decoder: however a stream is cut, the same bodies come out, each
 * of them in a good frame of the stream, and every byte is accounted for.
 */
#include "c2c/frame.h"
#include "fuzz.h"

#define CAP 64 /* short, so that frames are often too long */

struct seen {
	uint16_t hash; /* of the bodies */
	size_t bytes; /* in frames */
	uint32_t frames;
	uint32_t dropped;
};

static void
note(struct seen *s, struct bytes body)
{
	s->hash = (uint16_t)(s->hash * 31u + c2c_fcs16(body));
	s->bytes += body.len + C2C_FRAME_OVERHEAD;
}

/* A body is what its own frame in the decoder's buffer says. */
static void
check_frame(struct bytes body)
{
	uint8_t frame[CAP];
	const uint8_t *start = body.ptr - C2C_BODY_AT;

	fuzz_check(body.len > 0 && body.len + C2C_FRAME_OVERHEAD <= CAP);
	memcpy(frame + C2C_BODY_AT, body.ptr, body.len);
	c2c_frame_close(frame, body.len);
	fuzz_check(memcmp(frame, start, body.len + C2C_FRAME_OVERHEAD) == 0);
}

static struct seen
decode(const uint8_t *data, size_t size, size_t piece)
{
	struct hf_c2c_decoder d;
	struct seen s = {0, 0, 0, 0};
	struct bytes in, body;
	uint8_t buf[CAP];
	size_t at = 0, n;

	c2c_decoder_init(&d, buf, sizeof(buf));
	while (at < size) {
		in = bytes_make(data + at, size - at);
		in.len = in.len < piece ? in.len : piece;
		n = c2c_decoder_feed(&d, in, &body);
		fuzz_check(n > 0 && n <= in.len);
		at += n;
		if (body.ptr == NULL)
			continue;
		check_frame(body);
		note(&s, body);
	}
	s.frames = d.frames;
	s.dropped = d.dropped;
	/* The rest is still in the buffer; frames inside of it count once. */
	fuzz_check(s.bytes + s.dropped + d.len - d.taken + CAP >= size);
	fuzz_check(s.dropped <= size);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen one = decode(data, size, 1);
	struct seen seven = decode(data, size, 7);
	struct seen all = decode(data, size, SIZE_MAX);

	fuzz_check(one.hash == all.hash && one.frames == all.frames);
	fuzz_check(one.dropped == all.dropped);
	fuzz_check(seven.hash == all.hash && seven.frames == all.frames);
	return 0;
}
