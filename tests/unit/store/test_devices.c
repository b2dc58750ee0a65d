/*
 * Devices, generations, pendings and left contexts as rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "sqlite.h"
#include "store/events.h"
#include "store/generations.h"
#include "store/left.h"
#include "store/pendings.h"
#include "store/rights.h"

static const uint8_t alias_a[ALIAS_LEN] = {1, 2, 3, 4, 5, 6};
static const uint8_t alias_b[ALIAS_LEN] = {6, 5, 4, 3, 2, 1};

/* Adds device i and commits generation 1 of it under alias. */
static struct store_device
add_committed(struct store *store, unsigned i, const uint8_t *alias)
{
	struct store_device d = fixture_device(i);

	assert_int_equal(store_device_add(store, &d), ERR_OK);
	d.generation = 1;
	memcpy(d.alias, alias, ALIAS_LEN);
	memset(d.public_key, 9, sizeof(d.public_key));
	d.n = 1;
	d.ck = fixture_blob(1);
	d.last_ck = fixture_blob(0);
	d.has_last_id = true;
	memset(d.resume, 0x55, sizeof(d.resume));
	memset(d.last_id, 0x77, sizeof(d.last_id));
	d.status = DEVICE_REGISTERED;
	d.registered = 1700000100;
	d.changed = 5;
	assert_int_equal(store_device_commit(store, &d), ERR_OK);
	return d;
}

static void
test_import_then_find(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct store_device d = fixture_device(3), found;

	assert_int_equal(
	    store_device_by_uid(store, d.uid, &found), ERR_NOT_FOUND);
	assert_int_equal(store_device_add(store, &d), ERR_OK);
	assert_int_equal(store_device_add(store, &d), ERR_EXISTS);
	assert_int_equal(store_device_by_uid(store, d.uid, &found), ERR_OK);
	assert_memory_equal(found.uid, d.uid, UID_LEN);
	assert_memory_equal(found.factory_key, d.factory_key, P256_POINT_LEN);
	assert_int_equal(found.factory_secret.len, BLOB_MAX);
	assert_int_equal(found.generation, 0);
	assert_int_equal(found.status, DEVICE_PRODUCED);
	assert_false(found.has_profile || found.has_instance ||
		     found.has_last_id || found.suspended);
	d = fixture_device(4);
	d.import_id = 12;
	assert_int_equal(store_device_add(store, &d), ERR_CONFLICT);
}

static void
test_commit_erases_the_factory_secret(void **state)
{
	struct fixture *f = *state;
	struct store_device d = add_committed(f->store, 1, alias_a), found;

	assert_int_equal(store_device_by_uid(f->store, d.uid, &found), ERR_OK);
	assert_false(found.partial);
	assert_memory_equal(found.alias, alias_a, ALIAS_LEN);
	assert_int_equal(found.factory_secret.len, 0);
	assert_memory_equal(found.factory_key, d.factory_key, P256_POINT_LEN);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.changed, 5);
	assert_memory_equal(found.last_ck.b, d.last_ck.b, BLOB_MAX);
	assert_true(found.has_last_id);
	assert_int_equal(found.registered, 1700000100);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"
					   " WHERE factory_secret IS NULL"),
	    1);
}

