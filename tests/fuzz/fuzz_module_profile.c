/*
 * Any bytes as a security profile at rest: what decodes is the only encoding
 * of what it says, and its texts stay within their bounds.
 */
#include "fuzz.h"
#include "profile.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t again[PROFILE_MAX], raw[PROFILE_TEXT_MAX];
	struct bytes in = bytes_make(data, len);
	struct profile p;
	struct writer w;
	size_t raw_len;
	int op;

	if (profile_decode(in, &p) != ERR_OK)
		return 0;
	writer_init(&w, again, sizeof(again));
	fuzz_check(profile_encode(&p, &w) == ERR_OK);
	fuzz_check(bytes_equal(writer_bytes(&w), in));
	for (op = PROFILE_TEXT_FIRST; op <= PROFILE_TEXT_LAST; op++) {
		profile_text_bytes(
		    profile_text_of(&p, (enum profile_op)op), raw, &raw_len);
		fuzz_check(raw_len <= sizeof(raw));
	}
	return 0;
}
