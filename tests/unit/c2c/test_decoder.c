/*
 * The frame decoder on the stream of a bad line: frames cut and joined
 * anywhere, bytes lost and changed at every position, garbage in between,
 * lengths that lie. Against a model that sees the whole stream at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../keys/golden.h"
#include "../prng.h"
#include "c2c/frame.h"
#include "crypto/crypto.h"
#include "fixture.h"

#define STREAM_MAX 8192
#define BODIES_MAX 512

/* Bytes on a line, and the bodies that came out of them. */
struct stream {
	uint8_t at[STREAM_MAX];
	size_t len;
};

struct bodies {
	struct stream bytes; /* one after the other */
	size_t len[BODIES_MAX];
	size_t count;
	size_t dropped;
};

static void
stream_put(struct stream *s, const void *data, size_t len)
{
	assert_true(s->len + len <= sizeof(s->at));
	memcpy(s->at + s->len, data, len);
	s->len += len;
}

static void
stream_put_frame(struct stream *s, const void *body, size_t len)
{
	uint8_t frame[STREAM_MAX];

	memcpy(frame + C2C_BODY_AT, body, len);
	c2c_frame_close(frame, len);
	stream_put(s, frame, len + C2C_FRAME_OVERHEAD);
}

static void
bodies_put(struct bodies *b, const uint8_t *body, size_t len)
{
	assert_true(b->count < BODIES_MAX);
	b->len[b->count++] = len;
	stream_put(&b->bytes, body, len);
}

static void
bodies_equal(const struct bodies *a, const struct bodies *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->len, b->len, a->count * sizeof(a->len[0]));
	assert_int_equal(a->bytes.len, b->bytes.len);
	if (a->bytes.len > 0)
		assert_memory_equal(a->bytes.at, b->bytes.at, a->bytes.len);
}

/* Feeds a view of exactly len bytes, and overwrites the bodies it gets. */
static void
feed(struct hf_c2c_decoder *d, const uint8_t *data, size_t len,
    struct bodies *ret)
{
	struct bytes in = bytes_make(data, len), body;
	size_t n;

	while (in.len > 0) {
		n = c2c_decoder_feed(d, in, &body);
		assert_true(n > 0 && n <= in.len);
		if (body.ptr != NULL)
			bodies_put(ret, body.ptr, body.len);
		else
			assert_int_equal(n, in.len);
		in.ptr += n;
		in.len -= n;
	}
	ret->dropped = d->dropped;
}

/* Decodes a stream, in pieces of at most piece bytes that p draws. */
static void
decode(const struct stream *s, size_t cap, size_t piece, struct prng *p,
    struct bodies *ret)
{
	uint8_t *buf = malloc(cap);
	struct hf_c2c_decoder d;
	size_t at = 0, len;

	assert_non_null(buf);
	memset(ret, 0, sizeof(*ret));
	c2c_decoder_init(&d, buf, cap);
	while (at < s->len) {
		len = p == NULL ? piece : 1 + prng_below(p, piece);
		if (len > s->len - at)
			len = s->len - at;
		feed(&d, s->at + at, len, ret);
		at += len;
	}
	free(buf);
}

/* The length of the good frame that starts at at and ends at end, or 0. */
static size_t
model_frame(const struct stream *s, size_t cap, size_t at, size_t end)
{
	const uint8_t *p = s->at + at;
	size_t len = end - at;
	uint16_t fcs;

	if (len <= 6 || len > cap || p[0] != 0xF9 || p[len - 1] != 0xF9 ||
	    (size_t)(p[1] + 256 * p[2]) != len - 6)
		return 0;
	fcs = c2c_fcs16(bytes_make(p + 1, len - 4));
	return p[len - 3] + 256 * p[len - 2] == fcs ? len : 0;
}

/*
 * What the header promises, in positions of the whole stream: the outermost
 * frame that ends here; none that starts in one that was delivered.
 */
