/*
 * Silence, doubt and refusal: retransmission and back-off, the rules D3 to
 * D5, and datagrams that mean nothing.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "world.h"

static struct world w;

static int
setup(void **state)
{
	(void)state;
	world_init(&w, 3);
	world_boot(&w);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_done(&w);
	return 0;
}

static void
ask(void)
{
	w.now_ms += 301000;
	assert_int_equal(
	    device_heartbeat(&w.device, w.now_ms, world_wall(&w)), ERR_OK);
}

static unsigned sent_goal;

static bool
sent(const struct world *world)
{
	return world->device_sent >= sent_goal;
}

/* Runs until the n-th datagram of the device; when it was sent. */
static uint64_t
run_to(unsigned n)
{
	sent_goal = n;
	assert_true(world_run(&w, 2 * DAY_MS, sent));
	assert_int_equal(w.device_sent, n);
	return w.device_sent_ms;
}

/* RFC 7252, 4.2: 2 to 3 seconds, doubled four times, byte for byte. */
static void
test_retransmission(void **state)
{
	uint8_t first[DATAGRAM_MAX];
	uint64_t at_ms, last_ms, first_gap_ms = 0;
	size_t len;
	unsigned i;

	(void)state;
	w.service.mute = true;
	last_ms = run_to(1);
	len = w.device_last.len;
	memcpy(first, w.device_last.ptr, len);
	for (i = 0; i < 4; i++) {
		at_ms = run_to(i + 2);
		if (i == 0)
			first_gap_ms = at_ms - last_ms;
		assert_in_range(first_gap_ms, 2000, 3000);
		assert_int_equal(at_ms - last_ms, first_gap_ms << i);
		assert_int_equal(w.device_last.len, len);
		assert_memory_equal(w.device_last.ptr, first, len);
		last_ms = at_ms;
	}
	/* Given up after the last wait, then another message_1. */
	at_ms = run_to(6);
	assert_in_range(at_ms - last_ms, (first_gap_ms << 4) + 2500,
	    (first_gap_ms << 4) + 5000);
	assert_memory_not_equal(w.device_last.ptr, first, len);
}

/* Attempts drift apart from 5 seconds to an hour, and no further. */
static void
test_back_off(void **state)
{
	uint64_t given_up_ms, gap_ms, step_ms = 5000;
	unsigned attempt;

	(void)state;
	w.service.mute = true;
	for (attempt = 0; attempt < 14; attempt++) {
		(void)run_to(5 * attempt + 5);
		given_up_ms = w.device.exchange.due_ms;
		gap_ms = run_to(5 * attempt + 6) - given_up_ms;
		assert_in_range(gap_ms, step_ms / 2, step_ms);
		step_ms = step_ms * 2 > HOUR_MS ? HOUR_MS : step_ms * 2;
	}
	assert_int_equal(step_ms, HOUR_MS);
	/* The network comes anew: at once, and the ladder starts again. */
	device_network(&w.device, false, w.now_ms);
	device_network(&w.device, true, w.now_ms);
	w.service.mute = false;
	assert_true(world_run(&w, 1000, world_bootstrapped));
}

/* --- D4 --- */

static bool
edhoc_started(const struct world *world)
{
	return world->device.phase == DEVICE_MESSAGE_1;
}

static void
test_doubt_takes_an_hour(void **state)
{
	uint64_t start_ms;

	(void)state;
	world_reach(&w, 1);
	ask();
	w.service.mute = true;
	start_ms = w.now_ms;
	assert_true(world_run(&w, 5 * HOUR_MS, edhoc_started));
	assert_in_range(w.now_ms - start_ms, HOUR_MS, 3 * HOUR_MS);
	assert_true(w.device.unanswered >= 3);
	w.service.mute = false;
	world_reach(&w, 2);
	assert_true(w.service.request.has_claim);
	assert_true(w.service.request.claim.has_request_id);
	assert_false(w.service.request.has_resume);
	assert_int_equal(w.service.evidence, 0);
}

