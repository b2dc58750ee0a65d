/*
 * Opening, migrations, transactions and what survives a kill.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "store/events.h"

static enum err
add_event(struct store *store, const char *kind)
{
	struct store_event event = {
	    .time = 1, .kind = bytes_str(kind), .detail = BYTES_LIT("{}")};

	return store_event_add(store, &event);
}

static long long
count_events(const struct fixture *f)
{
	return fixture_number(f, "SELECT count(*) FROM events");
}

static void
test_migrations_run_once(void **state)
{
	struct fixture *f = *state;
	int version = store_schema_version(f->store);
	struct store *again;

	assert_true(version >= 1);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM migrations"), version);
	assert_int_equal(add_event(f->store, "kept"), ERR_OK);
	again = fixture_open(f);
	assert_int_equal(store_schema_version(again), version);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM migrations"), version);
	assert_int_equal(count_events(f), 1);
	store_close(again);
}

static void
test_newer_database_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *store = NULL;
	const char *why = NULL;

	fixture_sql(f, "INSERT INTO migrations (version, name)"
		       " VALUES (900, 'future')");
	assert_int_equal(store_open(f->path, &store, &why), ERR_UNSUPPORTED);
	assert_null(store);
	assert_non_null(strstr(why, "900"));
	assert_non_null(strstr(why, "newer program"));
}

static void
test_other_files_are_refused(void **state)
{
	struct fixture *f = *state;
	char path[256];
	struct store *store = NULL;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/text", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		assert_true(fputs("this is no database\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(store_open(path, &store, NULL), ERR_FORMAT);
	(void)snprintf(path, sizeof(path), "%s/none/db", f->dir);
	assert_int_equal(store_open(path, &store, NULL), ERR_IO);
	assert_null(store);
}

static void
test_file_is_private_and_wal(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	char wal[256];

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(add_event(f->store, "x"), ERR_OK);
	(void)snprintf(wal, sizeof(wal), "%s-wal", f->path);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* Whether the bytes of a text stand in the database or in its log. */
static bool
files_contain(const struct fixture *f, const char *suffix, const char *text)
{
	static char content[4 << 20];
	char path[256];
	size_t len;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s%s", f->path, suffix);
	file = fopen(path, "rb");
	assert_non_null(file);
	len = fread(content, 1, sizeof(content), file);
	assert_true(len < sizeof(content));
	assert_int_equal(fclose(file), 0);
	return memmem(content, len, text, strlen(text)) != NULL;
}

static void
test_tidy_forgets_what_was_erased(void **state)
{
	struct fixture *f = *state;
	struct store *reader = fixture_open(f);
	const char *secret = "a-secret-of-an-event";
	uint64_t changes;

	assert_int_equal(add_event(f->store, secret), ERR_OK);
	fixture_sql(f, "DELETE FROM events");
	assert_true(files_contain(f, "-wal", secret));
	/* Who reads an older state keeps it. */
	assert_int_equal(store_begin_read(reader), ERR_OK);
	assert_int_equal(store_changes(reader, &changes), ERR_OK);
	assert_int_equal(store_tidy(f->store), ERR_BUSY);
	assert_int_equal(store_tidy(reader), ERR_STATE);
	store_rollback(reader);
	assert_int_equal(store_tidy(f->store), ERR_OK);
	assert_false(files_contain(f, "-wal", secret));
	assert_false(files_contain(f, "", secret));
	assert_int_equal(add_event(f->store, "x"), ERR_OK);
	assert_int_equal(count_events(f), 1);
	store_close(reader);
}

/* In quiet a log is carried over that otherwise had room for more. */
static void
test_rest_carries_over(void **state)
{
	struct fixture *f = *state;
	char text[] = "text-000";
	size_t count = 0;

	store_defer(f->store, 8 * STORE_REST_PART);
	assert_int_equal(store_tidy(f->store), ERR_OK);
	assert_int_equal(add_event(f->store, text), ERR_OK);
	assert_int_equal(store_rest(f->store), ERR_OK);
	assert_false(files_contain(f, "", text));
	while (!files_contain(f, "", text)) {
		assert_true(count++ < 8);
		(void)snprintf(text, sizeof(text), "text-%03zu", count);
		assert_int_equal(add_event(f->store, text), ERR_OK);
		assert_int_equal(store_sync(f->store), ERR_OK);
		assert_false(files_contain(f, "", text));
		assert_int_equal(store_begin_read(f->store), ERR_OK);
		assert_int_equal(store_rest(f->store), ERR_OK);
		assert_false(files_contain(f, "", text));
		store_rollback(f->store);
		assert_int_equal(store_rest(f->store), ERR_OK);
	}
	assert_true(count > 1);
	assert_int_equal(count_events(f), (int)count + 1);
}

static void
test_rollback_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(store_commit(f->store), ERR_STATE);
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(store_begin(f->store), ERR_STATE);
	assert_int_equal(add_event(f->store, "a"), ERR_OK);
	assert_int_equal(count_events(f), 0);
	store_rollback(f->store);
	assert_false(store_in_transaction(f->store));
	assert_int_equal(count_events(f), 0);
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(add_event(f->store, "b"), ERR_OK);
	assert_int_equal(store_commit(f->store), ERR_OK);
	assert_int_equal(count_events(f), 1);
}

