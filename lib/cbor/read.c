/*
 * Reading single items. A head has exactly one form that is accepted, the
 * shortest, so that no two encodings of one value ever pass. Lengths and
 * counts are checked against what is left before anything uses them.
 */
#include "internal.h"

#include "base/compiler.h"

enum { INFO_U8 = 24, INFO_U16 = 25, INFO_U32 = 26, INFO_U64 = 27 };

enum { BYTE_FALSE = 0xf4, BYTE_TRUE = 0xf5, BYTE_NULL = 0xf6 };

enum cbor_type
cbor_peek(const struct reader *r)
{
	uint8_t byte;

	if (!reader_peek(r, &byte))
		return CBOR_NONE;
	return (enum cbor_type)(byte >> 5);
}

bool
cbor_peek_null(const struct reader *r)
{
	uint8_t byte;

	return reader_peek(r, &byte) && byte == BYTE_NULL;
}

/* An argument after the first byte; below minimum a shorter form exists. */
static uint64_t
least(struct reader *r, uint64_t v, uint64_t minimum)
{
	if (v < minimum)
		reader_fail(r, ERR_FORMAT);
	return v;
}

static uint64_t
argument(struct reader *r, unsigned info)
{
	if (info < INFO_U8)
		return info;
	switch (info) {
	case INFO_U8:
		return least(r, reader_u8(r), INFO_U8);
	case INFO_U16:
		return least(r, reader_u16(r), 1ull << 8);
	case INFO_U32:
		return least(r, reader_u32(r), 1ull << 16);
	case INFO_U64:
		return least(r, reader_u64(r), 1ull << 32);
	default: /* reserved, or an indefinite length */
		reader_fail(r, ERR_FORMAT);
		return 0;
	}
}

enum cbor_type
cbor_head(struct reader *r, uint64_t *ret_argument)
{
	uint8_t byte = reader_u8(r);
	uint64_t v = argument(r, byte & 0x1f);

	if (r->err != ERR_OK)
		return CBOR_NONE;
	*ret_argument = v;
	return (enum cbor_type)(byte >> 5);
}

/* Reads the head of an item that must be of one type. */
static uint64_t
head_of(struct reader *r, enum cbor_type type)
{
	enum cbor_type next = cbor_peek(r);
	uint64_t v = 0;

	if (next != type)
		reader_fail(r, next == CBOR_NONE ? ERR_TRUNCATED : ERR_FORMAT);
	else
		(void)cbor_head(r, &v);
	return v;
}

uint64_t
cbor_uint(struct reader *r)
{
	uint64_t v = head_of(r, CBOR_UINT);

	return r->err == ERR_OK ? v : 0;
}

uint64_t
cbor_uint_max(struct reader *r, uint64_t max)
{
	uint64_t v = cbor_uint(r);

	if (v <= max)
		return v;
	reader_fail(r, ERR_INVALID);
	return 0;
}

int64_t
cbor_int(struct reader *r)
{
	bool negative = cbor_peek(r) == CBOR_NINT;
	uint64_t v = head_of(r, negative ? CBOR_NINT : CBOR_UINT);

	if (v > INT64_MAX)
		reader_fail(r, ERR_FORMAT);
	if (r->err != ERR_OK)
		return 0;
	return negative ? -1 - (int64_t)v : (int64_t)v;
}

static struct bytes
string(struct reader *r, enum cbor_type type)
{
	uint64_t len = head_of(r, type);

	if (len > reader_left(r)) {
		reader_fail(r, ERR_TRUNCATED);
		return BYTES_NONE;
	}
	return reader_take(r, (size_t)len);
}

struct bytes
cbor_bstr(struct reader *r)
{
	return string(r, CBOR_BSTR);
}

struct bytes
cbor_tstr(struct reader *r)
{
	struct bytes text = string(r, CBOR_TSTR);

	if (cbor_utf8_valid(text))
		return text;
	reader_fail(r, ERR_FORMAT);
	return BYTES_NONE;
}

void
cbor_bstr_copy(struct reader *r, uint8_t *out, size_t len)
{
	struct bytes b = cbor_bstr(r);
	struct reader in;

	if (r->err != ERR_OK)
		return;
	if (b.len != len) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	reader_init(&in, b);
	reader_copy(&in, out, len);
}

/* A count whose items take at least size bytes each. */
static size_t
count_of(struct reader *r, enum cbor_type type, size_t size)
{
	uint64_t count = head_of(r, type);

	if (count > reader_left(r) / size)
		reader_fail(r, ERR_TRUNCATED);
	return r->err == ERR_OK ? (size_t)count : 0;
}

size_t
cbor_array(struct reader *r)
{
	return count_of(r, CBOR_ARRAY, 1);
}

size_t
cbor_map(struct reader *r)
{
	return count_of(r, CBOR_MAP, 2);
}

bool
cbor_bool(struct reader *r)
{
	uint8_t byte = reader_u8(r);

	if (byte != BYTE_FALSE && byte != BYTE_TRUE)
		reader_fail(r, ERR_FORMAT);
	return byte == BYTE_TRUE;
}

void
cbor_null(struct reader *r)
{
	if (reader_u8(r) != BYTE_NULL)
		reader_fail(r, ERR_FORMAT);
}
