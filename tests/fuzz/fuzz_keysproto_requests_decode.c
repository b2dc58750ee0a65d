/*
 * Any message of an asker: what decodes is written again as it came in.
 */
#include "fuzz.h"
#include "keysproto/keysproto.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keysproto_request q[KEYSPROTO_BATCH_MAX];
	static uint8_t buf[KEYSPROTO_MESSAGE_MAX];
	struct bytes in = bytes_make(data, size);
	struct writer w;
	uint64_t batch;
	size_t count;

	if (size > sizeof(buf) || keysproto_requests_decode(in, &batch, q,
				      KEYSPROTO_BATCH_MAX, &count) != ERR_OK)
		return 0;
	fuzz_check(batch != 0 && count > 0 && count <= KEYSPROTO_BATCH_MAX);
	writer_init(&w, buf, sizeof(buf));
	fuzz_check(keysproto_requests_encode(batch, q, count, &w) == ERR_OK);
	fuzz_check(bytes_equal(writer_bytes(&w), in));
	return 0;
}
