/*
 * libcbor scans the input, decodes it and writes the tree again: what comes
 * out has to be what went in, and the tree is judged by its values. The scan
 * comes first because libcbor 0.8 allocates what a head promises, and because
 * it writes some halves wrongly, which therefore are looked at where they
 * stand.
 */
#include "oracle.h"

#include <errno.h>
#include <iconv.h>
#include <math.h>

#include <cbor.h>

static bool
is_utf8(const cbor_item_t *item)
{
	size_t in_left = cbor_string_length(item);
	char *in = (char *)cbor_string_handle(item);
	char out[256], *at;
	size_t out_left, done;
	iconv_t cd;

	cd = iconv_open("UTF-32LE", "UTF-8");
	if (cd == (iconv_t)-1)
		abort();
	do {
		at = out;
		out_left = sizeof(out);
		errno = 0;
		done = iconv(cd, &in, &in_left, &at, &out_left);
	} while (done == (size_t)-1 && errno == E2BIG);
	iconv_close(cd);
	return done != (size_t)-1;
}

/*
 * A finite value fits a format if it is a whole number of that format's
 * steps at its size, and not beyond the largest value.
 */
static bool
half_holds(double v)
{
	int exponent, step;

	if (v == 0 || isinf(v) || isnan(v))
		return true;
	if (fabs(v) > 65504)
		return false;
	frexp(v, &exponent);
	step = exponent - 11 > -24 ? exponent - 11 : -24;
	return ldexp(v, -step) == trunc(ldexp(v, -step));
}

static bool
single_holds(double v)
{
	if (isinf(v) || isnan(v))
		return true;
	return fabs(v) <= (double)3.40282346638528859812e+38f &&
	       (double)(float)v == v;
}

static bool
float_is_shortest(const cbor_item_t *item)
{
	switch (cbor_float_get_width(item)) {
	case CBOR_FLOAT_32:
		return !half_holds((double)cbor_float_get_float4(item));
	case CBOR_FLOAT_64:
		return !single_holds(cbor_float_get_float8(item));
	default: /* a half, or false, true, null and undefined */
		return true;
	}
}

static bool
int_is_shortest(const cbor_item_t *item)
{
	uint64_t v = cbor_get_int(item);

	switch (cbor_int_get_width(item)) {
	case CBOR_INT_16:
		return v > UINT8_MAX;
	case CBOR_INT_32:
		return v > UINT16_MAX;
	case CBOR_INT_64:
		return v > UINT32_MAX;
	default:
		return true;
	}
}

struct encoded {
	unsigned char *ptr;
	size_t len;
};

static struct encoded
encode(const cbor_item_t *item)
{
	struct encoded e = {NULL, 0};
	size_t size;

	e.len = cbor_serialize_alloc(item, &e.ptr, &size);
	if (e.len == 0)
		abort();
	return e;
}

static bool
rises(const cbor_item_t *before, const cbor_item_t *key)
{
	struct encoded a = encode(before), b = encode(key);
	int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	free(a.ptr);
	free(b.ptr);
	return order < 0 || (order == 0 && a.len < b.len);
}

static bool is_good(const cbor_item_t *item, unsigned depth);

static bool
array_is_good(const cbor_item_t *item, unsigned depth)
{
	size_t i;

	if (!cbor_array_is_definite(item))
		return false;
	for (i = 0; i < cbor_array_size(item); i++) {
		if (!is_good(cbor_array_handle(item)[i], depth))
			return false;
	}
	return true;
}

static bool
map_is_good(const cbor_item_t *item, unsigned depth)
{
	struct cbor_pair *pairs = cbor_map_handle(item);
	size_t i;

	if (!cbor_map_is_definite(item))
		return false;
	for (i = 0; i < cbor_map_size(item); i++) {
		if (!is_good(pairs[i].key, depth) ||
		    !is_good(pairs[i].value, depth))
			return false;
		if (i > 0 && !rises(pairs[i - 1].key, pairs[i].key))
			return false;
	}
	return true;
}

static bool
tag_is_good(const cbor_item_t *item, unsigned depth)
{
	cbor_item_t *inner = cbor_tag_item(item);
	bool good = is_good(inner, depth);

	cbor_decref(&inner);
	return good;
}

