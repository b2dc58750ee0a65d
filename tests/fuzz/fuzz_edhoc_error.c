/*
 * Any error message: texts and suites come out as they went in.
 */
#include "cbor/cbor.h"
#include "edhoc/edhoc.h"
#include "fuzz.h"

static void
text_check(const struct edhoc_error *error, struct bytes in)
{
	static uint8_t buf[4096];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	cbor_put_int(&w, 1);
	cbor_put_tstr(&w, error->text);
	if (w.err == ERR_OK)
		fuzz_check(bytes_equal(writer_bytes(&w), in));
}

static void
suites_check(const struct edhoc_error *error, struct bytes in)
{
	uint8_t buf[64];
	struct writer w;
	size_t i;

	fuzz_check(
	    error->suite_count > 0 && error->suite_count <= EDHOC_SUITES_MAX);
	if (error->suite_count == EDHOC_SUITES_MAX)
		return; /* there may have been more */
	writer_init(&w, buf, sizeof(buf));
	cbor_put_int(&w, 2);
	if (error->suite_count > 1)
		cbor_put_array(&w, error->suite_count);
	for (i = 0; i < error->suite_count; i++)
		cbor_put_int(&w, error->suites[i]);
	fuzz_check(bytes_equal(writer_bytes(&w), in));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	struct edhoc_error error;

	if (edhoc_error_read(in, &error) != ERR_OK)
		return 0;
	if (error.code == 1)
		text_check(&error, in);
	else
		fuzz_check(error.text.len == 0);
	if (error.code == 2)
		suites_check(&error, in);
	else
		fuzz_check(error.suite_count == 0);
	return 0;
}
