/*
 * Heartbeats: when they come, what they bring, and what they say.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "../../../lib/device/internal.h"
#include "world.h"

#define WEEK_MS (7 * DAY_MS)

static struct world w;

static int
setup(void **state)
{
	(void)state;
	world_init(&w, 7);
	world_boot(&w);
	world_reach(&w, 1);
	w.device_sent = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_done(&w);
	return 0;
}

static enum err
ask(void)
{
	return device_heartbeat(&w.device, w.now_ms, world_wall(&w));
}

static bool
answered(const struct world *world)
{
	return device_heartbeat_result(&world->device) != ERR_BUSY;
}

/* A heartbeat that is asked for and answered. */
static void
beat(void)
{
	w.now_ms += 301000;
	assert_int_equal(ask(), ERR_OK);
	assert_int_equal(device_heartbeat_result(&w.device), ERR_BUSY);
	assert_true(world_run(&w, HOUR_MS, answered));
	assert_int_equal(device_heartbeat_result(&w.device), ERR_OK);
	/* What the device says in return, it says at once. */
	(void)world_run(&w, 1000, world_never);
	world_agree(&w);
}

static void
test_asked(void **state)
{
	(void)state;
	/* The confirm was no heartbeat: the first may come at once. */
	assert_int_equal(ask(), ERR_OK);
	assert_int_equal(ask(), ERR_BUSY);
	assert_true(world_run(&w, HOUR_MS, answered));
	assert_int_equal(w.service.checkins, 2);
	assert_int_equal(ask(), ERR_TOO_SOON);
	w.now_ms += 298000;
	assert_int_equal(ask(), ERR_TOO_SOON);
	w.now_ms += 3000;
	assert_int_equal(ask(), ERR_OK);
}

static void
test_too_soon_survives_power(void **state)
{
	(void)state;
	beat();
	world_boot(&w);
	assert_int_equal(ask(), ERR_TOO_SOON);
	w.now_ms += 301000;
	assert_int_equal(ask(), ERR_OK);
}

/* A clock that was wrong once must not keep the device silent for years. */
static void
test_time_in_the_future(void **state)
{
	(void)state;
	w.wall_s += 1000000000;
	beat();
	w.wall_s -= 1000000000;
	world_boot(&w);
	w.now_ms += 301000;
	assert_int_equal(ask(), ERR_OK);
}

/* And who turns it back gains nothing, with or without a power cut. */
static void
test_clock_turned_back(void **state)
{
	(void)state;
	beat();
	w.wall_s -= 1000000;
	assert_int_equal(ask(), ERR_TOO_SOON);
	w.wall_s += 2000000;
	assert_int_equal(ask(), ERR_TOO_SOON);
	w.wall_s -= 2000000;
	for (int i = 0; i < 3; i++) {
		world_boot(&w);
		assert_int_equal(ask(), ERR_TOO_SOON);
		w.now_ms += 200000;
		assert_int_equal(ask(), ERR_TOO_SOON);
	}
	w.wall_s = 0;
	world_boot(&w);
	assert_int_equal(ask(), ERR_TOO_SOON);
	w.now_ms += 301000;
	assert_int_equal(ask(), ERR_OK);
}

static void
test_not_bootstrapped(void **state)
{
	struct world *fresh = calloc(1, sizeof(*fresh));

	(void)state;
	assert_non_null(fresh);
	world_init(fresh, 1);
	world_boot(fresh);
	assert_int_equal(device_heartbeat(&fresh->device, 0, 1), ERR_STATE);
	world_done(fresh);
	free(fresh);
}

static void
test_no_network(void **state)
{
	(void)state;
	device_network(&w.device, false, w.now_ms);
	assert_int_equal(ask(), ERR_TIMEOUT);
	/* Gone in the middle: the caller hears of it. */
	device_network(&w.device, true, w.now_ms);
	w.service.mute = true;
	assert_int_equal(ask(), ERR_OK);
	(void)world_run(&w, 1000, world_never);
	device_network(&w.device, false, w.now_ms);
	assert_int_equal(device_heartbeat_result(&w.device), ERR_TIMEOUT);
	assert_false(world_run(&w, DAY_MS, world_never));
	assert_int_equal(w.device_sent, 1);
}

