/*
 * message_2 and message_3 in the hands of the wrong people: other
 * credentials, reflected identifiers, useless points, and sizes at the edge.
 */
#include "world.h"

#include "internal.h"

/* Another party of the same name: credential and key differ. */
static void
stranger_init(struct party *p, struct world *w, const struct party *like)
{
	struct bytes kid;

	assert_true(edhoc_kid_read(like->id_cred, &kid));
	party_init(p, w, like->by_dh, like == &w->pi ? 'R' : 'I', kid);
}

static void
wrong_responder(struct world *w)
{
	static struct party stranger;
	const struct edhoc *e = &w->i;
	size_t i;

	world_run(w, STEP_MESSAGE_2_OPEN);
	stranger_init(&stranger, w, &w->pr);
	assert_int_equal(
	    edhoc_message_2_verify(&w->i, &stranger.cred), ERR_AUTH);
	/* It is over, and nothing is left of it. */
	for (i = 0; i < sizeof(*e); i++)
		assert_int_equal(((const uint8_t *)e)[i], 0);
}

static void
test_wrong_responder(void **state UNUSED)
{
	world_each(wrong_responder, 0x2a);
}

/* The right key in a credential that differs is the wrong credential. */
static void
other_credential(struct world *w)
{
	struct party other;

	world_run(w, STEP_MESSAGE_2_OPEN);
	other = w->pr;
	other.cred_buf[4] ^= 1;
	other.cred.cred.ptr = other.cred_buf;
	assert_int_equal(edhoc_message_2_verify(&w->i, &other.cred), ERR_AUTH);
	edhoc_done(&w->r);
	world_run(w, STEP_MESSAGE_2_OPEN);
	other.cred_buf[4] ^= 1;
	other.cred.is_der = true; /* would be a byte string */
	assert_int_equal(edhoc_message_2_verify(&w->i, &other.cred), ERR_AUTH);
}

static void
test_other_credential(void **state UNUSED)
{
	world_each(other_credential, 0x2b);
}

/* Old, wrong and right keys of one uid, one after the other. */
static void
candidates(struct world *w)
{
	static struct party wrong[2];

	world_run(w, STEP_MESSAGE_3_OPEN);
	stranger_init(&wrong[0], w, &w->pi);
	stranger_init(&wrong[1], w, &w->pi);
	assert_int_equal(
	    edhoc_message_3_verify(&w->r, &wrong[0].cred, NULL), ERR_AUTH);
	assert_int_equal(
	    edhoc_message_3_verify(&w->r, &wrong[1].cred, NULL), ERR_AUTH);
	assert_int_equal(
	    edhoc_message_3_verify(&w->r, &w->pr.cred, NULL), ERR_AUTH);
	world_message_3_verify(w);
	world_message_4(w);
	world_message_4_open(w);
}

static void
test_candidates(void **state UNUSED)
{
	world_each(candidates, 0x3a);
}

/* Up to where the responder's key pair agrees with G_X. */
static void
before_respond(struct world *w, struct prng *prng, enum edhoc_suite suite,
    struct edhoc_ephemeral *ret_own)
{
	world_init(w, prng, EDHOC_DH_DH, suite);
	world_run(w, STEP_MESSAGE_1_OPEN);
	assert_ok(edhoc_ephemeral_make(suite, &w->source, ret_own));
}

/* An agreement that is handed in counts, and so does its failure. */
static void
test_agreed_elsewhere(void **state UNUSED)
{
	static struct world w;
	struct p256_agreement good, other;
	struct edhoc_ephemeral own;
	struct prng prng;

	prng_init(&prng, 0x3c);
	before_respond(&w, &prng, EDHOC_SUITE_2, &own);
	good = edhoc_agreement_2(&w.r, &own);
	assert_int_equal(edhoc_respond(&w.r, &w.c_r, &own, &good), ERR_STATE);
	p256_ecdh_many(&good, 1);
	other = good;
	other.err = ERR_INVALID;
	assert_int_equal(
	    edhoc_respond(&w.r, &w.c_r, &own, &other), ERR_INVALID);
	assert_ok(edhoc_respond(&w.r, &w.c_r, &own, &good));
	world_run(&w, STEP_MESSAGE_3_OPEN);
	good = edhoc_agreement_3(&w.r, &w.pi.cred.public_key);
	p256_ecdh_many(&good, 1);
	other = good;
	other.shared[0] ^= 1;
	assert_int_equal(
	    edhoc_message_3_verify(&w.r, &w.pi.cred, &other), ERR_AUTH);
	other = good;
	other.err = ERR_CRYPTO;
	assert_int_equal(
	    edhoc_message_3_verify(&w.r, &w.pi.cred, &other), ERR_CRYPTO);
	assert_ok(edhoc_message_3_verify(&w.r, &w.pi.cred, &good));
	world_done(&w);
}

