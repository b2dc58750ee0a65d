/*
 * Writes the frame around a body, and computes its checksum. Neither knows a
 * key: what a frame holds is for session.c.
 */
#include "c2c/frame.h"

/* One byte of RFC 1662's FCS-16, without its table of 512 bytes. */
static uint16_t
fcs_byte(uint16_t fcs, uint8_t byte)
{
	unsigned x = (fcs ^ byte) & 0xFFu;

	x = (x ^ x << 4) & 0xFFu;
	return (uint16_t)(fcs >> 8 ^ x << 8 ^ x << 3 ^ x >> 4);
}

uint16_t
c2c_fcs16(struct bytes data)
{
	uint16_t fcs = 0xFFFF;
	size_t i;

	for (i = 0; i < data.len; i++)
		fcs = fcs_byte(fcs, data.ptr[i]);
	return (uint16_t)(fcs ^ 0xFFFFu);
}

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
