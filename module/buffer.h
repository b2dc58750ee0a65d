/*
 * A queue of bytes on the heap that grows up to a maximum given at its birth.
 * What leaves it is wiped, since keys pass through here too.
 */
#ifndef MODULE_BUFFER_H
#define MODULE_BUFFER_H

#include "base/bytes.h"

struct buffer {
	uint8_t *ptr;
	size_t start; /* what has been dropped at the front */
	size_t end;
	size_t cap;
	size_t max;
};

/* Starts empty, without memory; it will hold max bytes at most. */
void buffer_init(struct buffer *b, size_t max);

/* Wipes and frees; the buffer is empty and usable afterwards. */
void buffer_done(struct buffer *b);

/*
 * Makes room for len more bytes, which buffer_put then cannot fail to append.
 * Errors: ERR_SPACE (over max), ERR_NOMEM.
 */
MUST_CHECK enum err buffer_reserve(struct buffer *b, size_t len);

/* Appends all or nothing. Errors: ERR_SPACE (over max), ERR_NOMEM. */
MUST_CHECK enum err buffer_put(struct buffer *b, struct bytes in);

/* What is in it; valid until the next call that changes it. */
struct bytes buffer_bytes(const struct buffer *b);

/* Removes len bytes at the front, no more than there are. */
void buffer_drop(struct buffer *b, size_t len);

#endif
