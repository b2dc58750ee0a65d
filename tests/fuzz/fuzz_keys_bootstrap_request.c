/*
 * Request 2: what is accepted says the same when it is written again.
 */
#include "fuzz.h"
#include "keys/messages.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bootstrap_request m, again;
	uint8_t out[BOOTSTRAP_REQUEST_MAX], twice[BOOTSTRAP_REQUEST_MAX];
	struct writer w, v;

	if (bootstrap_request_read(bytes_make(data, size), &m) != ERR_OK)
		return 0;
	fuzz_check(m.firmware.len <= FIRMWARE_MAX);
	fuzz_check(m.sealed == (m.serial.len > 0));
	fuzz_check(m.serial.len <= SERIAL_MAX && m.ticket.len <= BLOB_MAX);
	fuzz_check(m.key[0] == 2 || m.key[0] == 3);
	writer_init(&w, out, sizeof(out));
	bootstrap_request_write(&w, &m);
	fuzz_check(w.err == ERR_OK);
	fuzz_check(bootstrap_request_read(writer_bytes(&w), &again) == ERR_OK);
	writer_init(&v, twice, sizeof(twice));
	bootstrap_request_write(&v, &again);
	fuzz_check(bytes_equal(writer_bytes(&w), writer_bytes(&v)));
	return 0;
}
