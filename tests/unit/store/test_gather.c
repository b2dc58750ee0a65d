/*
 * What a transaction writes reaches the log in few writes, whole and in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "disk.h"
#include "sqlite.h"
#include "store/counters.h"

#define PATH "/dev/null" /* of the real disk: see tests/sim/service.c */
#define COUNTERS 20000 /* some 600 KB, five times what is gathered at most */
#define WRITES_MAX 24 /* and syncs: a page each would be hundreds */

static struct store *
open_store(void)
{
	struct store *store = NULL;

	assert_int_equal(store_open(PATH, &store, NULL), ERR_OK);
	return store;
}

static enum err
begin_all(struct store *store, uint64_t first)
{
	enum err err = store_begin(store);
	char name[32];

	for (uint64_t i = 0; i < COUNTERS && err == ERR_OK; i++) {
		(void)snprintf(name, sizeof(name), "counter-%06u", (unsigned)i);
		err = store_counter_set(store, name, first + i);
	}
	return err;
}

static enum err
write_all(struct store *store, uint64_t first)
{
	enum err err = begin_all(store, first);

	if (err == ERR_OK)
		return store_commit(store);
	store_rollback(store);
	return err;
}

struct seen {
	uint64_t first, count;
};

/* They come in the order of their names, which is that of their values. */
static bool
check_one(void *ctx, const char *name, uint64_t value)
{
	struct seen *seen = ctx;

	(void)name;
	assert_int_equal(value, seen->first + seen->count);
	seen->count++;
	return true;
}

static void
check_all(struct store *store, uint64_t first)
{
	struct seen seen = {.first = first};

	assert_int_equal(store_counter_list(store, check_one, &seen), ERR_OK);
	assert_int_equal(seen.count, COUNTERS);
}

static void
test_many_pages_are_few_writes(void **state)
{
	struct store *store;

	(void)state;
	disk_reset(1);
	store = open_store();
	disk_plan(DISK_ERROR, WRITES_MAX);
	assert_int_equal(write_all(store, 1), ERR_OK);
	disk_plan(DISK_ERROR, 0);
	check_all(store, 1);
	assert_int_equal(write_all(store, 7), ERR_OK);
	/* What was acknowledged is there after a power cut. */
	disk_die();
	store_close(store);
	disk_revive(true);
	store = open_store();
	check_all(store, 7);
	store_close(store);
}

/* Two connections: one sees what the other has committed, and only that. */
static void
test_others_see_commits(void **state)
{
	struct store *writer, *reader;

	(void)state;
	disk_reset(2);
	writer = open_store();
	reader = open_store();
	for (uint64_t first = 1; first < 5; first++) {
		assert_int_equal(write_all(writer, first), ERR_OK);
		check_all(reader, first);
	}
	store_close(reader);
	store_close(writer);
}

/*
 * A transaction that outgrew its cache has written to the log before it is
 * undone: nothing of that may reach the log later, where others write then.
 */
static void
test_undone_leaves_nothing(void **state)
{
	struct store *big, *other;

	(void)state;
	disk_reset(3);
	big = open_store();
	other = open_store();
	assert_int_equal(sqlite_exec(big, "PRAGMA cache_size = 10"), ERR_OK);
	for (uint64_t first = 1; first < 9; first++) {
		assert_int_equal(write_all(other, first), ERR_OK);
		if (first % 2 == 0)
			assert_int_equal(store_tidy(other), ERR_OK);
		assert_int_equal(begin_all(big, 1000 * first), ERR_OK);
		store_rollback(big);
		assert_int_equal(write_all(other, 10 * first), ERR_OK);
		check_all(big, 10 * first);
		check_all(other, 10 * first);
	}
	disk_die();
	store_close(big);
	store_close(other);
	disk_revive(true);
	other = open_store();
	check_all(other, 80);
	store_close(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_many_pages_are_few_writes),
	    cmocka_unit_test(test_others_see_commits),
	    cmocka_unit_test(test_undone_leaves_nothing)};

	disk_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