/* The columns of a check-in are read into what they are named after. */
static void
test_a_check_in_finds_its_part(void **state)
{
	struct fixture *f = *state;
	struct store_device d = add_committed(f->store, 1, alias_a), found;

	fixture_sql(f, "UPDATE devices SET suspended = 1, released = 7,"
		       " resync = 6, rooted = 8, features = 9, confirmed = 10,"
		       " features_version = 11, confirmed_version = 12,"
		       " period = 13, flags = 14, seen = 15, erased = 16,"
		       " firmware = '17', address = '18'");
	assert_int_equal(
	    store_device_by_alias(f->store, alias_a, &found), ERR_OK);
	assert_true(found.partial && found.created == 0);
	assert_memory_equal(found.uid, d.uid, UID_LEN);
	assert_memory_equal(found.alias, alias_a, ALIAS_LEN);
	assert_int_equal(found.status, DEVICE_REGISTERED);
	assert_true(found.generation == 1 && found.n == 1);
	assert_int_equal(found.changed, 5);
	assert_memory_equal(found.ck.b, d.ck.b, BLOB_MAX);
	assert_memory_equal(found.last_ck.b, d.last_ck.b, BLOB_MAX);
	assert_memory_equal(found.last_id, d.last_id, REQUEST_ID_LEN);
	assert_true(found.suspended && !found.quarantined && !found.rotate);
	assert_true(found.has_released && found.released == 7);
	assert_true(found.resync == 6 && found.rooted == 8);
	assert_true(found.features == 9 && found.confirmed == 10);
	assert_true(
	    found.features_version == 11 && found.confirmed_version == 12);
	assert_true(found.period == 13 && found.flags == 14);
	assert_true(found.seen == 15 && found.erased == 16);
	assert_string_equal(found.firmware, "17");
	assert_string_equal(found.address, "18");
	fixture_sql(f, "UPDATE devices SET suspended = 0, quarantined = 1,"
		       " rotate = 0");
	assert_int_equal(
	    store_device_by_alias(f->store, alias_a, &found), ERR_OK);
	assert_true(!found.suspended && found.quarantined && !found.rotate);
	fixture_sql(f, "UPDATE devices SET quarantined = 0, rotate = 1");
	assert_int_equal(
	    store_device_by_alias(f->store, alias_a, &found), ERR_OK);
	assert_true(!found.suspended && !found.quarantined && found.rotate);
	assert_int_equal(
	    store_device_by_alias(f->store, alias_b, &found), ERR_NOT_FOUND);
}

static void
test_advance_needs_the_right_state(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct store_device d = add_committed(store, 1, alias_a), found;
	struct store_advance a = {.n = 1,
	    .ck = fixture_blob(2),
	    .request_id = {1, 2, 3, 4, 5},
	    .period = 60,
	    .flags = 2,
	    .features_version = 8,
	    .confirmed = 3,
	    .confirmed_version = 8,
	    .firmware = "03.15",
	    .time = 1700000200,
	    .address = "[::1]:1234",
	    .changed = 6};

	memcpy(a.uid, d.uid, UID_LEN);
	memcpy(a.alias, alias_a, ALIAS_LEN);
	assert_int_equal(store_device_advance(store, &a), ERR_OK);
	assert_int_equal(store_device_advance(store, &a), ERR_CONFLICT);
	a.n = 3;
	assert_int_equal(store_device_advance(store, &a), ERR_CONFLICT);
	a.n = 2;
	memcpy(a.alias, alias_b, ALIAS_LEN);
	assert_int_equal(store_device_advance(store, &a), ERR_CONFLICT);
	assert_int_equal(store_device_by_uid(store, d.uid, &found), ERR_OK);
	assert_int_equal(found.n, 2);
	assert_memory_equal(found.ck.b, a.ck.b, BLOB_MAX);
	assert_memory_equal(found.last_ck.b, d.ck.b, BLOB_MAX);
	assert_memory_equal(found.last_id, a.request_id, REQUEST_ID_LEN);
	assert_string_equal(found.firmware, "03.15");
	assert_string_equal(found.address, "[::1]:1234");
	assert_int_equal(found.confirmed, 3);
	assert_int_equal(found.period, 60);
	assert_int_equal(found.flags, 2);
	assert_memory_equal(found.resume, d.resume, RESUME_LEN);
	assert_int_equal(found.seen, 1700000200);
}

static void
test_generation_numbers_only_grow(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct store_device d = fixture_device(1), found;

	assert_int_equal(store_device_add(store, &d), ERR_OK);
	d.generation = 3;
	d.generation_max = 5;
	assert_int_equal(store_device_commit(store, &d), ERR_OK);
	d.generation = 4;
	d.generation_max = 4;
	assert_int_equal(store_device_commit(store, &d), ERR_OK);
	assert_int_equal(store_device_by_uid(store, d.uid, &found), ERR_OK);
	assert_int_equal(found.generation_max, 5);
	assert_int_equal(found.generation, 4);
}

