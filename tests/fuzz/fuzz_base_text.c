/*
 * Any text: what a decoder takes, its encoder writes again letter by letter,
 * so that every byte string has exactly one base64 and base64url.
 */
#include "base/text.h"
#include "fuzz.h"

#define TEXT_MAX 4096

static void
check_base64(struct bytes text)
{
	static uint8_t out[TEXT_MAX];
	static char again[BASE64_SIZE(TEXT_MAX)];
	size_t len;

	if (base64_decode(text, out, sizeof(out), &len) == ERR_OK) {
		fuzz_check(len <= text.len / 4 * 3);
		base64_encode(bytes_make(out, len), again);
		fuzz_check(bytes_equal(bytes_str(again), text));
	}
	if (base64url_decode(text, out, sizeof(out), &len) == ERR_OK) {
		base64url_encode(bytes_make(out, len), again);
		fuzz_check(bytes_equal(bytes_str(again), text));
	}
}

/* Hex may come in either case: bytes stand for themselves a second time. */
static void
check_hex(struct bytes text)
{
	static uint8_t out[TEXT_MAX], twice[TEXT_MAX];
	static char again[HEX_SIZE(TEXT_MAX)];
	size_t len, twice_len;

	if (hex_decode(text, out, sizeof(out), &len) != ERR_OK)
		return;
	fuzz_check(len * 2 == text.len);
	hex_encode(bytes_make(out, len), again);
	fuzz_check(hex_decode(bytes_str(again), twice, sizeof(twice),
		       &twice_len) == ERR_OK);
	fuzz_check(
	    bytes_equal(bytes_make(out, len), bytes_make(twice, twice_len)));
}

/* A buffer that is too small is neither filled nor overrun. */
static void
check_space(struct bytes text)
{
	uint8_t small[4];
	size_t len = 0;

	if (hex_decode(text, small, 3, &len) == ERR_OK)
		fuzz_check(len <= 3);
	if (base64_decode(text, small, 3, &len) == ERR_OK)
		fuzz_check(len <= 3);
	if (base64url_decode(text, small, 3, &len) == ERR_OK)
		fuzz_check(len <= 3);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_make(data, size);

	if (size > TEXT_MAX)
		return 0;
	check_base64(text);
	check_hex(text);
	check_space(text);
	return 0;
}
