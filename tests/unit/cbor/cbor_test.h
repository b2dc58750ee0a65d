/*
 * What the tests of this room share: bytes from hex, and a reader of them.
 */
#ifndef TESTS_CBOR_CBOR_TEST_H
#define TESTS_CBOR_CBOR_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/compiler.h"
#include "base/text.h"
#include "cbor/cbor.h"

struct hex_buf {
	uint8_t data[128];
	size_t len;
};

static inline struct bytes
hex_bytes(struct hex_buf *buf, const char *hex)
{
	assert_int_equal(
	    hex_decode(bytes_str(hex), buf->data, sizeof(buf->data), &buf->len),
	    ERR_OK);
	return bytes_make(buf->data, buf->len);
}

static inline void
hex_reader(struct reader *r, struct hex_buf *buf, const char *hex)
{
	reader_init(r, hex_bytes(buf, hex));
}

#endif