/* X25519 has none of P-256's agreements. */
static void
test_agreed_on_another_curve(void **state UNUSED)
{
	static struct world w;
	struct p256_agreement agreed;
	struct edhoc_ephemeral own;
	struct prng prng;

	prng_init(&prng, 0x3e);
	before_respond(&w, &prng, EDHOC_SUITE_0, &own);
	agreed = edhoc_agreement_2(&w.r, &own);
	assert_int_equal(
	    edhoc_respond(&w.r, &w.c_r, &own, &agreed), ERR_UNSUPPORTED);
	assert_ok(edhoc_respond(&w.r, &w.c_r, &own, NULL));
	world_done(&w);
}

/* A credential whose key is no point is not our fault, nor an impostor. */
static void
test_bad_credential_key(void **state UNUSED)
{
	static struct world w;
	struct edhoc_cred cred;
	struct prng prng;

	prng_init(&prng, 0x3b);
	world_init(&w, &prng, EDHOC_DH_DH, EDHOC_SUITE_2);
	world_run(&w, STEP_MESSAGE_2_OPEN);
	cred = w.pr.cred;
	cred.public_key.y[0] ^= 1;
	assert_int_equal(edhoc_message_2_verify(&w.i, &cred), ERR_INVALID);
	world_message_2_verify(&w);
	world_message_3(&w);
	world_message_3_open(&w);
	cred = w.pi.cred;
	cred.public_key.y[0] ^= 1;
	assert_int_equal(
	    edhoc_message_3_verify(&w.r, &cred, NULL), ERR_INVALID);
	world_message_3_verify(&w);
	world_done(&w);
}

/* C_R is never C_I, whoever tries it. */
static void
reflected(struct world *w)
{
	struct edhoc_ephemeral own;
	struct bytes id_cred;
	struct edhoc_cid same = w->c_i;
	struct edhoc_cid too_long = {{0}, EDHOC_CID_MAX + 1};

	world_run(w, STEP_MESSAGE_1_OPEN);
	assert_ok(edhoc_ephemeral_make(w->suite, &w->source, &own));
	assert_int_equal(edhoc_respond(&w->r, &same, &own, NULL), ERR_INVALID);
	assert_int_equal(
	    edhoc_respond(&w->r, &too_long, &own, NULL), ERR_INVALID);
	assert_int_equal(w->r.state, EDHOC_GOT_1);
	/* A responder that does not care. */
	w->r.c_i = w->c_r;
	w->c_r = same;
	world_respond(w);
	world_message_2(w);
	assert_int_equal(
	    edhoc_message_2_open(&w->i, message_view(&w->m2), &id_cred),
	    ERR_INVALID);
	assert_int_equal(w->i.state, EDHOC_SENT_1);
}

static void
test_reflected(void **state UNUSED)
{
	world_each(reflected, 0x3c);
}

/* message_1 sent back as message_2, and so on. */
static void
confused(struct world *w)
{
	struct bytes id_cred;

	world_run(w, STEP_MESSAGE_2);
	assert_int_not_equal(
	    edhoc_message_2_open(&w->i, message_view(&w->m1), &id_cred),
	    ERR_OK);
	assert_int_not_equal(
	    edhoc_message_3_open(&w->r, message_view(&w->m2), &id_cred),
	    ERR_OK);
	world_message_2_open(w);
	world_message_2_verify(w);
	world_message_3(w);
	assert_int_equal(
	    edhoc_message_4_open(&w->i, message_view(&w->m3)), ERR_AUTH);
	world_message_3_open(w);
	world_message_3_verify(w);
}

static void
test_confused(void **state UNUSED)
{
	world_each(confused, 0x3d);
}

