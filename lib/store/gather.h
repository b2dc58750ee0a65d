/*
 * A file system for SQLite that gathers what a COMMIT writes to the
 * write-ahead log, and hands it on in few large writes. SQLite writes every
 * page in two calls, which cost more than their bytes.
 *
 * It takes synchronous=FULL: a commit is synced before others see it, and what
 * was gathered is handed on before the sync.
 */
#ifndef STORE_GATHER_H
#define STORE_GATHER_H

#include <sqlite3.h>

#include "base/bytes.h"

/*
 * The name of the file system, which is registered at the first call on top of
 * the one that is the default then. Without memory for that there is none of
 * this name, and opening fails.
 */
const char *gather_vfs(void);

/*
 * From the start of a COMMIT, and to its end, whichever that was: what is
 * still gathered then is of one that failed, and is dropped.
 */
void gather_start(sqlite3 *db);
void gather_stop(sqlite3 *db);

#endif
