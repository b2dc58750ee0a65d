/* Any plaintext of OSCORE after its code: parts and bounds agree. */
#include "coap/coap.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct coap_options it;
	struct coap_option option;
	struct bytes options;
	struct bytes payload;
	uint32_t number = 0;
	size_t marker;

	if (coap_decode_body(bytes_make(data, size), &options, &payload) !=
	    ERR_OK)
		return 0;
	marker = payload.len > 0 ? 1 : 0;
	fuzz_check(options.len + marker + payload.len == size);
	fuzz_check(
	    payload.len == 0 || payload.ptr + payload.len == data + size);
	coap_options_init(&it, options);
	while (coap_option_next(&it, &option)) {
		fuzz_check(option.number >= number);
		fuzz_check(option.value.len <= options.len);
		number = option.number;
	}
	fuzz_check(it.in.err == ERR_OK && reader_left(&it.in) == 0);
	return 0;
}