static void
model(const struct stream *s, size_t cap, struct bodies *ret)
{
	static bool dead[STREAM_MAX], covered[STREAM_MAX];
	size_t at, end, i, first, len;

	memset(ret, 0, sizeof(*ret));
	memset(dead, 0, sizeof(dead));
	memset(covered, 0, sizeof(covered));
	for (end = 1; end <= s->len; end++) {
		/* The first that is still open keeps those behind it out. */
		for (first = 0; first < end; first++) {
			len = first + 2 < end
				  ? (size_t)(s->at[first + 1] +
					     256 * s->at[first + 2] + 6)
				  : 7;
			if (!dead[first] && s->at[first] == 0xF9 && len > 6 &&
			    len <= cap && first + len >= end)
				break;
		}
		for (at = first; at < end; at++) {
			if (dead[at] || model_frame(s, cap, at, end) == 0)
				continue;
			bodies_put(ret, s->at + at + 3, end - at - 6);
			for (i = first; i < end; i++)
				dead[i] = i != first || at == first;
			for (i = at; i < end; i++)
				covered[i] = true;
			break;
		}
	}
	for (i = 0; i < s->len; i++)
		ret->dropped += !covered[i];
}

static void
test_vectors(void **state)
{
	static const char *const names[] = {"c2c-v1-at", "c2c-v2-at",
	    "c2c-v2-ok", "c2c-v2-hello", "c2c-v3-at", "c2c-v3-at-300",
	    "c2c-v3-ok"};
	struct stream s = {{0}, 0};
	struct bodies b, want = {0};
	struct bytes frame;
	size_t i, piece;

	(void)state;
	for (i = 0; i < ARRAY_LEN(names); i++) {
		frame = golden(names[i]);
		stream_put(&s, frame.ptr, frame.len);
		bodies_put(&want, frame.ptr + 3, frame.len - 6);
	}
	for (piece = 1; piece <= s.len; piece++) {
		decode(&s, HF_C2C_HOST_FRAME_MAX, piece, NULL, &b);
		bodies_equal(&b, &want);
		assert_int_equal(b.dropped, 0);
	}
}

/* Bodies of every length, and one that is too long for the buffer. */
static void
test_lengths(void **state)
{
	uint8_t body[256];
	struct stream s;
	struct bodies b;
	size_t len;

	(void)state;
	memset(body, 0xF9, sizeof(body)); /* as hard as it gets */
	for (len = 1; len <= sizeof(body); len++) {
		s.len = 0;
		stream_put_frame(&s, body, len);
		decode(&s, len + 6, 1, NULL, &b);
		assert_int_equal(b.count, 1);
		assert_int_equal(b.len[0], len);
		assert_int_equal(b.dropped, 0);
		stream_put(&s, "\xF9", 1); /* another start: settles */
		decode(&s, len + 5, 1, NULL, &b);
		assert_int_equal(b.count, 0);
	}
}

/* A frame around nothing is none. */
static void
test_empty_body(void **state)
{
	struct stream s = {{0}, 0};
	struct bodies b;

	(void)state;
	stream_put_frame(&s, "", 0);
	stream_put_frame(&s, "x", 1);
	decode(&s, 64, 1, NULL, &b);
	assert_int_equal(b.count, 1);
	assert_int_equal(b.len[0], 1);
	assert_int_equal(b.dropped, 6);
}

static void
test_garbage_between(void **state)
{
	struct stream s = {{0}, 0};
	struct bodies b;

	(void)state;
	stream_put(&s, "\r\nOK\r\n", 6);
	stream_put_frame(&s, "one", 3);
	stream_put(&s, "\r\n+UUSORD: 0,16\r\n", 17);
	stream_put_frame(&s, "two", 3);
	stream_put_frame(&s, "three", 5);
	decode(&s, 64, 1, NULL, &b);
	assert_int_equal(b.count, 3);
	assert_memory_equal(b.bytes.at, "onetwothree", 11);
	assert_int_equal(b.dropped, 6 + 17);
}

/* Three frames as a session sends them. */
static void
three_frames(struct stream *s, struct bodies *ret)
{
	static const char *const texts[] = {"AT\r", "AT+CSQ\r", "AT+CGSN\r"};
	uint8_t frame[HF_C2C_HOST_FRAME_MAX];
	struct two_sides t;
	size_t i, len;

	memset(ret, 0, sizeof(*ret));
	s->len = 0;
	two_sides_init(&t, port_counting(), HF_C2C_V2);
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(c2c_seal(&t.host, bytes_str(texts[i]), frame,
				     sizeof(frame), &len),
		    ERR_OK);
		stream_put(s, frame, len);
		bodies_put(ret, frame + 3, len - 6);
	}
}