static bool
is_free(struct store *store, const uint8_t *alias)
{
	bool found = false;

	assert_int_equal(store_alias_free(store, alias, &found), ERR_OK);
	return found;
}

static struct store_generation
generation_of(
    const struct store_device *d, uint32_t number, const uint8_t *alias)
{
	struct store_generation g = {.generation = number,
	    .root = fixture_blob((uint8_t)number),
	    .created = 10};

	memcpy(g.alias, alias, ALIAS_LEN);
	memcpy(g.uid, d->uid, UID_LEN);
	return g;
}

/* The number, and when it has ended, of the generation with an alias. */
static void
is_generation(
    struct store *store, const uint8_t *alias, uint32_t number, uint64_t ended)
{
	struct store_generation found;

	assert_int_equal(
	    store_generation_by_alias(store, alias, &found), ERR_OK);
	assert_memory_equal(found.alias, alias, ALIAS_LEN);
	assert_int_equal(found.generation, number);
	assert_int_equal(found.ended, ended);
	assert_int_equal(found.root.b[0], number);
	assert_false(is_free(store, alias));
}

static void
test_generations_end_once(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct store_device d = fixture_device(1);
	struct store_generation g = generation_of(&d, 1, alias_a), found;
	const struct store_generation_name a = {d.uid, 1, alias_a},
					   b = {d.uid, 1, alias_b};

	assert_true(is_free(store, alias_a));
	(void)add_committed(store, 1, alias_a);
	assert_int_equal(
	    store_generation_by_alias(store, alias_a, &found), ERR_NOT_FOUND);
	assert_int_equal(store_generation_add(store, &g), ERR_OK);
	assert_int_equal(store_generation_add(store, &g), ERR_EXISTS);
	is_generation(store, alias_a, 1, 0);
	assert_int_equal(store_generation_end(store, &a, 20), ERR_OK);
	assert_int_equal(store_generation_end(store, &a, 30), ERR_OK);
	is_generation(store, alias_a, 1, 20);
	assert_int_equal(store_generation_end(store, &b, 30), ERR_NOT_FOUND);
}

static const char owner[] =
    "INSERT INTO tenants (id, name, plan, created)"
    " VALUES (1, 'T', 'Freedom', 0);"
    "INSERT INTO profiles (uid, tenant, name, features, record, created)"
    " VALUES (zeroblob(16), 1, 'p', 51, zeroblob(16), 0);";

static bool
see_first(void *ctx, const struct store_generation *generation)
{
	memcpy(ctx, generation->alias, ALIAS_LEN);
	return false;
}

/* By its alias alone: current, then ended, and of a device that has no alias. */
static void
test_generations_are_found_before_and_after_the_end(void **state)
{
	static const uint8_t alias_c[ALIAS_LEN] = {7, 7, 7, 7, 7, 7};
	struct store *store = ((struct fixture *)*state)->store;
	struct store_device d = add_committed(store, 1, alias_b);
	struct store_device other = add_committed(store, 2, alias_c);
	struct store_generation g = generation_of(&d, 1, alias_b);
	uint8_t first[ALIAS_LEN];
	const struct store_generation_name a = {d.uid, 1, alias_b};

	fixture_sql(*state, owner);
	g.tenant = 1;
	assert_int_equal(store_generation_add(store, &g), ERR_OK);
	is_generation(store, alias_b, 1, 0);
	assert_int_equal(store_generation_end(store, &a, 20), ERR_OK);
	/* What another time has called so is another one. */
	g = generation_of(&d, 1, alias_a);
	g.root = fixture_blob(1);
	g.created = 11;
	g.tenant = 1;
	assert_int_equal(store_generation_add(store, &g), ERR_OK);
	d.tenant = 1;
	memcpy(d.alias, alias_a, ALIAS_LEN);
	assert_int_equal(store_device_commit(store, &d), ERR_OK);
	is_generation(store, alias_b, 1, 20);
	is_generation(store, alias_a, 1, 0);
	/* Of two with one number the older one is it, and listed last. */
	assert_int_equal(
	    store_generation_by_number(store, d.uid, 1, &g), ERR_OK);
	assert_memory_equal(g.alias, alias_b, ALIAS_LEN);
	assert_int_equal(
	    store_generation_list(store, 1, d.uid, 0, 9, see_first, first),
	    ERR_OK);
	assert_memory_equal(first, alias_a, ALIAS_LEN);
	/* An alias that has ended is nobody's any more, and that of another
	 * device's current one nobody else's. */
	g = generation_of(&other, 2, alias_b);
	assert_int_equal(store_generation_add(store, &g), ERR_EXISTS);
	memcpy(other.alias, alias_a, ALIAS_LEN);
	assert_int_equal(store_device_commit(store, &other), ERR_EXISTS);
	/* Erased, the device keeps its alias until it is made anew. */
	assert_int_equal(store_device_erase(store, d.uid, 40), ERR_OK);
	assert_int_equal(store_device_renew(store, &d), ERR_OK);
	assert_int_equal(store_generation_by_alias(store, alias_a, &g), ERR_OK);
	assert_int_equal(g.ended, 40);
	assert_int_equal(g.root.len, 0);
	assert_false(is_free(store, alias_a));
	assert_false(is_free(store, alias_b));
}

