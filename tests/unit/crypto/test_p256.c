/*
 * P-256 points, scalars and key agreement: the traces of RFC 9529, NIST's
 * vectors, and everything that must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "source.h"
#include "vectors.h"

#define CANARY 0xEE

/* Constants of the curve. Spec: SP 800-186, section 3.2.1.3. */
#define CURVE_P                                                                \
	"FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF"
#define CURVE_N                                                                \
	"FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"
#define CURVE_GX                                                               \
	"6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
#define CURVE_GY                                                               \
	"4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"

struct agreement {
	const char *secret_section;
	const char *secret;
	const char *peer_section;
	const char *peer;
	const char *shared_section;
	const char *shared;
};

#define TRACE "section3_method3_suite2_ccs_kid"
#define MESSAGE_1 "message_1 (second time)"

static const struct agreement agreements[] = {
    {MESSAGE_1, "Initiator's ephemeral private key X", "message_2",
	"Responder's ephemeral public key, 'x'-coordinate G_Y", "message_2",
	"G_XY"},
    {"message_2", "Responder's ephemeral private key Y", MESSAGE_1,
	"Initiator's ephemeral public key, 'x'-coordinate G_X", "message_2",
	"G_XY"},
    {"message_2", "Responder's private authentication key SK_R", MESSAGE_1,
	"Initiator's ephemeral public key, 'x'-coordinate G_X", "message_2",
	"G_RX"},
    {"message_3", "Initiator's private authentication key SK_I", "message_2",
	"Responder's ephemeral public key, 'x'-coordinate G_Y", "message_3",
	"G_IY"},
};

static void
hex32(const char *text, uint8_t ret_out[P256_LEN])
{
	size_t len;

	assert_int_equal(
	    hex_decode(bytes_str(text), ret_out, P256_LEN, &len), ERR_OK);
	assert_int_equal(len, P256_LEN);
}

/* Adds to a big-endian number of 32 bytes, modulo 2^256. */
static void
add(uint8_t number[P256_LEN], int what)
{
	size_t i;

	for (i = P256_LEN; i-- > 0;) {
		what += number[i];
		number[i] = (uint8_t)what;
		what >>= 8;
	}
}

static void
generator(struct p256_point *ret_point)
{
	hex32(CURVE_GX, ret_point->x);
	hex32(CURVE_GY, ret_point->y);
}

static void
assert_points_equal(const struct p256_point *a, const struct p256_point *b)
{
	assert_memory_equal(a->x, b->x, P256_LEN);
	assert_memory_equal(a->y, b->y, P256_LEN);
}

static void
test_ecdh_rfc9529(void **state)
{
	struct buffer secret, peer, shared;
	struct p256_secret d;
	struct p256_point q;
	uint8_t out[P256_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(agreements); i++) {
		const struct agreement *a = &agreements[i];

		trace_read(TRACE, a->secret_section, a->secret, &secret);
		trace_read(TRACE, a->peer_section, a->peer, &peer);
		trace_read(TRACE, a->shared_section, a->shared, &shared);
		assert_int_equal(secret.len, P256_LEN);
		memcpy(d.d, secret.at, P256_LEN);
		assert_int_equal(p256_point_decode(view(&peer), &q), ERR_OK);
		assert_int_equal(p256_ecdh(&d, &q, out), ERR_OK);
		assert_memory_equal(out, shared.at, P256_LEN);
	}
}

/* Fields of 32 bytes; a longer number cannot be handed over at all. */
static bool
read_field(const json_t *v, const char *field, uint8_t ret_out[P256_LEN])
{
	struct buffer b;

	vector_hex(v, field, &b);
	if (b.len != P256_LEN)
		return false;
	memcpy(ret_out, b.at, P256_LEN);
	return true;
}

static bool
result_is_good(const json_t *v)
{
	const char *text = json_string_value(json_object_get(v, "result"));

	assert_true(text != NULL && (text[0] == 'P' || text[0] == 'F'));
	return text[0] == 'P';
}

