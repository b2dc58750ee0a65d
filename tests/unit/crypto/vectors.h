/*
 * Test vectors: JSON files of hex strings, and the traces of RFC 9529. All
 * of it stops the test when a file or a field is not what it should be.
 */
#ifndef TEST_CRYPTO_VECTORS_H
#define TEST_CRYPTO_VECTORS_H

#include <jansson.h>

#include "base/bytes.h"

#define BUFFER_MAX 4096

struct buffer {
	uint8_t at[BUFFER_MAX];
	size_t len;
};

struct bytes view(const struct buffer *b);

/* Reads the file tests/vectors/NAME.json. The caller owns it. */
json_t *vectors_load(const char *name);

/* The array of that name, which must be there. */
json_t *vector_cases(json_t *root, const char *name);

/* Reads a field of hex digits; an absent one is empty. */
void vector_hex(const json_t *object, const char *field, struct buffer *ret);

/* Reads the value of RFC 9529 whose name starts with name. */
void trace_read(const char *trace, const char *section, const char *name,
    struct buffer *ret);

#endif
