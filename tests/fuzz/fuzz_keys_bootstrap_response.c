/*
 * Response 2: there is one encoding of each, and only that is accepted.
 */
#include "fuzz.h"
#include "keys/messages.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	struct bootstrap_response m;
	uint8_t out[BOOTSTRAP_RESPONSE_MAX];
	struct writer w;

	if (bootstrap_response_read(in, &m) != ERR_OK)
		return 0;
	fuzz_check(m.status < 24);
	fuzz_check(bootstrap_status_is_new(m.status) == (m.generation > 0));
	writer_init(&w, out, sizeof(out));
	bootstrap_response_write(&w, &m);
	fuzz_check(w.err == ERR_OK && bytes_equal(writer_bytes(&w), in));
	return 0;
}
