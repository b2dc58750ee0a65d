/*
 * The padding of RFC 5652, section 6.3, to 16 bytes: 1 to 16 bytes, each of
 * them their number. Looked at only behind a good MAC, so that its errors
 * tell nobody anything.
 */
#include <string.h>

#include "internal.h"

size_t
c2c_padded_len(size_t len)
{
	return len - len % BLOCK + BLOCK;
}

void
c2c_pad(uint8_t *text, size_t len)
{
	size_t n = BLOCK - len % BLOCK;

	memset(text + len, (int)n, n);
}

enum err
c2c_unpad(const uint8_t *padded, size_t len, struct bytes *ret_text)
{
	size_t n = padded[len - 1], i;

	if (n == 0 || n > BLOCK)
		return ERR_AUTH;
	for (i = len - n; i < len; i++) {
		if (padded[i] != n)
			return ERR_AUTH;
	}
	*ret_text = bytes_make(padded, len - n);
	return ERR_OK;
}
