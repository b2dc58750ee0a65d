/*
 * A commit that fails while it is synced: what is answered after it has to be
 * true after a power cut, whichever of the two outcomes that is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "disk.h"
#include "store/counters.h"
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
	store_defer(store);
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
		store_defer(store);
		assert_int_equal(write_value(store, 1), ERR_OK);
		assert_int_equal(store_sync(store), ERR_OK);
		assert_int_equal(write_value(store, 2), ERR_OK);
		assert_true(store_sync_start(store));
		assert_int_equal(write_value(store, 3), ERR_OK);
		assert_int_equal(
		    store_sync_end(store, store_sync_run(store)), ERR_OK);
		assert_int_equal(write_value(store, 4), ERR_OK);
		assert_int_equal(read_value(store), 4);
		disk_die();
		store_close(store);
		disk_revive(true);
		store = open_store();
		got = read_value(store);
		assert_true(got >= 2 && got <= 4);
		lost += got < 4;
		store_close(store);
	}
	assert_true(lost > 0 && lost < FAULTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_fault),
	    cmocka_unit_test(test_deferred_faults),
	    cmocka_unit_test(test_deferred_power)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
