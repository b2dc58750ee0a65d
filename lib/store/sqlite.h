/*
 * The inside of a store on SQLite, for the files that make up the engine;
 * nouns use sql.h alone.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "gather.h"
#include "journal.h"
#include "places.h"
#include "sql.h"
#include "store/store.h"

/* Room for prepared statements; a power of two, never more than half full. */
#define STATEMENTS_MAX 512
#define STORE_WHY_MAX 256

struct prepared {
	const struct sql *sql;
	sqlite3_stmt *statement;
};

struct store {
	sqlite3 *db;
	bool in_transaction;
	bool in_doubt; /* sqlite_settle has something to do */
	bool defers;
	int pages; /* of the log, at the last commit of a store that defers */
	int pages_max;
	bool syncing;
	struct gather_sync sync;
	uint64_t seen; /* store_unchanged: what was read last; 0: unknown */
	int version;
	size_t prepared_count;
	struct prepared prepared[STATEMENTS_MAX];
	char why[STORE_WHY_MAX];
	struct journal journal;
	struct places places; /* while the journal is open */
};

/* One numbered file of schema/, embedded by the build. */
struct migration {
	int version;
	const char *name;
	const char *sql;
};

extern const struct migration store_migrations[];
extern const size_t store_migration_count;

/* Brings the database to the last migration. Errors: as store_open. */
MUST_CHECK enum err store_migrate(struct store *store);

/* Turns a result of SQLite into an error, and keeps its words. */
MUST_CHECK enum err sqlite_error(struct store *store, int result);

/*
 * After a failure of the disk. A commit that failed while it was synced is
 * undone in memory, but stands in the log, and would be there after a power
 * cut: as if what was answered since then had not been. And what others had
 * committed and not synced yet may never be written: a system says so once to
 * each process that syncs the file, and forgets it. So the log is written once
 * more, as memory has it, with a commit at its end that takes the place of the
 * one that failed.
 *
 * Errors: as store_commit; it has to be called again then.
 */
MUST_CHECK enum err sqlite_settle(struct store *store);

/* Runs statements that give no rows. */
MUST_CHECK enum err sqlite_exec(struct store *store, const char *sql);

#endif
