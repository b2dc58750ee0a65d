/*
 * Messages that were changed, cut, lengthened or forged on the way: nobody
 * completes on them, and the responder goes on with the real message_3.
 */
#include "world.h"

/* Runs try for every prefix, for one byte more, and for a flip per byte. */
static void
each_damage(struct world *w, const struct message *good,
    void (*try)(struct world *w, const struct message *bad))
{
	static struct message bad;
	size_t at;

	for (at = 0; at < good->len; at++) {
		bad = *good;
		bad.len = at;
		try(w, &bad);
		bad = *good;
		bad.data[at] ^= (uint8_t)(1u << prng_below(&w->prng, 8));
		try(w, &bad);
		bad.data[at] = (uint8_t)~good->data[at];
		try(w, &bad);
	}
	bad = *good;
	bad.data[bad.len++] = 0;
	try(w, &bad);
}

/*
 * A responder may take a changed message_1: all of its parts are open to
 * change. The initiator finds out.
 */
static void
bad_message_1(struct world *w, const struct message *bad)
{
	static const enum edhoc_suite supported[] = {
	    EDHOC_SUITE_2, EDHOC_SUITE_3, EDHOC_SUITE_0};
	static struct edhoc i;
	struct edhoc_ephemeral own;
	struct bytes id_cred;
	enum err err;

	i = w->i;
	if (edhoc_message_1_open(&w->r, supported, ARRAY_LEN(supported),
		message_view(bad)) != ERR_OK) {
		assert_int_equal(w->r.state, EDHOC_NEW);
		return;
	}
	/* It has no credential for another method or suite. */
	if (w->r.method != w->method || w->r.suite != w->suite)
		return;
	assert_ok(edhoc_ephemeral_make(w->suite, &w->source, &own));
	if (edhoc_respond(&w->r, &w->c_r, &own, NULL) != ERR_OK)
		return;
	world_message_2(w);
	err = edhoc_message_2_open(&i, message_view(&w->m2), &id_cred);
	if (err == ERR_OK)
		err = edhoc_message_2_verify(&i, &w->pr.cred);
	assert_int_not_equal(err, ERR_OK);
	assert_true(i.state < EDHOC_VERIFIED_2);
}

static void
damage_message_1(struct world *w)
{
	world_run(w, STEP_MESSAGE_1);
	each_damage(w, &w->m1, bad_message_1);
}

static void
test_message_1(void **state UNUSED)
{
	world_each(damage_message_1, 0xda1);
}

static void
bad_message_2(struct world *w, const struct message *bad)
{
	static struct edhoc i;
	struct bytes id_cred;
	enum err err;

	i = w->i;
	err = edhoc_message_2_open(&i, message_view(bad), &id_cred);
	if (err != ERR_OK) {
		/* The real one may still come. */
		assert_int_equal(i.state, EDHOC_SENT_1);
		assert_ok(
		    edhoc_message_2_open(&i, message_view(&w->m2), &id_cred));
		assert_ok(edhoc_message_2_verify(&i, &w->pr.cred));
		return;
	}
	assert_int_equal(edhoc_message_2_verify(&i, &w->pr.cred), ERR_AUTH);
	assert_int_equal(i.state, EDHOC_NEW);
}

static void
damage_message_2(struct world *w)
{
	world_run(w, STEP_MESSAGE_2);
	each_damage(w, &w->m2, bad_message_2);
}

static void
test_message_2(void **state UNUSED)
{
	world_each(damage_message_2, 0xda2);
}

/* Opening a changed message_3 fails, and leaves every byte as it was. */
static void
bad_message_3(struct world *w, const struct message *bad)
{
	static struct edhoc before;
	struct bytes id_cred;

	memcpy(&before, &w->r, sizeof(before));
	assert_int_not_equal(
	    edhoc_message_3_open(&w->r, message_view(bad), &id_cred), ERR_OK);
	assert_memory_equal(&before, &w->r, sizeof(before));
}

static void
damage_message_3(struct world *w)
{
	world_run(w, STEP_MESSAGE_3);
	each_damage(w, &w->m3, bad_message_3);
	world_message_3_open(w);
	each_damage(w, &w->m3, bad_message_3);
	world_message_3_verify(w);
	world_message_4(w);
	world_message_4_open(w);
}

static void
test_message_3(void **state UNUSED)
{
	world_each(damage_message_3, 0xda3);
}

static void
bad_message_4(struct world *w, const struct message *bad)
{
	static struct edhoc before;

	memcpy(&before, &w->i, sizeof(before));
	assert_int_not_equal(
	    edhoc_message_4_open(&w->i, message_view(bad)), ERR_OK);
	assert_memory_equal(&before, &w->i, sizeof(before));
}