/* got has to be want without the body that the damage hit. */
static void
check_one_gone(const struct bodies *got, const struct bodies *want, size_t gone)
{
	struct bodies left = {0};
	size_t i, at = 0;

	for (i = 0; i < want->count; i++) {
		if (i != gone)
			bodies_put(&left, want->bytes.at + at, want->len[i]);
		at += want->len[i];
	}
	bodies_equal(got, &left);
}

/* The number of the frame of 54 bytes that holds a position. */
#define FRAME_AT(position) ((position) / 54)

/*
 * A byte that is lost, anywhere, costs one frame, and no other waits for it.
 * Of two flags in a row it is the second that seems to be lost.
 */
static void
test_lost_byte(void **state)
{
	struct stream s, damaged;
	struct bodies want, b;
	size_t i;

	(void)state;
	three_frames(&s, &want);
	assert_int_equal(s.len, 3 * 54);
	for (i = 0; i < s.len; i++) {
		damaged.len = s.len - 1;
		memcpy(damaged.at, s.at, i);
		memcpy(damaged.at + i, s.at + i + 1, s.len - i - 1);
		decode(&damaged, HF_C2C_HOST_FRAME_MAX, 1, NULL, &b);
		check_one_gone(&b, &want,
		    i + 1 < s.len && i % 54 == 53 ? FRAME_AT(i + 1)
						  : FRAME_AT(i));
	}
}

/* So does one that comes twice, or that comes out of nothing. */
static void
test_extra_byte(void **state)
{
	static const uint8_t extra[] = {0x00, 0xF9, 0xFF};
	struct stream s, damaged;
	struct bodies want, b;
	size_t i, k;

	(void)state;
	three_frames(&s, &want);
	for (i = 0; i < s.len; i++) {
		for (k = 0; k < ARRAY_LEN(extra); k++) {
			damaged.len = 0;
			stream_put(&damaged, s.at, i);
			stream_put(&damaged, extra + k, 1);
			stream_put(&damaged, s.at + i, s.len - i);
			decode(&damaged, HF_C2C_HOST_FRAME_MAX, 1, NULL, &b);
			if (i % 54 == 0)
				bodies_equal(&b, &want);
			else if (b.count != want.count)
				check_one_gone(&b, &want, FRAME_AT(i));
		}
	}
}

/* A changed byte, anywhere and to anything; the lengths first of all. */
static void
test_changed_byte(void **state)
{
	struct stream s, damaged;
	struct bodies want, b;
	unsigned change;
	size_t i;

	(void)state;
	three_frames(&s, &want);
	for (i = 0; i < s.len; i++) {
		for (change = 1; change < 256; change++) {
			damaged = s;
			damaged.at[i] ^= (uint8_t)change;
			decode(&damaged, HF_C2C_HOST_FRAME_MAX, 7, NULL, &b);
			check_one_gone(&b, &want, FRAME_AT(i));
		}
	}
}

/* A false start swallows a frame, and ends well after all: both come. */
static void
test_frame_inside_frame(void **state)
{
	struct stream inner = {{0}, 0}, s = {{0}, 0};
	struct bodies b;

	(void)state;
	stream_put(&inner, "abc", 3);
	stream_put_frame(&inner, "one", 3);
	stream_put(&inner, "def", 3);
	stream_put_frame(&inner, "two", 3);
	stream_put_frame(&s, inner.at, inner.len);
	stream_put_frame(&s, "three", 5);
	decode(&s, 64, 1, NULL, &b);
	assert_int_equal(b.count, 4);
	assert_int_equal(b.len[0], 3);
	assert_int_equal(b.len[1], 3);
	assert_int_equal(b.len[2], inner.len);
	assert_int_equal(b.len[3], 5);
	assert_int_equal(b.dropped, 0);
}

/* A frame whose end is also the end of one that it lies in. */
static void
test_same_end(void **state)
{
	struct stream s = {{0}, 0};
	struct bodies b;

	(void)state;
	/* The head promises 10 bytes of body, and has a wrong FCS. */
	stream_put(&s, "\xF9\x0A\x00", 3);
	stream_put(&s, "ghijkl", 6);
	stream_put_frame(&s, "x", 1);
	assert_int_equal(s.len, 16);
	stream_put_frame(&s, "y", 1);
	decode(&s, 16, 1, NULL, &b);
	assert_int_equal(b.count, 2);
	assert_memory_equal(b.bytes.at, "xy", 2);
	assert_int_equal(b.dropped, 9);
}

