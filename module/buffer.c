/*
 * The growing byte queue behind every terminal. Growing copies by hand and
 * not with realloc, which would leave unwiped copies behind.
 */
#include "buffer.h"

#include "base/wipe.h"

#define BUFFER_FIRST 512 /* bytes of the first allocation */

void
buffer_init(struct buffer *b, size_t max)
{
	b->ptr = NULL;
	b->start = 0;
	b->end = 0;
	b->cap = 0;
	b->max = max;
}

void
buffer_done(struct buffer *b)
{
	if (b->ptr != NULL)
		wipe(b->ptr, b->cap);
	free(b->ptr);
	buffer_init(b, b->max);
}

/* Moves what there is to a new block that has room for need bytes. */
static enum err
buffer_grow(struct buffer *b, size_t need)
{
	size_t cap = b->cap == 0 ? BUFFER_FIRST : b->cap;
	size_t len = b->end - b->start;
	size_t max = b->max;
	uint8_t *ptr;

	while (cap < need)
		cap *= 2;
	if (cap > max)
		cap = max;
	ptr = malloc(cap);
	if (ptr == NULL)
		return ERR_NOMEM;
	if (len > 0)
		memcpy(ptr, b->ptr + b->start, len);
	buffer_done(b);
	b->ptr = ptr;
	b->end = len;
	b->cap = cap;
	return ERR_OK;
}

enum err
buffer_reserve(struct buffer *b, size_t len)
{
	size_t used = b->end - b->start;

	if (len > b->max - used)
		return ERR_SPACE;
	return len > b->cap - b->end ? buffer_grow(b, used + len) : ERR_OK;
}

enum err
buffer_put(struct buffer *b, struct bytes in)
{
	enum err err;

	if (in.len == 0)
		return ERR_OK;
	err = buffer_reserve(b, in.len);
	if (err != ERR_OK)
		return err;
	memcpy(b->ptr + b->end, in.ptr, in.len);
	b->end += in.len;
	return ERR_OK;
}

struct bytes
buffer_bytes(const struct buffer *b)
{
	if (b->end == b->start)
		return BYTES_NONE;
	return bytes_make(b->ptr + b->start, b->end - b->start);
}

void
buffer_drop(struct buffer *b, size_t len)
{
	if (len >= b->end - b->start) {
		buffer_done(b);
		return;
	}
	wipe(b->ptr + b->start, len);
	b->start += len;
}