/* Every check that NIST's cases ask for, on both public keys. */
static bool
agreement_holds(const json_t *v)
{
	struct p256_secret d;
	struct p256_point own, own_made, peer;
	uint8_t shared[P256_LEN], out[P256_LEN];

	assert_true(read_field(v, "secret", d.d));
	assert_true(read_field(v, "own_x", own.x));
	assert_true(read_field(v, "own_y", own.y));
	assert_true(read_field(v, "peer_x", peer.x));
	assert_true(read_field(v, "peer_y", peer.y));
	assert_true(read_field(v, "shared", shared));
	if (p256_point_check(&peer) != ERR_OK ||
	    p256_point_check(&own) != ERR_OK)
		return false;
	assert_int_equal(p256_public(&d, &own_made), ERR_OK);
	if (memcmp(&own_made, &own, sizeof(own)) != 0)
		return false;
	assert_int_equal(p256_ecdh(&d, &peer, out), ERR_OK);
	return memcmp(out, shared, sizeof(out)) == 0;
}

static void
test_ecdh_nist(void **state)
{
	json_t *root = vectors_load("p256"), *v;
	size_t i, bad = 0;

	(void)state;
	json_array_foreach(vector_cases(root, "ecdh"), i, v)
	{
		assert_int_equal(agreement_holds(v), result_is_good(v));
		bad += !result_is_good(v);
	}
	assert_int_equal(i, 30);
	assert_true(bad >= 10);
	json_decref(root);
}

static void
test_points_nist(void **state)
{
	json_t *root = vectors_load("p256"), *v;
	struct p256_point q;
	size_t i, good = 0, off_curve = 0;

	(void)state;
	json_array_foreach(vector_cases(root, "points"), i, v)
	{
		if (!read_field(v, "x", q.x) || !read_field(v, "y", q.y)) {
			assert_false(result_is_good(v));
			continue;
		}
		assert_int_equal(p256_point_check(&q),
		    result_is_good(v) ? ERR_OK : ERR_INVALID);
		good += result_is_good(v);
		off_curve += !result_is_good(v);
	}
	assert_true(good >= 2 && off_curve >= 2);
	json_decref(root);
}

/* All four forms of a point give it back; x alone gives the even y. */
static void
check_forms(const struct p256_point *q)
{
	uint8_t full[P256_POINT_LEN], compressed[P256_COMPRESSED_LEN];
	struct p256_point back, mirrored;
	bool odd = (q->y[P256_LEN - 1] & 1) != 0;

	p256_point_encode(q, full);
	assert_int_equal(full[0], 4);
	assert_int_equal(p256_point_decode(BYTES_OF(full), &back), ERR_OK);
	assert_points_equal(&back, q);

	p256_point_compress(q, compressed);
	assert_int_equal(compressed[0], odd ? 3 : 2);
	assert_int_equal(
	    p256_point_decode(BYTES_OF(compressed), &back), ERR_OK);
	assert_points_equal(&back, q);

	compressed[0] ^= 1;
	assert_int_equal(
	    p256_point_decode(BYTES_OF(compressed), &mirrored), ERR_OK);
	assert_memory_equal(mirrored.x, q->x, P256_LEN);
	assert_memory_not_equal(mirrored.y, q->y, P256_LEN);
	assert_int_equal(p256_point_check(&mirrored), ERR_OK);

	assert_int_equal(
	    p256_point_decode(bytes_make(q->x, P256_LEN), &back), ERR_OK);
	assert_points_equal(&back, odd ? &mirrored : q);
}

static void
test_forms_of_a_point(void **state)
{
	struct p256_secret d;
	struct p256_point q;
	int i;

	(void)state;
	generator(&q);
	check_forms(&q);
	memset(&d, 0, sizeof(d));
	for (i = 1; i <= 40; i++) {
		d.d[P256_LEN - 1] = (uint8_t)i;
		assert_int_equal(p256_public(&d, &q), ERR_OK);
		check_forms(&q);
	}
}

/* Both points with one x give the same shared secret, which EDHOC needs. */
static void
test_either_y_gives_the_same_secret(void **state)
{
	struct p256_secret d;
	struct p256_point q, peer;
	uint8_t a[P256_LEN], b[P256_LEN], in[P256_COMPRESSED_LEN];

	(void)state;
	assert_int_equal(
	    p256_generate(&crypto_random_source, &d, &peer), ERR_OK);
	assert_int_equal(p256_generate(&crypto_random_source, &d, &q), ERR_OK);
	p256_point_compress(&peer, in);
	assert_int_equal(p256_ecdh(&d, &peer, a), ERR_OK);
	in[0] ^= 1;
	assert_int_equal(p256_point_decode(BYTES_OF(in), &peer), ERR_OK);
	assert_int_equal(p256_ecdh(&d, &peer, b), ERR_OK);
	assert_memory_equal(a, b, P256_LEN);
}

