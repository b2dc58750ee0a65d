/*
 * A commit that fails while it is synced: what is answered after it has to be
 * true after a power cut, whichever of the two outcomes that is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "disk.h"
#include "sqlite.h"
#include "store/counters.h"
#include "store/devices.h"
#include "store/journal.h"
#include "store/store.h"

#define PATH "/dev/null" /* of the real disk: see tests/sim/service.c */
#define FAULTS 40 /* more writes and syncs than a commit has */

static struct store *
open_store(void)
{
	struct store *store = NULL;
	const char *why = NULL;

	if (store_open(PATH, &store, &why) != ERR_OK)
		fail_msg("%s", why);
	return store;
}

/* What a store finds after a power cut. */
static struct store *
open_after_cut(struct store *store)
{
	disk_die();
	store_close(store);
	disk_revive(true);
	return open_store();
}

static enum err
write_value(struct store *store, uint64_t value)
{
	enum err err = store_begin(store);

	if (err == ERR_OK)
		err = store_counter_set(store, "doubt", value);
	if (err == ERR_OK)
		return store_commit(store);
	store_rollback(store);
	return err;
}

static bool
take_value(void *ctx, const char *name, uint64_t value)
{
	(void)name;
	*(uint64_t *)ctx = value;
	return true;
}

static uint64_t
read_value(struct store *store)
{
	uint64_t value = 0;

	assert_int_equal(store_begin_read(store), ERR_OK);
	assert_int_equal(store_counter_list(store, take_value, &value), ERR_OK);
	store_rollback(store);
	return value;
}

/* One run: the n-th write or sync of a commit fails. Whether one did. */
static bool
run(uint64_t n, bool lose)
{
	struct store *store;
	uint64_t answered;
	enum err err;

	disk_reset(n);
	store = open_store();
	assert_int_equal(write_value(store, 1), ERR_OK);
	disk_plan(DISK_ERROR, n);
	err = write_value(store, 2);
	disk_plan(DISK_ERROR, 0);
	answered = read_value(store);
	assert_int_equal(answered, err == ERR_OK ? 2 : 1);
	disk_die();
	store_close(store);
	disk_revive(lose);
	store = open_store();
	assert_int_equal(read_value(store), answered);
	assert_int_equal(write_value(store, 3), ERR_OK);
	assert_int_equal(read_value(store), 3);
	store_close(store);
	return err != ERR_OK;
}

static void
test_every_fault(void **state)
{
	unsigned failed = 0;

	(void)state;
	disk_install();
	for (uint64_t n = 1; n <= FAULTS; n++) {
		failed += run(n, false);
		failed += run(n, true);
	}
	assert_true(failed >= 2 && failed < 2 * FAULTS);
}

/*
 * The same with a sync that was put off: what it has said it has made durable
 * is there after a power cut, and so is all that was read after that.
 */
static bool
run_deferred(uint64_t n, uint64_t values)
{
	struct store *store;
	uint64_t durable = 0, value;
	bool failed = false;

	disk_reset(n);
	store = open_store();
	assert_int_equal(write_value(store, 1), ERR_OK);
	store_defer(store, n % 2 == 0 ? 4 : STORE_LOG_PAGES);
	disk_plan(DISK_ERROR, n);
	for (value = 2; value < 2 + values; value++) {
		if (write_value(store, value) != ERR_OK)
			failed = true;
		/* What is committed before a sync ends is of the next. */
		if (value % 3 == 0)
			continue;
		if (store_sync(store) == ERR_OK)
			durable = read_value(store);
		else
			failed = true;
	}
	disk_plan(DISK_ERROR, 0);
	/* Now it can settle, and says so. */
	if (failed) {
		assert_int_equal(store_sync(store), ERR_OK);
		durable = read_value(store);
	}
	disk_die();
	store_close(store);
	disk_revive(true);
	store = open_store();
	assert_true(read_value(store) >= durable);
	assert_int_equal(write_value(store, 99), ERR_OK);
	assert_int_equal(read_value(store), 99);
	store_close(store);
	return failed;
}

static void
test_deferred_faults(void **state)
{
	unsigned failed = 0;

	(void)state;
	disk_install();
	for (uint64_t n = 1; n <= FAULTS; n++)
		failed += run_deferred(n, 8);
	assert_true(failed >= 2 && failed < FAULTS);
}

