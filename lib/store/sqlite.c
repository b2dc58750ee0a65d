/*
 * The store's engine on SQLite: opening, durability and transactions. WAL
 * with synchronous=FULL makes a commit durable with one fsync; secure_delete
 * overwrites what is erased. It never decides what a row means.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "gather.h"
#include "sqlite.h"

/* Changing to WAL can fail at once while another process does the same. */
#define WAL_TRIES 100
#define WAL_PAUSE_MS 20

/*
 * A page for each device that speaks is what a commit writes: small pages are
 * less of it. The size counts for a database that is made new. A page that is
 * changed often goes from the log to the database once: the log may be long.
 */
static const char pragmas[] = "PRAGMA page_size = 2048;"
			      "PRAGMA foreign_keys = ON;"
			      "PRAGMA secure_delete = ON;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA synchronous = FULL;"
			      "PRAGMA cache_size = -131072;"
			      "PRAGMA wal_autocheckpoint = 32000;"
			      "PRAGMA journal_size_limit = 67108864;"
			      "PRAGMA trusted_schema = OFF;";

static char open_why[STORE_WHY_MAX];

static enum err
constraint_error(int extended)
{
	switch (extended) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return ERR_EXISTS;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
	case SQLITE_CONSTRAINT_TRIGGER:
		return ERR_CONFLICT;
	default:
		return ERR_INVALID;
	}
}

enum err
sqlite_error(struct store *store, int result)
{
	if ((result & 0xff) == SQLITE_OK || (result & 0xff) == SQLITE_ROW ||
	    (result & 0xff) == SQLITE_DONE)
		return ERR_OK;
	(void)snprintf(store->why, sizeof(store->why), "%s (%d)",
	    sqlite3_errmsg(store->db), result);
	switch (result & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_CONSTRAINT:
		return constraint_error(result);
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_MISMATCH:
		return ERR_FORMAT;
	case SQLITE_TOOBIG:
	case SQLITE_RANGE:
		return ERR_INVALID;
	case SQLITE_ERROR:
	case SQLITE_MISUSE:
	case SQLITE_INTERNAL:
		return ERR_INTERNAL;
	default:
		store->in_doubt = true;
		return ERR_IO;
	}
}

/*
 * Carries over to the database what its log holds, beside who writes. What
 * fails leaves the store in doubt: it may have been a sync of the log.
 */
static enum err
carry_over(struct store *store)
{
	int frames = 0, carried = 0;
	int result = sqlite3_wal_checkpoint_v2(
	    store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &carried);

	if (result == SQLITE_OK && carried < frames)
		return ERR_BUSY;
	return sqlite_error(store, result);
}