static void
test_unanswered(void **state)
{
	(void)state;
	w.service.mute = true;
	assert_int_equal(ask(), ERR_OK);
	assert_true(world_run(&w, HOUR_MS, answered));
	assert_int_equal(device_heartbeat_result(&w.device), ERR_TIMEOUT);
	assert_int_equal(w.device_sent, 5); /* once and four more times */
	/* The module's own repetition is not bound by the limit. */
	w.service.mute = false;
	assert_true(world_run(&w, HOUR_MS, world_bootstrapped));
	world_agree(&w);
	assert_int_equal(w.service.checkins, 2);
}

/* --- the period --- */

static bool
sent_one(const struct world *world)
{
	return world->device_sent > 0;
}

static void
test_weekly(void **state)
{
	uint64_t start_ms = w.now_ms, at_ms;
	unsigned i;

	(void)state;
	for (i = 1; i <= 5; i++) {
		w.device_sent = 0;
		start_ms = w.now_ms;
		assert_true(world_run(&w, WEEK_MS, sent_one));
		at_ms = w.now_ms - start_ms;
		assert_in_range(at_ms, WEEK_MS * 9 / 10 - 1000, WEEK_MS);
		assert_true(world_run(&w, HOUR_MS, world_bootstrapped));
		assert_int_equal(w.service.checkins, 1 + i);
	}
}

/* A fleet that was switched on at once does not call at once for long. */
static void
test_fleet_spreads(void **state)
{
	const uint64_t period = WEEK_MS;
	unsigned tenth[10] = {0};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		heartbeat_plan(&w.device, w.now_ms);
		uint64_t early = w.now_ms + period - w.device.heartbeat_ms;

		assert_true(early < period / 10);
		tenth[early / (period / 100)]++;
	}
	for (size_t i = 0; i < 10; i++)
		assert_true(tenth[i] > 60 && tenth[i] < 140);
}

static void
test_period_from_service(void **state)
{
	uint64_t start_ms;

	(void)state;
	w.service.answer.has_period = true;
	w.service.answer.period = 3600;
	beat();
	w.service.answer.has_period = false;
	w.device_sent = 0;
	start_ms = w.now_ms;
	assert_true(world_run(&w, WEEK_MS, sent_one));
	assert_in_range(w.now_ms - start_ms, HOUR_MS * 9 / 10 - 1000, HOUR_MS);
	/* And it is kept. */
	world_boot(&w);
	assert_true(world_run(&w, HOUR_MS, world_bootstrapped));
	w.device_sent = 0;
	assert_true(world_run(&w, HOUR_MS, sent_one));
}

/* What is left of the period counts on after power-off. */
static void
test_period_over_power_off(void **state)
{
	uint64_t start_ms;

	(void)state;
	beat();
	w.device_sent = 0;
	w.now_ms += 4 * DAY_MS;
	world_boot(&w);
	start_ms = w.now_ms;
	assert_true(world_run(&w, WEEK_MS, sent_one));
	assert_in_range(
	    w.now_ms - start_ms, 3 * DAY_MS - 2000, 3 * DAY_MS + 2000);
	assert_true(world_run(&w, HOUR_MS, world_bootstrapped));
	w.device_sent = 0;
	w.now_ms += 30 * DAY_MS;
	world_boot(&w);
	assert_true(world_run(&w, 60000, sent_one));
}

/* Without a clock it calls within a part of the period after power-up. */
static void
test_no_clock(void **state)
{
	(void)state;
	w.wall_s = 0;
	world_boot(&w);
	assert_true(world_run(&w, WEEK_MS / 8 + 1000, sent_one));
	assert_true(world_run(&w, HOUR_MS, world_bootstrapped));
	/* It has learnt the time: the limit for the host holds. */
	w.now_ms += 301000;
	assert_int_equal(ask(), ERR_OK);
	assert_true(world_run(&w, HOUR_MS, answered));
	assert_int_equal(ask(), ERR_TOO_SOON);
}

