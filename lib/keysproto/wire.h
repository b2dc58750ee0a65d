/*
 * Fields that requests and answers share, reader and writer side by side.
 * Numbers are big-endian, arrays stand bare, views after their length.
 */
#ifndef KEYSPROTO_WIRE_H
#define KEYSPROTO_WIRE_H

#include "keysproto/keysproto.h"

/* Every message starts with its batch number and how many entries follow. */
#define WIRE_HEADER_LEN (8 + 2)

void wire_header_write(struct writer *w, uint64_t batch, size_t count);
void wire_header_read(struct reader *r, uint64_t *ret_batch, size_t *ret_count);

void wire_array_write(struct writer *w, const uint8_t *in, size_t len);

/* Both coordinates bare: whether they are on the curve is for keys to say. */
void wire_point_write(struct writer *w, const struct p256_point *point);
void wire_point_read(struct reader *r, struct p256_point *ret_point);

/* A blob of exactly BLOB_MAX bytes: ERR_INVALID when it has not. */
void wire_blob_write(struct writer *w, const struct keysproto_blob *blob);
void wire_blob_read(struct reader *r, struct keysproto_blob *ret_blob);

/* A view of max bytes at most: ERR_INVALID, ERR_FORMAT when it has more. */
void wire_view_write(struct writer *w, struct bytes in, size_t max);
struct bytes wire_view_read(struct reader *r, size_t max);

#endif
