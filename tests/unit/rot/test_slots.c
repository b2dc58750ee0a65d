/*
 * The slots: which of the two is taken, what a changed, swapped or foreign
 * one is worth, and that nothing erased stays behind in either.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "birth.h"
#include "internal.h"

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
reopen(enum err want)
{
	rot_done(&rot);
	assert_int_equal(rot_open(&rot, &ram.port), want);
}

static void
test_empty(void **state)
{
	struct rot_state s;
	uint8_t psk[16], id[PSK_ID_LEN], instance_prk[SHA256_LEN];
	uint8_t salt[SHA256_LEN] = {0};
	struct p256_point point;

	(void)state;
	ram_port_init(&ram, 1);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	rot_state(&rot, &s);
	assert_false(s.provisioned);
	assert_int_equal(
	    rot_seal(&rot, test_profile, BYTES_LIT("SN")), ERR_STATE);
	assert_int_equal(rot_instance_make(&rot), ERR_STATE);
	assert_int_equal(rot_next_key_make(&rot), ERR_STATE);
	assert_int_equal(rot_public_key(&rot, &point), ERR_STATE);
	memset(&point, 0, sizeof(point));
	assert_int_equal(
	    rot_static_prk(&rot, salt, &point, instance_prk), ERR_STATE);
	assert_int_equal(
	    rot_checkin_begin(&rot, BYTES_NONE, 0, false), ERR_STATE);
	assert_int_equal(rot_psk(&rot, 16, id, psk), ERR_STATE);
	assert_int_equal(rot_erase(&rot), ERR_STATE);
	assert_int_equal(ram.writes, 0);
}

/* Writes alternate, and the newer one is taken. */
static void
test_newer_is_taken(void **state)
{
	uint64_t sequence;
	unsigned i;

	(void)state;
	for (i = 0; i < 5; i++) {
		sequence = rot.rec.sequence;
		assert_int_equal(
		    rot_e2e_version_set(&rot, i % 2 == 0 ? 2 : 1), ERR_OK);
		reopen(ERR_OK);
		assert_int_equal(rot.rec.sequence, sequence + 1);
		assert_int_equal(rot.slot, (i + 1) % 2);
	}
}

/* Any byte of the newer slot changed: the older one is taken. */
static void
test_changed_byte(void **state)
{
	uint64_t sequence = rot.rec.sequence;
	size_t i;

	(void)state;
	assert_int_equal(rot_instance_make(&rot), ERR_OK);
	for (i = 0; i < ram.slot_len[1]; i++) {
		ram.slot[1][i] ^= 1;
		reopen(ERR_OK);
		assert_int_equal(rot.rec.sequence, sequence);
		assert_false(rot.rec.has_instance);
		ram.slot[1][i] ^= 1;
	}
	reopen(ERR_OK);
	assert_true(rot.rec.has_instance);
}

static void
test_cut_short(void **state)
{
	size_t len;

	(void)state;
	assert_int_equal(rot_instance_make(&rot), ERR_OK);
	len = ram.slot_len[1];
	for (ram.slot_len[1] = 0; ram.slot_len[1] < len; ram.slot_len[1]++) {
		reopen(ERR_OK);
		assert_false(rot.rec.has_instance);
	}
}

static void
test_both_broken(void **state)
{
	(void)state;
	assert_int_equal(rot_instance_make(&rot), ERR_OK);
	ram.slot[0][40] ^= 1;
	ram.slot[1][40] ^= 1;
	reopen(ERR_AUTH);
	assert_false(rot.provisioned);
}

/* A record belongs to its slot and to its hardware. */
static void
test_swapped_and_foreign(void **state)
{
	(void)state;
	memcpy(ram.slot[1], ram.slot[0], ram.slot_len[0]);
	ram.slot_len[1] = ram.slot_len[0];
	ram.slot_there[1] = true;
	ram.slot_there[0] = false;
	reopen(ERR_AUTH);
	ram.slot_there[0] = true;
	reopen(ERR_OK);
	ram.huk[31] ^= 1;
	reopen(ERR_AUTH);
}

static bool
slot_holds(unsigned slot, const uint8_t *secret, size_t len)
{
	static struct rot other;
	uint8_t *whole = (uint8_t *)&other.rec;
	size_t i;

	/* Opens this slot alone. */
	ram.slot_there[1 - slot] = false;
	assert_int_equal(rot_open(&other, &ram.port), ERR_OK);
	ram.slot_there[1 - slot] = true;
	for (i = 0; i + len <= sizeof(other.rec); i++)
		if (memcmp(whole + i, secret, len) == 0)
			return true;
	return false;
}