/* --- what an answer brings --- */

static void
test_features(void **state)
{
	uint8_t id[PSK_ID_LEN], psk[16], out[64];
	struct device_info info;
	size_t len;

	(void)state;
	w.service.answer.has_features = true;
	w.service.answer.features = FEATURE_LOCAL_DATA;
	w.service.answer.features_version = 1700000000;
	beat();
	device_info(&w.device, &info);
	assert_int_equal(info.features, FEATURE_LOCAL_DATA);
	assert_int_equal(device_psk(&w.device, 16, id, psk), ERR_DISABLED);
	assert_int_equal(
	    device_e2e_seal(&w.device, 1, BYTES_LIT("x"), out, &len),
	    ERR_DISABLED);
	/* An older set, as from a restored service, and the same one again. */
	w.service.answer.features = FEATURE_ALL;
	w.service.answer.features_version = 1699999999;
	beat();
	/* Such a service is told at once which one the device has. */
	assert_true(w.service.checkin.has_features_version);
	assert_int_equal(w.service.checkin.features_version, 1700000000);
	w.service.answer.features_version = 1700000000;
	beat();
	device_info(&w.device, &info);
	assert_int_equal(info.features, FEATURE_LOCAL_DATA);
	w.service.answer.features_version = 1700000001;
	beat();
	device_info(&w.device, &info);
	assert_int_equal(info.features, FEATURE_ALL);
	assert_int_equal(device_psk(&w.device, 16, id, psk), ERR_OK);
}

/*
 * The version is reported once, at once after it has changed: nobody waits
 * a week to see that a feature has arrived.
 */
static void
test_version_reported(void **state)
{
	(void)state;
	beat();
	assert_false(w.service.checkin.has_features_version);
	assert_int_equal(w.service.checkin.firmware.len, 0);
	w.service.answer.has_features = true;
	w.service.answer.features_version = 1700000123;
	unsigned checkins = w.service.checkins;

	beat();
	assert_int_equal(w.service.checkins, checkins + 2);
	assert_true(w.service.checkin.has_features_version);
	assert_int_equal(w.service.checkin.features_version, 1700000123);
	beat();
	assert_int_equal(w.service.checkins, checkins + 3);
	assert_false(w.service.checkin.has_features_version);
}

/* It stands through a power cut, and is no heartbeat that counts. */
static void
test_version_reported_after_power(void **state)
{
	unsigned checkins = w.service.checkins;
	uint64_t heartbeat_s;
	struct rot_state s;

	(void)state;
	w.service.answer.has_features = true;
	w.service.answer.features_version = 1700000123;
	w.now_ms += 301000;
	assert_int_equal(ask(), ERR_OK);
	assert_true(world_run(&w, HOUR_MS, answered));
	rot_state(&w.rot, &s);
	assert_false(s.features_told);
	heartbeat_s = s.heartbeat_s;
	world_boot(&w);
	(void)world_run(&w, 60000, world_never);
	rot_state(&w.rot, &s);
	assert_true(s.features_told);
	assert_int_equal(s.heartbeat_s, heartbeat_s);
	assert_int_equal(w.service.checkins, checkins + 2);
	assert_int_equal(w.service.checkin.features_version, 1700000123);
}

static void
test_firmware_reported(void **state)
{
	(void)state;
	w.config.firmware = "03.16";
	world_boot(&w);
	beat();
	assert_true(
	    bytes_equal(w.service.checkin.firmware, BYTES_LIT("03.16")));
	beat();
	assert_int_equal(w.service.checkin.firmware.len, 0);
}

static bool
second_root(const struct world *world)
{
	return world_bootstrapped(world) && world->rot.rec.cur.number == 2;
}

