/*
 * The module's file of pairs: what decodes, encodes to the same bytes.
 */
#include "c2c/records.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[C2C_RECORDS_LEN];
	struct c2c_records records;

	if (c2c_records_decode(bytes_make(data, size), &records) != ERR_OK)
		return 0;
	fuzz_check(records.count <= C2C_RECORDS);
	fuzz_check(c2c_records_encode(&records, out) == size);
	fuzz_check(memcmp(out, data, size) == 0);
	return 0;
}