static void
damage_message_4(struct world *w)
{
	world_run(w, STEP_MESSAGE_4);
	each_damage(w, &w->m4, bad_message_4);
	world_message_4_open(w);
}

static void
test_message_4(void **state UNUSED)
{
	world_each(damage_message_4, 0xda4);
}

/*
 * A message_3 that decrypts but does not verify: made by somebody who can
 * talk to the responder, but has another key.
 */
static void
forged(struct world *w)
{
	static struct world other;
	struct message good;
	struct bytes id_cred;

	world_run(w, STEP_MESSAGE_2_VERIFY);
	other = *w;
	other.source.ctx = &other.prng;
	other.pi.signer.ctx = &other.pi;
	world_message_3(w);
	good = w->m3;
	/* The thief claims to be the initiator and has a wrong key. */
	other.pi.key.d[P256_LEN - 1] ^= 1;
	world_message_3(&other);
	assert_ok(
	    edhoc_message_3_open(&w->r, message_view(&other.m3), &id_cred));
	assert_int_equal(
	    edhoc_message_3_verify(&w->r, &w->pi.cred, NULL), ERR_AUTH);
	assert_int_equal(
	    edhoc_message_3_verify(&w->r, &w->pi.cred, NULL), ERR_AUTH);
	w->m3 = good;
	world_message_3_open(w);
	world_message_3_verify(w);
	world_message_4(w);
	world_message_4_open(w);
}

static void
test_forged(void **state UNUSED)
{
	world_each(forged, 0xf0e);
}

/* One buffer byte too few: ERR_SPACE, and the call works with enough. */
static void
every_capacity(struct world *w)
{
	static struct edhoc before;
	uint8_t buf[EDHOC_MESSAGE_MAX];
	struct writer out;
	size_t cap;

	world_run(w, STEP_MESSAGE_4);
	edhoc_start(&w->i, w->method, w->suite, &w->c_i, &w->i.own);
	for (cap = 0; cap < w->m1.len; cap++) {
		writer_init(&out, buf, cap);
		assert_int_equal(
		    edhoc_message_1(&w->i, &w->suite, 1, NULL, &out),
		    ERR_SPACE);
	}
	world_message_1(w);
	world_message_1_open(w);
	world_respond(w);
	memcpy(&before, &w->r, sizeof(before));
	for (cap = 0; cap < w->m2.len; cap++) {
		writer_init(&out, buf, cap);
		assert_int_equal(world_call_2(w, &out), ERR_SPACE);
		assert_memory_equal(&before, &w->r, sizeof(before));
	}
	world_message_2(w);
	world_message_2_open(w);
	world_message_2_verify(w);
	memcpy(&before, &w->i, sizeof(before));
	for (cap = 0; cap < w->m3.len; cap++) {
		writer_init(&out, buf, cap);
		assert_int_equal(world_call_3(w, &out), ERR_SPACE);
		assert_memory_equal(&before, &w->i, sizeof(before));
	}
	world_message_3(w);
	world_message_3_open(w);
	world_message_3_verify(w);
	for (cap = 0; cap < w->m4.len; cap++) {
		writer_init(&out, buf, cap);
		assert_int_equal(edhoc_message_4(&w->r, &out), ERR_SPACE);
	}
	world_message_4(w);
	world_message_4_open(w);
}

static void
test_every_capacity(void **state UNUSED)
{
	world_each(every_capacity, 0xca9);
}

static void
oversize(struct world *w)
{
	static const enum edhoc_suite supported[] = {EDHOC_SUITE_2};
	static uint8_t big[EDHOC_MESSAGE_MAX + 1];
	struct bytes in = BYTES_OF(big), id_cred;
	static struct edhoc e;

	assert_int_equal(edhoc_message_1_open(&e, supported, 1, in), ERR_SPACE);
	world_run(w, STEP_MESSAGE_2);
	assert_int_equal(edhoc_message_2_open(&w->i, in, &id_cred), ERR_SPACE);
	assert_int_equal(edhoc_message_3_open(&w->r, in, &id_cred), ERR_SPACE);
	world_message_2_open(w);
	world_message_2_verify(w);
	world_message_3(w);
	assert_int_equal(edhoc_message_4_open(&w->i, in), ERR_SPACE);
}

static void
test_oversize(void **state UNUSED)
{
	world_each(oversize, 0xb16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_message_1),
	    cmocka_unit_test(test_message_2),
	    cmocka_unit_test(test_message_3),
	    cmocka_unit_test(test_message_4),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_every_capacity),
	    cmocka_unit_test(test_oversize),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
