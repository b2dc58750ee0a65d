/*
 * FCS-16 without a table, for microcontrollers; fcs_fast.c is the same for
 * hosts.
 *
 * Spec: RFC 1662, appendix C.
 */
#include "c2c/frame.h"

/* One byte: the table of the RFC is this, for every byte. */
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
