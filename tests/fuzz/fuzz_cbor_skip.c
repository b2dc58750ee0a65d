/*
 * Any bytes, item by item: what cbor_skip takes lies within the input, reads
 * again alone, and the typed readers agree on what it is.
 */
#include "cbor/cbor.h"
#include "fuzz.h"

/* Writes the item's value again, if it is no container, tag or float. */
static bool
scalar_again(struct bytes item, struct writer *w)
{
	struct reader r;

	reader_init(&r, item);
	switch (cbor_peek(&r)) {
	case CBOR_UINT:
		cbor_put_uint(w, cbor_uint(&r));
		break;
	case CBOR_BSTR:
		cbor_put_bstr(w, cbor_bstr(&r));
		break;
	case CBOR_TSTR:
		cbor_put_tstr(w, cbor_tstr(&r));
		break;
	default:
		return false;
	}
	fuzz_check(reader_end(&r) == ERR_OK);
	return true;
}

static void
item_check(struct bytes item)
{
	static uint8_t buf[4096];
	struct bytes again;
	struct reader r;
	struct writer w;

	reader_init(&r, item);
	again = cbor_skip(&r);
	fuzz_check(reader_end(&r) == ERR_OK && again.len == item.len);
	writer_init(&w, buf, sizeof(buf));
	if (scalar_again(item, &w) && w.err == ERR_OK)
		fuzz_check(bytes_equal(writer_bytes(&w), item));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes item;
	struct reader r;

	reader_init(&r, bytes_make(data, size));
	while (reader_left(&r) > 0) {
		size_t pos = r.pos;

		item = cbor_skip(&r);
		if (r.err != ERR_OK)
			break;
		fuzz_check(item.len > 0 && item.ptr == data + pos);
		fuzz_check(r.pos == pos + item.len);
		item_check(item);
	}
	return 0;
}