/* A confirm in doubt: resume, and the service says "again". */
static void
test_resume(void **state)
{
	struct rot_state s;

	(void)state;
	/* The confirm is the third datagram; the service is deaf from there. */
	(void)run_to(3);
	rot_state(&w.rot, &s);
	assert_true(s.pending);
	w.service.mute = true;
	assert_true(world_run(&w, 5 * HOUR_MS, edhoc_started));
	w.service.mute = false;
	world_reach(&w, 1);
	assert_true(w.service.request.has_resume);
	assert_false(w.service.request.has_claim);
	assert_true(w.service.request.resume.has_request_id);
	assert_int_equal(w.service.bootstraps, 1);
	assert_int_equal(w.service.evidence, 0);
}

/* The service has forgotten its pending generation: "new" replaces it. */
static void
test_resume_unknown(void **state)
{
	uint8_t alias[ALIAS_LEN];

	(void)state;
	(void)run_to(3);
	memcpy(alias, w.rot.rec.pend.alias, ALIAS_LEN);
	w.service.mute = true;
	assert_true(world_run(&w, 5 * HOUR_MS, edhoc_started));
	memset(w.service.pends, 0, sizeof(w.service.pends));
	w.service.mute = false;
	world_reach(&w, 2); /* the service counted the first */
	assert_memory_not_equal(w.rot.rec.cur.alias, alias, ALIAS_LEN);
	assert_int_equal(w.service.bootstraps, 2);
	assert_int_equal(w.service.evidence, 0);
}

/* The service was restored from a backup: it is behind, and says 4.01. */
static void
test_service_restored(void **state)
{
	static struct responder backup;
	size_t seen_count;

	(void)state;
	world_reach(&w, 1);
	backup = w.service;
	ask();
	assert_true(world_run(&w, HOUR_MS, world_bootstrapped));
	ask();
	assert_true(world_run(&w, HOUR_MS, world_bootstrapped));
	seen_count = w.service.seen_count;
	w.service = backup;
	w.service.seen_count = seen_count;
	responder_crash(&w.service);
	/* The watcher cannot name the new keys any more: it looks away. */
	w.blind = true;
	ask();
	assert_true(world_run(&w, 5 * HOUR_MS, edhoc_started));
	w.blind = false;
	world_reach(&w, 2);
	assert_int_equal(w.service.request.claim.n, 3);
	assert_int_equal(w.service.evidence, 0);
}

/* Errors without protection are silence, whoever sends them. */
static void
test_unprotected_errors(void **state)
{
	uint64_t start_ms;

	(void)state;
	world_reach(&w, 1);
	ask();
	w.service.refuse_unprotected = true;
	start_ms = w.now_ms;
	assert_true(world_run(&w, 5 * HOUR_MS, edhoc_started));
	assert_true(w.now_ms - start_ms >= HOUR_MS);
	w.service.refuse_unprotected = false;
	world_reach(&w, 2);
	assert_int_equal(w.service.evidence, 0);
}

/* --- D3 --- */

static void
test_protected_echo(void **state)
{
	(void)state;
	world_reach(&w, 1);
	w.device_sent = 0;
	w.service.demand_echo = true;
	ask();
	assert_true(world_run(&w, HOUR_MS, world_bootstrapped));
	assert_true(w.service.got_echo);
	assert_int_equal(w.device_sent, 2);
	world_agree(&w);
}

static void
test_echo_of_the_confirm(void **state)
{
	(void)state;
	w.service.demand_echo = true;
	world_reach(&w, 1);
	assert_int_equal(w.device_sent, 4);
}

/* A protected refusal of a check-in sends the device to EDHOC. */
static void
test_protected_forbidden(void **state)
{
	(void)state;
	world_reach(&w, 1);
	w.service.forbid = true;
	ask();
	assert_true(world_run(&w, 60000, edhoc_started));
	w.service.forbid = false;
	world_reach(&w, 2);
}

/* --- D5 --- */

static void
check_refused(unsigned status)
{
	struct device_info info;
	unsigned before;

	w.service.status = status;
	(void)world_run(&w, HOUR_MS, world_never);
	device_info(&w.device, &info);
	assert_int_equal(info.refused, status);
	assert_false(info.module_registered || info.bootstrapping);
	before = w.device_sent;
	(void)world_run(&w, 22 * HOUR_MS, world_never);
	assert_int_equal(w.device_sent, before); /* it stays silent */
	w.service.status = BOOTSTRAP_REGISTERED;
	assert_true(world_run(&w, 4 * HOUR_MS, world_bootstrapped));
	device_info(&w.device, &info);
	assert_int_equal(info.refused, 0);
}

