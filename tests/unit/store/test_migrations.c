/*
 * What migrations make of rows that older programs have written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "fixture.h"
#include "sqlite.h"
#include "store/generations.h"
#include "store/pendings.h"

/* Makes the database of an older program: the first version files have run. */
static void
make_old(struct fixture *f, int version, const char *rows)
{
	char sql[96];

	store_close(f->store);
	assert_int_equal(unlink(f->path), 0);
	fixture_sql(f, "CREATE TABLE migrations (version INTEGER PRIMARY KEY,"
		       " name TEXT NOT NULL,"
		       " applied INTEGER NOT NULL DEFAULT (unixepoch()))");
	for (int i = 0; i < version; i++) {
		fixture_sql(f, store_migrations[i].sql);
		(void)snprintf(sql, sizeof(sql),
		    "INSERT INTO migrations (version, name) VALUES (%d, 'x')",
		    store_migrations[i].version);
		fixture_sql(f, sql);
	}
	fixture_sql(f, rows);
	f->store = fixture_open(f);
}

static const char rows_of_3[] =
    "INSERT INTO tenants (id, name, plan, created)"
    " VALUES (1, 'T', 'Freedom', 0);"
    "INSERT INTO profiles (uid, tenant, name, features, record, created)"
    " VALUES (zeroblob(16), 1, 'p', 51, x'00', 0);"
    "INSERT INTO devices (uid, factory_key, created, generation, features,"
    " confirmed, features_version) VALUES"
    " (x'0000000000000001', x'04', 0, 1, 1, 2, 0),"
    " (x'0000000000000002', x'04', 0, 1, 4, 8, 100),"
    " (x'0000000000000003', x'04', 0, 1, 16, 32, 9000000000),"
    " (x'0000000000000004', x'04', 0, 0, 63, 0, 0);"
    "INSERT INTO pendings (alias, uid, generation, instance, public_key, root,"
    " ck, resume, root_profile, features, status, created, number) VALUES"
    " (zeroblob(6), x'0000000000000001', 2, x'00', x'00', x'00', x'00',"
    " x'00', x'00', 48, 0, 0, 1);";

static long long
device_number(const struct fixture *f, const char *column, int device)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
	    "SELECT %s FROM devices WHERE uid = x'000000000000000%d'", column,
	    device);
	return fixture_number(f, sql);
}

static void
test_services_move_to_the_low_bits(void **state)
{
	struct fixture *f = *state;

	make_old(f, 3, rows_of_3);
	assert_int_equal(fixture_number(f, "SELECT services FROM plans"
					   " WHERE name = 'Freedom'"),
	    3);
	assert_int_equal(fixture_number(f,
			     "SELECT services FROM plans WHERE name = 'Basic'"),
	    0);
	assert_int_equal(
	    fixture_number(f, "SELECT features FROM profiles"), 15);
	assert_int_equal(fixture_number(f, "SELECT features FROM pendings"), 3);
	assert_int_equal(device_number(f, "features", 1), 4);
	assert_int_equal(device_number(f, "confirmed", 1), 8);
	assert_int_equal(device_number(f, "features", 2), 16);
	assert_int_equal(device_number(f, "confirmed", 2), 32);
	assert_int_equal(device_number(f, "features", 3), 1);
	assert_int_equal(device_number(f, "confirmed", 3), 2);
	assert_int_equal(device_number(f, "features", 4), 63);
}

/* F5: a version only grows, or a device would not take the set. */
static void
test_registered_devices_hear_their_set_again(void **state)
{
	struct fixture *f = *state;

	make_old(f, 3, rows_of_3);
	for (int device = 1; device <= 2; device++)
		assert_true(
		    device_number(f, "features_version", device) > 1700000000);
	assert_true(device_number(f, "features_version", 3) == 9000000001);
	assert_int_equal(device_number(f, "features_version", 4), 0);
}

/* An offer and its device, as they stood before receivers were numbers. */
static const char transfer_of_10[] =
    "INSERT INTO tenants (id, name, plan, created)"
    " VALUES (1, 'T', 'Freedom', 0), (2, 'U', 'Freedom', 0);"
    "INSERT INTO devices (uid, factory_key, created)"
    " VALUES (zeroblob(8), x'04', 0);"
    "INSERT INTO transfers (id, from_tenant, to_tenant, readers, state,"
    " created, expires) VALUES (7, 1, 2, 3, 1, 100, 200);"
    "INSERT INTO transfer_devices (transfer, uid, state, last)"
    " VALUES (7, zeroblob(8), 1, 5);";

