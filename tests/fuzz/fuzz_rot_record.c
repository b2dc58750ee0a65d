/*
 * The record inside a slot: it is read only after its seal has been
 * verified, yet no bytes of it may do harm, and one that is accepted comes
 * out the same when it is written again.
 */
#include "fuzz.h"
#include "internal.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rot_record rec;
	static uint8_t out[ROT_RECORD_MAX];
	struct bytes in = bytes_make(data, size);
	size_t len;

	if (record_decode(in, &rec) != ERR_OK)
		return 0;
	fuzz_check(rec.serial_len <= SERIAL_MAX);
	fuzz_check(rec.credential_count <= ROT_CREDENTIALS);
	fuzz_check(rec.cur.request.payload_len <= CHECKIN_REQUEST_MAX);
	fuzz_check(rec.pend.request.payload_len <= CHECKIN_REQUEST_MAX);
	fuzz_check(rec.window_v1.count <= ROT_WINDOW);
	fuzz_check(rec.window_v2.count <= ROT_WINDOW);
	fuzz_check(record_encode(&rec, out, sizeof(out), &len) == ERR_OK);
	/* One of an earlier format comes out as today's, with what is new. */
	if (in.ptr[0] == out[0])
		fuzz_check(bytes_equal(bytes_make(out, len), in));
	else
		fuzz_check(len == in.len + 1 + 2 * P256_LEN + 4);
	return 0;
}