static void
test_other_lengths_and_prefixes(void **state)
{
	uint8_t in[P256_POINT_LEN + 5] = {0};
	struct p256_point g, out;
	size_t len;
	int prefix;

	(void)state;
	generator(&g);
	memset(&out, CANARY, sizeof(out));
	for (prefix = 0; prefix < 256; prefix++) {
		p256_point_encode(&g, in);
		in[0] = (uint8_t)prefix;
		for (len = 0; len <= sizeof(in); len++) {
			if (len == P256_LEN ||
			    (len == P256_POINT_LEN && prefix == 4) ||
			    (len == P256_COMPRESSED_LEN &&
				(prefix == 2 || prefix == 3)))
				continue;
			assert_int_equal(
			    p256_point_decode(bytes_make(in, len), &out),
			    ERR_INVALID);
		}
	}
	assert_int_equal(p256_point_decode(BYTES_NONE, &out), ERR_INVALID);
	assert_int_equal(out.x[0], CANARY);
	assert_int_equal(out.y[31], CANARY);
}

/* x and y of p and more are no coordinates, even if they fit modulo p. */
static void
test_coordinates_below_p(void **state)
{
	uint8_t in[P256_POINT_LEN];
	struct p256_point q, zero_x;
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		hex32(CURVE_P, in);
		add(in, i);
		assert_int_equal(
		    p256_point_decode(bytes_make(in, P256_LEN), &q),
		    ERR_INVALID);
	}
	memset(in, 0xFF, P256_LEN);
	assert_int_equal(
	    p256_point_decode(bytes_make(in, P256_LEN), &q), ERR_INVALID);
	/* There is a point with x = 0, and p stands for the same x. */
	memset(in, 0, P256_LEN);
	assert_int_equal(
	    p256_point_decode(bytes_make(in, P256_LEN), &zero_x), ERR_OK);
	hex32(CURVE_P, zero_x.x);
	assert_int_equal(p256_point_check(&zero_x), ERR_INVALID);
	in[0] = 2;
	memcpy(in + 1, zero_x.x, P256_LEN);
	assert_int_equal(
	    p256_point_decode(bytes_make(in, P256_COMPRESSED_LEN), &q),
	    ERR_INVALID);
	p256_point_encode(&zero_x, in);
	assert_int_equal(p256_point_decode(BYTES_OF(in), &q), ERR_INVALID);
}

static void
test_off_the_curve(void **state)
{
	uint8_t in[P256_POINT_LEN], shared[P256_LEN] = {CANARY};
	struct p256_secret d = {{0}};
	struct p256_point q, out;
	size_t i;

	(void)state;
	d.d[31] = 3;
	for (i = 0; i < 2 * P256_LEN; i++) {
		generator(&q);
		if (i < P256_LEN)
			q.x[i] ^= 1;
		else
			q.y[i - P256_LEN] ^= 1;
		assert_int_equal(p256_point_check(&q), ERR_INVALID);
		assert_int_equal(p256_ecdh(&d, &q, shared), ERR_INVALID);
		p256_point_encode(&q, in);
		assert_int_equal(
		    p256_point_decode(BYTES_OF(in), &out), ERR_INVALID);
	}
	memset(&q, 0, sizeof(q));
	assert_int_equal(p256_point_check(&q), ERR_INVALID);
	assert_int_equal(p256_ecdh(&d, &q, shared), ERR_INVALID);
	assert_int_equal(shared[0], CANARY);
}

/* About half of all x have no point; none may slip through. */
static void
test_x_without_a_point(void **state)
{
	uint8_t x[P256_LEN];
	struct p256_point q;
	size_t found = 0, none = 0;
	enum err err;
	int i;

	(void)state;
	hex32(CURVE_GX, x);
	for (i = 0; i < 200; i++) {
		add(x, 1);
		err = p256_point_decode(BYTES_OF(x), &q);
		if (err == ERR_OK) {
			found++;
			assert_memory_equal(q.x, x, P256_LEN);
			assert_int_equal(p256_point_check(&q), ERR_OK);
		} else {
			none++;
			assert_int_equal(err, ERR_INVALID);
		}
	}
	assert_true(found > 60 && none > 60);
}

