/*
 * The cursors. Nothing here allocates, and nothing reads or writes outside
 * the buffer that the caller named.
 */
#include "base/bytes.h"

#include <string.h>

struct bytes
bytes_make(const void *ptr, size_t len)
{
	struct bytes b = {ptr, len};

	return b;
}

struct bytes
bytes_str(const char *text)
{
	return bytes_make(text, strlen(text));
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	return a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0;
}

void
reader_init(struct reader *r, struct bytes in)
{
	r->in = in;
	r->pos = 0;
	r->err = ERR_OK;
}

size_t
reader_left(const struct reader *r)
{
	if (r->err != ERR_OK)
		return 0;
	return r->in.len - r->pos;
}

void
reader_fail(struct reader *r, enum err err)
{
	if (r->err == ERR_OK)
		r->err = err;
}

struct bytes
reader_take(struct reader *r, size_t len)
{
	struct bytes out = BYTES_NONE;

	if (r->err != ERR_OK)
		return out;
	if (len > r->in.len - r->pos) {
		r->err = ERR_TRUNCATED;
		return out;
	}
	if (len > 0) {
		out.ptr = r->in.ptr + r->pos;
		out.len = len;
		r->pos += len;
	}
	return out;
}

void
reader_copy(struct reader *r, uint8_t *out, size_t len)
{
	struct bytes b = reader_take(r, len);

	if (b.len > 0)
		memcpy(out, b.ptr, b.len);
}

struct bytes
reader_rest(struct reader *r)
{
	return reader_take(r, reader_left(r));
}

bool
reader_peek(const struct reader *r, uint8_t *ret_byte)
{
	if (reader_left(r) == 0)
		return false;
	*ret_byte = r->in.ptr[r->pos];
	return true;
}

/* Reads len bytes, 8 at most, as one big-endian number. */
static uint64_t
reader_number(struct reader *r, size_t len)
{
	struct bytes b = reader_take(r, len);
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < b.len; i++)
		v = v << 8 | b.ptr[i];
	return v;
}

uint8_t
reader_u8(struct reader *r)
{
	return (uint8_t)reader_number(r, 1);
}

uint16_t
reader_u16(struct reader *r)
{
	return (uint16_t)reader_number(r, 2);
}

uint32_t
reader_u32(struct reader *r)
{
	return (uint32_t)reader_number(r, 4);
}

uint64_t
reader_u64(struct reader *r)
{
	return reader_number(r, 8);
}

enum err
reader_end(const struct reader *r)
{
	if (r->err != ERR_OK)
		return r->err;
	return r->pos == r->in.len ? ERR_OK : ERR_FORMAT;
}

void
writer_init(struct writer *w, uint8_t *ptr, size_t cap)
{
	w->ptr = ptr;
	w->cap = cap;
	w->len = 0;
	w->err = ERR_OK;
}

void
writer_fail(struct writer *w, enum err err)
{
	if (w->err == ERR_OK)
		w->err = err;
}

uint8_t *
writer_skip(struct writer *w, size_t len)
{
	uint8_t *at;

	if (w->err != ERR_OK)
		return NULL;
	if (len > w->cap - w->len) {
		w->err = ERR_SPACE;
		return NULL;
	}
	/* A writer of no bytes may have no buffer, to which C adds nothing. */
	at = w->len == 0 ? w->ptr : w->ptr + w->len;
	w->len += len;
	return at;
}

void
writer_put(struct writer *w, struct bytes b)
{
	uint8_t *at = writer_skip(w, b.len);

	if (at != NULL && b.len > 0)
		memcpy(at, b.ptr, b.len);
}

/* Writes the low len bytes of v, 8 at most, big-endian. */
static void
writer_number(struct writer *w, uint64_t v, size_t len)
{
	uint8_t *at = writer_skip(w, len);
	size_t i;

	if (at == NULL)
		return;
	for (i = 0; i < len; i++)
		at[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
}

void
writer_u8(struct writer *w, uint8_t v)
{
	writer_number(w, v, 1);
}

void
writer_u16(struct writer *w, uint16_t v)
{
	writer_number(w, v, 2);
}

void
writer_u32(struct writer *w, uint32_t v)
{
	writer_number(w, v, 4);
}

void
writer_u64(struct writer *w, uint64_t v)
{
	writer_number(w, v, 8);
}

struct bytes
writer_bytes(const struct writer *w)
{
	return bytes_make(w->ptr, w->len);
}

enum err
writer_end(const struct writer *w, struct bytes *ret_out)
{
	if (w->err != ERR_OK)
		return w->err;
	*ret_out = writer_bytes(w);
	return ERR_OK;
}
