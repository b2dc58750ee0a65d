/*
 * Lines of an import: taken with four fields of their sizes, or refused with
 * a reason.
 */
#include "fuzz.h"
#include "service/imports.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct factory_record record;
	const char *why = NULL;
	enum err err =
	    factory_record_read(bytes_make(data, size), &record, &why);

	if (err == ERR_OK) {
		fuzz_check(record.public_key[0] == 4 && record.enc[0] == 4);
		fuzz_check(size <= IMPORT_LINE_MAX && why == NULL);
	} else {
		fuzz_check(err == ERR_FORMAT && why != NULL);
	}
	return 0;
}
