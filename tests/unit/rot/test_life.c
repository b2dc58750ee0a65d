/*
 * Production, settings and allowances, and the keys that never come out.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "birth.h"

static struct ram_port ram;
static struct rot rot;

static int
setup(void **state)
{
	(void)state;
	device_make(&rot, &ram, 1);
	return 0;
}

static void
test_birth(void **state)
{
	struct rot_birth birth;
	struct rot_state s;
	struct p256_point key;

	(void)state;
	birth_make(&birth);
	rot_state(&rot, &s);
	assert_true(s.provisioned);
	assert_memory_equal(s.uid, birth.uid, UID_LEN);
	assert_false(s.sealed || s.pending || s.has_request || s.erased);
	assert_int_equal(s.generation, 0);
	assert_int_equal(s.e2e_version, ENVELOPE_V1);
	assert_int_equal(rot_provision(&rot, &birth), ERR_EXISTS);
	assert_int_equal(rot_credential(&rot, 1, &key), ERR_OK);
	assert_memory_equal(&key, &birth.credential[0].public_key, sizeof(key));
	assert_int_equal(rot_credential(&rot, 2, &key), ERR_OK);
	assert_int_equal(rot_credential(&rot, 3, &key), ERR_NOT_FOUND);
	assert_int_equal(rot_credential(&rot, 0, &key), ERR_NOT_FOUND);
}

static enum err
give_birth(const struct rot_birth *birth)
{
	ram_port_init(&ram, 1);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	return rot_provision(&rot, birth);
}

static void
test_birth_refused(void **state)
{
	struct rot_birth birth;

	(void)state;
	birth_make(&birth);
	birth.credential_count = 0;
	assert_int_equal(give_birth(&birth), ERR_INVALID);
	birth.credential_count = 3;
	assert_int_equal(give_birth(&birth), ERR_INVALID);
	birth_make(&birth);
	birth.credential[1].kid = birth.credential[0].kid;
	assert_int_equal(give_birth(&birth), ERR_INVALID);
	birth_make(&birth);
	birth.credential[1].public_key.y[31] ^= 1;
	assert_int_equal(give_birth(&birth), ERR_INVALID);
	birth_make(&birth);
	memset(birth.key.d, 0, P256_LEN);
	assert_int_equal(give_birth(&birth), ERR_INVALID);
	assert_int_equal(ram.writes, 0);
	birth_make(&birth);
	birth.credential_count = 1;
	assert_int_equal(give_birth(&birth), ERR_OK);
}

static void
test_seal(void **state)
{
	static const uint8_t zeros[PROFILE_UID_LEN];
	struct rot_state s;

	(void)state;
	assert_int_equal(rot_seal(&rot, zeros, BYTES_LIT("SN")), ERR_INVALID);
	assert_int_equal(rot_seal(&rot, test_profile, BYTES_NONE), ERR_INVALID);
	assert_int_equal(
	    rot_seal(&rot, test_profile, BYTES_LIT("12345678901234567")),
	    ERR_INVALID);
	assert_int_equal(
	    rot_seal(&rot, test_profile, BYTES_LIT("\x7f")), ERR_INVALID);
	rot_state(&rot, &s);
	assert_false(s.sealed);
	assert_int_equal(
	    rot_seal(&rot, test_profile, BYTES_LIT("1234567890123456")),
	    ERR_OK);
	/* For ever: even what makes no sense only hears that it is sealed. */
	assert_int_equal(rot_seal(&rot, zeros, BYTES_NONE), ERR_EXISTS);
	assert_int_equal(
	    rot_seal(&rot, test_profile, BYTES_LIT("other")), ERR_EXISTS);
	rot_done(&rot);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	rot_state(&rot, &s);
	assert_true(s.sealed);
	assert_memory_equal(s.profile, test_profile, PROFILE_UID_LEN);
	assert_true(bytes_equal(s.serial, BYTES_LIT("1234567890123456")));
}

static void
test_settings(void **state)
{
	struct rot_state s;
	unsigned writes = ram.writes;

	(void)state;
	assert_int_equal(rot_e2e_version_set(&rot, 0), ERR_INVALID);
	assert_int_equal(rot_e2e_version_set(&rot, 3), ERR_INVALID);
	assert_int_equal(rot_e2e_version_set(&rot, 1), ERR_OK);
	assert_int_equal(rot_security_set(&rot, true), ERR_OK);
	assert_int_equal(ram.writes, writes); /* nothing has changed */
	assert_int_equal(rot_e2e_version_set(&rot, 2), ERR_OK);
	assert_int_equal(rot_security_set(&rot, false), ERR_OK);
	rot_done(&rot);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	rot_state(&rot, &s);
	assert_int_equal(s.e2e_version, 2);
	assert_true(s.security_off);
}

