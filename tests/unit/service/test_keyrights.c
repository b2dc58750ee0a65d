/*
 * Who gets a key: every condition alone, and the key is the device's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "desk.h"
#include "keys/messages.h"
#include "keys/schedule.h"
#include "service/keyrights.h"
#include "store/devices.h"
#include "store/generations.h"

struct scene {
	struct actor actor;
	struct store_profile profile;
	struct desk_device device;
};

static struct scene
scene_make(struct desk *d, const char *plan)
{
	struct scene s;

	s.actor = desk_tenant(d, plan, plan, &s.profile);
	s.device = desk_device_add(d, &s.actor, &s.profile, 7);
	return s;
}

static void
identity_of(const struct desk_device *device, uint8_t out[PSK_ID_LEN])
{
	struct psk_identity id = {.counter = 42};

	memcpy(id.alias, device->alias, sizeof(id.alias));
	assert_int_equal(psk_identity_encode(&id, out), ERR_OK);
}

static struct bytes
header_of(const struct desk_device *device, enum envelope_version version,
    enum envelope_direction direction, uint8_t out[E2E_V1_HEADER_LEN])
{
	struct envelope_header h = {
	    .version = version, .direction = direction, .counter = 43};
	size_t len;

	memcpy(h.alias, device->alias, sizeof(h.alias));
	assert_int_equal(envelope_header_encode(&h, out, &len), ERR_OK);
	return bytes_make(out, len);
}

static enum err
psk_try(
    struct desk *d, const struct actor *actor, const struct desk_device *device)
{
	uint8_t id[PSK_ID_LEN], uid[UID_LEN];
	struct keysproto_request q;

	identity_of(device, id);
	enum err err = psk_begin(&d->s, actor, BYTES_OF(id), 16, &q, uid);

	service_read_end(&d->s);
	return err;
}

static enum err
e2e_try(
    struct desk *d, const struct actor *actor, const struct desk_device *device)
{
	uint8_t raw[E2E_V1_HEADER_LEN];
	struct e2e_parameters p;
	struct keysproto_request q;
	enum err err = e2e_begin(&d->s, actor,
	    header_of(device, ENVELOPE_V1, ENVELOPE_UP, raw), &q, &p);

	service_read_end(&d->s);
	return err;
}

static enum err
down_try(
    struct desk *d, const struct actor *actor, const struct desk_device *device)
{
	struct e2e_parameters p;
	struct keysproto_request q;

	return downlink_begin(&d->s, actor, device->uid, ENVELOPE_V1, &q, &p);
}

/* The counter of the next message to a device. */
static uint64_t
down_counter(struct desk *d, const struct scene *s, enum envelope_version v)
{
	struct envelope_header h;
	struct e2e_parameters p;
	struct keysproto_request q;

	assert_int_equal(
	    downlink_begin(&d->s, &s->actor, s->device.uid, v, &q, &p), ERR_OK);
	assert_int_equal(
	    envelope_header_decode(bytes_make(p.header, p.header_len), &h),
	    ERR_OK);
	assert_int_equal(h.direction, ENVELOPE_DOWN);
	assert_int_equal(h.version, v);
	assert_memory_equal(h.alias, s->device.alias, ALIAS_LEN);
	return h.counter;
}

static void
test_the_psk_is_the_devices(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");
	uint8_t id[PSK_ID_LEN], uid[UID_LEN], want[PSK_MAX];
	struct keys_psk prk;

	identity_of(&s.device, id);
	assert_int_equal(keys_psk_prk(&s.device.root, &prk), ERR_OK);
	for (unsigned len = 16; len <= 32; len += 16) {
		struct keysproto_request q;

		assert_int_equal(
		    psk_begin(&d->s, &s.actor, BYTES_OF(id), len, &q, uid),
		    ERR_OK);
		assert_memory_equal(uid, s.device.uid, UID_LEN);
		struct keysproto_answer a = desk_ask(d, &q);

		assert_int_equal(a.u.key.len, len);
		assert_int_equal(keys_psk_make(&prk, id, want, len), ERR_OK);
		assert_memory_equal(a.u.key.key, want, len);
	}
}

