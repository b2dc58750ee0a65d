/*
 * Who may switch which feature, and what is written of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "desk.h"
#include "keys/messages.h"
#include "service/audit.h"
#include "service/features.h"
#include "store/audit.h"

#define SERVICES (SERVICE_PSK | SERVICE_E2E)

struct scene {
	struct actor actor;
	struct store_profile profile;
	struct desk_device device;
};

static struct scene
scene_make(struct desk *d, const char *plan, unsigned number)
{
	struct scene s;

	s.actor = desk_tenant(d, plan, plan, &s.profile);
	s.device = desk_device_add(d, &s.actor, &s.profile, number);
	return s;
}

static enum err
device_set(struct desk *d, const struct scene *s, uint32_t named,
    uint32_t enabled, struct store_device *ret_device)
{
	const struct feature_change change = {
	    .named = named, .enabled = enabled};

	return features_set_device(
	    &d->s, &s->actor, "here", s->device.uid, &change, ret_device);
}

static enum err
profile_set(struct desk *d, const struct scene *s, uint32_t named,
    uint32_t enabled, struct store_profile *ret_profile)
{
	const struct feature_change change = {
	    .named = named, .enabled = enabled};

	return features_set_profile(
	    &d->s, &s->actor, "here", s->profile.uid, &change, ret_profile);
}

static struct store_device
row_of(struct desk *d, const struct scene *s)
{
	struct store_device row;

	assert_int_equal(
	    features_of_device(&d->s, &s->actor, s->device.uid, &row), ERR_OK);
	service_read_end(&d->s);
	return row;
}

/* The last entry of the audit log, and how many there are. */
struct last {
	size_t count;
	char action[32];
	char detail[128];
};

static enum err
last_take(void *ctx, const struct store_audit *e)
{
	struct last *last = ctx;

	last->count++;
	(void)snprintf(last->action, sizeof(last->action), "%.*s",
	    (int)e->action.len, (const char *)e->action.ptr);
	(void)snprintf(last->detail, sizeof(last->detail), "%.*s",
	    (int)e->detail.len, (const char *)e->detail.ptr);
	return ERR_OK;
}

static struct last
audit_last(struct desk *d)
{
	struct last last = {.count = 0};

	assert_int_equal(
	    store_audit_each(d->s.store, last_take, &last), ERR_OK);
	return last;
}

static void
test_only_what_is_named_changes(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom", 1);
	struct store_device row;

	assert_int_equal(row_of(d, &s).features, SERVICES);
	assert_int_equal(device_set(d, &s, FEATURE_C2C | FEATURE_ZTP,
			     FEATURE_C2C | FEATURE_LOCAL_DATA, &row),
	    ERR_OK);
	assert_int_equal(row.features, SERVICES | FEATURE_C2C);
	assert_int_equal(row_of(d, &s).features, SERVICES | FEATURE_C2C);
	assert_int_equal(device_set(d, &s, SERVICE_PSK, 0, &row), ERR_OK);
	assert_int_equal(row_of(d, &s).features, SERVICE_E2E | FEATURE_C2C);
}

/* PROTOCOL.md: max(last + 1, Unix time); what was confirmed stays. */
static void
test_versions_grow(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom", 1);
	uint32_t confirmed = row_of(d, &s).confirmed;
	struct store_device row;

	assert_int_equal(
	    device_set(d, &s, FEATURE_C2C, FEATURE_C2C, &row), ERR_OK);
	assert_int_equal(row_of(d, &s).features_version, d->now);
	assert_int_equal(device_set(d, &s, FEATURE_C2C, 0, &row), ERR_OK);
	assert_int_equal(row_of(d, &s).features_version, d->now + 1);
	d->now += 1000;
	assert_int_equal(
	    device_set(d, &s, FEATURE_C2C, FEATURE_C2C, &row), ERR_OK);
	assert_int_equal(row_of(d, &s).features_version, d->now);
	assert_int_equal(row_of(d, &s).confirmed, confirmed);
}