static void
test_downlink_counters_of_one(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct store_device d = add_committed(store, 1, alias_a);
	struct store_generation g = generation_of(&d, 1, alias_a);
	const struct store_generation_name a = {d.uid, 1, alias_a},
					   b = {d.uid, 1, alias_b};
	uint64_t last = 0;

	assert_int_equal(store_generation_add(store, &g), ERR_OK);
	assert_int_equal(
	    store_generation_downlink_set(store, &a, 1, 7), ERR_OK);
	assert_int_equal(
	    store_generation_downlink_set(store, &a, 2, 9), ERR_OK);
	assert_int_equal(
	    store_generation_downlink(store, &a, 1, &last), ERR_OK);
	assert_int_equal(last, 7);
	assert_int_equal(
	    store_generation_downlink(store, &a, 2, &last), ERR_OK);
	assert_int_equal(last, 9);
	assert_int_equal(
	    store_generation_downlink_set(store, &b, 1, 7), ERR_NOT_FOUND);
	assert_int_equal(
	    store_generation_downlink(store, &b, 1, &last), ERR_NOT_FOUND);
}

/* Rows that SQLite has looked through, statement by statement, one by one. */
static int
rows_looked_through(const struct fixture *f)
{
	sqlite3_stmt *s = NULL;
	int sum = 0;

	while ((s = sqlite3_next_stmt(f->store->db, s)) != NULL)
		sum +=
		    sqlite3_stmt_status(s, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
	return sum;
}

/* A number that stands twice: the alias says which of them is current. */
static void
test_twins_of_one_number(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct store_device d = add_committed(store, 1, alias_a);
	struct store_generation g = generation_of(&d, 1, alias_a);
	const struct store_generation_name a = {d.uid, 1, alias_a};
	struct store_rights rights;
	uint8_t found[ALIAS_LEN];

	fixture_sql(*state, owner);
	g.tenant = 1;
	assert_int_equal(store_generation_add(store, &g), ERR_OK);
	assert_int_equal(store_generation_end(store, &a, 20), ERR_OK);
	memcpy(g.alias, alias_b, ALIAS_LEN);
	assert_int_equal(store_generation_add(store, &g), ERR_OK);
	memcpy(d.alias, alias_b, ALIAS_LEN);
	d.tenant = 1;
	assert_int_equal(store_device_commit(store, &d), ERR_OK);
	is_generation(store, alias_a, 1, 20);
	is_generation(store, alias_b, 1, 0);
	assert_int_equal(store_rights_find(store, 1, alias_b, &rights), ERR_OK);
	assert_int_equal(rights.ended_at, 0);
	assert_int_equal(store_rights_find(store, 1, alias_a, &rights), ERR_OK);
	assert_int_equal(rights.ended_at, 20);
	assert_int_equal(
	    store_rights_of_device(store, 1, d.uid, &rights, found), ERR_OK);
	assert_memory_equal(found, alias_b, ALIAS_LEN);
}

/* However many there are: each kind of look-up has an index. */
static void
test_an_alias_is_found_at_once(void **state)
{
	struct fixture *f = *state;
	uint8_t alias[ALIAS_LEN] = {0}, found[ALIAS_LEN];
	struct store_generation g;
	struct store_rights rights;
	struct store_device d;

	fixture_sql(f, owner);
	for (uint8_t i = 1; i <= 20; i++) {
		struct store_generation_name name = {d.uid, 1, alias};

		alias[0] = i;
		d = add_committed(f->store, i, alias);
		d.tenant = 1;
		assert_int_equal(store_device_commit(f->store, &d), ERR_OK);
		g = generation_of(&d, 1, alias);
		g.tenant = 1;
		assert_int_equal(store_generation_add(f->store, &g), ERR_OK);
		if (i % 2 == 0)
			assert_int_equal(
			    store_generation_end(f->store, &name, 5), ERR_OK);
	}
	(void)rows_looked_through(f);
	for (uint8_t i = 1; i <= 20; i++) {
		alias[0] = i;
		is_generation(f->store, alias, 1, i % 2 == 0 ? 5 : 0);
		assert_int_equal(
		    store_rights_find(f->store, 1, alias, &rights), ERR_OK);
		assert_int_equal(rights.ended_at, i % 2 == 0 ? 5 : 0);
	}
	d = fixture_device(3);
	assert_int_equal(
	    store_rights_of_device(f->store, 1, d.uid, &rights, found), ERR_OK);
	assert_int_equal(found[0], 3);
	alias[0] = 99;
	assert_true(is_free(f->store, alias));
	assert_int_equal(
	    store_generation_by_alias(f->store, alias, &g), ERR_NOT_FOUND);
	assert_int_equal(
	    store_rights_find(f->store, 1, alias, &rights), ERR_NOT_FOUND);
	assert_int_equal(rows_looked_through(f), 0);
}

static struct store_pending
pending_of(const struct store_device *d, uint8_t i)
{
	struct store_pending p = {.generation = i,
	    .root = fixture_blob(i),
	    .ck = fixture_blob(i),
	    .features = 1,
	    .firmware = "1.0",
	    .serial = "S-1",
	    .number = i};

	p.alias[0] = i;
	memcpy(p.uid, d->uid, UID_LEN);
	return p;
}

static uint32_t
highest_of(struct store *store, const struct store_device *d)
{
	uint32_t highest = 99;

	assert_int_equal(
	    store_pending_highest(store, d->uid, &highest), ERR_OK);
	return highest;
}

static void
test_pendings(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct store_device d = fixture_device(1), other = fixture_device(2);
	struct store_pending p, all[PENDING_MAX];
	size_t count = 0;

	p = pending_of(&d, 1);
	assert_int_equal(store_pending_add(store, &p), ERR_CONFLICT);

	assert_int_equal(store_device_add(store, &d), ERR_OK);
	assert_int_equal(store_device_add(store, &other), ERR_OK);
	p = pending_of(&other, 100);
	assert_int_equal(store_pending_add(store, &p), ERR_OK);
	assert_int_equal(highest_of(store, &d), 0);
	for (uint8_t i = 3; i <= PENDING_MAX + 2; i++) {
		p = pending_of(&d, i);
		assert_int_equal(store_pending_add(store, &p), ERR_OK);
	}
	assert_int_equal(store_pending_add(store, &p), ERR_EXISTS);
	assert_int_equal(highest_of(store, &d), PENDING_MAX + 2);
	assert_int_equal(
	    store_pending_by_uid(store, d.uid, all, &count), ERR_OK);
	assert_int_equal(count, PENDING_MAX);
	assert_int_equal(all[0].alias[0], 3);
	assert_int_equal(all[PENDING_MAX - 1].alias[0], PENDING_MAX + 2);
	assert_string_equal(all[0].serial, "S-1");
	assert_int_equal(store_pending_delete(store, all[0].alias), ERR_OK);
	assert_int_equal(
	    store_pending_by_alias(store, all[0].alias, &p), ERR_NOT_FOUND);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(
		    store_pending_delete_all(store, d.uid), ERR_OK);
		assert_int_equal(
		    store_pending_by_uid(store, d.uid, all, &count), ERR_OK);
		assert_int_equal(count, 0);
		assert_int_equal(store_device_by_uid(store, d.uid, &d), ERR_OK);
		assert_int_equal(d.generation_max, PENDING_MAX + 2);
	}
	assert_int_equal(
	    store_pending_by_uid(store, other.uid, all, &count), ERR_OK);
	assert_int_equal(count, 1);
}

