/*
 * Objects of the bulk channel, either way: what is accepted says the same
 * when it is written again.
 */
#include "fuzz.h"
#include "keys/objects.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[2 * PKI_CERTIFICATE_MAX + 16];
	struct bytes in = bytes_make(data, size);
	struct ztp_response response;
	struct ztp_request request;
	struct writer w;

	writer_init(&w, out, sizeof(out));
	if (ztp_request_read(in, &request) == ERR_OK) {
		ztp_request_write(&w, &request);
		fuzz_check(bytes_equal(writer_bytes(&w), in));
	}
	writer_init(&w, out, sizeof(out));
	if (ztp_response_read(in, &response) == ERR_OK) {
		ztp_response_write(&w, &response);
		fuzz_check(bytes_equal(writer_bytes(&w), in));
	}
	return 0;
}