/* Who confirms what he has read relies on it, whoever has committed it. */
static void
test_confirmed(void **state)
{
	struct store *store, *reader;

	(void)state;
	disk_install();
	for (uint64_t seed = 1; seed <= FAULTS; seed++) {
		disk_reset(seed);
		store = open_store();
		reader = open_store();
		store_defer(store, STORE_LOG_PAGES);
		assert_int_equal(write_value(store, 1), ERR_OK);
		assert_int_equal(store_begin_read(reader), ERR_OK);
		assert_int_equal(store_confirm(reader), ERR_OK);
		store_rollback(reader);
		disk_die();
		store_close(reader);
		store_close(store);
		disk_revive(true);
		store = open_store();
		assert_int_equal(read_value(store), 1);
		store_close(store);
	}
}

/* A power cut takes what was not synced, and leaves a first part. */
static void
test_deferred_power(void **state)
{
	uint64_t got, lost = 0;
	struct store *store;

	(void)state;
	disk_install();
	for (uint64_t seed = 1; seed <= FAULTS; seed++) {
		disk_reset(seed);
		store = open_store();
		assert_false(store_sync_start(store));
		store_defer(store, STORE_LOG_PAGES);
		assert_int_equal(write_value(store, 1), ERR_OK);
		assert_int_equal(store_sync(store), ERR_OK);
		assert_int_equal(write_value(store, 2), ERR_OK);
		assert_true(store_sync_start(store));
		assert_int_equal(write_value(store, 3), ERR_OK);
		assert_int_equal(
		    store_sync_end(store, store_sync_run(store)), ERR_OK);
		assert_int_equal(write_value(store, 4), ERR_OK);
		assert_int_equal(read_value(store), 4);
		store = open_after_cut(store);
		got = read_value(store);
		assert_true(got >= 2 && got <= 4);
		lost += got < 4;
		store_close(store);
	}
	assert_true(lost > 0 && lost < FAULTS);
}

static void
run_sql(struct store *store, const char *sql)
{
	if (sqlite_exec(store, sql) != ERR_OK)
		fail_msg("%s: %s", sql, store_why(store));
}

/* A transaction that changes many pages: rows and their index. */
static enum err
write_rows(struct store *store, uint64_t value)
{
	char sql[160];
	enum err err = store_begin(store);

	(void)snprintf(sql, sizeof(sql),
	    "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 7) INSERT INTO t (v, b) SELECT %d,"
	    " printf('%%0200d', i * 7919 + %d) FROM n",
	    (int)value, (int)(value * 104729 % 7919));
	if (err == ERR_OK)
		err = sqlite_exec(store, sql);
	if (err == ERR_OK)
		return store_commit(store);
	store_rollback(store);
	return err;
}

static int
take_text(void *ctx, int count, char **values, char **names)
{
	(void)count;
	(void)names;
	(void)snprintf(ctx, 64, "%s", values[0]);
	return 0;
}

static void
ask_sql(struct store *store, const char *sql, char answer[64])
{
	assert_int_equal(
	    sqlite3_exec(store->db, sql, take_text, answer, NULL), SQLITE_OK);
}

/*
 * The log is carried over again and again, and the power goes at the n-th write
 * or sync: the database is whole, and has what was synced.
 */
static void
test_deferred_long(void **state)
{
	uint64_t durable;
	struct store *store;
	char answer[64];
	bool ended = false;

	(void)state;
	disk_install();
	for (uint64_t n = 1; !ended; n += 11) {
		assert_true(n < 6000);
		disk_reset(n);
		store = open_store();
		run_sql(store, "CREATE TABLE t (v INTEGER, b TEXT)");
		run_sql(store, "CREATE INDEX i ON t (b)");
		store_defer(store, 24);
		assert_int_equal(store_sync(store), ERR_OK);
		durable = 0;
		disk_plan(DISK_POWER, n);
		for (uint64_t v = 1; v < 60 && !disk_is_dead(); v++) {
			if (write_rows(store, v) != ERR_OK)
				continue;
			if (v % 2 == 0 && store_sync(store) == ERR_OK)
				durable = v;
			if (v % 7 == 0 && store_rest(store) == ERR_OK)
				durable = v;
		}
		ended = !disk_is_dead();
		store = open_after_cut(store);
		ask_sql(store, "PRAGMA integrity_check", answer);
		assert_string_equal(answer, "ok");
		ask_sql(store, "SELECT coalesce(max(v), 0) FROM t", answer);
		assert_true(strtoull(answer, NULL, 10) >= durable);
		ask_sql(store, "SELECT count(*) - 8 * count(DISTINCT v) FROM t",
		    answer);
		assert_string_equal(answer, "0");
		store_close(store);
	}
}

#define PAGES 64 /* of a log */

