/*
 * The bootstrap in good times: what is sent, what both ends hold afterwards,
 * and what sealing does before and after.
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
	world_init(&w, 1);
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
test_three_exchanges(void **state)
{
	struct device_info info;

	(void)state;
	device_info(&w.device, &info);
	assert_false(info.module_registered || info.activated);
	world_reach(&w, 1);
	assert_int_equal(w.device_sent, 3);
	assert_int_equal(w.sent, 6);
	assert_int_equal(w.service.bootstraps, 1);
	assert_int_equal(w.service.commits, 1);
	device_info(&w.device, &info);
	assert_true(info.module_registered && info.activated);
	assert_false(info.bootstrapping || info.sealed);
	assert_int_equal(info.generation, 1);
	assert_int_equal(info.features, SERVICE_PSK | SERVICE_E2E);
	assert_false(w.service.request.sealed || w.service.request.has_claim);
	assert_true(
	    bytes_equal(w.service.request.firmware, BYTES_LIT("03.15")));
}

/* IPv4 and UDP counted: 28 bytes for each datagram. */
static void
test_byte_counts(void **state)
{
	size_t bytes = 0, before_keys = 0, i;

	(void)state;
	assert_int_equal(
	    device_seal(&w.device, test_profile, BYTES_LIT("1234567890123456")),
	    ERR_OK);
	world_reach(&w, 1);
	assert_int_equal(w.recorded, 6);
	for (i = 0; i < w.recorded; i++) {
		bytes += w.history[i].len + 28;
		/* The confirm is the first under a key of the new root. */
		if (i < 4)
			before_keys += w.history[i].len + 28;
	}
	assert_true(bytes <= 505);
	assert_int_equal(bytes, 477);
	assert_int_equal(before_keys, 367);
	assert_int_equal(
	    device_heartbeat(&w.device, w.now_ms, world_wall(&w)), ERR_OK);
	assert_true(world_run(&w, 1000, world_bootstrapped));
	assert_int_equal(w.recorded, 8);
	assert_int_equal(w.history[6].len + w.history[7].len + 56, 110);
}

static void
test_sealed_before(void **state)
{
	struct device_info info;

	(void)state;
	assert_int_equal(
	    device_seal(&w.device, test_profile, BYTES_LIT("SN-0001")), ERR_OK);
	assert_int_equal(
	    device_seal(&w.device, test_profile, BYTES_LIT("SN-0002")),
	    ERR_EXISTS);
	world_reach(&w, 1);
	assert_true(w.service.request.sealed);
	assert_memory_equal(
	    w.service.request.profile, test_profile, PROFILE_UID_LEN);
	assert_true(
	    bytes_equal(w.service.request.serial, BYTES_LIT("SN-0001")));
	device_info(&w.device, &info);
	assert_true(info.sealed && info.device_registered);
	/* Nothing more is to be done until the next heartbeat. */
	assert_false(world_run(&w, 5 * DAY_MS, world_never));
	assert_int_equal(w.device_sent, 3);
}

/* Sealing later is the same three exchanges again, with a claim. */
static void
test_sealed_after(void **state)
{
	struct device_info info;

	(void)state;
	w.service.status = BOOTSTRAP_REGISTERED;
	world_reach(&w, 1);
	device_info(&w.device, &info);
	assert_true(info.module_registered && info.activated);
	assert_false(info.device_registered);
	w.service.status = BOOTSTRAP_ASSIGNED;
	assert_int_equal(
	    device_seal(&w.device, test_profile, BYTES_LIT("SN-0001")), ERR_OK);
	world_reach(&w, 2);
	assert_true(w.service.request.sealed && w.service.request.has_claim);
	assert_int_equal(w.service.request.claim.generation, 1);
	assert_int_equal(w.service.request.claim.n, 1);
	assert_false(w.service.request.has_resume);
	assert_int_equal(w.device_sent, 6);
	assert_int_equal(w.service.evidence, 0);
	device_info(&w.device, &info);
	assert_true(info.device_registered);
}

/* A profile that the service does not know is no reason to try for ever. */
static void
test_unknown_profile(void **state)
{
	struct device_info info;

	(void)state;
	w.service.status = BOOTSTRAP_UNKNOWN_PROFILE;
	assert_int_equal(
	    device_seal(&w.device, test_profile, BYTES_LIT("SN-0001")), ERR_OK);
	world_reach(&w, 1);
	assert_false(world_run(&w, 5 * DAY_MS, world_never));
	assert_int_equal(w.device_sent, 3);
	device_info(&w.device, &info);
	assert_true(info.module_registered);
	assert_false(info.device_registered);
}

static void
test_over_plan(void **state)
{
	struct device_info info;

	(void)state;
	w.service.status = BOOTSTRAP_INACTIVE;
	assert_int_equal(
	    device_seal(&w.device, test_profile, BYTES_LIT("SN-0001")), ERR_OK);
	world_reach(&w, 1);
	device_info(&w.device, &info);
	assert_true(info.module_registered && info.device_registered);
	assert_false(info.activated);
}

