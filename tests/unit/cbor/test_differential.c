/*
 * Our reader against libcbor, on inputs that are drawn from a printed seed:
 * items as they should be, items with something wrong, and noise.
 */
#include "cbor_test.h"

#include "appendix_a.h"
#include "oracle.h"
#include "prng.h"

#define INPUT_MAX 256
#define ROUNDS 60000

/* How often the two have agreed, and on what. */
struct tally {
	size_t good, bad, none;
};

static void
disagree(struct bytes in, enum verdict verdict, enum err err)
{
	char hex[HEX_SIZE(INPUT_MAX)];

	hex_encode_lower(in, hex);
	fail_msg(
	    "%s: libcbor says %d, we say %s", hex, (int)verdict, err_name(err));
}

static void
compare(struct bytes in, struct tally *tally)
{
	size_t len = 0;
	enum verdict verdict = oracle_judge(in, CBOR_DEPTH_MAX, &len);
	struct bytes item;
	struct reader r;

	reader_init(&r, in);
	item = cbor_skip(&r);
	if (verdict == VERDICT_NONE) {
		tally->none++;
		return;
	}
	if ((verdict == VERDICT_GOOD) != (r.err == ERR_OK) ||
	    (r.err == ERR_OK && item.len != len))
		disagree(in, verdict, r.err);
	if (verdict == VERDICT_GOOD)
		tally->good++;
	else
		tally->bad++;
}

static void
test_appendix_a(void **state UNUSED)
{
	struct tally tally = {0, 0, 0};
	struct hex_buf buf;
	size_t i;

	for (i = 0; i < ARRAY_LEN(APPENDIX_A); i++)
		compare(hex_bytes(&buf, APPENDIX_A[i].hex), &tally);
	assert_int_equal(tally.none, 2); /* simple(16) and simple(255) */
}

/* Most arguments stand near a border between two forms. */
static uint64_t
draw_argument(struct prng *p)
{
	static const uint64_t borders[] = {0, 24, 256, 65536, 4294967296u};
	uint64_t v = borders[prng_below(p, ARRAY_LEN(borders))];

	if (prng_below(p, 8) == 0)
		return prng_next(p);
	return v + prng_below(p, 4) - (v > 0 ? 2 : 0);
}

/* Once in a while the argument takes a form of the wrong length. */
static void
put_head(struct prng *p, struct writer *w, unsigned major, uint64_t v)
{
	unsigned info = v < 24            ? (unsigned)v
			: v < 256         ? 24u
			: v < 65536       ? 25u
			: v < 4294967296u ? 26u
					  : 27u;

	if (prng_below(p, 40) == 0)
		info = 24 + (unsigned)prng_below(p, 8);
	writer_u8(w, (uint8_t)(major << 5 | info));
	if (info == 24)
		writer_u8(w, (uint8_t)v);
	else if (info == 25)
		writer_u16(w, (uint16_t)v);
	else if (info == 26)
		writer_u32(w, (uint32_t)v);
	else if (info == 27)
		writer_u64(w, v);
}

static void
put_string(struct prng *p, struct writer *w, unsigned major)
{
	static const char *const pieces[] = {"a", "\xc3\xbc", "\xe6\xb0\xb4",
	    "\xf0\x90\x85\x91", "\xed\x9f\xbf", "\xef\xbf\xbf"};
	uint8_t text[64];
	struct writer t;
	size_t n;

	writer_init(&t, text, sizeof(text));
	for (n = prng_below(p, 12); n > 0; n--)
		writer_put(
		    &t, bytes_str(pieces[prng_below(p, ARRAY_LEN(pieces))]));
	put_head(p, w, major, t.len);
	writer_put(w, writer_bytes(&t));
}

/* A float whose fraction may be short, and which may so be in a wrong form. */
static void
put_float(struct prng *p, struct writer *w)
{
	uint64_t bits = prng_next(p) & UINT64_MAX << prng_below(p, 64);

	/* Exponents near those that a shorter format still has. */
	if (prng_below(p, 2) == 0)
		bits = (bits & ~(0x7ffull << 52)) |
		       (uint64_t)(1023 - 155 + prng_below(p, 310)) << 52;
	switch (prng_below(p, 3)) {
	case 0:
		writer_u8(w, 0xf9);
		writer_u16(w, (uint16_t)(bits >> 48));
		break;
	case 1:
		writer_u8(w, 0xfa);
		if (prng_below(p, 2) == 0)
			bits = (bits & ~(0xffull << 55)) |
			       (uint64_t)(127 - 28 + prng_below(p, 50)) << 55;
		writer_u32(w, (uint32_t)(bits >> 32));
		break;
	default:
		writer_u8(w, 0xfb);
		writer_u64(w, bits);
		break;
	}
}