static void
test_pending(void **state)
{
	uint8_t buf[64];
	struct hf_c2c_decoder d;
	struct bytes body, frame = golden("c2c-v3-at");
	size_t i;

	(void)state;
	c2c_decoder_init(&d, buf, sizeof(buf));
	assert_false(c2c_decoder_pending(&d));
	for (i = 0; i < frame.len; i++) {
		assert_int_equal(
		    c2c_decoder_feed(&d, bytes_make(frame.ptr + i, 1), &body),
		    1);
		assert_int_equal(c2c_decoder_pending(&d), i + 1 < frame.len);
		assert_int_equal(body.ptr != NULL, i + 1 == frame.len);
	}
	assert_int_equal(d.frames, 1);
	assert_int_equal(c2c_decoder_feed(&d, BYTES_LIT("\r"), &body), 1);
	assert_false(c2c_decoder_pending(&d));
	assert_int_equal(d.dropped, 1);
}

/* What stands behind a frame is not looked at before it is asked for. */
static void
test_stops_behind_a_frame(void **state)
{
	struct stream s = {{0}, 0};
	struct hf_c2c_decoder d;
	struct bytes body;
	uint8_t buf[64];

	(void)state;
	stream_put_frame(&s, "x", 1);
	stream_put(&s, "\r\nOK\r\n", 6);
	c2c_decoder_init(&d, buf, sizeof(buf));
	assert_int_equal(
	    c2c_decoder_feed(&d, bytes_make(s.at, s.len), &body), 7);
	assert_int_equal(body.len, 1);
	assert_int_equal(d.dropped, 0);
}

/* Pieces of frames, flags and lengths, thrown together. */
static void
random_stream(struct prng *p, struct stream *s)
{
	uint8_t body[40];
	size_t len;

	s->len = 0;
	while (s->len < 400) {
		len = 1 + prng_below(p, sizeof(body));
		prng_fill(p, body, len);
		if (prng_below(p, 3) == 0)
			memset(body, 0xF9, len / 2);
		if (prng_below(p, 4) == 0) {
			stream_put(s, "\xF9\x10\x00", 1 + prng_below(p, 3));
			continue;
		}
		stream_put_frame(s, body, len);
		if (prng_below(p, 2) == 0)
			s->len -= prng_below(p, len);
		if (prng_below(p, 3) == 0)
			s->at[prng_below(p, s->len)] ^=
			    (uint8_t)(1u << prng_below(p, 8));
	}
}

static void
test_model(void **state)
{
	static struct stream s;
	static struct bodies got, want;
	struct prng p;
	size_t run, cap, gone = 0;

	(void)state;
	prng_init(&p, 20251);
	for (run = 0; run < 2000; run++) {
		random_stream(&p, &s);
		/* What is still open at the end was not dropped yet. */
		memset(s.at + s.len, 0, 64);
		s.len += 64;
		cap = 16 + prng_below(&p, 48);
		model(&s, cap, &want);
		decode(&s, cap, 1 + prng_below(&p, 64), &p, &got);
		bodies_equal(&got, &want);
		assert_int_equal(got.dropped, want.dropped);
		gone += got.count;
	}
	assert_true(gone > 2000);
}

/* Nothing but noise: nothing comes out but what the model finds, too. */
static void
test_noise(void **state)
{
	static struct stream s;
	static struct bodies got, want;
	struct prng p;
	size_t run, i;

	(void)state;
	prng_init(&p, 20252);
	for (run = 0; run < 200; run++) {
		s.len = 1000;
		for (i = 0; i < s.len; i++)
			s.at[i] = prng_below(&p, 3) == 0
				      ? 0xF9
				      : (uint8_t)prng_below(&p, 20);
		model(&s, 26, &want);
		decode(&s, 26, 1 + prng_below(&p, 100), &p, &got);
		bodies_equal(&got, &want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_empty_body),
	    cmocka_unit_test(test_garbage_between),
	    cmocka_unit_test(test_lost_byte),
	    cmocka_unit_test(test_extra_byte),
	    cmocka_unit_test(test_changed_byte),
	    cmocka_unit_test(test_frame_inside_frame),
	    cmocka_unit_test(test_same_end),
	    cmocka_unit_test(test_pending),
	    cmocka_unit_test(test_stops_behind_a_frame),
	    cmocka_unit_test(test_model),
	    cmocka_unit_test(test_noise),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
