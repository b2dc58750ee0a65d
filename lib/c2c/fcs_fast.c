/*
 * FCS-16 sixteen bytes at a time, for hosts, with tables of 8 KiB; fcs_small.c
 * is the same for microcontrollers. A table is linear, so that eight numbers,
 * what each bit of a byte becomes, make all of it, at compile time.
 *
 * Spec: RFC 1662, appendix C.
 */
#include "c2c/frame.h"

#define BIT(i, bit, c) ((i) >> (bit)&1 ? (c) : 0)
#define ENTRY(i, c0, c1, c2, c3, c4, c5, c6, c7)                               \
	(BIT(i, 0, c0) ^ BIT(i, 1, c1) ^ BIT(i, 2, c2) ^ BIT(i, 3, c3) ^       \
	    BIT(i, 4, c4) ^ BIT(i, 5, c5) ^ BIT(i, 6, c6) ^ BIT(i, 7, c7))
#define FOUR(i, ...)                                                           \
	ENTRY(i, __VA_ARGS__), ENTRY(i + 1, __VA_ARGS__),                      \
	    ENTRY(i + 2, __VA_ARGS__), ENTRY(i + 3, __VA_ARGS__)
#define SIXTEEN(i, ...)                                                        \
	FOUR(i, __VA_ARGS__), FOUR(i + 4, __VA_ARGS__),                        \
	    FOUR(i + 8, __VA_ARGS__), FOUR(i + 12, __VA_ARGS__)
#define SIXTY_FOUR(i, ...)                                                     \
	SIXTEEN(i, __VA_ARGS__), SIXTEEN(i + 16, __VA_ARGS__),                 \
	    SIXTEEN(i + 32, __VA_ARGS__), SIXTEEN(i + 48, __VA_ARGS__)
#define SLICE(...)                                                             \
	{                                                                      \
		SIXTY_FOUR(0, __VA_ARGS__), SIXTY_FOUR(64, __VA_ARGS__),       \
		    SIXTY_FOUR(128, __VA_ARGS__), SIXTY_FOUR(192, __VA_ARGS__) \
	}

/* What a byte becomes with 0 to 15 more bytes behind it. */
static const uint16_t slices[16][256] = {
    SLICE(0x1189, 0x2312, 0x4624, 0x8C48, 0x1081, 0x2102, 0x4204, 0x8408),
    SLICE(0x19D8, 0x33B0, 0x6760, 0xCEC0, 0x9591, 0x2333, 0x4666, 0x8CCC),
    SLICE(0x5ADC, 0xB5B8, 0x6361, 0xC6C2, 0x8595, 0x033B, 0x0676, 0x0CEC),
    SLICE(0x1CBB, 0x3976, 0x72EC, 0xE5D8, 0xC3A1, 0x8F53, 0x16B7, 0x2D6E),
    SLICE(0x0B44, 0x1688, 0x2D10, 0x5A20, 0xB440, 0x6091, 0xC122, 0x8A55),
    SLICE(0x042B, 0x0856, 0x10AC, 0x2158, 0x42B0, 0x8560, 0x02D1, 0x05A2),
    SLICE(0x9FD5, 0x37BB, 0x6F76, 0xDEEC, 0xB5C9, 0x6383, 0xC706, 0x861D),
    SLICE(0x81BF, 0x0B6F, 0x16DE, 0x2DBC, 0x5B78, 0xB6F0, 0x65F1, 0xCBE2),
    SLICE(0x4DFD, 0x9BFA, 0x3FE5, 0x7FCA, 0xFF94, 0xF739, 0xE663, 0xC4D7),
    SLICE(0x2C27, 0x584E, 0xB09C, 0x6929, 0xD252, 0xACB5, 0x517B, 0xA2F6),
    SLICE(0x5591, 0xAB22, 0x5E55, 0xBCAA, 0x7145, 0xE28A, 0xCD05, 0x921B),
    SLICE(0x8555, 0x02BB, 0x0576, 0x0AEC, 0x15D8, 0x2BB0, 0x5760, 0xAEC0),
    SLICE(0x05AD, 0x0B5A, 0x16B4, 0x2D68, 0x5AD0, 0xB5A0, 0x6351, 0xC6A2),
    SLICE(0x7EEA, 0xFDD4, 0xF3B9, 0xEF63, 0xD6D7, 0xA5BF, 0x436F, 0x86DE),
    SLICE(0x482A, 0x9054, 0x28B9, 0x5172, 0xA2E4, 0x4DD9, 0x9BB2, 0x3F75),
    SLICE(0x8E10, 0x1431, 0x2862, 0x50C4, 0xA188, 0x4B01, 0x9602, 0x2415)};

/* Eight bytes in whose place nothing was yet, with at more of them behind. */
static uint16_t
fcs_eight(const uint8_t *p, size_t at)
{
	const uint16_t(*s)[256] = &slices[at];

	return (
	    uint16_t)((s[7][p[0]] ^ s[6][p[1]]) ^ (s[5][p[2]] ^ s[4][p[3]]) ^
		      ((s[3][p[4]] ^ s[2][p[5]]) ^ (s[1][p[6]] ^ s[0][p[7]])));
}

/*
 * What came before is one more table entry of its two bytes: as tables are
 * linear, the sixteen need not wait for it.
 */
static uint16_t
fcs_sixteen(uint16_t fcs, const uint8_t *p)
{
	uint16_t before =
	    (uint16_t)(slices[15][fcs & 0xFF] ^ slices[14][fcs >> 8]);

	return (uint16_t)(before ^ (fcs_eight(p, 8) ^ fcs_eight(p + 8, 0)));
}

uint16_t
c2c_fcs16(struct bytes data)
{
	uint16_t fcs = 0xFFFF;

	for (; data.len >= 16; data.ptr += 16, data.len -= 16)
		fcs = fcs_sixteen(fcs, data.ptr);
	for (; data.len > 0; data.ptr++, data.len--)
		fcs =
		    (uint16_t)(fcs >> 8 ^ slices[0][(fcs & 0xFF) ^ *data.ptr]);
	return (uint16_t)(fcs ^ 0xFFFFu);
}
