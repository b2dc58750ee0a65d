/*
 * Every call in every state: what is out of order is ERR_STATE and changes
 * nothing.
 */
#include "world.h"

enum call {
	CALL_MESSAGE_1,
	CALL_MESSAGE_2_OPEN,
	CALL_MESSAGE_2_VERIFY,
	CALL_MESSAGE_3,
	CALL_MESSAGE_4_OPEN,
	CALL_RESPOND,
	CALL_MESSAGE_2,
	CALL_MESSAGE_3_OPEN,
	CALL_MESSAGE_3_VERIFY,
	CALL_MESSAGE_4,
	CALL_EAD,
	CALL_EXPORTER,
	CALL_KEY_UPDATE,
	CALL_OSCORE,
	CALL_COUNT
};

/* Makes a call with arguments that would be good in the right state. */
static enum err
make(struct world *w, struct edhoc *e, enum call call)
{
	uint8_t buf[EDHOC_MESSAGE_MAX], prk[SHA256_LEN] = {1};
	struct oscore_context context;
	struct edhoc_ephemeral own;
	struct edhoc_eads eads;
	struct bytes id_cred;
	struct writer out;

	writer_init(&out, buf, sizeof(buf));
	switch (call) {
	case CALL_MESSAGE_1:
		return edhoc_message_1(e, &w->suite, 1, NULL, &out);
	case CALL_MESSAGE_2_OPEN:
		return edhoc_message_2_open(e, message_view(&w->m2), &id_cred);
	case CALL_MESSAGE_2_VERIFY:
		return edhoc_message_2_verify(e, &w->pr.cred);
	case CALL_MESSAGE_3:
		return edhoc_message_3(
		    e, w->pi.id_cred, &w->pi.cred, prk, NULL, NULL, &out);
	case CALL_MESSAGE_4_OPEN:
		return edhoc_message_4_open(e, message_view(&w->m4));
	case CALL_RESPOND:
		assert_ok(edhoc_ephemeral_make(w->suite, &w->source, &own));
		return edhoc_respond(e, &w->c_r, &own, NULL);
	case CALL_MESSAGE_2:
		return edhoc_message_2(
		    e, w->pr.id_cred, &w->pr.cred, prk, NULL, NULL, &out);
	case CALL_MESSAGE_3_OPEN:
		return edhoc_message_3_open(e, message_view(&w->m3), &id_cred);
	case CALL_MESSAGE_3_VERIFY:
		return edhoc_message_3_verify(e, &w->pi.cred, NULL);
	case CALL_MESSAGE_4:
		return edhoc_message_4(e, &out);
	case CALL_EAD:
		return edhoc_ead(e, &eads);
	case CALL_EXPORTER:
		return edhoc_exporter(e, 0, BYTES_NONE, prk, sizeof(prk));
	case CALL_KEY_UPDATE:
		return edhoc_key_update(e, BYTES_LIT("context"));
	case CALL_OSCORE:
		return edhoc_oscore(e, &context);
	default:
		return ERR_INTERNAL;
	}
}

#define CAN(call) (1u << (call))
#define CAN_EXPORT                                                             \
	(CAN(CALL_EXPORTER) | CAN(CALL_KEY_UPDATE) | CAN(CALL_OSCORE))
#define CAN_EAD CAN(CALL_EAD)

/* What a state allows; COMPLETED depends on the role. */
static unsigned
allowed(const struct edhoc *e)
{
	static const unsigned table[] = {
	    [EDHOC_NEW] = 0,
	    [EDHOC_STARTED] = CAN(CALL_MESSAGE_1),
	    [EDHOC_SENT_1] = CAN(CALL_MESSAGE_2_OPEN),
	    [EDHOC_GOT_1] = CAN_EAD | CAN(CALL_RESPOND),
	    [EDHOC_RESPONDING] = CAN_EAD | CAN(CALL_MESSAGE_2),
	    [EDHOC_SENT_2] = CAN_EAD | CAN(CALL_MESSAGE_3_OPEN),
	    [EDHOC_GOT_2] = CAN_EAD | CAN(CALL_MESSAGE_2_VERIFY),
	    [EDHOC_VERIFIED_2] = CAN_EAD | CAN(CALL_MESSAGE_3),
	    [EDHOC_GOT_3] =
		CAN_EAD | CAN(CALL_MESSAGE_3_OPEN) | CAN(CALL_MESSAGE_3_VERIFY),
	    [EDHOC_COMPLETED] = CAN_EAD | CAN_EXPORT,
	    [EDHOC_CONFIRMED] = CAN_EAD | CAN_EXPORT,
	};
	unsigned can = table[e->state];

	if (e->state == EDHOC_COMPLETED)
		can |= e->role == EDHOC_INITIATOR ? CAN(CALL_MESSAGE_4_OPEN)
						  : CAN(CALL_MESSAGE_4);
	return can;
}