static void
test_readers_see_one_state(void **state)
{
	struct fixture *f = *state;
	struct store *reader = fixture_open(f);
	uint64_t changes = 99;

	assert_int_equal(store_begin_read(reader), ERR_OK);
	assert_int_equal(store_changes(reader, &changes), ERR_OK);
	assert_int_equal(changes, 0);
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(store_set_changes(f->store, 7), ERR_OK);
	assert_int_equal(store_commit(f->store), ERR_OK);
	assert_int_equal(store_changes(reader, &changes), ERR_OK);
	assert_int_equal(changes, 0);
	assert_int_equal(store_commit(reader), ERR_OK);
	assert_int_equal(store_changes(reader, &changes), ERR_OK);
	assert_int_equal(changes, 7);
	store_close(reader);
}

/* What was read stands while nobody else commits; own changes do not count. */
static void
test_tells_what_others_change(void **state)
{
	struct fixture *f = *state;
	struct store *other = fixture_open(f);
	uint64_t changes;

	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_false(store_unchanged(f->store));
	store_rollback(f->store);
	for (uint64_t i = 1; i < 4; i++) {
		assert_int_equal(store_begin_read(f->store), ERR_OK);
		assert_int_equal(store_changes(f->store, &changes), ERR_OK);
		if (i == 2) {
			assert_int_equal(store_begin(other), ERR_OK);
			assert_int_equal(store_set_changes(other, 9), ERR_OK);
			assert_int_equal(store_commit(other), ERR_OK);
		}
		store_rollback(f->store);
		assert_false(store_unchanged(f->store));
		assert_int_equal(store_begin(f->store), ERR_OK);
		assert_int_equal(store_unchanged(f->store), i != 2);
		assert_int_equal(store_set_changes(f->store, i), ERR_OK);
		assert_int_equal(store_unchanged(f->store), i != 2);
		assert_int_equal(store_commit(f->store), ERR_OK);
	}
	store_close(other);
}

/* Writes events one by one until it is killed, telling of each commit. */
static void
write_until_killed(const struct fixture *f, int fd)
{
	struct store *store = NULL;

	if (store_open(f->path, &store, NULL) != ERR_OK)
		_exit(1);
	for (;;) {
		if (store_begin(store) != ERR_OK ||
		    add_event(store, "first") != ERR_OK ||
		    add_event(store, "second") != ERR_OK ||
		    store_commit(store) != ERR_OK || write(fd, "c", 1) != 1)
			_exit(1);
	}
}

static void
test_commits_survive_a_kill(void **state)
{
	struct fixture *f = *state;
	long long told = 0, kept;
	int fds[2], status;
	char byte;
	pid_t pid;

	store_close(f->store);
	f->store = NULL;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		write_until_killed(f, fds[1]);
	(void)close(fds[1]);
	while (told < 20 && read(fds[0], &byte, 1) == 1)
		told++;
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(fds[0], &byte, 1) == 1)
		told++;
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	f->store = fixture_open(f);
	kept = count_events(f);
	/* Whole transactions, and none that had been told of is missing. */
	assert_int_equal(kept % 2, 0);
	assert_true(told >= 20);
	assert_true(kept >= 2 * told && kept <= 2 * (told + 1));
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM events"
					   " WHERE kind = 'second'"),
	    kept / 2);
}

static void
test_two_processes_start_at_once(void **state)
{
	struct fixture *f = *state;
	char path[256];
	struct store *store = NULL;
	pid_t pids[4];
	int status;

	(void)snprintf(path, sizeof(path), "%s/fresh", f->dir);
	for (size_t i = 0; i < 4; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(store_open(path, &store, NULL) == ERR_OK ? 0 : 1);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_int_equal(store_open(path, &store, NULL), ERR_OK);
	store_close(store);
}

static void
test_bad_events_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add_event(f->store, "a"), ERR_OK);
	/* A tenant that is not there, and a kind that is too long. */
	struct store_event event = {.time = 1,
	    .tenant = 77,
	    .kind = BYTES_LIT("b"),
	    .detail = BYTES_LIT("{}")};
	assert_int_equal(store_event_add(f->store, &event), ERR_CONFLICT);
	event = (struct store_event){
	    .kind = bytes_str("a kind of event that has far too "
			      "many characters in its name")};
	assert_int_equal(store_event_add(f->store, &event), ERR_SPACE);
	assert_int_equal(count_events(f), 1);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* A backup reads for as long as it takes: the service starts beside it. */
static void
test_opens_beside_a_reader(void **state)
{
	struct fixture *f = *state;
	struct store *reader = fixture_open(f), *again = NULL;
	struct store_device d = fixture_device(1), found;

	assert_int_equal(store_begin_read(reader), ERR_OK);
	assert_int_equal(
	    store_device_by_uid(reader, d.uid, &found), ERR_NOT_FOUND);
	assert_int_equal(store_device_add(f->store, &d), ERR_OK);
	assert_int_equal(store_open(f->path, &again, NULL), ERR_OK);
	assert_int_equal(store_device_by_uid(again, d.uid, &found), ERR_OK);
	store_close(again);
	store_rollback(reader);
	store_close(reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_migrations_run_once),
	    TEST(test_newer_database_is_refused),
	    TEST(test_other_files_are_refused),
	    TEST(test_file_is_private_and_wal),
	    TEST(test_tidy_forgets_what_was_erased),
	    TEST(test_rest_carries_over),
	    TEST(test_rollback_leaves_nothing),
	    TEST(test_readers_see_one_state),
	    TEST(test_tells_what_others_change),
	    TEST(test_commits_survive_a_kill),
	    TEST(test_two_processes_start_at_once),
	    TEST(test_opens_beside_a_reader),
	    TEST(test_bad_events_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
