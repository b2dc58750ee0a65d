/*
 * The fields that requests and answers are made of. Everything goes through
 * the sticky cursors, so that nothing here has to be checked where it is
 * called.
 */
#include "wire.h"

void
wire_header_write(struct writer *w, uint64_t batch, size_t count)
{
	if (count > KEYSPROTO_BATCH_MAX)
		writer_fail(w, ERR_INVALID);
	writer_u64(w, batch);
	writer_u16(w, (uint16_t)count);
}

void
wire_header_read(struct reader *r, uint64_t *ret_batch, size_t *ret_count)
{
	*ret_batch = reader_u64(r);
	*ret_count = reader_u16(r);
	if (*ret_count > KEYSPROTO_BATCH_MAX)
		reader_fail(r, ERR_FORMAT);
}

void
wire_array_write(struct writer *w, const uint8_t *in, size_t len)
{
	writer_put(w, bytes_make(in, len));
}

void
wire_point_write(struct writer *w, const struct p256_point *point)
{
	wire_array_write(w, point->x, sizeof(point->x));
	wire_array_write(w, point->y, sizeof(point->y));
}

void
wire_point_read(struct reader *r, struct p256_point *ret_point)
{
	reader_copy(r, ret_point->x, sizeof(ret_point->x));
	reader_copy(r, ret_point->y, sizeof(ret_point->y));
}

void
wire_blob_write(struct writer *w, const struct keysproto_blob *blob)
{
	if (blob->len != BLOB_MAX)
		writer_fail(w, ERR_INVALID);
	wire_array_write(w, blob->b, sizeof(blob->b));
}

void
wire_blob_read(struct reader *r, struct keysproto_blob *ret_blob)
{
	reader_copy(r, ret_blob->b, sizeof(ret_blob->b));
	ret_blob->len = BLOB_MAX;
}

void
wire_view_write(struct writer *w, struct bytes in, size_t max)
{
	if (in.len > max)
		writer_fail(w, ERR_INVALID);
	writer_u16(w, (uint16_t)in.len);
	writer_put(w, in);
}

struct bytes
wire_view_read(struct reader *r, size_t max)
{
	size_t len = reader_u16(r);

	if (len > max)
		reader_fail(r, ERR_FORMAT);
	return reader_take(r, len);
}