/* What fails in quiet is settled there, and not when somebody waits. */
static void
test_rest_settles(void **state)
{
	struct store *store;
	char answer[64];

	(void)state;
	disk_install();
	for (uint64_t n = 1; n <= 60; n++) {
		disk_reset(n);
		store = open_store();
		run_sql(store, "CREATE TABLE t (v INTEGER, b TEXT)");
		run_sql(store, "CREATE INDEX i ON t (b)");
		store_defer(store, PAGES);
		/* The schema fills the log, and is carried over here. */
		for (uint64_t v = 1; v <= 4; v++) {
			assert_int_equal(write_rows(store, v), ERR_OK);
			assert_int_equal(store_sync(store), ERR_OK);
		}
		assert_in_range(store->pages, PAGES / STORE_REST_PART, PAGES);
		disk_plan(DISK_ERROR, n);
		assert_int_equal(store_rest(store), ERR_OK);
		assert_false(store->in_doubt);
		store = open_after_cut(store);
		ask_sql(store, "SELECT max(v) FROM t", answer);
		assert_string_equal(answer, "4");
		store_close(store);
	}
}

#define DEVICES 14 /* more than a row of the journal holds */

static void
uid_of(unsigned i, uint8_t uid[UID_LEN])
{
	memset(uid, (int)i + 1, UID_LEN);
}

static void
add_devices(struct store *store)
{
	struct store_device d = {.ck.len = BLOB_MAX};

	assert_int_equal(store_begin(store), ERR_OK);
	for (unsigned i = 0; i < DEVICES; i++) {
		uid_of(i, d.uid);
		memset(d.alias, (int)i + 1, ALIAS_LEN);
		assert_int_equal(store_device_add(store, &d), ERR_OK);
		assert_int_equal(store_device_commit(store, &d), ERR_OK);
	}
	assert_int_equal(store_commit(store), ERR_OK);
}

static enum err
advance_all(struct store *store, uint64_t n)
{
	struct store_advance a = {.n = n,
	    .brief = true,
	    .ck.len = BLOB_MAX,
	    .last_ck.len = BLOB_MAX,
	    .address = "192.0.2.1:5"};
	enum err err = store_begin(store);

	for (unsigned i = 0; i < DEVICES && err == ERR_OK; i++) {
		uid_of(i, a.uid);
		memset(a.alias, (int)i + 1, ALIAS_LEN);
		err = store_device_advance(store, &a);
	}
	if (err == ERR_OK)
		return store_commit(store);
	store_rollback(store);
	return err;
}

static void
expect_all(struct store *store, uint64_t n)
{
	struct store_device d;
	uint8_t uid[UID_LEN];

	for (unsigned i = 0; i < DEVICES; i++) {
		uid_of(i, uid);
		assert_int_equal(store_device_by_uid(store, uid, &d), ERR_OK);
		assert_int_equal(d.n, n);
	}
}

/* Three batches of check-ins, of which one fails at the n-th write or sync. */
static bool
run_journal(uint64_t n, bool defers, bool lose)
{
	struct store *store;
	uint64_t at = 0;
	bool failed = false;

	disk_reset(n);
	store = open_store();
	add_devices(store);
	assert_int_equal(store_journal_open(store), ERR_OK);
	if (defers)
		store_defer(store, STORE_LOG_PAGES);
	disk_plan(DISK_ERROR, n);
	for (int i = 0; i < 3; i++) {
		if (advance_all(store, at) == ERR_OK)
			at++;
		else
			failed = true;
		if (i == 1 && store_sync(store) != ERR_OK)
			failed = true;
	}
	disk_plan(DISK_ERROR, 0);
	assert_int_equal(store_sync(store), ERR_OK);
	expect_all(store, at);
	disk_die();
	store_close(store);
	disk_revive(lose);
	store = open_store();
	assert_int_equal(store_journal_open(store), ERR_OK);
	expect_all(store, at);
	assert_int_equal(advance_all(store, at), ERR_OK);
	while (store_journal_waiting(store) > 0)
		assert_int_equal(store_journal_carry(store, 5), ERR_OK);
	expect_all(store, at + 1);
	store_close(store);
	return failed;
}

/* What memory says of the journal is what stands there, whatever fails. */
static void
test_journal_faults(void **state)
{
	unsigned failed = 0;

	(void)state;
	disk_install();
	for (uint64_t n = 1; n <= FAULTS; n++)
		for (int i = 0; i < 4; i++)
			failed += run_journal(n, (i & 1) != 0, (i & 2) != 0);
	assert_true(failed >= 4 && failed < 4 * FAULTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_fault),
	    cmocka_unit_test(test_journal_faults),
	    cmocka_unit_test(test_confirmed),
	    cmocka_unit_test(test_deferred_long),
	    cmocka_unit_test(test_rest_settles),
	    cmocka_unit_test(test_deferred_faults),
	    cmocka_unit_test(test_deferred_power)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