static void
test_transfers_stand(void **state)
{
	struct fixture *f = *state;

	make_old(f, 10, transfer_of_10);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM transfers WHERE id = 7"
			      " AND from_tenant = 1 AND to_tenant = 2"
			      " AND to_nobody = 0 AND readers = 3 AND state = 1"
			      " AND created = 100 AND expires = 200"),
	    1);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM transfer_devices"
			      " WHERE transfer = 7 AND last = 5 AND state = 1"),
	    1);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM sqlite_schema WHERE"
			      " sql LIKE '%_of_offers%'"),
	    0);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM pragma_foreign_key_check"),
	    0);
}

/* A program that wrote every number to the device's row. */
static const char pendings_of_16[] =
    "INSERT INTO devices (uid, factory_key, created, generation,"
    " generation_max) VALUES (zeroblob(8), x'04', 0, 1, 4);"
    "INSERT INTO pendings (alias, uid, generation, instance, public_key, root,"
    " ck, resume, root_profile, features, status, created, number) VALUES"
    " (x'000000000003', zeroblob(8), 3, x'00', x'00', x'00', x'00', x'00',"
    " x'00', 0, 0, 0, 1),"
    " (x'000000000004', zeroblob(8), 4, x'00', x'00', x'00', x'00', x'00',"
    " x'00', 0, 0, 0, 2);";

static void
test_numbers_that_were_given_stand(void **state)
{
	static const uint8_t uid[UID_LEN];
	struct fixture *f = *state;
	uint32_t highest = 0;

	make_old(f, 16, pendings_of_16);
	assert_int_equal(
	    store_pending_highest(f->store, uid, &highest), ERR_OK);
	assert_int_equal(highest, 4);
	assert_int_equal(device_number(f, "generation_max", 0), 4);
	assert_int_equal(store_pending_delete_all(f->store, uid), ERR_OK);
	assert_int_equal(device_number(f, "generation_max", 0), 4);
}

/* Of device 1, 1 has ended and 2 is current; nothing is of device 2 any more. */
static const char generations_of_17[] =
    "INSERT INTO devices (uid, factory_key, created, generation, alias)"
    " VALUES (x'0000000000000001', x'04', 0, 2, x'000000000002'),"
    " (x'0000000000000002', x'04', 0, 0, NULL);"
    "INSERT INTO generations (alias, uid, generation, profile, public_key,"
    " root, created, ended, downlink_v1, downlink_v2, rejected) VALUES"
    " (x'000000000003', x'0000000000000002', 1, zeroblob(16), zeroblob(65),"
    " x'03', 5, NULL, 0, 0, 1),"
    " (x'000000000002', x'0000000000000001', 2, zeroblob(16), zeroblob(65),"
    " x'02', 4, NULL, 7, 8, 0),"
    " (x'000000000001', x'0000000000000001', 1, zeroblob(16), zeroblob(65),"
    " x'01', 3, 4, 5, 6, 1);";

static void
test_generations_are_found_as_before(void **state)
{
	struct fixture *f = *state;
	uint8_t alias[ALIAS_LEN] = {0};
	struct store_generation g;

	make_old(f, 17, generations_of_17);
	for (uint8_t i = 1; i <= 3; i++) {
		alias[ALIAS_LEN - 1] = i;
		assert_int_equal(
		    store_generation_by_alias(f->store, alias, &g), ERR_OK);
		assert_int_equal(g.created, 2 + i);
		assert_int_equal(g.root.b[0], i);
		assert_int_equal(g.rejected, i != 2);
		assert_int_equal(g.uid[UID_LEN - 1], i == 3 ? 2 : 1);
		if (i < 3)
			assert_int_equal(g.ended, i == 1 ? 4 : 0);
		else
			assert_true(g.ended > 1700000000);
	}
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM generations WHERE"
			      " (generation = 1 AND downlink_v1 = 5 AND"
			      " downlink_v2 = 6) OR (generation = 2 AND"
			      " downlink_v1 = 7 AND downlink_v2 = 8)"),
	    2);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM pragma_foreign_key_check"),
	    0);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM sqlite_schema WHERE"
			      " sql LIKE '%_of_devices%'"),
	    0);
}