static void
test_left_contexts_are_bounded(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct store_device d = fixture_device(1);
	struct store_left left = {.generation = 1}, all[LEFT_MAX];
	size_t count = 0;

	memcpy(left.uid, d.uid, UID_LEN);
	left.alias[0] = 1;
	assert_int_equal(store_left_add(store, &left), ERR_CONFLICT);
	assert_int_equal(store_device_add(store, &d), ERR_OK);
	for (uint8_t i = 1; i <= LEFT_MAX + 1; i++) {
		left.alias[0] = i;
		left.number = i;
		left.ck = fixture_blob(i);
		assert_int_equal(store_left_add(store, &left), ERR_OK);
	}
	assert_int_equal(store_left_by_uid(store, d.uid, all, &count), ERR_OK);
	assert_int_equal(count, LEFT_MAX);
	assert_int_equal(all[0].alias[0], 2);
	assert_int_equal(store_left_by_alias(store, left.alias, &left), ERR_OK);
	assert_int_equal(left.ck.b[0], LEFT_MAX + 1);
	left.alias[0] = 1;
	assert_int_equal(
	    store_left_by_alias(store, left.alias, &left), ERR_NOT_FOUND);
}

static const char accounts[] =
    "INSERT INTO plans (name, max_active, services) VALUES ('two', 2, 16);"
    "INSERT INTO tenants (id, name, plan, created) VALUES (1, 'T', 'two', 0);"
    "INSERT INTO profiles (uid, tenant, name, features, period, record,"
    " created) VALUES (x'000102030405060708090a0b0c0d0e0f', 1, 'p', 15, 600,"
    " x'00', 0);"
    "INSERT INTO imports (id, import_key, total, remaining, created)"
    " VALUES (5, x'aabb', 2, 2, 0);";

