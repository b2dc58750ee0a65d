/*
 * A file system for SQLite that gathers what a COMMIT writes to the
 * write-ahead log, and hands it on in few large writes. SQLite writes every
 * page in two calls, which cost more than their bytes.
 *
 * It takes synchronous=FULL: a commit is synced before others see it, and what
 * was gathered is handed on before the sync. That sync alone can be put off,
 * for somebody who waits for it before he relies on the commit.
 */
#ifndef STORE_GATHER_H
#define STORE_GATHER_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/bytes.h"

/*
 * The name of the file system, which is registered at the first call on top of
 * the one that is the default then. Without memory for that there is none of
 * this name, and opening fails.
 */
const char *gather_vfs(void);

/*
 * From the start of a COMMIT, and to its end, whichever that was: what is
 * still gathered then is of one that failed, and is dropped. defers: its pages
 * are not synced; what makes the log's head durable is. Nothing may be carried
 * over within such a COMMIT: the database would be synced before the log.
 */
void gather_start(sqlite3 *db, bool defers);
void gather_stop(sqlite3 *db);

/* A sync that was put off: of the log, by the system below. */
struct gather_sync {
	sqlite3_file *log;
	int flags;
};

/*
 * Takes over the sync of all commits so far that were put off; false when
 * there is none.
 */
bool gather_owed(sqlite3 *db, struct gather_sync *ret_sync);

/* A sync of the log as it is, whatever is owed; false when there is no log. */
bool gather_log(sqlite3 *db, struct gather_sync *ret_sync);

/*
 * Does either; in any thread, also while the connection is used, but not beside
 * another of these. False when it failed.
 */
bool gather_pay(const struct gather_sync *sync);

/*
 * Writes all of the log once more, as it was read. Within a transaction that
 * writes: nobody else may, and its COMMIT syncs it. A result of SQLite.
 */
int gather_rewrite(sqlite3 *db);

#endif
