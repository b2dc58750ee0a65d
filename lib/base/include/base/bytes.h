/*
 * Views of bytes, and the two cursors through which everything is parsed and
 * written. Both cursors are sticky: after the first error they do nothing
 * more, so that a parser checks once, at its end.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Somebody else's bytes; ptr may be NULL when len is 0. */
struct bytes {
	const uint8_t *ptr;
	size_t len;
};

/* A view of an array, a string literal without its NUL, or nothing. */
#define BYTES_OF(array) ((struct bytes){(array), sizeof(array)})
#define BYTES_LIT(text)                                                        \
	((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})
#define BYTES_NONE ((struct bytes){NULL, 0})

/* Makes a view of len bytes at ptr. */
struct bytes bytes_make(const void *ptr, size_t len);

/* Makes a view of a NUL-terminated string, without its NUL. */
struct bytes bytes_str(const char *text);

/*
 * Says whether two views hold the same bytes. Not for secrets: see
 * ct_equal in base/wipe.h.
 */
bool bytes_equal(struct bytes a, struct bytes b);

/* Reads from its bytes; err is the first thing that went wrong. */
struct reader {
	struct bytes in;
	size_t pos;
	enum err err;
};

/* Starts reading in at its first byte. */
void reader_init(struct reader *r, struct bytes in);

/* Reads one byte; 0 and ERR_TRUNCATED (sticky) when none is left. */
uint8_t reader_u8(struct reader *r);

/* Read big-endian numbers of 2, 4 and 8 bytes, else as reader_u8. */
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);

/* Looks at the next byte without reading it; false when none is left. */
bool reader_peek(const struct reader *r, uint8_t *ret_byte);

/* Reads len bytes as a view; empty and ERR_TRUNCATED when too few are left. */
struct bytes reader_take(struct reader *r, size_t len);

/* Copies the next len bytes to out, which is untouched when too few are left. */
void reader_copy(struct reader *r, uint8_t *out, size_t len);

/* Reads all that is left, which may be nothing. */
struct bytes reader_rest(struct reader *r);

/* How many bytes are left; 0 after an error. */
size_t reader_left(const struct reader *r);

/* Records an error of the caller's, unless one is there already. */
void reader_fail(struct reader *r, enum err err);

/*
 * Ends reading: the first error; ERR_FORMAT when bytes are left over; else
 * ERR_OK.
 */
MUST_CHECK enum err reader_end(const struct reader *r);

/* Writes to the caller's buffer of cap bytes, of which len are written. */
struct writer {
	uint8_t *ptr;
	size_t cap;
	size_t len;
	enum err err;
};

/* Starts writing at the first byte of a buffer of cap bytes. */
void writer_init(struct writer *w, uint8_t *ptr, size_t cap);

/* Writes one byte; ERR_SPACE (sticky) when the buffer is full. */
void writer_u8(struct writer *w, uint8_t v);

/* Write big-endian numbers of 2, 4 and 8 bytes, else as writer_u8. */
void writer_u16(struct writer *w, uint16_t v);
void writer_u32(struct writer *w, uint32_t v);
void writer_u64(struct writer *w, uint64_t v);

/* Writes all of the view or, with ERR_SPACE, nothing of it. */
void writer_put(struct writer *w, struct bytes b);

/*
 * Reserves len bytes and returns where they start, or NULL with ERR_SPACE.
 * The caller fills them.
 */
uint8_t *writer_skip(struct writer *w, size_t len);

/* Records an error of the caller's, unless one is there already. */
void writer_fail(struct writer *w, enum err err);

/* What has been written so far, as a view. */
struct bytes writer_bytes(const struct writer *w);

/* Ends writing: the first error, or ERR_OK and the view of what stands. */
MUST_CHECK enum err writer_end(const struct writer *w, struct bytes *ret_out);

#endif