static void
test_seal_refused(void **state)
{
	static const uint8_t zeros[PROFILE_UID_LEN];

	(void)state;
	assert_int_equal(
	    device_seal(&w.device, zeros, BYTES_LIT("SN")), ERR_INVALID);
	assert_int_equal(
	    device_seal(&w.device, test_profile, BYTES_NONE), ERR_INVALID);
	assert_int_equal(device_seal(&w.device, test_profile,
			     BYTES_LIT("12345678901234567")),
	    ERR_INVALID);
	assert_int_equal(
	    device_seal(&w.device, test_profile, BYTES_LIT("a\tb")),
	    ERR_INVALID);
	assert_int_equal(
	    device_seal(&w.device, test_profile, BYTES_LIT("a b")), ERR_OK);
}

static void
test_second_credential(void **state)
{
	(void)state;
	w.service.kid = 2;
	memset(w.service.secret.d, 0x22, P256_LEN);
	world_reach(&w, 1);
}

/* One who has not the service's key gets nothing but message_1. */
static void
test_false_service(void **state)
{
	(void)state;
	memset(w.service.secret.d, 0x33, P256_LEN);
	assert_false(world_run(&w, HOUR_MS, world_bootstrapped));
	assert_int_equal(w.service.bootstraps, 0);
	assert_true(w.device_sent > 10);
	/* Nor does a credential that the device was not born with. */
	memset(w.service.secret.d, 0x21, P256_LEN);
	w.service.kid = 3;
	assert_false(world_run(&w, HOUR_MS, world_bootstrapped));
	assert_int_equal(w.service.bootstraps, 0);
	w.service.kid = 1;
	world_reach(&w, 1);
}

static void
test_well_known_path(void **state)
{
	struct coap_message m;
	struct bytes value;
	uint32_t format;

	(void)state;
	w.config.well_known_path = true;
	world_boot(&w);
	world_reach(&w, 1);
	assert_int_equal(
	    coap_decode(bytes_make(w.history[0].data, w.history[0].len), &m),
	    ERR_OK);
	assert_true(coap_path_is(m.options, ".well-known/edhoc"));
	assert_true(
	    coap_option_find(m.options, COAP_OPT_CONTENT_FORMAT, &value));
	assert_true(coap_option_uint(value, &format));
	assert_int_equal(format, COAP_FORMAT_CID_EDHOC);
}

static void
test_echo_on_message_1(void **state)
{
	(void)state;
	w.service.echo_message_1 = BYTES_LIT("prove it");
	world_reach(&w, 1);
	assert_int_equal(w.device_sent, 4);
}

static void
test_psk_and_e2e(void **state)
{
	uint8_t id[PSK_ID_LEN], psk[PSK_MAX], want[PSK_MAX], out[64];
	struct keys_psk prk;
	size_t len;

	(void)state;
	assert_int_equal(device_psk(&w.device, 16, id, psk), ERR_STATE);
	assert_int_equal(
	    device_e2e_seal(&w.device, 1, BYTES_LIT("HELLO"), out, &len),
	    ERR_STATE);
	world_reach(&w, 1);
	assert_int_equal(device_psk(&w.device, 16, id, psk), ERR_OK);
	assert_int_equal(keys_psk_prk(&w.service.cur.root, &prk), ERR_OK);
	assert_int_equal(keys_psk_make(&prk, id, want, 16), ERR_OK);
	assert_memory_equal(psk, want, 16);
	assert_int_equal(
	    device_e2e_seal(&w.device, 0, BYTES_LIT("HELLO"), out, &len),
	    ERR_OK);
	assert_int_equal(len, 37);
	assert_int_equal(
	    device_e2e_seal(&w.device, 2, BYTES_LIT("HELLO"), out, &len),
	    ERR_OK);
	assert_int_equal(len, 24);
	assert_int_equal(
	    device_e2e_seal(&w.device, 3, BYTES_LIT("HELLO"), out, &len),
	    ERR_INVALID);
	assert_int_equal(rot_e2e_version_set(&w.rot, 2), ERR_OK);
	assert_int_equal(
	    device_e2e_seal(&w.device, 0, BYTES_LIT("HELLO"), out, &len),
	    ERR_OK);
	assert_int_equal(len, 24);
}

static void
test_init_refused(void **state)
{
	struct device_config config = w.config;
	struct device device;
	struct ram_port ram;
	struct rot rot;

	(void)state;
	config.firmware = "123456789";
	assert_int_equal(device_init(&device, &w.rot, &config), ERR_INVALID);
	ram_port_init(&ram, 1);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	assert_int_equal(device_init(&device, &rot, &w.config), ERR_STATE);
	assert_int_equal(device_size(), sizeof(device));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    TEST(test_three_exchanges),
	    TEST(test_byte_counts),
	    TEST(test_sealed_before),
	    TEST(test_sealed_after),
	    TEST(test_unknown_profile),
	    TEST(test_over_plan),
	    TEST(test_seal_refused),
	    TEST(test_second_credential),
	    TEST(test_false_service),
	    TEST(test_well_known_path),
	    TEST(test_echo_on_message_1),
	    TEST(test_psk_and_e2e),
	    TEST(test_init_refused),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