/* X25519 takes any string for a point; the all-zero secret is refused. */
static void
test_low_order(void **state UNUSED)
{
	static const uint8_t zero[32];
	static struct world w;
	struct edhoc_ephemeral own;
	struct bytes id_cred;
	struct prng prng;

	prng_init(&prng, 0x25519);
	world_init(&w, &prng, EDHOC_DH_DH, EDHOC_SUITE_0);
	world_message_1(&w);
	memcpy(w.m1.data + 4, zero, sizeof(zero));
	world_message_1_open(&w);
	assert_ok(edhoc_ephemeral_make(w.suite, &w.source, &own));
	assert_int_equal(edhoc_respond(&w.r, &w.c_r, &own, NULL), ERR_INVALID);
	world_run(&w, STEP_MESSAGE_2);
	memcpy(w.m2.data + 2, zero, sizeof(zero));
	assert_int_equal(
	    edhoc_message_2_open(&w.i, message_view(&w.m2), &id_cred),
	    ERR_INVALID);
	world_done(&w);
}

/* --- sizes --- */

/* ID_CRED_x, CRED_x and EAD at their limits, and one beyond. */
static void
test_credential_sizes(void **state UNUSED)
{
	static uint8_t big[EDHOC_CRED_MAX + 1];
	static struct world w;
	uint8_t id[EDHOC_ID_CRED_MAX + 1], buf[EDHOC_MESSAGE_MAX];
	struct edhoc_cred cred;
	struct writer out, id_out;
	struct prng prng;

	prng_init(&prng, 0x512e);
	world_init(&w, &prng, EDHOC_SIGN_SIGN, EDHOC_SUITE_2);
	world_run(&w, STEP_RESPOND);
	/* {4: h'..'} of 193 and then of 192 bytes. */
	writer_init(&id_out, id, sizeof(id));
	edhoc_kid_write(&id_out, bytes_make(big, sizeof(id) - 4));
	assert_int_equal(id_out.len, sizeof(id));
	writer_init(&out, buf, sizeof(buf));
	assert_int_equal(edhoc_message_2(&w.r, writer_bytes(&id_out),
			     &w.pr.cred, NULL, &w.pr.signer, NULL, &out),
	    ERR_SPACE);
	writer_init(&id_out, w.pr.id_buf, sizeof(w.pr.id_buf));
	edhoc_kid_write(&id_out, bytes_make(big, sizeof(id) - 5));
	w.pr.id_cred = writer_bytes(&id_out);
	assert_int_equal(w.pr.id_cred.len, EDHOC_ID_CRED_MAX);
	cred = w.pr.cred;
	cred.cred = BYTES_OF(big);
	assert_int_equal(edhoc_message_2(&w.r, w.pr.id_cred, &cred, NULL,
			     &w.pr.signer, NULL, &out),
	    ERR_SPACE);
	world_message_2(&w);
	world_message_2_open(&w);
	assert_int_equal(edhoc_message_2_verify(&w.i, &cred), ERR_SPACE);
	world_message_2_verify(&w);
	world_done(&w);
}

/* EAD that makes the message too long is refused by its writer. */
static void
test_ead_sizes(void **state UNUSED)
{
	static uint8_t big[EDHOC_MESSAGE_MAX];
	static struct world w;
	struct edhoc_eads eads = {{{1, true, BYTES_OF(big)}}, 1};
	struct edhoc_eads many = {.count = EDHOC_EAD_MAX + 1};
	uint8_t buf[2 * EDHOC_MESSAGE_MAX];
	struct writer out;
	struct prng prng;
	size_t len;

	prng_init(&prng, 0xead);
	world_init(&w, &prng, EDHOC_DH_DH, EDHOC_SUITE_2);
	world_run(&w, STEP_RESPOND);
	edhoc_start(&w.i, w.method, w.suite, &w.c_i, &w.r.own);
	writer_init(&out, buf, sizeof(buf));
	assert_int_equal(
	    edhoc_message_1(&w.i, &w.suite, 1, &eads, &out), ERR_SPACE);
	writer_init(&out, buf, sizeof(buf));
	assert_int_equal(
	    edhoc_message_1(&w.i, &w.suite, 1, &many, &out), ERR_INVALID);
	/* Find the longest that message_2 takes; the initiator takes it. */
	w.ead_2 = &eads;
	for (len = sizeof(big); len > 0; len--) {
		eads.item[0].value.len = len;
		writer_init(&out, buf, sizeof(buf));
		if (world_call_2(&w, &out) == ERR_OK)
			break;
		assert_int_equal(
		    out.err == ERR_OK ? ERR_SPACE : out.err, ERR_SPACE);
	}
	assert_true(len > 200);
	world_run(&w, STEP_MESSAGE_3);
	world_message_3_open(&w);
	world_done(&w);
}

