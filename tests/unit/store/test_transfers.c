/*
 * Lists of transfers: both directions in one order, and the work for a page
 * does not grow with what there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "sqlite.h"
#include "store/transfers.h"

#define PAGE 10
#define MANY 3000

static const char accounts[] =
    "INSERT INTO plans (name, max_active, services) VALUES ('two', 2, 16);"
    "INSERT INTO tenants (id, name, plan, created) VALUES (1, 'T', 'two', 0),"
    " (2, 'U', 'two', 0), (3, 'V', 'two', 0);";

/* Offers with one device each, from 1 to 2, from 2 to 1 and from 3 to 2. */
static void
fill(const struct fixture *f, unsigned count)
{
	char sql[512];

	fixture_sql(f, accounts);
	(void)snprintf(sql, sizeof(sql),
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < %u) INSERT INTO transfers (id, from_tenant, to_tenant,"
	    " readers, state, created, expires) SELECT i, i %% 3 + 1,"
	    " CASE i %% 3 + 1 WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE 2 END, 1, 0, i,"
	    " 9000000000 FROM n",
	    count);
	fixture_sql(f, sql);
	fixture_sql(f, "INSERT INTO devices (uid, factory_key, created)"
		       " VALUES (zeroblob(8), x'04', 0)");
	fixture_sql(f, "INSERT INTO transfer_devices (transfer, uid, state)"
		       " SELECT id, zeroblob(8), id % 4 FROM transfers");
}

/* Steps of the virtual machine since the last call. */
static int
steps(const struct fixture *f)
{
	sqlite3_stmt *s = NULL;
	int sum = 0;

	while ((s = sqlite3_next_stmt(f->store->db, s)) != NULL)
		sum += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 1);
	return sum;
}

static void
test_both_directions_in_one_order(void **state)
{
	struct fixture *f = *state;
	struct store_transfer t[PAGE];
	uint64_t before = 0, expected = 30;
	size_t count = 0;

	fill(f, 30);
	do {
		assert_int_equal(
		    store_transfer_list(f->store, 1, before, t, PAGE, &count),
		    ERR_OK);
		for (size_t i = 0; i < count; i++, expected--) {
			/* From 3 to 2 is no business of 1's. */
			if (expected % 3 == 2)
				expected--;
			assert_int_equal(t[i].id, expected);
			assert_true(t[i].from == 1 || t[i].to == 1);
			assert_int_equal(t[i].devices, 1);
			assert_int_equal(t[i].waiting, t[i].id % 4 == 1);
			assert_int_equal(t[i].done, t[i].id % 4 == 2);
		}
		before = count > 0 ? t[count - 1].id : 0;
	} while (count == PAGE);
	assert_int_equal(expected, 0);
}

static void
test_a_page_costs_a_page(void **state)
{
	struct fixture *f = *state;
	struct store_transfer t[PAGE];
	size_t count = 0;

	fill(f, MANY);
	(void)steps(f);
	assert_int_equal(
	    store_transfer_list(f->store, 2, 0, t, PAGE, &count), ERR_OK);
	assert_int_equal(count, PAGE);
	assert_int_equal(t[0].id, MANY);
	assert_true(steps(f) < PAGE * 200);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_both_directions_in_one_order),
	    TEST(test_a_page_costs_a_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
