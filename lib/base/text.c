/*
 * Hex, base64 and base64url (RFC 4648). Not constant-time: what secrets are
 * encoded here leave for their rightful reader anyway.
 *
 * Spec: RFC 4648, sections 4, 5 and 8.
 */
#include "base/text.h"

static const char hex_upper[] = "0123456789ABCDEF";
static const char hex_lower[] = "0123456789abcdef";
static const char alphabet_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789-_";

static void
hex_write(struct bytes in, const char *digits, char *out)
{
	size_t i;

	for (i = 0; i < in.len; i++) {
		out[2 * i] = digits[in.ptr[i] >> 4];
		out[2 * i + 1] = digits[in.ptr[i] & 15];
	}
	out[2 * in.len] = '\0';
}

void
hex_encode(struct bytes in, char *out)
{
	hex_write(in, hex_upper, out);
}

void
hex_encode_lower(struct bytes in, char *out)
{
	hex_write(in, hex_lower, out);
}

/* The value of a digit, or -1. */
static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

enum err
hex_decode(struct bytes text, uint8_t *out, size_t cap, size_t *ret_len)
{
	size_t i;

	if (text.len % 2 != 0)
		return ERR_FORMAT;
	if (text.len / 2 > cap)
		return ERR_SPACE;
	for (i = 0; i < text.len / 2; i++) {
		int hi = hex_digit(text.ptr[2 * i]);
		int lo = hex_digit(text.ptr[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return ERR_FORMAT;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	*ret_len = text.len / 2;
	return ERR_OK;
}

/* Writes in with the given alphabet; returns the end of the text. */
static char *
base64_write(struct bytes in, const char *alphabet, char *out)
{
	size_t i;

	for (i = 0; i + 2 < in.len; i += 3) {
		uint32_t v = (uint32_t)in.ptr[i] << 16 |
			     (uint32_t)in.ptr[i + 1] << 8 | in.ptr[i + 2];

		*out++ = alphabet[v >> 18];
		*out++ = alphabet[v >> 12 & 63];
		*out++ = alphabet[v >> 6 & 63];
		*out++ = alphabet[v & 63];
	}
	if (in.len - i == 1) {
		*out++ = alphabet[in.ptr[i] >> 2];
		*out++ = alphabet[(in.ptr[i] & 3) << 4];
	} else if (in.len - i == 2) {
		*out++ = alphabet[in.ptr[i] >> 2];
		*out++ = alphabet[(in.ptr[i] & 3) << 4 | in.ptr[i + 1] >> 4];
		*out++ = alphabet[(in.ptr[i + 1] & 15) << 2];
	}
	return out;
}

void
base64_encode(struct bytes in, char *out)
{
	char *end = base64_write(in, alphabet_std, out);

	while ((end - out) % 4 != 0)
		*end++ = '=';
	*end = '\0';
}

void
base64url_encode(struct bytes in, char *out)
{
	*base64_write(in, alphabet_url, out) = '\0';
}

/* The value of a character in the alphabet, or -1. */
static int
base64_digit(const char *alphabet, uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (uint8_t)alphabet[62])
		return 62;
	return c == (uint8_t)alphabet[63] ? 63 : -1;
}

/* Reads characters without padding; the unused low bits must be zero. */
static enum err
base64_read(struct bytes text, const char *alphabet, uint8_t *out, size_t cap,
    size_t *ret_len)
{
	size_t need = text.len / 4 * 3 + (text.len % 4 * 3) / 4;
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i, len = 0;

	if (text.len % 4 == 1)
		return ERR_FORMAT;
	if (need > cap)
		return ERR_SPACE;
	for (i = 0; i < text.len; i++) {
		int v = base64_digit(alphabet, text.ptr[i]);

		if (v < 0)
			return ERR_FORMAT;
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[len++] = (uint8_t)(acc >> bits);
			acc &= (1u << bits) - 1;
		}
	}
	if (acc != 0)
		return ERR_FORMAT;
	*ret_len = len;
	return ERR_OK;
}

enum err
base64_decode(struct bytes text, uint8_t *out, size_t cap, size_t *ret_len)
{
	size_t pad = 0;

	if (text.len % 4 != 0)
		return ERR_FORMAT;
	while (pad < 2 && text.len > 0 && text.ptr[text.len - 1] == '=') {
		text.len--;
		pad++;
	}
	return base64_read(text, alphabet_std, out, cap, ret_len);
}

enum err
base64url_decode(struct bytes text, uint8_t *out, size_t cap, size_t *ret_len)
{
	return base64_read(text, alphabet_url, out, cap, ret_len);
}