/* ID_CRED_x has to be a map in deterministic encoding. */
static void
test_id_cred_forms(void **state UNUSED)
{
	static struct world w;
	uint8_t buf[EDHOC_MESSAGE_MAX];
	const struct bytes bad[] = {
	    BYTES_NONE, B(0x32), /* no map */
	    B(0x41, 0x32), B(0xa1, 0x04), /* cut off */
	    B(0xa1, 0x04, 0x41, 0x32, 0x00), /* left over */
	    B(0xa2, 0x18, 0x22, 0x00, 0x04, 0x00), /* keys fall */
	};
	struct bytes kccs = B(0xa1, 0x0e, 0xa1, 0x02, 0x61, 0x61);
	struct writer out;
	struct prng prng;
	size_t i;

	prng_init(&prng, 0x1d);
	world_init(&w, &prng, EDHOC_SIGN_SIGN, EDHOC_SUITE_2);
	world_run(&w, STEP_RESPOND);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		writer_init(&out, buf, sizeof(buf));
		assert_int_equal(edhoc_message_2(&w.r, bad[i], &w.pr.cred, NULL,
				     &w.pr.signer, NULL, &out),
		    ERR_INVALID);
	}
	w.pr.id_cred = kccs;
	world_message_2(&w);
	world_message_2_open(&w); /* comes back as it was */
	world_message_2_verify(&w);
	world_done(&w);
}

/* Plaintexts that no writer of ours makes. */
static void
test_plaintext_forms(void **state UNUSED)
{
	static const struct {
		const char *what;
		struct bytes plaintext;
		enum err err;
	} cases[] = {
	    {"kid as a small integer", {(const uint8_t *)"\x32\x40", 2}, 0},
	    {"kid as bytes", {(const uint8_t *)"\x42\x01\x02\x40", 4}, 0},
	    {"small kid as bytes", {(const uint8_t *)"\x41\x32\x40", 3},
		ERR_FORMAT},
	    {"kid in a map", {(const uint8_t *)"\xa1\x04\x41\x32\x40", 5},
		ERR_FORMAT},
	    {"kid and more in a map",
		{(const uint8_t *)"\xa2\x04\x41\x32\x0a\x01\x40", 7}, 0},
	    {"text for a kid", {(const uint8_t *)"\x61\x61\x40", 3},
		ERR_FORMAT},
	    {"no proof", {(const uint8_t *)"\x32", 1}, ERR_TRUNCATED},
	    {"a text proof", {(const uint8_t *)"\x32\x60", 2}, ERR_FORMAT},
	    {"nothing", {(const uint8_t *)"", 0}, ERR_TRUNCATED},
	    {"padding", {(const uint8_t *)"\x32\x40\x00", 3}, 0},
	    {"critical", {(const uint8_t *)"\x32\x40\x20", 3}, ERR_CRITICAL},
	    {"half an EAD", {(const uint8_t *)"\x32\x40\x01\x41", 4},
		ERR_TRUNCATED},
	};
	static uint8_t long_id[3 + EDHOC_ID_CRED_MAX] = {
	    0xa1, 0x0e, 0x58, EDHOC_ID_CRED_MAX - 3};
	static struct edhoc e, before;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].what);
		memset(&e, 0xcc, sizeof(e));
		before = e;
		assert_int_equal(
		    edhoc_plaintext_read(&e, cases[i].plaintext, false),
		    cases[i].err);
		if (cases[i].err != ERR_OK)
			assert_memory_equal(&e, &before, sizeof(e));
	}
	/* A map of one byte too many: a CCS by value of another make. */
	assert_int_equal(
	    edhoc_plaintext_read(&e, BYTES_OF(long_id), false), ERR_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wrong_responder),
	    cmocka_unit_test(test_other_credential),
	    cmocka_unit_test(test_candidates),
	    cmocka_unit_test(test_agreed_elsewhere),
	    cmocka_unit_test(test_agreed_on_another_curve),
	    cmocka_unit_test(test_bad_credential_key),
	    cmocka_unit_test(test_reflected),
	    cmocka_unit_test(test_confused),
	    cmocka_unit_test(test_low_order),
	    cmocka_unit_test(test_credential_sizes),
	    cmocka_unit_test(test_ead_sizes),
	    cmocka_unit_test(test_id_cred_forms),
	    cmocka_unit_test(test_plaintext_forms),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