static unsigned seen_states;

static void
try_all(struct world *w, const struct edhoc *at)
{
	static struct edhoc e;
	unsigned call;
	enum err err;

	seen_states |= 1u << at->state;
	for (call = 0; call < CALL_COUNT; call++) {
		memcpy(&e, at, sizeof(e));
		err = make(w, &e, call);
		if (allowed(at) & CAN(call)) {
			assert_int_not_equal(err, ERR_STATE);
			continue;
		}
		if (err != ERR_STATE)
			print_error("state %d role %d call %u: %s\n",
			    (int)at->state, (int)at->role, call, err_name(err));
		assert_int_equal(err, ERR_STATE);
		assert_memory_equal(&e, at, sizeof(e));
	}
}

static void
every_state(struct world *w)
{
	static struct world whole;
	unsigned step;

	/* Real messages, so that no call fails for want of one. */
	whole = *w;
	whole.source.ctx = &whole.prng;
	whole.pi.signer.ctx = &whole.pi;
	whole.pr.signer.ctx = &whole.pr;
	world_run(&whole, STEP_MESSAGE_4_OPEN);
	w->m2 = whole.m2;
	w->m3 = whole.m3;
	w->m4 = whole.m4;
	try_all(w, &w->i);
	edhoc_start(&w->i, w->method, w->suite, &w->c_i, &whole.i.own);
	try_all(w, &w->i);
	for (step = 0; step <= STEP_MESSAGE_4_OPEN; step++) {
		edhoc_done(&w->i);
		edhoc_done(&w->r);
		world_run(w, step);
		try_all(w, &w->i);
		try_all(w, &w->r);
	}
}

static void
test_every_state(void **state UNUSED)
{
	world_each(every_state, 0x0de);
	assert_int_equal(seen_states, (1u << (EDHOC_CONFIRMED + 1)) - 1);
}

/* The static key's PRK is asked for when, and only when, it is wanted. */
static void
need(struct world *w)
{
	static const bool of_i[] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
	static const bool of_r[] = {0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
	uint8_t salt[SHA256_LEN];
	struct p256_point peer;
	unsigned step;

	for (step = 0; step <= STEP_MESSAGE_4_OPEN; step++) {
		edhoc_done(&w->i);
		edhoc_done(&w->r);
		world_run(w, step);
		assert_int_equal(
		    edhoc_need(&w->i, salt, &peer), of_i[step] && w->pi.by_dh);
		assert_int_equal(
		    edhoc_need(&w->r, salt, &peer), of_r[step] && w->pr.by_dh);
	}
}

static void
test_need(void **state UNUSED)
{
	world_each(need, 0x4eed);
}

/* A prk or a signer that is missing, or that nobody wants, is refused. */
static void
wrong_answers(struct world *w)
{
	static const uint8_t prk[SHA256_LEN];
	const struct party *i = &w->pi, *r = &w->pr;
	uint8_t buf[EDHOC_MESSAGE_MAX];
	struct writer out;

	writer_init(&out, buf, sizeof(buf));
	world_run(w, STEP_RESPOND);
	assert_int_equal(
	    edhoc_message_2(&w->r, r->id_cred, &r->cred, r->by_dh ? NULL : prk,
		r->by_dh ? NULL : &r->signer, NULL, &out),
	    ERR_INVALID);
	assert_int_equal(
	    edhoc_message_2(&w->r, r->id_cred, &r->cred, r->by_dh ? prk : NULL,
		r->by_dh ? &r->signer : NULL, NULL, &out),
	    ERR_INVALID);
	world_message_2(w);
	world_message_2_open(w);
	world_message_2_verify(w);
	assert_int_equal(
	    edhoc_message_3(&w->i, i->id_cred, &i->cred, i->by_dh ? NULL : prk,
		i->by_dh ? NULL : &i->signer, NULL, &out),
	    ERR_INVALID);
	assert_int_equal(
	    edhoc_message_3(&w->i, i->id_cred, &i->cred, i->by_dh ? prk : NULL,
		i->by_dh ? &i->signer : NULL, NULL, &out),
	    ERR_INVALID);
	world_message_3(w);
	world_message_3_open(w);
	world_message_3_verify(w);
}

static void
test_wrong_answers(void **state UNUSED)
{
	world_each(wrong_answers, 0xa45);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_state),
	    cmocka_unit_test(test_need),
	    cmocka_unit_test(test_wrong_answers),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
