/*
 * Certificate authorities: how many there may be, and how they end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "desk.h"
#include "keys/messages.h"
#include "service/cas.h"
#include "service/certificates.h"
#include "store/events.h"

#define DAY_S 86400
#define SOURCE "192.0.2.1:1"

/* The first half of making a CA, and what keys answers. */
struct making {
	struct store_ca ca;
	struct keysproto_answer answer;
};

static enum err
make_begin(struct desk *d, const struct actor *actor, const char *name,
    struct making *m)
{
	struct keysproto_request q;
	enum err err =
	    ca_begin(&d->s, actor, bytes_str(name), 10, 5, &m->ca, &q);

	if (err == ERR_OK)
		m->answer = desk_ask(d, &q);
	return err;
}

static enum err
make_finish(struct desk *d, const struct actor *actor, struct making *m)
{
	return ca_finish(&d->s, actor, SOURCE, &m->ca, &m->answer);
}

static struct store_ca
ca_make(struct desk *d, const struct actor *actor, const char *name)
{
	struct making m;

	assert_int_equal(make_begin(d, actor, name, &m), ERR_OK);
	assert_int_equal(make_finish(d, actor, &m), ERR_OK);
	return m.ca;
}

static enum err
ca_find(struct desk *d, const struct actor *actor, const char *name)
{
	struct store_ca ca;

	return store_ca_get(d->s.store, actor->tenant, bytes_str(name), &ca);
}

static enum err
ca_end_by(struct desk *d, const struct actor *actor, const char *name)
{
	enum err err = ca_remove(&d->s, actor, SOURCE, bytes_str(name));

	assert_false(store_in_transaction(d->s.store));
	return err;
}

static void
profile_choose(struct desk *d, const struct store_profile *p, uint64_t ca)
{
	assert_int_equal(service_write(&d->s), ERR_OK);
	assert_int_equal(store_profile_ca_set(d->s.store, p->uid, ca), ERR_OK);
	assert_int_equal(store_commit(d->s.store), ERR_OK);
}

static void
device_choose(struct desk *d, const uint8_t uid[UID_LEN], uint64_t ca)
{
	assert_int_equal(service_write(&d->s), ERR_OK);
	assert_int_equal(store_device_ca_set(d->s.store, uid, ca), ERR_OK);
	assert_int_equal(store_commit(d->s.store), ERR_OK);
}

/* Both were begun while there was room for one. */
static void
test_parallel_makers_do_not_pass_the_limit(void **state)
{
	struct desk *d = *state;
	struct store_profile p;
	struct actor a = desk_tenant(d, "a", "Freedom", &p);
	struct making one, two;
	uint64_t count = 0;
	char name[16];

	for (unsigned i = 0; i < CAS_MAX - 1; i++) {
		(void)snprintf(name, sizeof(name), "ca-%u", i);
		(void)ca_make(d, &a, name);
	}
	assert_int_equal(make_begin(d, &a, "one", &one), ERR_OK);
	assert_int_equal(make_begin(d, &a, "two", &two), ERR_OK);
	assert_int_equal(make_finish(d, &a, &one), ERR_OK);
	assert_int_equal(make_finish(d, &a, &two), ERR_EXHAUSTED);
	assert_int_equal(store_ca_count(d->s.store, a.tenant, &count), ERR_OK);
	assert_int_equal(count, CAS_MAX);
	assert_int_equal(ca_find(d, &a, "two"), ERR_NOT_FOUND);
	/* The limit is of one tenant. */
	struct actor b = desk_tenant(d, "b", "Freedom", &p);

	(void)ca_make(d, &b, "one");
	/* One that goes makes room. */
	assert_int_equal(ca_end_by(d, &a, "one"), ERR_OK);
	(void)ca_make(d, &a, "two");
}