static void
test_terms_and_active_count(void **state)
{
	struct fixture *f = *state;
	const uint8_t profile[PROFILE_UID_LEN] = {
	    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	const uint8_t none[PROFILE_UID_LEN] = {1};
	struct store_terms terms;
	struct store_device d;
	uint64_t count = 9;
	struct store_times times;

	fixture_sql(f, accounts);
	assert_int_equal(
	    store_terms_by_profile(f->store, none, &terms), ERR_NOT_FOUND);
	assert_int_equal(
	    store_terms_by_profile(f->store, profile, &terms), ERR_OK);
	assert_int_equal(terms.tenant, 1);
	assert_int_equal(terms.features, 15);
	assert_int_equal(terms.services, 16);
	assert_true(terms.limited);
	assert_int_equal(terms.max_active, 2);
	assert_int_equal(
	    store_times_by_profile(f->store, profile, &times), ERR_OK);
	assert_int_equal(times.period, 600);
	assert_int_equal(times.rotation, 0);
	assert_int_equal(times.clones, CLONES_ALERT);
	assert_int_equal(
	    store_times_by_profile(f->store, none, &times), ERR_NOT_FOUND);
	for (unsigned i = 0; i < 3; i++) {
		d = add_committed(f->store, i, (uint8_t[6]){(uint8_t)i});
		d.tenant = 1;
		d.status = i == 2 ? DEVICE_INACTIVE : DEVICE_ACTIVE;
		assert_int_equal(store_device_commit(f->store, &d), ERR_OK);
	}
	assert_int_equal(
	    store_device_count_active(f->store, 1, 10, &count), ERR_OK);
	assert_int_equal(count, 2);
	assert_int_equal(
	    store_device_count_active(f->store, 1, 1, &count), ERR_OK);
	assert_int_equal(count, 1);
}

static void
test_last_confirm_destroys_the_import_key(void **state)
{
	struct fixture *f = *state;
	struct store_blob key = {.len = 0};

	fixture_sql(f, accounts);
	assert_int_equal(store_import_key(f->store, 6, &key), ERR_NOT_FOUND);
	assert_int_equal(store_import_key(f->store, 5, &key), ERR_OK);
	assert_int_equal(key.len, 2);
	assert_int_equal(key.b[0], 0xaa);
	assert_int_equal(store_import_confirmed(f->store, 5), ERR_OK);
	assert_int_equal(store_import_key(f->store, 5, &key), ERR_OK);
	assert_int_equal(store_import_confirmed(f->store, 5), ERR_OK);
	assert_int_equal(store_import_key(f->store, 5, &key), ERR_NOT_FOUND);
	assert_int_equal(store_import_confirmed(f->store, 5), ERR_NOT_FOUND);
}

struct seen_uids {
	size_t count;
	size_t stop;
	uint8_t last;
};

static bool
see_device(void *ctx, const struct store_device *device)
{
	struct seen_uids *seen = ctx;

	seen->last = device->uid[7];
	return ++seen->count != seen->stop;
}

static void
test_list_pages(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct seen_uids seen = {0};
	struct store_device d;

	for (unsigned i = 1; i <= 9; i++) {
		d = fixture_device(i);
		assert_int_equal(store_device_add(store, &d), ERR_OK);
	}
	assert_int_equal(
	    store_device_list(store, 0, NULL, 4, see_device, &seen), ERR_OK);
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.last, 4);
	d = fixture_device(4);
	assert_int_equal(
	    store_device_list(store, 0, d.uid, 99, see_device, &seen), ERR_OK);
	assert_int_equal(seen.count, 9);
	seen = (struct seen_uids){.stop = 2};
	assert_int_equal(
	    store_device_list(store, 0, NULL, 99, see_device, &seen), ERR_OK);
	assert_int_equal(seen.count, 2);
	assert_int_equal(
	    store_device_list(store, 1, NULL, 99, see_device, &seen), ERR_OK);
	assert_int_equal(seen.count, 2);
}