static bool
is_good(const cbor_item_t *item, unsigned depth)
{
	switch (cbor_typeof(item)) {
	case CBOR_TYPE_UINT:
	case CBOR_TYPE_NEGINT:
		return int_is_shortest(item);
	case CBOR_TYPE_BYTESTRING:
		return cbor_bytestring_is_definite(item);
	case CBOR_TYPE_STRING:
		return cbor_string_is_definite(item) && is_utf8(item);
	case CBOR_TYPE_ARRAY:
		return depth > 0 && array_is_good(item, depth - 1);
	case CBOR_TYPE_MAP:
		return depth > 0 && map_is_good(item, depth - 1);
	case CBOR_TYPE_TAG:
		return depth > 0 && tag_is_good(item, depth - 1);
	case CBOR_TYPE_FLOAT_CTRL:
		return float_is_shortest(item);
	}
	abort();
}

#define HALVES_MAX 4096

/* One item in the making, and how many more are to come. */
struct scan {
	struct bytes in;
	size_t pos;
	size_t pending;
	bool bad, half;
	size_t halves[HALVES_MAX];
	size_t half_count;
};

static void
on_items(struct scan *s, size_t count, size_t each)
{
	if (count > s->in.len)
		s->bad = true;
	else
		s->pending += count * each;
}

static void
on_array(void *ctx, size_t count)
{
	on_items(ctx, count, 1);
}

static void
on_map(void *ctx, size_t count)
{
	on_items(ctx, count, 2);
}

static void
on_tag(void *ctx, uint64_t number)
{
	(void)number;
	on_items(ctx, 1, 1);
}

static void
on_half(void *ctx, float value)
{
	(void)value;
	((struct scan *)ctx)->half = true;
}

static void
on_indefinite(void *ctx)
{
	((struct scan *)ctx)->bad = true;
}

static struct cbor_callbacks
scan_callbacks(void)
{
	struct cbor_callbacks c = cbor_empty_callbacks;

	c.array_start = on_array;
	c.map_start = on_map;
	c.tag = on_tag;
	c.float2 = on_half;
	c.byte_string_start = on_indefinite;
	c.string_start = on_indefinite;
	c.indef_array_start = on_indefinite;
	c.indef_map_start = on_indefinite;
	c.indef_break = on_indefinite;
	return c;
}

/* The only NaN is f97e00. */
static void
half_keep(struct scan *s)
{
	const uint8_t *at = s->in.ptr + s->pos;
	unsigned bits = (unsigned)at[1] << 8 | at[2];

	if ((bits & 0x7fff) > 0x7c00 && bits != 0x7e00)
		s->bad = true;
	if (s->half_count == HALVES_MAX)
		abort();
	s->halves[s->half_count++] = s->pos;
	s->half = false;
}

/* Simple values and small tags that libcbor 0.8 takes for malformed. */
static bool
is_unknown(uint8_t byte)
{
	return (byte >= 0xc6 && byte <= 0xd4) ||
	       (byte >= 0xe0 && byte <= 0xf3) || byte == 0xf8;
}

static enum verdict
scan(struct scan *s)
{
	const struct cbor_callbacks callbacks = scan_callbacks();
	struct cbor_decoder_result result;

	for (s->pending = 1; s->pending > 0; s->pending--) {
		if (s->pos == s->in.len || s->pending > s->in.len - s->pos)
			return VERDICT_BAD;
		result = cbor_stream_decode(
		    s->in.ptr + s->pos, s->in.len - s->pos, &callbacks, s);
		if (result.status == CBOR_DECODER_ERROR &&
		    is_unknown(s->in.ptr[s->pos]))
			return VERDICT_NONE;
		if (result.status != CBOR_DECODER_FINISHED)
			return VERDICT_BAD;
		if (s->half)
			half_keep(s);
		if (s->bad)
			return VERDICT_BAD;
		s->pos += result.read;
	}
	return VERDICT_GOOD;
}

static bool
comes_out_again(const cbor_item_t *item, const struct scan *s)
{
	struct encoded e = encode(item);
	bool same = e.len == s->pos;
	size_t i;

	for (i = 0; same && i < s->half_count; i++)
		memcpy(e.ptr + s->halves[i], s->in.ptr + s->halves[i], 3);
	same = same && memcmp(e.ptr, s->in.ptr, e.len) == 0;
	free(e.ptr);
	return same;
}

enum verdict
oracle_judge(struct bytes in, unsigned depth_max, size_t *ret_len)
{
	static struct scan s;
	struct cbor_load_result result;
	enum verdict verdict;
	cbor_item_t *item;
	bool good;

	s = (struct scan){.in = in};
	verdict = scan(&s);
	if (verdict != VERDICT_GOOD)
		return verdict;
	item = cbor_load(in.ptr, s.pos, &result);
	if (item == NULL)
		return VERDICT_BAD;
	good = is_good(item, depth_max) && comes_out_again(item, &s);
	cbor_decref(&item);
	*ret_len = s.pos;
	return good ? VERDICT_GOOD : VERDICT_BAD;
}