static enum err
write_again(struct store *store)
{
	enum err err = sqlite_exec(store, "BEGIN IMMEDIATE");

	if (err != ERR_OK)
		return err;
	err = sqlite_error(store, gather_rewrite(store->db));
	/* Nobody reads this number; writing it is a page of the log. */
	if (err == ERR_OK)
		err = sqlite_exec(store, "PRAGMA user_version = 1; COMMIT");
	if (err != ERR_OK)
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

enum err
sqlite_settle(struct store *store)
{
	enum err err;

	if (!store->in_doubt || sqlite3_get_autocommit(store->db) == 0)
		return ERR_OK;
	/* A system tells of a failure once: it shall not be told to us here. */
	if (store->syncing)
		return ERR_BUSY;
	err = write_again(store);
	store->in_doubt = err != ERR_OK;
	return err;
}

enum err
sqlite_exec(struct store *store, const char *sql)
{
	return sqlite_error(
	    store, sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

static enum err
use_wal(struct store *store)
{
	int result;

	/* The busy handler is not asked where waiting could deadlock. */
	for (int i = 0; i < WAL_TRIES; i++) {
		result = sqlite3_exec(
		    store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if ((result & 0xff) != SQLITE_BUSY)
			return sqlite_error(store, result);
		(void)sqlite3_sleep(WAL_PAUSE_MS);
	}
	return sqlite_error(store, result);
}

/* SQLite would make the file with the umask's mode: others could read it. */
static enum err
make_private(struct store *store, const char *path)
{
	int fd;

	if (bytes_equal(bytes_str(path), BYTES_LIT(":memory:")))
		return ERR_OK;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		(void)snprintf(store->why, sizeof(store->why), "%s",
		    errno == ELOOP ? "the database is a symbolic link"
				   : strerror(errno));
		return ERR_IO;
	}
	(void)close(fd);
	return ERR_OK;
}

/*
 * Whoever had the database open before may have ended between a sync that
 * failed and what he would have done about it.
 */
static enum err
settle_first(struct store *store)
{
	store->in_doubt = true;
	return sqlite_settle(store);
}

static enum err
open_database(struct store *store, const char *path)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			  SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
			  SQLITE_OPEN_EXRESCODE;
	enum err err;

	err = make_private(store, path);
	if (err != ERR_OK)
		return err;
	err = sqlite_error(
	    store, sqlite3_open_v2(path, &store->db, flags, gather_vfs()));
	if (err != ERR_OK)
		return err;
	(void)sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	err = sqlite_exec(store, pragmas);
	if (err == ERR_OK)
		err = use_wal(store);
	if (err == ERR_OK)
		err = settle_first(store);
	if (err == ERR_OK)
		err = store_migrate(store);
	return err;
}

enum err
store_open(const char *path, struct store **ret_store, const char **ret_why)
{
	struct store *store;
	enum err err = ERR_NOMEM;

	(void)snprintf(open_why, sizeof(open_why), "no memory");
	if (ret_why != NULL)
		*ret_why = open_why;
	/* Counting its memory would cost SQLite a lock at every allocation. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	store = calloc(1, sizeof(*store));
	if (store == NULL)
		return ERR_NOMEM;
	err = open_database(store, path);
	(void)snprintf(open_why, sizeof(open_why), "%s", store->why);
	if (err != ERR_OK) {
		store_close(store);
		return err;
	}
	*ret_store = store;
	return ERR_OK;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_rollback(store);
	journal_close(store);
	for (size_t i = 0; i < STATEMENTS_MAX; i++)
		(void)sqlite3_finalize(store->prepared[i].statement);
	(void)sqlite3_close(store->db);
	free(store);
}

static enum err
begin(struct store *store, const struct sql *sql)
{
	struct query q;
	enum err err;

	if (store->in_transaction)
		return ERR_STATE;
	err = sqlite_settle(store);
	if (err != ERR_OK)
		return err;
	query_start(&q, store, sql);
	err = query_run(&q);
	store->in_transaction = err == ERR_OK;
	return err;
}

enum err
store_begin(struct store *store)
{
	static const struct sql sql = {"BEGIN IMMEDIATE"};

	return begin(store, &sql);
}

/* A number that others' commits change, and ours do not; 0: unknown. */
static uint64_t
data_version(struct store *store)
{
	static const struct sql sql = {"PRAGMA data_version"};
	uint64_t version = 0;
	struct query q;

	query_start(&q, store, &sql);
	if (query_row(&q))
		version = query_u64(&q, 0);
	return query_end(&q) == ERR_OK ? version : 0;
}

enum err
store_begin_read(struct store *store)
{
	static const struct sql sql = {"BEGIN DEFERRED"};
	enum err err = begin(store, &sql);

	if (err == ERR_OK)
		store->seen = data_version(store);
	return err;
}

bool
store_unchanged(struct store *store)
{
	return store->in_transaction && store->seen != 0 &&
	       data_version(store) == store->seen;
}

static enum err
run_commit(struct store *store)
{
	static const struct sql sql = {"COMMIT"};
	struct query q;
	enum err err;

	gather_start(store->db, store->defers);
	query_start(&q, store, &sql);
	err = query_run(&q);
	gather_stop(store->db);
	return err;
}

enum err
store_commit(struct store *store)
{
	enum err err;

	if (!store->in_transaction)
		return ERR_STATE;
	err = journal_write(store);
	if (err == ERR_OK)
		err = run_commit(store);
	if (err != ERR_OK)
		store_rollback(store);
	else
		journal_keep(store);
	store->in_transaction = false;
	return err;
}

void
store_rollback(struct store *store)
{
	journal_undo(store);
	if (store->db == NULL || sqlite3_get_autocommit(store->db) != 0) {
		/* Some failures have rolled back by themselves. */
		store->in_transaction = false;
		if (store->db != NULL)
			(void)!sqlite_settle(store);
		return;
	}
	(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	store->in_transaction = false;
	/* Now or before the next transaction. */
	(void)!sqlite_settle(store);
}

enum err
store_tidy(struct store *store)
{
	enum err err;

	if (store->in_transaction)
		return ERR_STATE;
	/* Most of it beside who writes; what keeps writers out is short then. */
	err = carry_over(store);
	if (err != ERR_OK)
		return err;
	(void)sqlite3_busy_timeout(store->db, 0);
	err = sqlite_error(store, sqlite3_wal_checkpoint_v2(store->db, NULL,
				      SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
	(void)sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	return err;
}

static int
note_pages(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct store *store = ctx;

	(void)db;
	(void)name;
	store->pages = pages;
	return SQLITE_OK;
}

void
store_defer(struct store *store, int pages)
{
	store->defers = true;
	store->pages_max = pages;
	/* In place of SQLite's own, which would carry over within a COMMIT. */
	(void)sqlite3_wal_hook(store->db, note_pages, store);
}

/* Carries over a log that has as many pages, when it is durable. */
static enum err
shorten(struct store *store, int pages)
{
	enum err err;

	if (store->pages < pages || store->in_transaction)
		return ERR_OK;
	err = carry_over(store);
	/* All of it, or again after the next commit. */
	store->pages = 0;
	return err == ERR_BUSY ? ERR_OK : err;
}

bool
store_sync_start(struct store *store)
{
	if (!store->syncing)
		store->syncing = gather_owed(store->db, &store->sync);
	return store->syncing;
}

bool
store_sync_run(const struct store *store)
{
	return gather_pay(&store->sync);
}

enum err
store_sync_end(struct store *store, bool synced)
{
	enum err err;

	store->syncing = false;
	store->in_doubt = store->in_doubt || !synced;
	err = sqlite_settle(store);
	if (err == ERR_OK)
		err = shorten(store, store->pages_max);
	if (err == ERR_OK && store->in_doubt)
		err = ERR_BUSY; /* within a transaction nothing is settled */
	return err;
}

enum err
store_confirm(struct store *store)
{
	struct gather_sync log;
	enum err err;

	if (gather_log(store->db, &log) && !gather_pay(&log))
		store->in_doubt = true;
	err = sqlite_settle(store);
	return err == ERR_OK && store->in_doubt ? ERR_IO : err;
}

enum err
store_sync(struct store *store)
{
	return store_sync_end(
	    store, !store_sync_start(store) || store_sync_run(store));
}

enum err
store_rest(struct store *store)
{
	enum err err = store_sync(store);

	if (err != ERR_OK || !store->defers)
		return err;
	err = shorten(store, store->pages_max / STORE_REST_PART);
	/* Now, or who comes next would have to. */
	return err == ERR_OK ? ERR_OK : sqlite_settle(store);
}

bool
store_in_transaction(const struct store *store)
{
	return store->in_transaction;
}

int
store_schema_version(const struct store *store)
{
	return store->version;
}

const char *
store_why(const struct store *store)
{
	return store->why;
}