/* W4: neither slot holds F or d0 afterwards, and none the old next. */
static void
test_commit_leaves_nothing(void **state)
{
	struct rot_birth birth;
	uint8_t next[KEY_LEN], key[P256_LEN];
	unsigned slot;

	(void)state;
	birth_make(&birth);
	assert_true(slot_holds(0, birth.factory.k, KEY_LEN));
	bootstrap_make(&rot, 1);
	for (slot = 0; slot < 2; slot++) {
		assert_false(slot_holds(slot, birth.factory.k, KEY_LEN));
		assert_false(slot_holds(slot, birth.key.d, P256_LEN));
	}
	memcpy(next, rot.rec.cur.next.h, KEY_LEN);
	memcpy(key, rot.rec.key.handle.h, P256_LEN);
	assert_true(slot_holds(0, next, KEY_LEN));
	bootstrap_make(&rot, 2);
	for (slot = 0; slot < 2; slot++) {
		assert_false(slot_holds(slot, next, KEY_LEN));
		assert_false(slot_holds(slot, key, P256_LEN));
	}
}

static void
test_erase_leaves_nothing(void **state)
{
	uint8_t psk[KEY_LEN], key[P256_LEN];
	struct rot_state s;
	unsigned slot;

	(void)state;
	bootstrap_make(&rot, 1);
	memcpy(psk, rot.rec.cur.psk.k, KEY_LEN);
	memcpy(key, rot.rec.key.handle.h, P256_LEN);
	assert_int_equal(rot_erase(&rot), ERR_OK);
	for (slot = 0; slot < 2; slot++) {
		assert_false(slot_holds(slot, psk, KEY_LEN));
		assert_false(slot_holds(slot, key, P256_LEN));
	}
	reopen(ERR_OK);
	rot_state(&rot, &s);
	assert_true(s.erased);
	assert_int_equal(s.generation, 0);
	assert_int_equal(rot_instance_make(&rot), ERR_STATE);
	assert_int_equal(rot_next_key_make(&rot), ERR_STATE);
}

/* No two records are sealed with one nonce, and no state shows outside. */
static void
test_sealed_anew(void **state)
{
	uint8_t nonces[64][12];
	unsigned i, j;

	(void)state;
	for (i = 0; i < 64; i++) {
		assert_int_equal(
		    rot_e2e_version_set(&rot, i % 2 == 0 ? 2 : 1), ERR_OK);
		memcpy(nonces[i], ram.slot[rot.slot] + 4, 12);
		for (j = 0; j < i; j++)
			assert_memory_not_equal(nonces[i], nonces[j], 12);
	}
}

/* What is in memory stays as it was when the slot cannot be written. */
static void
test_write_fails(void **state)
{
	uint8_t id[PSK_ID_LEN], psk[16];
	struct rot before;

	(void)state;
	bootstrap_make(&rot, 1);
	before = rot;
	ram.dead = true;
	assert_int_equal(rot_psk(&rot, 16, id, psk), ERR_IO);
	assert_int_equal(rot_seal(&rot, test_profile, BYTES_LIT("SN")), ERR_IO);
	assert_int_equal(
	    rot_checkin_begin(&rot, BYTES_LIT("03.15"), 0, false), ERR_IO);
	assert_memory_equal(&rot.rec, &before.rec, sizeof(rot.rec));
	assert_int_equal(rot.slot, before.slot);
	ram.dead = false;
	assert_int_equal(rot_psk(&rot, 16, id, psk), ERR_OK);
}

/* The random source fails: nothing is written, nothing is given. */
static enum err
no_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	(void)out;
	(void)len;
	return ERR_RANDOM;
}

static void
test_random_fails(void **state)
{
	uint8_t id[PSK_ID_LEN], psk[16];
	unsigned writes;

	(void)state;
	bootstrap_make(&rot, 1);
	writes = ram.writes;
	ram.port.random.fill = no_random;
	assert_int_equal(rot_psk(&rot, 16, id, psk), ERR_RANDOM);
	assert_int_equal(rot_next_key_make(&rot), ERR_RANDOM);
	assert_int_equal(
	    rot_checkin_begin(&rot, BYTES_LIT("03.15"), 0, false), ERR_RANDOM);
	assert_int_equal(ram.writes, writes);
}

static enum err
same_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0x11, len);
	return ERR_OK;
}

