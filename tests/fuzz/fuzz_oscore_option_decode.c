/* Any option value: what decodes has one spelling, which is the input. */
#include "fuzz.h"
#include "oscore/oscore.h"

#define ROOM 1024

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	struct oscore_option option;
	struct writer w;
	uint8_t buf[ROOM];

	if (size > ROOM || oscore_option_decode(in, &option) != ERR_OK)
		return 0;
	fuzz_check(option.piv.len <= OSCORE_PIV_MAX);
	fuzz_check(option.kid.len == 0 || option.has_kid);
	fuzz_check(option.kid_context.len == 0 || option.has_kid_context);
	writer_init(&w, buf, sizeof(buf));
	oscore_option_encode(&option, &w);
	fuzz_check(w.err == ERR_OK);
	fuzz_check(bytes_equal(writer_bytes(&w), in));
	return 0;
}