/* It would give numbers again that stand in pendings alone. */
static void
test_programs_before_stay_out(void **state)
{
	const struct fixture *f = *state;

	assert_true(store_schema_version(f->store) >= 17);
}

/* What waited in the journal, in rows of one entry. */
static const char journal_of_16[] =
    "INSERT INTO devices (uid, factory_key, created, generation, alias, n, ck)"
    " VALUES (x'0000000000000001', x'04', 0, 1, x'010101010101', 1, x'01'),"
    " (x'0000000000000002', x'04', 0, 1, x'020202020202', 1, x'02'),"
    " (x'0000000000000003', x'04', 0, 1, x'030303030303', 9, x'03'),"
    " (x'0000000000000004', x'04', 0, 1, x'040404040404', 1, x'04'),"
    " (x'0000000000000005', x'04', 0, 1, x'050505050505', 1, x'05'),"
    " (x'0000000000000006', x'04', 0, 1, x'060606060606', 1, x'06'),"
    " (x'0000000000000007', x'04', 0, 1, x'070707070707', 1, x'07');"
    "UPDATE devices SET erased = 5, ck = NULL"
    " WHERE uid = x'0000000000000004';"
    "INSERT INTO journal (uid, alias, n, ck, last_ck, last_id, seen, address,"
    " changed) VALUES"
    /* the latest counts, */
    " (x'0000000000000001', x'010101010101', 2, x'12', x'01', zeroblob(5), 11,"
    " 'a:1', 21),"
    " (x'0000000000000001', x'010101010101', 3, x'13', x'12',"
    " x'0102030405', 12, 'a:2', 22),"
    /* not one of another context, */
    " (x'0000000000000002', x'010101010101', 3, x'13', x'12', zeroblob(5), 12,"
    " NULL, 22),"
    /* one that is behind, */
    " (x'0000000000000003', x'030303030303', 3, x'13', x'12', zeroblob(5), 12,"
    " NULL, 22),"
    /* of a device that was erased, */
    " (x'0000000000000004', x'040404040404', 3, x'13', x'12', zeroblob(5), 12,"
    " NULL, 22),"
    /* one that is damaged, nor what was before it, */
    " (x'0000000000000005', x'050505050505', 2, x'13', x'12', zeroblob(5), 12,"
    " NULL, 22),"
    " (x'0000000000000005', x'050505050505', 3, zeroblob(63), x'12',"
    " zeroblob(5), 12, NULL, 22),"
    " (x'00', x'050505050505', 4, x'13', x'12', zeroblob(5), 12, NULL, 23),"
    /* and none of a context that has ended. */
    " (x'0000000000000006', x'060606060606', 2, x'13', x'12', zeroblob(5), 12,"
    " NULL, 22),"
    " (x'0000000000000006', zeroblob(6), 0, x'', x'', zeroblob(5), 0, NULL,"
    " 0),"
    " (x'0000000000000007', x'070707070707', 5, x'15', x'', zeroblob(5), 12,"
    " NULL, 22);";

static void
test_the_journal_is_carried_over(void **state)
{
	static const int n[] = {3, 1, 9, 1, 1, 1, 5};
	struct fixture *f = *state;

	make_old(f, 16, journal_of_16);
	for (int device = 1; device <= 7; device++)
		assert_int_equal(device_number(f, "n", device), n[device - 1]);
	assert_int_equal(
	    device_number(f,
		"ck = x'13' AND last_ck = x'12' AND last_id = x'0102030405'"
		" AND seen = 12 AND address = 'a:2' AND changed = 22",
		1),
	    1);
	assert_int_equal(device_number(f, "ck IS NULL", 4), 1);
	assert_int_equal(
	    device_number(f, "ck = x'15' AND last_ck IS NULL", 7), 1);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM journal"), 0);
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_services_move_to_the_low_bits),
	    TEST(test_registered_devices_hear_their_set_again),
	    TEST(test_transfers_stand),
	    TEST(test_numbers_that_were_given_stand),
	    TEST(test_programs_before_stay_out),
	    TEST(test_generations_are_found_as_before),
	    TEST(test_the_journal_is_carried_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
