/*
 * The check that a text string is UTF-8: no overlong form, no surrogate,
 * nothing above U+10FFFF.
 */
#include "internal.h"

/* The first byte tells how many follow and what the next one may be. */
static bool
sequence(uint8_t first, size_t *ret_more, uint8_t *ret_low, uint8_t *ret_high)
{
	*ret_low = 0x80;
	*ret_high = 0xbf;
	if (first < 0x80)
		*ret_more = 0;
	else if (first >= 0xc2 && first <= 0xdf)
		*ret_more = 1;
	else if (first >= 0xe0 && first <= 0xef)
		*ret_more = 2;
	else if (first >= 0xf0 && first <= 0xf4)
		*ret_more = 3;
	else
		return false;
	if (first == 0xe0)
		*ret_low = 0xa0;
	if (first == 0xed)
		*ret_high = 0x9f;
	if (first == 0xf0)
		*ret_low = 0x90;
	if (first == 0xf4)
		*ret_high = 0x8f;
	return true;
}

bool
cbor_utf8_valid(struct bytes text)
{
	size_t i = 0, more;
	uint8_t low, high;

	while (i < text.len) {
		if (!sequence(text.ptr[i++], &more, &low, &high) ||
		    more > text.len - i)
			return false;
		for (; more > 0; more--, i++) {
			if (text.ptr[i] < low || text.ptr[i] > high)
				return false;
			low = 0x80;
			high = 0xbf;
		}
	}
	return true;
}
