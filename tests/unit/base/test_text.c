/*
 * Hex and base64: the vectors of RFC 4648, every length both ways, and every
 * way of being almost right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"

#define CANARY 0xEE
#define LEN_MAX 100

/* Spec: RFC 4648, section 10. */
static const struct {
	const char *plain, *base64, *base64url, *hex;
} vectors[] = {
    {"", "", "", ""},
    {"f", "Zg==", "Zg", "66"},
    {"fo", "Zm8=", "Zm8", "666F"},
    {"foo", "Zm9v", "Zm9v", "666F6F"},
    {"foob", "Zm9vYg==", "Zm9vYg", "666F6F62"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE", "666F6F6261"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy", "666F6F626172"},
};

typedef enum err decode_fn(
    struct bytes text, uint8_t *out, size_t cap, size_t *ret_len);

static void
check_decode(decode_fn *decode, const char *text, const char *plain)
{
	uint8_t out[16];
	size_t len = 99;

	memset(out, CANARY, sizeof(out));
	assert_int_equal(
	    decode(bytes_str(text), out, strlen(plain), &len), ERR_OK);
	assert_int_equal(len, strlen(plain));
	assert_memory_equal(out, plain, len);
	assert_int_equal(out[len], CANARY);
	if (len > 0)
		assert_int_equal(
		    decode(bytes_str(text), out, len - 1, &len), ERR_SPACE);
	assert_int_equal(len, strlen(plain));
}

static void
test_rfc4648(void **state)
{
	char text[BASE64_SIZE(6) + HEX_SIZE(6)];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(vectors); i++) {
		base64_encode(bytes_str(vectors[i].plain), text);
		assert_string_equal(text, vectors[i].base64);
		base64url_encode(bytes_str(vectors[i].plain), text);
		assert_string_equal(text, vectors[i].base64url);
		hex_encode(bytes_str(vectors[i].plain), text);
		assert_string_equal(text, vectors[i].hex);
		check_decode(
		    base64_decode, vectors[i].base64, vectors[i].plain);
		check_decode(
		    base64url_decode, vectors[i].base64url, vectors[i].plain);
		check_decode(hex_decode, vectors[i].hex, vectors[i].plain);
	}
}

static void
check_back(decode_fn *decode, const char *text, struct bytes want)
{
	uint8_t out[LEN_MAX];
	size_t len;

	assert_int_equal(decode(bytes_str(text), out, want.len, &len), ERR_OK);
	assert_true(bytes_equal(bytes_make(out, len), want));
}

/* Every length, over bytes that use all of each alphabet. */
static void
test_round_trips(void **state)
{
	char text[HEX_SIZE(LEN_MAX)];
	uint8_t in[LEN_MAX];
	size_t len, i;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 157 + 251);
	for (len = 0; len <= LEN_MAX; len++) {
		struct bytes b = bytes_make(in, len);

		hex_encode(b, text);
		assert_int_equal(strlen(text) + 1, HEX_SIZE(len));
		check_back(hex_decode, text, b);
		hex_encode_lower(b, text);
		check_back(hex_decode, text, b);
		base64_encode(b, text);
		assert_int_equal(strlen(text) + 1, BASE64_SIZE(len));
		check_back(base64_decode, text, b);
		base64url_encode(b, text);
		check_back(base64url_decode, text, b);
	}
}

static void
test_alphabets(void **state)
{
	static const uint8_t all[] = {0xFB, 0xEF, 0xFF};
	char text[HEX_SIZE(3)];
	uint8_t out[3];
	size_t len;

	(void)state;
	base64_encode(BYTES_OF(all), text);
	assert_string_equal(text, "++//");
	base64url_encode(BYTES_OF(all), text);
	assert_string_equal(text, "--__");
	assert_int_equal(
	    base64_decode(BYTES_LIT("--__"), out, 3, &len), ERR_FORMAT);
	assert_int_equal(
	    base64url_decode(BYTES_LIT("++//"), out, 3, &len), ERR_FORMAT);
	hex_encode(BYTES_OF(all), text);
	assert_string_equal(text, "FBEFFF");
	hex_encode_lower(BYTES_OF(all), text);
	assert_string_equal(text, "fbefff");
	assert_int_equal(hex_decode(BYTES_LIT("fBeFFf"), out, 3, &len), ERR_OK);
	assert_memory_equal(out, all, 3);
}

static bool
is_hex(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') ||
	       (c >= 'a' && c <= 'f');
}

static bool
is_base64(int c, char with62, char with63)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == with62 || c == with63;
}