/* A source that is stuck still gives other bytes each time, and elsewhere. */
static void
test_random_is_mixed(void **state)
{
	uint8_t a[16], b[16], c[16];

	(void)state;
	ram.port.random.fill = same_random;
	assert_int_equal(rot_random(&rot, a, sizeof(a)), ERR_OK);
	assert_int_equal(rot_random(&rot, b, sizeof(b)), ERR_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	reopen(ERR_OK);
	ram.huk[0] ^= 1;
	assert_int_equal(rot_random(&rot, c, sizeof(c)), ERR_OK);
	assert_memory_not_equal(a, c, sizeof(a));
}

/* Every field of the record comes back. */
static void
test_record_round_trip(void **state)
{
	static uint8_t raw[ROT_RECORD_MAX], again[ROT_RECORD_MAX];
	struct rot_record rec;
	size_t len, len2, i;

	(void)state;
	bootstrap_make(&rot, 1);
	assert_int_equal(
	    rot_seal(&rot, test_profile, BYTES_LIT("SN-0001")), ERR_OK);
	pend_make(&rot, 2, 1);
	assert_int_equal(
	    rot_checkin_begin(&rot, BYTES_LIT("9.9"), 7, false), ERR_OK);
	assert_int_equal(
	    record_encode(&rot.rec, raw, sizeof(raw), &len), ERR_OK);
	assert_int_equal(record_decode(bytes_make(raw, len), &rec), ERR_OK);
	assert_memory_equal(
	    &rec.pend.request, &rot.rec.pend.request, sizeof(rec.pend.request));
	assert_memory_equal(&rec.cur.psk, &rot.rec.cur.psk, KEY_LEN);
	assert_memory_equal(rec.serial, "SN-0001", 7);
	assert_int_equal(rec.heartbeat_s, 7);
	assert_int_equal(
	    record_encode(&rec, again, sizeof(again), &len2), ERR_OK);
	assert_int_equal(len, len2);
	assert_memory_equal(raw, again, len);
	for (i = 0; i < len; i++)
		assert_int_not_equal(
		    record_decode(bytes_make(raw, i), &rec), ERR_OK);
	assert_int_equal(
	    record_encode(&rot.rec, raw, len - 1, &len2), ERR_SPACE);
	raw[0] = 4; /* another format */
	assert_int_not_equal(record_decode(bytes_make(raw, len), &rec), ERR_OK);
}

/* What format 3 has at its end: a flag, a point, a version. */
#define BOOT_FIELDS (1 + 2 * P256_LEN + 4)

/* Format 1 had the four features below the two services. */
static void
test_record_of_format_1(void **state)
{
	static const struct {
		uint8_t old;
		uint32_t features;
	} sets[] = {{1, FEATURE_LOCAL_DATA}, {2, FEATURE_C2C},
	    {4, FEATURE_C2C_PAIRING}, {8, FEATURE_ZTP}, {16, SERVICE_PSK},
	    {32, SERVICE_E2E}, {48, SERVICE_PSK | SERVICE_E2E},
	    {63, FEATURE_ALL}, {0, 0}};
	static uint8_t raw[ROT_RECORD_MAX];
	struct rot_record rec;
	size_t len = 0, i;

	(void)state;
	bootstrap_make(&rot, 1);
	for (i = 0; i < ARRAY_LEN(sets); i++) {
		rec = rot.rec;
		rec.features = sets[i].old;
		rec.pend_features = sets[i].old;
		assert_int_equal(
		    record_encode(&rec, raw, sizeof(raw), &len), ERR_OK);
		raw[0] = 1;
		len -= BOOT_FIELDS;
		assert_int_equal(
		    record_decode(bytes_make(raw, len), &rec), ERR_OK);
		assert_false(rec.has_boot_key);
		assert_int_equal(rec.features, sets[i].features);
		assert_int_equal(rec.pend_features, sets[i].features);
	}
	raw[0] = 0;
	assert_int_equal(record_decode(bytes_make(raw, len), &rec), ERR_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_empty, setup),
	    cmocka_unit_test_setup(test_newer_is_taken, setup),
	    cmocka_unit_test_setup(test_changed_byte, setup),
	    cmocka_unit_test_setup(test_cut_short, setup),
	    cmocka_unit_test_setup(test_both_broken, setup),
	    cmocka_unit_test_setup(test_swapped_and_foreign, setup),
	    cmocka_unit_test_setup(test_commit_leaves_nothing, setup),
	    cmocka_unit_test_setup(test_erase_leaves_nothing, setup),
	    cmocka_unit_test_setup(test_sealed_anew, setup),
	    cmocka_unit_test_setup(test_write_fails, setup),
	    cmocka_unit_test_setup(test_random_fails, setup),
	    cmocka_unit_test_setup(test_random_is_mixed, setup),
	    cmocka_unit_test_setup(test_record_round_trip, setup),
	    cmocka_unit_test_setup(test_record_of_format_1, setup),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