static void
test_the_e2e_key_is_the_devices(void **state)
{
	static const enum envelope_version versions[] = {
	    ENVELOPE_V1, ENVELOPE_V2};
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");
	struct keys_up prk;

	assert_int_equal(keys_up_prk(&s.device.root, &prk), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		uint8_t raw[E2E_V1_HEADER_LEN], want[E2E_KEY_LEN];
		uint8_t nonce[E2E_NONCE_LEN];
		struct e2e_parameters p;
		struct keysproto_request q;
		struct bytes header =
		    header_of(&s.device, versions[i], ENVELOPE_UP, raw);

		assert_int_equal(
		    e2e_begin(&d->s, &s.actor, header, &q, &p), ERR_OK);
		assert_int_equal(p.version, versions[i]);
		assert_int_equal(
		    p.mac_bits, versions[i] == ENVELOPE_V1 ? 128 : 64);
		assert_memory_equal(p.uid, s.device.uid, UID_LEN);
		envelope_nonce(header, nonce);
		assert_memory_equal(p.nonce, nonce, sizeof(nonce));
		struct keysproto_answer a = desk_ask(d, &q);

		assert_int_equal(keys_up_key(&prk, header, want), ERR_OK);
		assert_int_equal(a.u.key.len, sizeof(want));
		assert_memory_equal(a.u.key.key, want, sizeof(want));
	}
}

static void
test_the_downlink_key_is_the_devices(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");
	struct keys_down prk;

	assert_int_equal(keys_down_prk(&s.device.root, &prk), ERR_OK);
	for (int v = ENVELOPE_V1; v <= ENVELOPE_V2; v++) {
		uint8_t want[E2E_KEY_LEN], nonce[E2E_NONCE_LEN];
		struct e2e_parameters p;
		struct keysproto_request q;

		assert_int_equal(downlink_begin(&d->s, &s.actor, s.device.uid,
				     (enum envelope_version)v, &q, &p),
		    ERR_OK);
		struct bytes header = bytes_make(p.header, p.header_len);
		struct keysproto_answer a = desk_ask(d, &q);

		assert_int_equal(keys_down_key(&prk, header, want), ERR_OK);
		assert_memory_equal(a.u.key.key, want, sizeof(want));
		envelope_nonce(header, nonce);
		assert_memory_equal(p.nonce, nonce, sizeof(nonce));
		assert_int_equal(p.mac_bits, v == ENVELOPE_V1 ? 128 : 64);
	}
	assert_int_equal(
	    downlink_begin(&d->s, &s.actor, s.device.uid,
		(enum envelope_version)3, &(struct keysproto_request){0},
		&(struct e2e_parameters){0}),
	    ERR_INVALID);
}

/* Never twice, never below the clock, never far ahead of it. */
static void
test_downlink_counters_only_grow(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");
	uint64_t now = (uint64_t)d->now;

	assert_int_equal(down_counter(d, &s, ENVELOPE_V1), now << 16);
	assert_int_equal(down_counter(d, &s, ENVELOPE_V1), (now << 16) + 1);
	assert_int_equal(down_counter(d, &s, ENVELOPE_V2), now);
	assert_int_equal(down_counter(d, &s, ENVELOPE_V2), now + 1);
	d->now += 10;
	assert_int_equal(down_counter(d, &s, ENVELOPE_V1), (now + 10) << 16);
	assert_int_equal(down_counter(d, &s, ENVELOPE_V2), now + 10);
	for (unsigned i = 1; i <= DOWNLINK_AHEAD_S; i++)
		assert_int_equal(
		    down_counter(d, &s, ENVELOPE_V2), now + 10 + i);
	struct e2e_parameters p;
	struct keysproto_request q;

	assert_int_equal(
	    downlink_begin(&d->s, &s.actor, s.device.uid, ENVELOPE_V2, &q, &p),
	    ERR_TOO_SOON);
	/* A refusal takes no counter. */
	d->now += 1;
	assert_int_equal(
	    down_counter(d, &s, ENVELOPE_V2), now + 11 + DOWNLINK_AHEAD_S);
	/* The clock goes back. */
	d->now = (int64_t)now + 8;
	assert_int_equal(
	    down_counter(d, &s, ENVELOPE_V1), ((now + 10) << 16) + 1);
	d->now = (int64_t)now - 100;
	assert_int_equal(down_try(d, &s.actor, &s.device), ERR_TOO_SOON);
}