static void
check_scalar_refused(const struct p256_secret *d)
{
	uint8_t out[P256_SIGNATURE_LEN] = {CANARY};
	struct p256_point g, q;

	generator(&g);
	assert_int_equal(p256_public(d, &q), ERR_INVALID);
	assert_int_equal(p256_ecdh(d, &g, out), ERR_INVALID);
	assert_int_equal(p256_sign(d, BYTES_LIT("message"), out), ERR_INVALID);
	assert_int_equal(out[0], CANARY);
}

static void
test_scalars_out_of_range(void **state)
{
	struct p256_secret d;
	int i;

	(void)state;
	memset(&d, 0, sizeof(d));
	check_scalar_refused(&d);
	for (i = 0; i < 3; i++) {
		hex32(CURVE_N, d.d);
		add(d.d, i);
		check_scalar_refused(&d);
	}
	/* Each byte decides for itself whether the number is too large. */
	for (i = 0; i < P256_LEN; i++) {
		hex32(CURVE_N, d.d);
		if (d.d[i] == 0xFF)
			continue;
		d.d[i]++;
		check_scalar_refused(&d);
	}
	memset(&d, 0xFF, sizeof(d));
	check_scalar_refused(&d);
}

static void
test_scalars_at_the_edges(void **state)
{
	struct p256_secret d;
	struct p256_point g, q;
	uint8_t shared[P256_LEN];

	(void)state;
	generator(&g);
	memset(&d, 0, sizeof(d));
	d.d[P256_LEN - 1] = 1;
	assert_int_equal(p256_public(&d, &q), ERR_OK);
	assert_points_equal(&q, &g);
	assert_int_equal(p256_ecdh(&d, &g, shared), ERR_OK);
	assert_memory_equal(shared, g.x, P256_LEN);
	/* n - 1 gives -G: the same x, the other y. */
	hex32(CURVE_N, d.d);
	add(d.d, -1);
	assert_int_equal(p256_public(&d, &q), ERR_OK);
	assert_memory_equal(q.x, g.x, P256_LEN);
	assert_memory_not_equal(q.y, g.y, P256_LEN);
	assert_int_equal(p256_ecdh(&d, &g, shared), ERR_OK);
	assert_memory_equal(shared, g.x, P256_LEN);
}

/* Draws below 1 and above n - 1 are thrown away, not reduced. */
static void
test_generate_rejects(void **state)
{
	uint8_t bytes[4 * P256_LEN] = {0};
	struct written_source written = {BYTES_OF(bytes), 0};
	struct random_source source = source_of(&written);
	struct p256_secret d, want;
	struct p256_point q, q_want;

	(void)state;
	hex32(CURVE_N, bytes + P256_LEN);
	memset(bytes + 2 * P256_LEN, 0xFF, P256_LEN);
	memset(bytes + 3 * P256_LEN, 0x5A, P256_LEN);
	memset(&want, 0x5A, sizeof(want));
	assert_int_equal(p256_generate(&source, &d, &q), ERR_OK);
	assert_int_equal(written.pos, sizeof(bytes));
	assert_memory_equal(d.d, want.d, P256_LEN);
	assert_int_equal(p256_public(&want, &q_want), ERR_OK);
	assert_points_equal(&q, &q_want);
}

static void
test_generate_gives_up(void **state)
{
	static uint8_t zeros[4096];
	struct written_source endless = {BYTES_OF(zeros), 0};
	struct written_source empty = {BYTES_NONE, 0};
	struct random_source source = source_of(&endless);
	struct p256_secret d;
	struct p256_point q;

	(void)state;
	memset(&d, CANARY, sizeof(d));
	assert_int_equal(p256_generate(&source, &d, &q), ERR_RANDOM);
	assert_true(endless.pos < sizeof(zeros));
	source = source_of(&empty);
	assert_int_equal(p256_generate(&source, &d, &q), ERR_RANDOM);
	assert_int_equal(d.d[0], CANARY);
}

