/*
 * What may strike: each datagram lost, each doubled, the power cut at each
 * write, the service restarted, and all of it at once with replays of
 * anything ever sent. After it the device must have come through, both ends
 * must agree, no alarm may have been raised, and no key and nonce may have
 * served two plaintexts (which responder_watch checks at each datagram).
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "world.h"

#define SEEDS 150

static struct world w;

static void
ask_heartbeat(void)
{
	enum err err;

	w.now_ms += 301000;
	err = device_heartbeat(&w.device, w.now_ms, world_wall(&w));
	assert_true(err == ERR_OK || err == ERR_BUSY);
}

static bool
four_checkins(const struct world *world)
{
	return world_bootstrapped(world) && world->rot.rec.cur.n >= 4;
}

static bool
second_root(const struct world *world)
{
	return world_bootstrapped(world) && world->rot.rec.cur.number >= 2;
}

static bool
beats_settled(const struct world *world)
{
	return world_bootstrapped(world) && !world->device.asked;
}

/*
 * A life: bootstrap, three heartbeats, sealing with a second root, one more
 * heartbeat. What is asked for is asked again after a reboot.
 */
static void
live(void)
{
	unsigned round;

	world_boot(&w);
	world_reach(&w, 1);
	for (round = 0; round < 10 && !four_checkins(&w); round++) {
		ask_heartbeat();
		assert_true(world_run(&w, 7 * DAY_MS, beats_settled));
	}
	assert_true(four_checkins(&w));
	world_agree(&w);
	/* The power may go in the middle of sealing, too. */
	if (device_seal(&w.device, test_profile, BYTES_LIT("SN-0001")) ==
	    ERR_IO) {
		w.now_ms += 1000;
		world_boot(&w);
		(void)!device_seal(
		    &w.device, test_profile, BYTES_LIT("SN-0001"));
	}
	assert_true(world_run(&w, 7 * DAY_MS, second_root));
	ask_heartbeat();
	assert_true(world_run(&w, 7 * DAY_MS, beats_settled));
	world_agree(&w);
	assert_int_equal(w.service.evidence, 0);
	assert_true(w.rot.rec.cur.with_profile);
}

/* How many datagrams and writes an undisturbed life has. */
static void
count(unsigned *ret_sent, unsigned *ret_writes)
{
	world_init(&w, 1);
	live();
	*ret_sent = w.sent;
	*ret_writes = w.ram.writes;
	world_done(&w);
	assert_true(*ret_sent >= 20);
	assert_true(*ret_writes >= 10);
}

static void
test_each_datagram_lost(void **state)
{
	unsigned sent, writes, i;

	(void)state;
	count(&sent, &writes);
	for (i = 1; i <= sent; i++) {
		world_init(&w, 1);
		w.lose_at = i;
		live();
		world_done(&w);
	}
}

static void
test_each_datagram_doubled(void **state)
{
	unsigned sent, writes, i;

	(void)state;
	count(&sent, &writes);
	for (i = 1; i <= sent; i++) {
		world_init(&w, 1);
		w.double_at = i;
		live();
		world_done(&w);
	}
}

static void
test_cut_at_each_write(void **state)
{
	unsigned sent, writes, i, tear;

	(void)state;
	count(&sent, &writes);
	for (i = 1; i <= writes; i++)
		for (tear = 0; tear < RAM_TEARS; tear++) {
			world_init(&w, 1);
			w.ram.cut_at = i;
			w.ram.tear = (enum ram_tear)tear;
			live();
			assert_true(w.boots > 1); /* it was cut */
			world_done(&w);
		}
}

/* A cut, and the answer that was on its way lost, too. */
static void
test_cut_and_loss(void **state)
{
	unsigned sent, writes, i, j;

	(void)state;
	count(&sent, &writes);
	for (i = 1; i <= writes; i++)
		for (j = 1; j <= sent; j += 3) {
			world_init(&w, 1);
			w.ram.cut_at = i;
			w.ram.tear = RAM_WHOLE;
			w.lose_at = j;
			live();
			world_done(&w);
		}
}

/* --- everything at once --- */

/* A hostile hour: the seed decides what happens. */
static void
hostile_hour(void)
{
	unsigned event;

	for (event = 0; event < 40; event++) {
		switch (world_random(&w, 8)) {
		case 0:
			world_boot(&w);
			break;
		case 1:
			responder_crash(&w.service);
			break;
		case 2:
			w.ram.cut_at =
			    w.ram.writes + 1 + (unsigned)world_random(&w, 3);
			w.ram.tear = (enum ram_tear)world_random(&w, RAM_TEARS);
			break;
		case 3:
			w.now_ms += 301000;
			(void)!device_heartbeat(
			    &w.device, w.now_ms, world_wall(&w));
			break;
		case 4:
			(void)!device_seal(
			    &w.device, test_profile, BYTES_LIT("SN-0001"));
			if (w.ram.dead)
				world_boot(&w);
			break;
		case 5:
			device_network(&w.device, false, w.now_ms);
			device_network(&w.device, true, w.now_ms);
			break;
		default:
			break;
		}
		(void)world_run(&w, world_random(&w, 20 * 60000), world_never);
	}
}

static void
live_hostile(uint64_t seed)
{
	world_init(&w, seed);
	w.lose_percent = 25;
	w.double_percent = 15;
	w.replay_percent = 20;
	w.delay_ms = 20000;
	world_boot(&w);
	hostile_hour();
	/* Calm. */
	w.lose_percent = w.double_percent = w.replay_percent = 0;
	w.delay_ms = 0;
	(void)world_run(&w, HOUR_MS, world_never);
	if (!world_run(&w, 14 * DAY_MS, beats_settled))
		fail_msg("seed %llu: stuck", (unsigned long long)seed);
	world_agree(&w);
	if (w.service.evidence != 0)
		fail_msg("seed %llu: a false alarm", (unsigned long long)seed);
	world_done(&w);
}

static void
test_hostile(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++)
		live_hostile(seed);
}

/* --- a clone --- */

/*
 * A copy of the device's memory, taken after the bootstrap, speaks after the
 * device went on: the service hears of it, and the copy's Echo is evidence.
 */
static void
test_clone_is_found(void **state)
{
	static struct ram_port copy;

	(void)state;
	world_init(&w, 1);
	world_boot(&w);
	world_reach(&w, 1);
	ask_heartbeat();
	assert_true(world_run(&w, DAY_MS, beats_settled));
	copy = w.ram;
	ask_heartbeat();
	assert_true(world_run(&w, DAY_MS, beats_settled));
	assert_int_equal(w.service.evidence, 0);
	/* Now the copy is the device; its generator is another's. */
	memcpy(w.ram.slot, copy.slot, sizeof(copy.slot));
	memcpy(w.ram.slot_len, copy.slot_len, sizeof(copy.slot_len));
	world_boot(&w);
	ask_heartbeat();
	(void)world_run(&w, DAY_MS, world_never);
	assert_true(w.service.evidence > 0);
	assert_true(w.device.refused == BOOTSTRAP_CLONE);
	world_done(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_datagram_lost),
	    cmocka_unit_test(test_each_datagram_doubled),
	    cmocka_unit_test(test_cut_at_each_write),
	    cmocka_unit_test(test_cut_and_loss),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_clone_is_found),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