static void
test_others_look_unknown(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");
	struct store_profile profile;
	struct actor other = desk_tenant(d, "other", "Freedom", &profile);
	struct desk_device nobody = s.device;

	nobody.alias[0] ^= 1;
	assert_int_equal(psk_try(d, &s.actor, &s.device), ERR_OK);
	assert_int_equal(psk_try(d, &other, &s.device), ERR_NOT_FOUND);
	assert_int_equal(psk_try(d, &s.actor, &nobody), ERR_NOT_FOUND);
	assert_int_equal(e2e_try(d, &s.actor, &s.device), ERR_OK);
	assert_int_equal(e2e_try(d, &other, &s.device), ERR_NOT_FOUND);
	assert_int_equal(e2e_try(d, &s.actor, &nobody), ERR_NOT_FOUND);
	nobody.uid[0] ^= 1;
	assert_int_equal(down_try(d, &s.actor, &s.device), ERR_OK);
	assert_int_equal(down_try(d, &other, &s.device), ERR_NOT_FOUND);
	assert_int_equal(down_try(d, &s.actor, &nobody), ERR_NOT_FOUND);
}

static void
test_the_service_has_to_be_on(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");

	assert_int_equal(store_device_set_features(d->s.store, s.device.uid,
			     SERVICE_E2E | FEATURE_ZTP, (uint64_t)d->now),
	    ERR_OK);
	assert_int_equal(psk_try(d, &s.actor, &s.device), ERR_DISABLED);
	assert_int_equal(e2e_try(d, &s.actor, &s.device), ERR_OK);
	assert_int_equal(store_device_set_features(d->s.store, s.device.uid,
			     SERVICE_PSK, (uint64_t)d->now),
	    ERR_OK);
	assert_int_equal(psk_try(d, &s.actor, &s.device), ERR_OK);
	assert_int_equal(e2e_try(d, &s.actor, &s.device), ERR_DISABLED);
	assert_int_equal(down_try(d, &s.actor, &s.device), ERR_DISABLED);
}

/* A plan without the services beats what a device's row says. */
static void
test_the_plan_has_to_include_the_service(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Basic");

	assert_int_equal(store_device_set_features(d->s.store, s.device.uid,
			     FEATURE_ALL, (uint64_t)d->now),
	    ERR_OK);
	assert_int_equal(psk_try(d, &s.actor, &s.device), ERR_DISABLED);
	assert_int_equal(e2e_try(d, &s.actor, &s.device), ERR_DISABLED);
	assert_int_equal(down_try(d, &s.actor, &s.device), ERR_DISABLED);
}

static void
test_the_device_may_not_be_suspended(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");

	assert_int_equal(
	    store_device_set_suspended(d->s.store, s.device.uid, true), ERR_OK);
	assert_int_equal(psk_try(d, &s.actor, &s.device), ERR_DENIED);
	assert_int_equal(e2e_try(d, &s.actor, &s.device), ERR_DENIED);
	assert_int_equal(down_try(d, &s.actor, &s.device), ERR_DENIED);
	assert_int_equal(
	    store_device_set_suspended(d->s.store, s.device.uid, false),
	    ERR_OK);
	assert_int_equal(psk_try(d, &s.actor, &s.device), ERR_OK);
	assert_int_equal(
	    store_device_set_quarantined(d->s.store, s.device.uid, true),
	    ERR_OK);
	assert_int_equal(psk_try(d, &s.actor, &s.device), ERR_DENIED);
	assert_int_equal(e2e_try(d, &s.actor, &s.device), ERR_DENIED);
	assert_int_equal(down_try(d, &s.actor, &s.device), ERR_DENIED);
}

/* Moves a device to another owner, as a transfer's commit would. */
static void
device_move(struct desk *d, const struct desk_device *device,
    const struct actor *to, const struct store_profile *profile)
{
	const struct store_generation_name old = {
	    device->uid, 1, device->alias};
	struct store_device row;

	assert_int_equal(
	    store_device_by_uid(d->s.store, device->uid, &row), ERR_OK);
	assert_int_equal(store_generation_end(d->s.store, &old, 5), ERR_OK);
	row.tenant = to->tenant;
	memcpy(row.profile, profile->uid, sizeof(row.profile));
	row.generation = 2;
	row.alias[0] ^= 0xff;
	assert_int_equal(store_device_commit(d->s.store, &row), ERR_OK);
}

