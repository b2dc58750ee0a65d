/*
 * Any text as a key file, with the checksum that it should have put behind
 * it, or else the fuzzer would never get further: what is taken is written
 * again as it came in.
 */
#include "base/text.h"
#include "cloud/keys.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t text[2 * KEYS_TEXT_MAX], again[KEYS_TEXT_MAX];
	struct bytes lines = bytes_make(data, size);
	char hex[HEX_SIZE(SHA256_LEN)];
	uint8_t hash[SHA256_LEN];
	struct keys_state state;
	struct writer w, w2;

	if (size > KEYS_TEXT_MAX || crypto_init() != ERR_OK)
		return 0;
	/* As it is: without a checksum, or with that of a seed. */
	if (keys_state_decode(lines, &crypto_random_source, &state) == ERR_OK)
		keys_state_done(&state);
	fuzz_check(sha256(&lines, 1, hash) == ERR_OK);
	hex_encode_lower(BYTES_OF(hash), hex);
	writer_init(&w, text, sizeof(text));
	writer_put(&w, lines);
	writer_put(&w, BYTES_LIT("checksum "));
	writer_put(&w, bytes_str(hex));
	writer_u8(&w, '\n');
	if (keys_state_decode(
		writer_bytes(&w), &crypto_random_source, &state) != ERR_OK)
		return 0;
	writer_init(&w2, again, sizeof(again));
	fuzz_check(keys_state_encode(&state, &w2) == ERR_OK);
	fuzz_check(bytes_equal(writer_bytes(&w), writer_bytes(&w2)));
	keys_state_done(&state);
	return 0;
}