static void
test_flags_and_features(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct store_device d = fixture_device(1), found;

	assert_int_equal(
	    store_device_set_suspended(store, d.uid, true), ERR_NOT_FOUND);
	assert_int_equal(store_device_add(store, &d), ERR_OK);
	assert_int_equal(
	    store_device_set_suspended(store, d.uid, true), ERR_OK);
	assert_int_equal(
	    store_device_set_quarantined(store, d.uid, true), ERR_OK);
	assert_int_equal(store_device_set_rotate(store, d.uid, true), ERR_OK);
	assert_int_equal(
	    store_device_set_features(store, d.uid, 5, 1000), ERR_OK);
	assert_int_equal(
	    store_device_set_features(store, d.uid, 6, 900), ERR_OK);
	assert_int_equal(
	    store_device_seen(store, d.uid, 55, "127.0.0.1:9"), ERR_OK);
	assert_int_equal(store_device_by_uid(store, d.uid, &found), ERR_OK);
	assert_true(found.suspended && found.quarantined && found.rotate);
	assert_int_equal(found.features, 6);
	assert_int_equal(found.features_version, 1001);
	assert_int_equal(found.seen, 55);
}

static void
test_damaged_rows_are_errors(void **state)
{
	struct fixture *f = *state;
	struct store_device d = add_committed(f->store, 1, alias_a), found;

	fixture_sql(f, "UPDATE devices SET last_id = x'0102'");
	assert_int_equal(
	    store_device_by_uid(f->store, d.uid, &found), ERR_FORMAT);
	fixture_sql(f, "UPDATE devices SET last_id = NULL, n = 'many'");
	assert_int_equal(
	    store_device_by_uid(f->store, d.uid, &found), ERR_FORMAT);
	fixture_sql(f, "UPDATE devices SET n = -1");
	assert_int_equal(
	    store_device_by_uid(f->store, d.uid, &found), ERR_FORMAT);
	fixture_sql(f, "UPDATE devices SET n = 1");
	assert_int_equal(store_device_by_uid(f->store, d.uid, &found), ERR_OK);
}