/* Old data stays its owner's, whatever the next owner does. */
static void
test_rights_belong_to_the_generation(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");
	struct store_profile profile;
	struct actor next = desk_tenant(d, "next", "Freedom", &profile);

	device_move(d, &s.device, &next, &profile);
	assert_int_equal(
	    store_device_set_suspended(d->s.store, s.device.uid, true), ERR_OK);
	assert_int_equal(e2e_try(d, &s.actor, &s.device), ERR_OK);
	assert_int_equal(e2e_try(d, &next, &s.device), ERR_NOT_FOUND);
	/* Nobody writes to a device that has left him. */
	assert_int_equal(down_try(d, &s.actor, &s.device), ERR_NOT_FOUND);
}

static void
test_over_the_plan_is_not_active(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");
	struct store_device row;

	assert_int_equal(
	    store_device_by_uid(d->s.store, s.device.uid, &row), ERR_OK);
	row.status = DEVICE_INACTIVE;
	assert_int_equal(store_device_commit(d->s.store, &row), ERR_OK);
	assert_int_equal(psk_try(d, &s.actor, &s.device), ERR_EXHAUSTED);
	assert_int_equal(e2e_try(d, &s.actor, &s.device), ERR_EXHAUSTED);
	assert_int_equal(down_try(d, &s.actor, &s.device), ERR_EXHAUSTED);
}

static void
test_other_bytes_are_no_identity(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");
	uint8_t id[PSK_ID_LEN], raw[E2E_V1_HEADER_LEN], uid[UID_LEN];
	struct keysproto_request q;
	struct e2e_parameters p;

	identity_of(&s.device, id);
	assert_int_equal(
	    psk_begin(&d->s, &s.actor, bytes_make(id, 13), 16, &q, uid),
	    ERR_FORMAT);
	assert_int_equal(
	    psk_begin(&d->s, &s.actor, BYTES_OF(id), 24, &q, uid), ERR_INVALID);
	id[1] = 2;
	assert_int_equal(
	    psk_begin(&d->s, &s.actor, BYTES_OF(id), 16, &q, uid), ERR_FORMAT);
	for (int v = ENVELOPE_V1; v <= ENVELOPE_V2; v++)
		assert_int_equal(
		    e2e_begin(&d->s, &s.actor,
			header_of(&s.device, (enum envelope_version)v,
			    ENVELOPE_DOWN, raw),
			&q, &p),
		    ERR_FORMAT);
	struct bytes header =
	    header_of(&s.device, ENVELOPE_V1, ENVELOPE_UP, raw);

	raw[15] = 1;
	assert_int_equal(
	    e2e_begin(&d->s, &s.actor, header, &q, &p), ERR_FORMAT);
}

/* Someone who writes the database gets no further than keys. */
static void
test_a_forged_row_does_not_pass_keys(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom");
	struct store_profile profile;
	struct actor thief = desk_tenant(d, "thief", "Freedom", &profile);
	uint8_t id[PSK_ID_LEN], uid[UID_LEN];
	struct keysproto_request q;
	struct keysproto_answer a;

	identity_of(&s.device, id);
	assert_int_equal(
	    psk_begin(&d->s, &s.actor, BYTES_OF(id), 16, &q, uid), ERR_OK);
	q.u.derive.owner.tenant = thief.tenant;
	assert_int_equal(
	    keys_answer(&d->keys, KEYSPROTO_API, &q, &a), ERR_DENIED);
	memcpy(q.u.derive.owner.profile, profile.uid, sizeof(profile.uid));
	memcpy(q.u.derive.owner.record, profile.record, sizeof(profile.record));
	assert_int_equal(
	    keys_answer(&d->keys, KEYSPROTO_API, &q, &a), ERR_AUTH);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_the_psk_is_the_devices),
	    TEST(test_the_e2e_key_is_the_devices),
	    TEST(test_the_downlink_key_is_the_devices),
	    TEST(test_downlink_counters_only_grow),
	    TEST(test_others_look_unknown),
	    TEST(test_the_service_has_to_be_on),
	    TEST(test_the_plan_has_to_include_the_service),
	    TEST(test_the_device_may_not_be_suspended),
	    TEST(test_rights_belong_to_the_generation),
	    TEST(test_over_the_plan_is_not_active),
	    TEST(test_other_bytes_are_no_identity),
	    TEST(test_a_forged_row_does_not_pass_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