static void
test_a_removed_ca_is_gone(void **state)
{
	struct desk *d = *state;
	struct store_profile p;
	struct actor a = desk_tenant(d, "a", "Freedom", &p);
	struct actor b = desk_tenant(d, "b", "Freedom", &p);
	struct store_ca list[2], pop;
	struct keysproto_request q;
	size_t count = 0;

	(void)ca_make(d, &a, "mine");
	assert_int_equal(ca_end_by(d, &b, "mine"), ERR_NOT_FOUND);
	assert_int_equal(ca_end_by(d, &a, "other"), ERR_NOT_FOUND);
	assert_int_equal(ca_end_by(d, &a, "mine"), ERR_OK);
	assert_int_equal(ca_end_by(d, &a, "mine"), ERR_NOT_FOUND);
	assert_int_equal(ca_find(d, &a, "mine"), ERR_NOT_FOUND);
	assert_int_equal(
	    store_ca_list(d->s.store, a.tenant, 0, list, 2, &count), ERR_OK);
	assert_int_equal(count, 0);
	assert_int_equal(ca_pop_begin(&d->s, &a, BYTES_LIT("mine"),
			     BYTES_LIT("code"), &pop, &q),
	    ERR_NOT_FOUND);
	/* Its name can be had again, and go again. */
	(void)ca_make(d, &a, "mine");
	assert_int_equal(ca_end_by(d, &a, "mine"), ERR_OK);
}

static void
test_a_ca_in_use_stays(void **state)
{
	struct desk *d = *state;
	struct store_profile p;
	struct actor a = desk_tenant(d, "a", "Freedom", &p);
	struct desk_device device = desk_device_add(d, &a, &p, 1);
	struct store_ca ca = ca_make(d, &a, "mine"), next, found;

	profile_choose(d, &p, ca.id);
	assert_int_equal(ca_end_by(d, &a, "mine"), ERR_STATE);
	assert_int_equal(ca_find(d, &a, "mine"), ERR_OK);
	next = ca_make(d, &a, "next");
	profile_choose(d, &p, next.id);
	device_choose(d, device.uid, ca.id);
	assert_int_equal(ca_end_by(d, &a, "mine"), ERR_STATE);
	/* A device that is no more holds no CA. */
	assert_int_equal(service_write(&d->s), ERR_OK);
	assert_int_equal(
	    store_device_decommission(d->s.store, device.uid), ERR_OK);
	assert_int_equal(store_commit(d->s.store), ERR_OK);
	assert_int_equal(ca_end_by(d, &a, "mine"), ERR_OK);
	/* What it had chosen counts no more: its profile's does. */
	assert_int_equal(
	    store_device_ca(d->s.store, device.uid, p.uid, a.tenant, &found),
	    ERR_OK);
	assert_string_equal(found.name, "next");
}

/* --- expiry --- */

static struct store_device
row_of(struct desk *d, const struct desk_device *device)
{
	struct store_device row;

	assert_int_equal(
	    store_device_by_uid(d->s.store, device->uid, &row), ERR_OK);
	row.features = FEATURE_ZTP;
	return row;
}

static bool
waits(struct desk *d, const struct store_device *row)
{
	bool it_does = false;

	assert_int_equal(service_certificate_waits(
			     d->s.store, row, (uint64_t)d->now, &it_does),
	    ERR_OK);
	return it_does;
}

static enum err
begin(struct desk *d, const struct store_device *row)
{
	static struct service_certificate c;
	struct keysproto_request q;
	const struct ztp_request ask = {.key = {2}};

	return service_certificate_begin(
	    d->s.store, &d->random, row, &ask, (uint64_t)d->now, &c, &q);
}

static void
test_an_expired_ca_gives_nothing(void **state)
{
	struct desk *d = *state;
	struct store_profile p;
	struct actor a = desk_tenant(d, "a", "Freedom", &p);
	struct desk_device device = desk_device_add(d, &a, &p, 1);
	struct store_ca ca = ca_make(d, &a, "mine");
	struct store_device row;

	profile_choose(d, &p, ca.id);
	row = row_of(d, &device);
	assert_true(waits(d, &row));
	assert_int_equal(begin(d, &row), ERR_OK);
	d->now = (int64_t)ca_end(&ca) - 1;
	assert_true(waits(d, &row));
	assert_int_equal(begin(d, &row), ERR_OK);
	d->now++;
	assert_false(waits(d, &row));
	assert_int_equal(begin(d, &row), ERR_DENIED);
}