static void
test_rotate(void **state)
{
	uint8_t before[KEY_LEN];

	(void)state;
	memcpy(before, w.rot.rec.cur.psk.k, KEY_LEN);
	w.service.answer.has_flags = true;
	w.service.answer.flags = CHECKIN_ROTATE;
	w.now_ms += 301000;
	assert_int_equal(ask(), ERR_OK);
	assert_true(world_run(&w, HOUR_MS, answered));
	w.service.answer.flags = 0;
	assert_true(world_run(&w, HOUR_MS, second_root));
	world_agree(&w);
	assert_true(w.service.request.has_claim);
	assert_memory_not_equal(before, w.rot.rec.cur.psk.k, KEY_LEN);
	assert_int_equal(w.service.evidence, 0);
	/* Once is enough. */
	w.device_sent = 0;
	assert_false(world_run(&w, 5 * DAY_MS, sent_one));
}

/* The order to rotate is kept over a power cut. */
static void
test_rotate_after_power_cut(void **state)
{
	(void)state;
	w.service.answer.has_flags = true;
	w.service.answer.flags = CHECKIN_ROTATE;
	w.now_ms += 301000;
	assert_int_equal(ask(), ERR_OK);
	assert_true(world_run(&w, HOUR_MS, answered));
	w.service.answer.has_flags = false;
	world_boot(&w);
	assert_true(world_run(&w, HOUR_MS, second_root));
	world_agree(&w);
}

static void
test_suspended(void **state)
{
	uint8_t id[PSK_ID_LEN], psk[16];

	(void)state;
	w.service.answer.has_flags = true;
	w.service.answer.flags = CHECKIN_SUSPENDED;
	beat();
	assert_int_equal(device_psk(&w.device, 16, id, psk), ERR_DISABLED);
	w.service.answer.flags = 0;
	beat();
	assert_int_equal(device_psk(&w.device, 16, id, psk), ERR_OK);
}

static void
test_erase(void **state)
{
	uint8_t id[PSK_ID_LEN], psk[16];
	static const uint8_t zeros[KEY_LEN];

	(void)state;
	w.service.answer.has_flags = true;
	w.service.answer.flags = CHECKIN_ERASE;
	w.now_ms += 301000;
	assert_int_equal(ask(), ERR_OK);
	(void)world_run(&w, HOUR_MS, world_never);
	assert_int_equal(device_psk(&w.device, 16, id, psk), ERR_STATE);
	assert_memory_equal(w.rot.rec.key.handle.h, zeros, KEY_LEN);
	assert_memory_equal(w.rot.rec.cur.next.h, zeros, KEY_LEN);
	world_boot(&w);
	w.device_sent = 0;
	assert_false(world_run(&w, 30 * DAY_MS, sent_one));
	assert_int_equal(ask(), ERR_STATE);
}

static void
test_security_off(void **state)
{
	uint8_t id[PSK_ID_LEN], psk[16];

	(void)state;
	assert_int_equal(rot_security_set(&w.rot, false), ERR_OK);
	assert_false(world_run(&w, 30 * DAY_MS, sent_one));
	assert_int_equal(device_psk(&w.device, 16, id, psk), ERR_DISABLED);
	assert_int_equal(rot_security_set(&w.rot, true), ERR_OK);
	assert_true(world_run(&w, HOUR_MS, sent_one));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    TEST(test_asked),
	    TEST(test_too_soon_survives_power),
	    TEST(test_time_in_the_future),
	    TEST(test_clock_turned_back),
	    TEST(test_not_bootstrapped),
	    TEST(test_no_network),
	    TEST(test_unanswered),
	    TEST(test_weekly),
	    TEST(test_fleet_spreads),
	    TEST(test_period_from_service),
	    TEST(test_period_over_power_off),
	    TEST(test_no_clock),
	    TEST(test_features),
	    TEST(test_version_reported),
	    TEST(test_version_reported_after_power),
	    TEST(test_firmware_reported),
	    TEST(test_rotate),
	    TEST(test_rotate_after_power_cut),
	    TEST(test_suspended),
	    TEST(test_erase),
	    TEST(test_security_off),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
