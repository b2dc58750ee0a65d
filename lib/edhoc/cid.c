/*
 * Connection identifiers and kids: byte strings of which those that happen
 * to be the encoding of a small integer travel as that integer (RFC 9528,
 * sections 3.3.2 and 3.5.3.2). Each has one accepted encoding.
 */
#include "internal.h"

/* One byte that is the whole encoding of an integer: -24 to 23. */
static bool
is_small_int(uint8_t byte)
{
	return byte <= 0x17 || (byte >= 0x20 && byte <= 0x37);
}

void
edhoc_identifier_write(struct writer *w, struct bytes id)
{
	if (id.len == 1 && is_small_int(id.ptr[0]))
		writer_u8(w, id.ptr[0]);
	else
		cbor_put_bstr(w, id);
}

struct bytes
edhoc_identifier_read(struct reader *r)
{
	struct bytes id;
	uint8_t first = 0;

	/* The integer's encoding is the identifier itself. */
	if (reader_peek(r, &first) && is_small_int(first))
		return reader_take(r, 1);
	id = cbor_bstr(r);
	if (id.len == 1 && is_small_int(id.ptr[0])) {
		reader_fail(r, ERR_FORMAT);
		return BYTES_NONE;
	}
	return id;
}

void
edhoc_cid_write(struct writer *w, const struct edhoc_cid *cid)
{
	if (cid->len > EDHOC_CID_MAX)
		writer_fail(w, ERR_INVALID);
	else
		edhoc_identifier_write(w, bytes_make(cid->id, cid->len));
}

void
edhoc_cid_read(struct reader *r, struct edhoc_cid *ret_cid)
{
	struct bytes id = edhoc_identifier_read(r);

	if (id.len > EDHOC_CID_MAX)
		reader_fail(r, ERR_FORMAT);
	if (r->err != ERR_OK)
		return;
	memset(ret_cid, 0, sizeof(*ret_cid));
	if (id.len > 0)
		memcpy(ret_cid->id, id.ptr, id.len);
	ret_cid->len = id.len;
}

bool
edhoc_cid_equal(const struct edhoc_cid *a, const struct edhoc_cid *b)
{
	return bytes_equal(
	    bytes_make(a->id, a->len), bytes_make(b->id, b->len));
}