static void
test_agreement_both_ways(void **state)
{
	struct p256_secret a, b;
	struct p256_point a_public, b_public;
	uint8_t ab[P256_LEN], ba[P256_LEN];
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		assert_int_equal(
		    p256_generate(&crypto_random_source, &a, &a_public),
		    ERR_OK);
		assert_int_equal(
		    p256_generate(&crypto_random_source, &b, &b_public),
		    ERR_OK);
		assert_int_equal(p256_ecdh(&a, &b_public, ab), ERR_OK);
		assert_int_equal(p256_ecdh(&b, &a_public, ba), ERR_OK);
		assert_memory_equal(ab, ba, P256_LEN);
	}
}

#define MANY 150 /* more than are computed together */

/* One by one and together: the same, and the same errors at their places. */
static void
test_many_agreements_are_as_one_by_one(void **state)
{
	static struct p256_secret own[MANY];
	static struct p256_point peer[MANY], made[MANY];
	static struct p256_agreement list[MANY];
	static const uint8_t zeros[P256_LEN];
	static const size_t counts[] = {0, 1, 2, 63, 64, 65, MANY};
	uint8_t alone[P256_LEN];

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(p256_generate(&crypto_random_source, &own[i],
				     &peer[MANY - 1 - i]),
		    ERR_OK);
	/* Off the curve, scalars of none: first, last, and in rows. */
	for (size_t i = 0; i < MANY; i++) {
		if (i == 0 || i == 62 || i == 63 || i == 64 || i == MANY - 1 ||
		    i % 7 == 3)
			peer[i].y[5] ^= 1;
		if (i % 11 == 4)
			memset(&own[i], 0, sizeof(own[i]));
	}
	for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
		for (size_t i = 0; i < MANY; i++)
			list[i] = (struct p256_agreement){
			    .secret = &own[i], .peer = &peer[i], .err = ERR_IO};
		p256_ecdh_many(list, counts[c]);
		for (size_t i = 0; i < counts[c]; i++) {
			memset(alone, 0, sizeof(alone));
			assert_int_equal(
			    p256_ecdh(&own[i], &peer[i], alone), list[i].err);
			assert_memory_equal(alone, list[i].shared, P256_LEN);
		}
		if (counts[c] < MANY)
			assert_int_equal(list[counts[c]].err, ERR_IO);
	}
	/* None of them works. */
	for (size_t i = 0; i < 3; i++)
		list[i].peer = &peer[0];
	p256_ecdh_many(list, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(list[i].err, ERR_INVALID);
		assert_memory_equal(list[i].shared, zeros, P256_LEN);
	}
	for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
		assert_int_equal(p256_generate_many(&crypto_random_source, own,
				     made, counts[c]),
		    ERR_OK);
		for (size_t i = 0; i < counts[c]; i++) {
			assert_int_equal(
			    p256_public(&own[i], &peer[i]), ERR_OK);
			assert_memory_equal(
			    &peer[i], &made[i], sizeof(made[i]));
		}
	}
}

/* A source that ends in the middle: no pair, and no scalar left behind. */
static void
test_many_pairs_or_none(void **state)
{
	static uint8_t bytes[3 * P256_LEN];
	static const struct p256_secret zeros[5];
	struct written_source some = {BYTES_OF(bytes), 0};
	struct random_source source = source_of(&some);
	struct p256_secret own[5];
	struct p256_point made[5];

	(void)state;
	memset(bytes, 0x42, sizeof(bytes));
	memset(own, CANARY, sizeof(own));
	assert_int_equal(p256_generate_many(&source, own, made, 5), ERR_RANDOM);
	assert_memory_equal(own, zeros, sizeof(own));
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ecdh_rfc9529),
	    cmocka_unit_test(test_ecdh_nist),
	    cmocka_unit_test(test_many_agreements_are_as_one_by_one),
	    cmocka_unit_test(test_many_pairs_or_none),
	    cmocka_unit_test(test_points_nist),
	    cmocka_unit_test(test_forms_of_a_point),
	    cmocka_unit_test(test_either_y_gives_the_same_secret),
	    cmocka_unit_test(test_other_lengths_and_prefixes),
	    cmocka_unit_test(test_coordinates_below_p),
	    cmocka_unit_test(test_off_the_curve),
	    cmocka_unit_test(test_x_without_a_point),
	    cmocka_unit_test(test_scalars_out_of_range),
	    cmocka_unit_test(test_scalars_at_the_edges),
	    cmocka_unit_test(test_generate_rejects),
	    cmocka_unit_test(test_generate_gives_up),
	    cmocka_unit_test(test_agreement_both_ways),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