struct seen_events {
	size_t count;
	uint64_t last;
	char kinds[8];
};

static bool
see_event(void *ctx, const struct store_event *event)
{
	struct seen_events *seen = ctx;

	assert_true(event->kind.len == 1);
	seen->kinds[seen->count++] = (char)event->kind.ptr[0];
	seen->last = event->id;
	return true;
}

static void
test_events_by_filter(void **state)
{
	struct fixture *f = *state;
	struct seen_events seen = {0};
	struct store_event e = {.time = 3, .detail = BYTES_LIT("{\"a\":1}")};
	const uint8_t uid[UID_LEN] = {1};

	fixture_sql(f, accounts);
	for (uint8_t i = 0; i < 4; i++) {
		e.tenant = i < 2 ? 1 : 0;
		e.has_uid = i % 2 == 1;
		e.uid[0] = 1;
		e.kind = bytes_make(&"abcd"[i], 1);
		assert_int_equal(store_event_add(f->store, &e), ERR_OK);
	}
	assert_int_equal(
	    store_event_list(f->store, 0, false, NULL, 0, 3, see_event, &seen),
	    ERR_OK);
	assert_string_equal(seen.kinds, "dcb");
	assert_int_equal(store_event_list(f->store, 0, false, NULL, seen.last,
			     9, see_event, &seen),
	    ERR_OK);
	assert_string_equal(seen.kinds, "dcba");
	seen = (struct seen_events){0};
	assert_int_equal(
	    store_event_list(f->store, 1, false, NULL, 0, 9, see_event, &seen),
	    ERR_OK);
	assert_int_equal(
	    store_event_list(f->store, 0, false, uid, 0, 9, see_event, &seen),
	    ERR_OK);
	assert_int_equal(
	    store_event_list(f->store, 1, false, uid, 0, 9, see_event, &seen),
	    ERR_OK);
	assert_string_equal(seen.kinds, "badbb");
	/* An operator's own, and those of nobody. */
	fixture_sql(f, "INSERT INTO tenants (id, name, plan, created)"
		       " VALUES (2, 'U', 'two', 0)");
	e.tenant = 2;
	assert_int_equal(store_event_add(f->store, &e), ERR_OK);
	seen = (struct seen_events){0};
	assert_int_equal(
	    store_event_list(f->store, 1, true, NULL, 0, 3, see_event, &seen),
	    ERR_OK);
	assert_string_equal(seen.kinds, "dcb");
	assert_int_equal(store_event_list(f->store, 1, true, NULL, seen.last, 3,
			     see_event, &seen),
	    ERR_OK);
	assert_string_equal(seen.kinds, "dcba");
	assert_int_equal(
	    store_event_list(f->store, 1, true, uid, 0, 3, see_event, &seen),
	    ERR_OK);
	assert_string_equal(seen.kinds, "dcbadb");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_import_then_find),
	    TEST(test_commit_erases_the_factory_secret),
	    TEST(test_a_check_in_finds_its_part),
	    TEST(test_advance_needs_the_right_state),
	    TEST(test_generation_numbers_only_grow),
	    TEST(test_generations_end_once),
	    TEST(test_generations_are_found_before_and_after_the_end),
	    TEST(test_downlink_counters_of_one),
	    TEST(test_twins_of_one_number),
	    TEST(test_an_alias_is_found_at_once),
	    TEST(test_pendings),
	    TEST(test_left_contexts_are_bounded),
	    TEST(test_terms_and_active_count),
	    TEST(test_last_confirm_destroys_the_import_key),
	    TEST(test_list_pages),
	    TEST(test_flags_and_features),
	    TEST(test_damaged_rows_are_errors),
	    TEST(test_events_by_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