static void
test_every_change_is_in_the_audit_log(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom", 1);
	size_t before = audit_last(d).count;
	struct store_profile profile;
	struct store_device row;
	struct last last;

	assert_int_equal(
	    device_set(d, &s, FEATURE_C2C, FEATURE_C2C, &row), ERR_OK);
	last = audit_last(d);
	assert_int_equal(last.count, before + 1);
	assert_string_equal(last.action, "device.features");
	assert_string_equal(last.detail,
	    "{\"Before\":{\"Features\":3},\"After\":{\"Features\":11}}");
	assert_int_equal(
	    profile_set(d, &s, FEATURE_ZTP, FEATURE_ZTP, &profile), ERR_OK);
	last = audit_last(d);
	assert_string_equal(last.action, "profile.features");
	/* What changes nothing leaves neither a version nor an entry. */
	uint64_t version = row_of(d, &s).features_version;

	assert_int_equal(
	    device_set(d, &s, FEATURE_C2C, FEATURE_C2C, &row), ERR_OK);
	assert_int_equal(
	    profile_set(d, &s, FEATURE_ZTP, FEATURE_ZTP, &profile), ERR_OK);
	assert_int_equal(audit_last(d).count, before + 2);
	assert_int_equal(row_of(d, &s).features_version, version);
	assert_int_equal(audit_verify(&d->s), ERR_OK);
}

static void
test_services_follow_the_plan(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Basic", 1);
	struct store_profile profile;
	struct store_device row;
	uint32_t before = row_of(d, &s).features;

	assert_int_equal(device_set(d, &s, SERVICE_PSK | FEATURE_C2C,
			     SERVICE_PSK | FEATURE_C2C, &row),
	    ERR_DISABLED);
	assert_int_equal(row_of(d, &s).features, before);
	assert_int_equal(profile_set(d, &s, SERVICE_E2E, SERVICE_E2E, &profile),
	    ERR_DISABLED);
	/* Off is always allowed, and so are features. */
	assert_int_equal(device_set(d, &s, SERVICES, 0, &row), ERR_OK);
	assert_int_equal(
	    device_set(d, &s, FEATURE_C2C, FEATURE_C2C, &row), ERR_OK);
	assert_int_equal(row_of(d, &s).features, before | FEATURE_C2C);
}

static void
test_others_look_unknown(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom", 1);
	struct scene other = scene_make(d, "Flex", 2);
	struct store_profile profile;
	struct store_device row;

	memcpy(other.device.uid, s.device.uid, UID_LEN);
	memcpy(other.profile.uid, s.profile.uid, PROFILE_UID_LEN);
	assert_int_equal(device_set(d, &other, FEATURE_C2C, FEATURE_C2C, &row),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    profile_set(d, &other, FEATURE_C2C, FEATURE_C2C, &profile),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    features_of_device(&d->s, &other.actor, other.device.uid, &row),
	    ERR_NOT_FOUND);
	service_read_end(&d->s);
	s.device.uid[0] ^= 1;
	assert_int_equal(
	    device_set(d, &s, FEATURE_C2C, FEATURE_C2C, &row), ERR_NOT_FOUND);
}

static void
test_only_active_devices(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom", 1);
	struct store_device row = row_of(d, &s);

	row.status = DEVICE_INACTIVE;
	assert_int_equal(store_begin(d->s.store), ERR_OK);
	assert_int_equal(store_device_commit(d->s.store, &row), ERR_OK);
	assert_int_equal(store_commit(d->s.store), ERR_OK);
	assert_int_equal(
	    device_set(d, &s, FEATURE_C2C, FEATURE_C2C, &row), ERR_STATE);
	assert_int_equal(row_of(d, &s).features, SERVICES);
}

static void
test_profiles_change_for_what_comes(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d, "Freedom", 1);
	struct store_profile profile;
	struct store_terms terms;

	assert_int_equal(profile_set(d, &s, FEATURE_C2C | SERVICE_PSK,
			     FEATURE_C2C, &profile),
	    ERR_OK);
	assert_int_equal(profile.features, SERVICE_E2E | FEATURE_C2C);
	assert_int_equal(
	    store_terms_by_profile(d->s.store, s.profile.uid, &terms), ERR_OK);
	assert_int_equal(terms.features, SERVICE_E2E | FEATURE_C2C);
	/* The device that is there keeps what it has. */
	assert_int_equal(row_of(d, &s).features, SERVICES);
	assert_int_equal(row_of(d, &s).features_version, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_only_what_is_named_changes),
	    TEST(test_versions_grow),
	    TEST(test_every_change_is_in_the_audit_log),
	    TEST(test_services_follow_the_plan),
	    TEST(test_others_look_unknown),
	    TEST(test_only_active_devices),
	    TEST(test_profiles_change_for_what_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