static void put_item(struct prng *p, struct writer *w, unsigned depth);

static void
put_array(struct prng *p, struct writer *w, unsigned depth)
{
	size_t n = prng_below(p, 4);

	put_head(p, w, 4, n);
	for (; n > 0; n--)
		put_item(p, w, depth);
}

/* Keys rise, but for a few. */
static void
put_map(struct prng *p, struct writer *w, unsigned depth)
{
	size_t n = prng_below(p, 4), i;
	uint64_t key = prng_below(p, 20);

	put_head(p, w, 5, n);
	for (i = 0; i < n; i++) {
		if (i + 1 == n && prng_below(p, 8) == 0)
			put_item(p, w, depth);
		else
			put_head(p, w, 0, key);
		key += prng_below(p, 12) + (prng_below(p, 30) != 0);
		put_item(p, w, depth);
	}
}

static void
put_item(struct prng *p, struct writer *w, unsigned depth)
{
	unsigned major = (unsigned)prng_below(p, depth > 0 ? 8 : 4);

	switch (major) {
	case 0:
	case 1:
		put_head(p, w, major, draw_argument(p));
		break;
	case 2:
	case 3:
		put_string(p, w, major);
		break;
	case 4:
		put_array(p, w, depth - 1);
		break;
	case 5:
		put_map(p, w, depth - 1);
		break;
	case 6:
		put_head(p, w, 6, draw_argument(p));
		put_item(p, w, depth - 1);
		break;
	default:
		if (prng_below(p, 3) == 0)
			writer_u8(w, (uint8_t)(0xf4 + prng_below(p, 4)));
		else
			put_float(p, w);
		break;
	}
}

/* Changes, inserts or takes out a byte, or cuts the end off. */
static size_t
damage(struct prng *p, uint8_t *data, size_t len)
{
	size_t at = len > 0 ? prng_below(p, len) : 0;

	switch (prng_below(p, 4)) {
	case 0:
		return at;
	case 1:
		if (len == 0)
			return 0;
		memmove(data + at, data + at + 1, len - at - 1);
		return len - 1;
	case 2:
		memmove(data + at + 1, data + at, len - at);
		data[at] = (uint8_t)prng_next(p);
		return len + 1;
	default:
		data[at] ^= (uint8_t)(1u << prng_below(p, 8));
		return len;
	}
}

static void
test_items(void **state UNUSED)
{
	struct tally whole = {0, 0, 0}, damaged = {0, 0, 0};
	uint8_t data[INPUT_MAX];
	struct writer w;
	struct prng p;
	size_t i;

	prng_init(&p, 0x8949);
	for (i = 0; i < ROUNDS; i++) {
		writer_init(&w, data, sizeof(data) - 1);
		put_item(&p, &w, 1 + (unsigned)prng_below(&p, 11));
		compare(writer_bytes(&w), &whole);
		compare(bytes_make(data, damage(&p, data, w.len)), &damaged);
	}
	print_message("whole: %zu good, %zu bad; damaged: %zu good, %zu bad, "
		      "%zu without opinion\n",
	    whole.good, whole.bad, damaged.good, damaged.bad, damaged.none);
	/* Neither answer is rare, or the comparison would say little. */
	assert_true(whole.good > ROUNDS / 4 && whole.bad > ROUNDS / 50);
	assert_true(damaged.good > ROUNDS / 20 && damaged.bad > ROUNDS / 4);
}

static void
test_noise(void **state UNUSED)
{
	struct tally tally = {0, 0, 0};
	uint8_t data[24];
	struct prng p;
	size_t i;

	prng_init(&p, 0x4a);
	for (i = 0; i < ROUNDS; i++) {
		prng_fill(&p, data, sizeof(data));
		compare(
		    bytes_make(data, prng_below(&p, sizeof(data) + 1)), &tally);
	}
	assert_true(tally.good > 0 && tally.bad > 0);
}

/* Every head of up to three bytes. */
static void
test_all_short(void **state UNUSED)
{
	struct tally tally = {0, 0, 0};
	uint8_t data[3];
	unsigned v;

	for (v = 0; v < 1u << 16; v++) {
		data[0] = (uint8_t)(v >> 8);
		data[1] = (uint8_t)v;
		data[2] = (uint8_t)(v * 7);
		compare(bytes_make(data, 1), &tally);
		compare(bytes_make(data, 2), &tally);
		compare(bytes_make(data, 3), &tally);
	}
	assert_true(tally.good > 0 && tally.bad > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_appendix_a),
	    cmocka_unit_test(test_items),
	    cmocka_unit_test(test_noise),
	    cmocka_unit_test(test_all_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
