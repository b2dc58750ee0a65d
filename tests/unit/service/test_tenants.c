/*
 * Tenants: the operator alone makes them and changes their plans; what a
 * plan has room for is active.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "desk.h"
#include "keys/messages.h"
#include "service/audit.h"
#include "service/tenants.h"
#include "store/devices.h"

static enum err
make(struct desk *d, const struct actor *actor, const char *name,
    const char *plan, struct store_tenant *ret_tenant)
{
	char apikey[APIKEY_NAME_MAX + 1], secret[TOKEN_TEXT_SIZE];
	struct token_pair pair;
	struct actor made;
	enum err err = tenant_make(&d->s, actor, "192.0.2.1:1", bytes_str(name),
	    bytes_str(plan), ret_tenant, apikey, secret);

	assert_false(store_in_transaction(d->s.store));
	if (err != ERR_OK)
		return err;
	/* The key that was shown is the new tenant's, and no operator's. */
	assert_int_equal(tokens_authenticate(&d->s, bytes_str(apikey),
			     bytes_str(secret), &pair),
	    ERR_OK);
	assert_int_equal(
	    tokens_check(&d->s, bytes_str(pair.auth), &made), ERR_OK);
	service_read_end(&d->s);
	assert_int_equal(made.tenant, ret_tenant->id);
	assert_false(made.is_operator);
	return ERR_OK;
}

static void
test_the_operator_makes_tenants(void **state)
{
	struct desk *d = *state;
	struct setup_result first;
	struct actor boss, other;
	struct store_profile profile;
	struct store_tenant t, back;

	desk_init(d, &first, &boss);
	assert_true(boss.is_operator);
	assert_int_equal(make(d, &boss, "second", "Basic", &t), ERR_OK);
	assert_int_equal(store_tenant_get(d->s.store, t.id, &back), ERR_OK);
	assert_string_equal(back.name, "second");
	assert_string_equal(back.plan, "Basic");
	assert_false(back.is_operator);
	assert_int_equal(make(d, &boss, "second", "Basic", &t), ERR_EXISTS);
	assert_int_equal(make(d, &boss, "", "Basic", &t), ERR_INVALID);
	assert_int_equal(make(d, &boss, "third", "Gold", &t), ERR_NOT_FOUND);
	other = desk_tenant(d, "other", "Freedom", &profile);
	assert_int_equal(make(d, &other, "mine", "Basic", &t), ERR_DENIED);
	assert_int_equal(tenant_set_plan(&d->s, &other, "x", other.tenant,
			     BYTES_LIT("Freedom"), &t),
	    ERR_DENIED);
	assert_int_equal(audit_verify(&d->s), ERR_OK);
}

static unsigned
status_of(struct desk *d, const struct desk_device *device)
{
	struct store_device row;

	assert_int_equal(
	    store_device_by_uid(d->s.store, device->uid, &row), ERR_OK);
	return row.status;
}

static void
test_a_plan_fills_its_places(void **state)
{
	struct desk *d = *state;
	struct setup_result first;
	struct actor boss, actor;
	struct store_profile profile;
	struct desk_device device[12];
	struct store_device row;
	struct store_tenant t;

	desk_init(d, &first, &boss);
	actor = desk_tenant(d, "small", "Basic", &profile);
	for (unsigned i = 0; i < 12; i++) {
		device[i] = desk_device_add(d, &actor, &profile, i + 1);
		assert_int_equal(
		    store_device_by_uid(d->s.store, device[i].uid, &row),
		    ERR_OK);
		row.status = DEVICE_INACTIVE;
		assert_int_equal(service_write(&d->s), ERR_OK);
		assert_int_equal(store_device_commit(d->s.store, &row), ERR_OK);
		assert_int_equal(store_commit(d->s.store), ERR_OK);
	}
	assert_int_equal(tenant_set_plan(&d->s, &boss, "x", actor.tenant,
			     BYTES_LIT("Gold"), &t),
	    ERR_INVALID);
	assert_int_equal(
	    tenant_set_plan(&d->s, &boss, "x", 99, BYTES_LIT("Basic"), &t),
	    ERR_NOT_FOUND);
	assert_int_equal(status_of(d, &device[0]), DEVICE_INACTIVE);
	assert_int_equal(tenant_set_plan(&d->s, &boss, "x", actor.tenant,
			     BYTES_LIT("Basic"), &t),
	    ERR_OK);
	assert_int_equal(status_of(d, &device[9]), DEVICE_ACTIVE);
	assert_int_equal(status_of(d, &device[10]), DEVICE_INACTIVE);
	assert_int_equal(tenant_set_plan(&d->s, &boss, "x", actor.tenant,
			     BYTES_LIT("Freedom"), &t),
	    ERR_OK);
	assert_string_equal(t.plan, "Freedom");
	assert_int_equal(status_of(d, &device[11]), DEVICE_ACTIVE);
	/* Its services come with it, for devices and profiles there are. */
	assert_int_equal(
	    store_device_by_uid(d->s.store, device[3].uid, &row), ERR_OK);
	assert_int_equal(row.features & (SERVICE_PSK | SERVICE_E2E),
	    SERVICE_PSK | SERVICE_E2E);
	assert_int_equal(row.features_version, (uint64_t)service_now(&d->s));
	assert_int_equal(
	    store_profile_get(d->s.store, actor.tenant, profile.uid, &profile),
	    ERR_OK);
	assert_int_equal(profile.features & (SERVICE_PSK | SERVICE_E2E),
	    SERVICE_PSK | SERVICE_E2E);
	/* What is active stays it. */
	assert_int_equal(tenant_set_plan(&d->s, &boss, "x", actor.tenant,
			     BYTES_LIT("Basic"), &t),
	    ERR_OK);
	assert_int_equal(status_of(d, &device[11]), DEVICE_ACTIVE);
	assert_int_equal(
	    store_device_by_uid(d->s.store, device[3].uid, &row), ERR_OK);
	assert_int_equal(row.features & (SERVICE_PSK | SERVICE_E2E), 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_the_operator_makes_tenants),
	    TEST(test_a_plan_fills_its_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