/* Each of the 256 bytes, at each place of a group. */
static void
test_every_character(void **state)
{
	uint8_t out[8];
	char text[5];
	size_t at, len;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		for (at = 0; at < 4; at++) {
			memcpy(text, "0000", sizeof(text));
			text[at] = (char)c;
			assert_int_equal(
			    hex_decode(bytes_make(text, 4), out, 8, &len),
			    is_hex(c) ? ERR_OK : ERR_FORMAT);
			assert_int_equal(
			    base64url_decode(bytes_make(text, 4), out, 8, &len),
			    is_base64(c, '-', '_') ? ERR_OK : ERR_FORMAT);
			/* A = at the end is padding, over bits that are 0. */
			if (c == '=' && at == 3)
				continue;
			assert_int_equal(
			    base64_decode(bytes_make(text, 4), out, 8, &len),
			    is_base64(c, '+', '/') ? ERR_OK : ERR_FORMAT);
		}
	}
}

static void
test_hex_refused(void **state)
{
	static const char *const bad[] = {"0", "000", "0x", "0 ", " 00", "00 ",
	    "00\n", "-1", "+1", "0g", "G0", "00:00"};
	uint8_t out[8];
	size_t i, len = 77;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
		    hex_decode(bytes_str(bad[i]), out, 8, &len), ERR_FORMAT);
	assert_int_equal(hex_decode(BYTES_LIT("00\0"
					      "0"),
			     out, 8, &len),
	    ERR_FORMAT);
	assert_int_equal(len, 77);
}

static void
test_base64_refused(void **state)
{
	static const char *const bad[] = {
	    /* padding missing, too much, or in the wrong place */
	    "Zg", "Zg=", "Zg===", "Zg====", "Z", "Z=", "Z==", "Z===", "=",
	    "==", "===", "====", "Zm8",
	    "Zm8==", "Zm9v=", "Zm9v==", "Zm9v====", "=Zg=", "Zg=A",
	    "Zg==Zg==", "Zm8=Zm8=", "Z=g=",
	    /* bits that no byte has */
	    "Zh==", "Zv==", "Zm9=", "Zm/=", "AB==", "AAB=",
	    /* white space and the like */
	    " Zm9v", "Zm9v ", "Zm 9v", "Zm9v\n", "Zm\r\n", "Zm9-", "Zm9_"};
	uint8_t out[16];
	size_t i, len = 77;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
		    base64_decode(bytes_str(bad[i]), out, sizeof(out), &len),
		    ERR_FORMAT);
	assert_int_equal(
	    base64_decode(BYTES_LIT("Zm9v\0Zm9"), out, sizeof(out), &len),
	    ERR_FORMAT);
	assert_int_equal(len, 77);
}

static void
test_base64url_refused(void **state)
{
	static const char *const bad[] = {"Zg==", "Zg=", "Zm8=", "Z", "Zm9vZ",
	    "=", "Zh", "Zv", "Zm9", "Zm_", " Zg", "Zg ", "Zg\n", "Zm9+",
	    "Zm9/"};
	uint8_t out[16];
	size_t i, len = 77;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
		    base64url_decode(bytes_str(bad[i]), out, sizeof(out), &len),
		    ERR_FORMAT);
	assert_int_equal(len, 77);
}

/* What does not fit is not begun. */
static void
test_no_space(void **state)
{
	uint8_t out[4];
	size_t cap, len = 77;

	(void)state;
	memset(out, CANARY, sizeof(out));
	for (cap = 0; cap < 4; cap++) {
		assert_int_equal(
		    hex_decode(BYTES_LIT("00000000"), out, cap, &len),
		    ERR_SPACE);
		assert_int_equal(
		    base64_decode(BYTES_LIT("AAAAAA=="), out, cap, &len),
		    ERR_SPACE);
		assert_int_equal(
		    base64url_decode(BYTES_LIT("AAAAAA"), out, cap, &len),
		    ERR_SPACE);
	}
	assert_int_equal(out[0], CANARY);
	assert_int_equal(len, 77);
	assert_int_equal(hex_decode(BYTES_NONE, NULL, 0, &len), ERR_OK);
	assert_int_equal(len, 0);
	assert_int_equal(base64_decode(BYTES_NONE, NULL, 0, &len), ERR_OK);
	assert_int_equal(base64url_decode(BYTES_NONE, NULL, 0, &len), ERR_OK);
}

/* Text may be decoded over itself: what is written is behind what is read. */
static void
test_in_place(void **state)
{
	uint8_t text[] = "Zm9vYmFy";
	size_t len;

	(void)state;
	assert_int_equal(
	    base64_decode(bytes_make(text, 8), text, 8, &len), ERR_OK);
	assert_memory_equal(text, "foobar", 6);
	memcpy(text, "666F6F62", 8);
	assert_int_equal(
	    hex_decode(bytes_make(text, 8), text, 8, &len), ERR_OK);
	assert_memory_equal(text, "foob", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rfc4648),
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_alphabets),
	    cmocka_unit_test(test_every_character),
	    cmocka_unit_test(test_hex_refused),
	    cmocka_unit_test(test_base64_refused),
	    cmocka_unit_test(test_base64url_refused),
	    cmocka_unit_test(test_no_space),
	    cmocka_unit_test(test_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
