/*
 * Any bytes: we and libcbor agree on whether they start with an item in
 * deterministic encoding, and on where it ends.
 */
#include "cbor/cbor.h"
#include "fuzz.h"
#include "oracle.h"

#define INPUT_MAX 4096

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	enum verdict verdict;
	struct bytes item;
	struct reader r;
	size_t len = 0;

	if (size > INPUT_MAX)
		return 0;
	verdict = oracle_judge(in, CBOR_DEPTH_MAX, &len);
	if (verdict == VERDICT_NONE)
		return 0;
	reader_init(&r, in);
	item = cbor_skip(&r);
	fuzz_check((r.err == ERR_OK) == (verdict == VERDICT_GOOD));
	fuzz_check(r.err != ERR_OK || item.len == len);
	return 0;
}