/* One that lasts as long as its CA is not asked for again. */
static void
test_the_last_certificate_of_a_ca(void **state)
{
	struct desk *d = *state;
	struct store_profile p;
	struct actor a = desk_tenant(d, "a", "Freedom", &p);
	struct desk_device device = desk_device_add(d, &a, &p, 1);
	struct store_ca ca = ca_make(d, &a, "mine");
	struct store_device row = row_of(d, &device);
	struct store_certificate c = {.ca = ca.id, .public_key = {2}};

	profile_choose(d, &p, ca.id);
	memcpy(c.uid, row.uid, UID_LEN);
	memcpy(c.alias, row.alias, ALIAS_LEN);
	c.created = (uint64_t)d->now;
	c.expires = c.created + 5 * DAY_S;
	assert_int_equal(service_write(&d->s), ERR_OK);
	assert_int_equal(store_certificate_add(d->s.store, &c), ERR_OK);
	assert_int_equal(store_commit(d->s.store), ERR_OK);
	assert_false(waits(d, &row));
	d->now += 4 * DAY_S;
	assert_true(waits(d, &row));
	c.serial[0] = 1;
	c.created = (uint64_t)d->now;
	c.expires = ca_end(&ca) - 1;
	d->now = (int64_t)ca_end(&ca) - 2;
	assert_int_equal(service_write(&d->s), ERR_OK);
	assert_int_equal(store_certificate_add(d->s.store, &c), ERR_OK);
	assert_int_equal(store_commit(d->s.store), ERR_OK);
	assert_true(waits(d, &row));
	c.serial[0] = 2;
	c.created++;
	c.expires++;
	assert_int_equal(service_write(&d->s), ERR_OK);
	assert_int_equal(store_certificate_add(d->s.store, &c), ERR_OK);
	assert_int_equal(store_commit(d->s.store), ERR_OK);
	assert_false(waits(d, &row));
}

static bool
event_keep(void *ctx, const struct store_event *event)
{
	unsigned *count = ctx;

	assert_true(bytes_equal(event->kind, BYTES_LIT("ca_expired")));
	assert_true(bytes_equal(
	    event->detail, BYTES_LIT("{\"CAName\":\"m\\\"\\u00FC\"}")));
	assert_false(event->has_uid);
	(*count)++;
	return true;
}

static unsigned
told(struct desk *d, const struct actor *actor)
{
	unsigned count = 0;

	assert_int_equal(cas_tell_expired(&d->s), ERR_OK);
	assert_false(store_in_transaction(d->s.store));
	assert_int_equal(store_event_list(d->s.store, actor->tenant, false,
			     NULL, 0, 100, event_keep, &count),
	    ERR_OK);
	return count;
}

static void
test_the_owner_is_told_once(void **state)
{
	struct desk *d = *state;
	struct store_profile p;
	struct actor a = desk_tenant(d, "a", "Freedom", &p);
	struct actor b = desk_tenant(d, "b", "Freedom", &p);
	struct store_ca ca = ca_make(d, &a, "m\"\xc3\xbc");

	(void)ca_make(d, &a, "removed");
	assert_int_equal(ca_end_by(d, &a, "removed"), ERR_OK);
	d->now = (int64_t)ca_end(&ca) - 1;
	assert_int_equal(told(d, &a), 0);
	d->now++;
	assert_int_equal(told(d, &a), 1);
	d->now += DAY_S;
	assert_int_equal(told(d, &a), 1);
	assert_int_equal(told(d, &b), 0);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_parallel_makers_do_not_pass_the_limit),
	    TEST(test_a_removed_ca_is_gone),
	    TEST(test_a_ca_in_use_stays),
	    TEST(test_an_expired_ca_gives_nothing),
	    TEST(test_the_last_certificate_of_a_ca),
	    TEST(test_the_owner_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