static void
use_up(enum rot_allowance allowance, unsigned allowed)
{
	unsigned i;

	for (i = 0; i < allowed; i++) {
		if (i == allowed / 2) {
			rot_done(&rot);
			assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
		}
		assert_int_equal(rot_allowance_use(&rot, allowance), ERR_OK);
	}
	assert_int_equal(rot_allowance_use(&rot, allowance), ERR_EXHAUSTED);
}

/* The seed: 100 operations, 100 sessions, 50 pairings, power-off or not. */
static void
test_allowances(void **state)
{
	unsigned writes;

	(void)state;
	use_up(ROT_LOCAL_DATA, 100);
	use_up(ROT_C2C_SESSION, 100);
	use_up(ROT_C2C_PAIRING, 50);
	assert_int_equal(rot_allowance_use(&rot, ROT_ALLOWANCES), ERR_INVALID);
	bootstrap_make(&rot, 1);
	writes = ram.writes;
	assert_int_equal(rot_allowance_use(&rot, ROT_LOCAL_DATA), ERR_OK);
	assert_int_equal(ram.writes, writes);
}

static void
test_instance_and_key(void **state)
{
	uint8_t instance[INSTANCE_LEN];
	struct p256_point key;
	unsigned writes;

	(void)state;
	assert_int_equal(rot_instance_make(&rot), ERR_OK);
	assert_int_equal(rot_next_key_make(&rot), ERR_OK);
	memcpy(instance, rot.rec.instance, INSTANCE_LEN);
	key = rot.rec.next_key.public_key;
	writes = ram.writes;
	assert_int_equal(rot_instance_make(&rot), ERR_OK);
	assert_int_equal(rot_next_key_make(&rot), ERR_OK);
	assert_int_equal(ram.writes, writes);
	assert_memory_equal(rot.rec.instance, instance, INSTANCE_LEN);
	assert_memory_equal(&rot.rec.next_key.public_key, &key, sizeof(key));
	assert_int_equal(p256_point_check(&key), ERR_OK);
}

/* EDHOC's part: Extract(salt, d0 * peer), as the peer computes it. */
static void
test_static_prk(void **state)
{
	uint8_t salt[SHA256_LEN] = {1, 2, 3}, prk[SHA256_LEN];
	uint8_t shared[P256_LEN], want[SHA256_LEN];
	struct p256_secret peer = {{[31] = 42}};
	struct p256_point peer_public, own;

	(void)state;
	assert_int_equal(p256_public(&peer, &peer_public), ERR_OK);
	assert_int_equal(rot_static_prk(&rot, salt, &peer_public, prk), ERR_OK);
	assert_int_equal(rot_public_key(&rot, &own), ERR_OK);
	assert_int_equal(p256_ecdh(&peer, &own, shared), ERR_OK);
	assert_int_equal(
	    hkdf_extract(BYTES_OF(salt), BYTES_OF(shared), want), ERR_OK);
	assert_memory_equal(prk, want, sizeof(want));
}

/* The keys of the hardware outlive every bootstrap. */
static void
test_hardware_keys(void **state)
{
	uint8_t before[KEY_LEN], after[KEY_LEN], other[KEY_LEN];

	(void)state;
	assert_int_equal(rot_local_data_key(&rot, 0, before), ERR_OK);
	assert_int_equal(rot_local_data_key(&rot, 1, other), ERR_OK);
	assert_memory_not_equal(before, other, KEY_LEN);
	bootstrap_make(&rot, 1);
	assert_int_equal(rot_local_data_key(&rot, 0, after), ERR_OK);
	assert_memory_equal(before, after, KEY_LEN);
	assert_int_equal(rot_c2c_record_key(&rot, after), ERR_OK);
	assert_memory_not_equal(before, after, KEY_LEN);
	ram.huk[0] ^= 1;
	assert_int_equal(rot_local_data_key(&rot, 0, after), ERR_OK);
	assert_memory_not_equal(before, after, KEY_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_birth, setup),
	    cmocka_unit_test_setup(test_birth_refused, setup),
	    cmocka_unit_test_setup(test_seal, setup),
	    cmocka_unit_test_setup(test_settings, setup),
	    cmocka_unit_test_setup(test_allowances, setup),
	    cmocka_unit_test_setup(test_instance_and_key, setup),
	    cmocka_unit_test_setup(test_static_prk, setup),
	    cmocka_unit_test_setup(test_hardware_keys, setup),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
