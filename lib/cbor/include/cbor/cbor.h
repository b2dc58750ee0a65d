/*
 * Deterministic CBOR (RFC 8949, section 4.2.1) on the cursors of base: items
 * are read from a struct reader and written to a struct writer. No
 * allocation, no recursion without a bound, definite lengths only.
 *
 * Readers are strict: an argument that is not in its shortest form, an
 * indefinite length, a float, a tag (but for cbor_skip) is ERR_FORMAT. All
 * of them are sticky through the cursor, as base/bytes.h says.
 */
#ifndef CBOR_CBOR_H
#define CBOR_CBOR_H

#include "base/bytes.h"

/* Nesting that cbor_skip follows; deeper is ERR_FORMAT. */
#define CBOR_DEPTH_MAX 8

enum cbor_type {
	CBOR_UINT = 0,
	CBOR_NINT = 1,
	CBOR_BSTR = 2,
	CBOR_TSTR = 3,
	CBOR_ARRAY = 4,
	CBOR_MAP = 5,
	CBOR_TAG = 6,
	CBOR_SIMPLE = 7,
	CBOR_NONE = 8 /* nothing left, or an error before */
};

/* The type of the next item, without reading it. */
enum cbor_type cbor_peek(const struct reader *r);

/* Whether the next item is null (f6), without reading it. */
bool cbor_peek_null(const struct reader *r);

/* Read one item of the named type; ERR_FORMAT for any other. */
uint64_t cbor_uint(struct reader *r);
int64_t cbor_int(struct reader *r); /* ERR_FORMAT outside int64 */
struct bytes cbor_bstr(struct reader *r);
struct bytes cbor_tstr(struct reader *r); /* UTF-8 is checked */
/*
 * Read the head of an array or map: how many items or pairs follow. More
 * than the bytes that are left could hold is ERR_TRUNCATED, so that a loop
 * over the count is bounded by the input.
 */
size_t cbor_array(struct reader *r);
size_t cbor_map(struct reader *r);
bool cbor_bool(struct reader *r);
void cbor_null(struct reader *r);

/* Reads a byte string of exactly len bytes to out. */
void cbor_bstr_copy(struct reader *r, uint8_t *out, size_t len);

/* Reads an unsigned number of at most max; ERR_INVALID above. */
uint64_t cbor_uint_max(struct reader *r, uint64_t max);

/*
 * Reads one whole item of any type, tags, floats and all that is well-formed
 * in deterministic encoding, and returns its bytes: the keys of a map rise in
 * bytewise order and none comes twice, a float is as short as its value
 * allows, the only NaN is f97e00, and text is UTF-8.
 */
struct bytes cbor_skip(struct reader *r);

/* Write one item, or the head of an array or map of count items or pairs. */
void cbor_put_uint(struct writer *w, uint64_t v);
void cbor_put_int(struct writer *w, int64_t v);
void cbor_put_bstr(struct writer *w, struct bytes b);
void cbor_put_tstr(struct writer *w, struct bytes text);
void cbor_put_str(struct writer *w, const char *text);
void cbor_put_array(struct writer *w, size_t count);
void cbor_put_map(struct writer *w, size_t count);
void cbor_put_bool(struct writer *w, bool v);
void cbor_put_null(struct writer *w);

/* Writes the head of a byte string whose len bytes the caller writes next. */
void cbor_put_bstr_head(struct writer *w, size_t len);

#endif
