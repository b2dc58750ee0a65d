/*
 * Writing items, always in the one deterministic form. The caller writes the
 * keys of a map in ascending order.
 */
#include "internal.h"

static void
put_head(struct writer *w, enum cbor_type type, uint64_t v)
{
	uint8_t major = (uint8_t)(type << 5);

	if (v < 24) {
		writer_u8(w, (uint8_t)(major | v));
	} else if (v <= UINT8_MAX) {
		writer_u8(w, major | 24);
		writer_u8(w, (uint8_t)v);
	} else if (v <= UINT16_MAX) {
		writer_u8(w, major | 25);
		writer_u16(w, (uint16_t)v);
	} else if (v <= UINT32_MAX) {
		writer_u8(w, major | 26);
		writer_u32(w, (uint32_t)v);
	} else {
		writer_u8(w, major | 27);
		writer_u64(w, v);
	}
}

void
cbor_put_uint(struct writer *w, uint64_t v)
{
	put_head(w, CBOR_UINT, v);
}

void
cbor_put_int(struct writer *w, int64_t v)
{
	if (v < 0)
		put_head(w, CBOR_NINT, (uint64_t)(-1 - v));
	else
		put_head(w, CBOR_UINT, (uint64_t)v);
}

void
cbor_put_bstr_head(struct writer *w, size_t len)
{
	put_head(w, CBOR_BSTR, len);
}

void
cbor_put_bstr(struct writer *w, struct bytes b)
{
	put_head(w, CBOR_BSTR, b.len);
	writer_put(w, b);
}

void
cbor_put_tstr(struct writer *w, struct bytes text)
{
	put_head(w, CBOR_TSTR, text.len);
	writer_put(w, text);
}

void
cbor_put_str(struct writer *w, const char *text)
{
	cbor_put_tstr(w, bytes_str(text));
}

void
cbor_put_array(struct writer *w, size_t count)
{
	put_head(w, CBOR_ARRAY, count);
}

void
cbor_put_map(struct writer *w, size_t count)
{
	put_head(w, CBOR_MAP, count);
}

void
cbor_put_bool(struct writer *w, bool v)
{
	writer_u8(w, v ? 0xf5 : 0xf4);
}

void
cbor_put_null(struct writer *w)
{
	writer_u8(w, 0xf6);
}
