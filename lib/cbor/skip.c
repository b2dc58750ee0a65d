/*
 * Skipping a whole item, which is also the check that it is well-formed and
 * deterministic all the way down (RFC 8949, section 4.2.1). Depth is bounded
 * by CBOR_DEPTH_MAX, work by the length of the input.
 */
#include "internal.h"

enum {
	BYTE_SIMPLE = 0xf8,
	BYTE_HALF = 0xf9,
	BYTE_SINGLE = 0xfa,
	BYTE_DOUBLE = 0xfb
};

#define HALF_NAN 0x7e00

/*
 * Section 4.2.1: a float is in the shortest form that preserves its value. A
 * binary float is given by its bits; this says whether the next shorter
 * format, whose normal exponents are min to max and whose fraction has
 * short_bits bits, holds the same value. Infinities and NaNs always fit.
 */
struct format {
	unsigned fraction_bits;
	unsigned exponent_bits;
	int short_min, short_max;
	unsigned short_bits;
};

static const struct format FORMAT_SINGLE = {23, 8, -14, 15, 10};
static const struct format FORMAT_DOUBLE = {52, 11, -126, 127, 23};

static bool
float_fits_shorter(const struct format *f, uint64_t bits)
{
	uint64_t fraction = bits & ((1ull << f->fraction_bits) - 1);
	unsigned top = (1u << f->exponent_bits) - 1;
	unsigned biased = (unsigned)(bits >> f->fraction_bits) & top;
	int exponent = (int)biased - (int)(top >> 1);
	int lost = (int)(f->fraction_bits - f->short_bits);

	if (biased == top)
		return true;
	if (biased == 0)
		return fraction == 0;
	if (exponent > f->short_max)
		return false;
	/* Below its smallest normal, a format loses a bit an octave. */
	if (exponent < f->short_min)
		lost += f->short_min - exponent;
	if (lost > (int)f->fraction_bits)
		return false;
	return (fraction & ((1ull << lost) - 1)) == 0;
}

static bool
half_is_other_nan(uint16_t bits)
{
	return (bits & 0x7fff) > 0x7c00 && bits != HALF_NAN;
}

/* Major type 7: simple values and floats, which have heads of their own. */
static void
skip_simple(struct reader *r)
{
	bool good = true;

	switch (reader_u8(r)) {
	case BYTE_SIMPLE:
		good = reader_u8(r) >= 32;
		break;
	case BYTE_HALF:
		good = !half_is_other_nan(reader_u16(r));
		break;
	case BYTE_SINGLE:
		good = !float_fits_shorter(&FORMAT_SINGLE, reader_u32(r));
		break;
	case BYTE_DOUBLE:
		good = !float_fits_shorter(&FORMAT_DOUBLE, reader_u64(r));
		break;
	case 0xfc: /* reserved */
	case 0xfd:
	case 0xfe:
	case 0xff: /* the end of an indefinite length */
		good = false;
		break;
	default:
		break;
	}
	if (!good)
		reader_fail(r, ERR_FORMAT);
}

static void skip_item(struct reader *r, unsigned depth);

/* Section 4.2.1: bytewise lexicographic order of the encoded keys. */
static bool
key_rises(struct bytes before, struct bytes key)
{
	size_t n = before.len < key.len ? before.len : key.len;
	int order = n == 0 ? 0 : memcmp(before.ptr, key.ptr, n);

	return order < 0 || (order == 0 && before.len < key.len);
}

static struct bytes
skip_view(struct reader *r, unsigned depth)
{
	size_t start = r->pos;

	skip_item(r, depth);
	if (r->err != ERR_OK)
		return BYTES_NONE;
	return bytes_make(r->in.ptr + start, r->pos - start);
}

static void
skip_map(struct reader *r, unsigned depth)
{
	size_t count = cbor_map(r);
	struct bytes before = BYTES_NONE;
	struct bytes key;

	for (; count > 0 && r->err == ERR_OK; count--) {
		key = skip_view(r, depth);
		if (r->err == ERR_OK && !key_rises(before, key))
			reader_fail(r, ERR_FORMAT);
		before = key;
		skip_item(r, depth);
	}
}

static void
skip_array(struct reader *r, unsigned depth)
{
	size_t count = cbor_array(r);

	for (; count > 0 && r->err == ERR_OK; count--)
		skip_item(r, depth);
}

static void
skip_tag(struct reader *r, unsigned depth)
{
	uint64_t number;

	(void)cbor_head(r, &number);
	skip_item(r, depth);
}

/* Skips what nests; depth counts the levels that are still allowed. */
static void
skip_nested(struct reader *r, enum cbor_type type, unsigned depth)
{
	if (depth == 0)
		reader_fail(r, ERR_FORMAT);
	else if (type == CBOR_ARRAY)
		skip_array(r, depth - 1);
	else if (type == CBOR_MAP)
		skip_map(r, depth - 1);
	else
		skip_tag(r, depth - 1);
}

static void
skip_item(struct reader *r, unsigned depth)
{
	enum cbor_type type = cbor_peek(r);
	uint64_t number;

	switch (type) {
	case CBOR_UINT:
	case CBOR_NINT:
		(void)cbor_head(r, &number);
		break;
	case CBOR_BSTR:
		(void)cbor_bstr(r);
		break;
	case CBOR_TSTR:
		(void)cbor_tstr(r);
		break;
	case CBOR_ARRAY:
	case CBOR_MAP:
	case CBOR_TAG:
		skip_nested(r, type, depth);
		break;
	case CBOR_SIMPLE:
		skip_simple(r);
		break;
	case CBOR_NONE:
		reader_fail(r, ERR_TRUNCATED);
		break;
	}
}

struct bytes
cbor_skip(struct reader *r)
{
	return skip_view(r, CBOR_DEPTH_MAX);
}