static void
test_refused_clone(void **state)
{
	(void)state;
	check_refused(BOOTSTRAP_CLONE);
}

static void
test_refused_quarantined(void **state)
{
	(void)state;
	check_refused(BOOTSTRAP_QUARANTINED);
}

static void
test_refused_unknown(void **state)
{
	(void)state;
	check_refused(BOOTSTRAP_UNKNOWN);
}

static void
test_refused_malformed(void **state)
{
	(void)state;
	check_refused(BOOTSTRAP_MALFORMED);
}

/* Busy and stale mean: not now. */
static void
test_busy_and_stale(void **state)
{
	struct device_info info;

	(void)state;
	w.service.status = BOOTSTRAP_BUSY;
	(void)world_run(&w, 60000, world_never);
	device_info(&w.device, &info);
	assert_int_equal(info.refused, 0);
	assert_true(w.device_sent >= 4);
	w.service.status = BOOTSTRAP_STALE;
	(void)world_run(&w, 10 * 60000, world_never);
	assert_int_equal(w.service.commits, 0);
	w.service.status = BOOTSTRAP_AGAIN; /* of what? nothing is pending */
	(void)world_run(&w, HOUR_MS, world_never);
	assert_int_equal(w.service.commits, 0);
	w.service.status = BOOTSTRAP_REGISTERED;
	world_reach(&w, 1);
}

/* --- what makes no sense --- */

/* Every answer, each byte changed in turn, then the answer itself. */
static void
test_forged_answers(void **state)
{
	uint8_t out[DATAGRAM_MAX], forged[DATAGRAM_MAX];
	struct bytes answer;
	unsigned exchange;
	size_t i;

	(void)state;
	w.lose_percent = 100; /* everything goes by hand here */
	for (exchange = 1; exchange <= 3; exchange++) {
		(void)run_to(exchange);
		answer = responder_take(&w.service, w.device_last, out);
		assert_true(answer.len > 0);
		for (i = 5; i < answer.len; i++) {
			memcpy(forged, answer.ptr, answer.len);
			forged[i] ^= 0x40;
			device_receive(&w.device, w.now_ms, 0,
			    bytes_make(forged, answer.len));
			device_receive(
			    &w.device, w.now_ms, 0, bytes_make(answer.ptr, i));
			assert_int_not_equal(w.device.phase, DEVICE_IDLE);
		}
		device_receive(&w.device, w.now_ms, 0, answer);
	}
	assert_true(world_bootstrapped(&w));
	world_agree(&w);
}

/* Answers to what was asked long ago, and to what was never asked. */
static void
test_stray_datagrams(void **state)
{
	static const uint8_t strays[][6] = {
	    {0x60, 0x00, 0x00, 0x00}, /* an empty ACK */
	    {0x70, 0x00, 0x00, 0x00}, /* a reset */
	    {0x40, 0x02, 0x00, 0x00, 0xff, 0x00}, /* a request */
	    {0x60, 0x44, 0x12, 0x34, 0xff, 0x01},
	};
	size_t i, round;

	(void)state;
	for (round = 0; round < 2; round++) {
		(void)run_to(1);
		for (i = 0; i < ARRAY_LEN(strays); i++)
			device_receive(
			    &w.device, w.now_ms, 0, BYTES_OF(strays[i]));
		device_receive(&w.device, w.now_ms, 0, BYTES_NONE);
		world_reach(&w, 1);
		for (i = 0; i < w.recorded; i++)
			device_receive(&w.device, w.now_ms, 0,
			    bytes_make(w.history[i].data, w.history[i].len));
		assert_true(world_bootstrapped(&w));
		w.device_sent = 0;
		ask();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    TEST(test_retransmission),
	    TEST(test_back_off),
	    TEST(test_doubt_takes_an_hour),
	    TEST(test_resume),
	    TEST(test_resume_unknown),
	    TEST(test_service_restored),
	    TEST(test_unprotected_errors),
	    TEST(test_protected_echo),
	    TEST(test_echo_of_the_confirm),
	    TEST(test_protected_forbidden),
	    TEST(test_refused_clone),
	    TEST(test_refused_quarantined),
	    TEST(test_refused_unknown),
	    TEST(test_refused_malformed),
	    TEST(test_busy_and_stale),
	    TEST(test_forged_answers),
	    TEST(test_stray_datagrams),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
