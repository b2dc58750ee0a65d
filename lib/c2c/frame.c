/*
 * Writes the frame around a body. It knows no key: what a frame holds is for
 * session.c.
 */
#include "c2c/frame.h"

static void
put_le16(uint8_t *out, size_t v)
{
	out[0] = (uint8_t)(v & 0xFF);
	out[1] = (uint8_t)(v >> 8 & 0xFF);
}

void
c2c_frame_close(uint8_t *frame, size_t body_len)
{
	uint8_t *end = frame + C2C_BODY_AT + body_len;

	frame[0] = C2C_FLAG;
	put_le16(frame + 1, body_len);
	put_le16(end, c2c_fcs16(bytes_make(frame + 1, 2 + body_len)));
	end[2] = C2C_FLAG;
}
