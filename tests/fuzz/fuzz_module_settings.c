/*
 * Any file of settings: what is read from it, written again, reads the same.
 */
#include "fuzz.h"
#include "settings.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t first[SETTINGS_MAX], second[SETTINGS_MAX];
	struct settings s, again;
	struct writer out, out_again;

	settings_default(&s);
	(void)settings_decode(bytes_make(data, len), &s);
	writer_init(&out, first, sizeof(first));
	fuzz_check(settings_encode(&s, &out) == ERR_OK);
	settings_default(&again);
	fuzz_check(settings_decode(writer_bytes(&out), &again) == 0);
	writer_init(&out_again, second, sizeof(second));
	fuzz_check(settings_encode(&again, &out_again) == ERR_OK);
	fuzz_check(bytes_equal(writer_bytes(&out), writer_bytes(&out_again)));
	return 0;
}
