/*
 * The store: every row the service keeps, behind named operations. This
 * header opens it and groups operations into transactions; the operations
 * stand in one header a noun (store/devices.h, store/events.h, ...).
 *
 * A store is one connection and belongs to one thread. Several processes
 * may open the same database: one writes at a time, the others wait for up
 * to STORE_BUSY_MS, and nobody waits for readers.
 *
 * Every operation may also fail with ERR_BUSY (another process kept the
 * write lock too long), ERR_IO (disk), ERR_NOMEM and ERR_FORMAT (the
 * database is damaged, or a row does not hold what it must); headers name
 * only what an operation adds to these.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/limits.h"

#define STORE_BUSY_MS 5000
#define STORE_PATH_MAX 4096

struct store;

/* A wrapped secret as the keys process gave it; len 0: none. */
struct store_blob {
	uint8_t b[BLOB_MAX];
	size_t len;
};

/*
 * Opens the database at path, makes it if it is not there (mode 0600), and
 * brings it to this program's schema. ":memory:" opens one of its own.
 * After ERR_UNSUPPORTED, ERR_IO or any other error ret_why, unless it is
 * NULL, names the reason in words, in a buffer that the next store_open
 * overwrites.
 *
 * Errors: ERR_UNSUPPORTED (the database is newer than this program),
 * ERR_IO, ERR_BUSY, ERR_FORMAT (not a database), ERR_NOMEM.
 */
MUST_CHECK enum err store_open(
    const char *path, struct store **ret_store, const char **ret_why);

/* Rolls back what is open and closes; NULL is allowed. */
void store_close(struct store *store);

/*
 * Starts a transaction that may write. Nothing of it is seen by others, or
 * survives a crash, before store_commit has returned ERR_OK; everything does
 * then. Errors: ERR_STATE (one is open), ERR_BUSY.
 */
MUST_CHECK enum err store_begin(struct store *store);

/*
 * Starts a transaction that only reads: all its reads see one state, and
 * cost less. Ended by store_commit or store_rollback. Errors: ERR_STATE.
 */
MUST_CHECK enum err store_begin_read(struct store *store);

/*
 * In a transaction: whether nobody but this store has changed anything since
 * its last store_begin_read, so that what it read then need not be read
 * again. false also when that cannot be said.
 */
bool store_unchanged(struct store *store);

/* Makes the transaction durable. On failure it has been rolled back. */
MUST_CHECK enum err store_commit(struct store *store);

/* Drops the transaction, if one is open. */
void store_rollback(struct store *store);

/*
 * Carries over to the database what its log holds, and empties the log: what
 * was erased is in neither then. Waits for nobody.
 *
 * Errors: ERR_BUSY (others are at work: a part may be done), ERR_STATE (within
 * a transaction), ERR_IO.
 */
MUST_CHECK enum err store_tidy(struct store *store);

/*
 * From now on store_commit makes what it commits visible to everybody, and
 * leaves it to a sync to make it durable, together with all that was committed
 * before: after a crash of the machine there is some first part of it. Who has
 * committed relies on it, and says so to others, after that sync alone. After
 * a sync the log is carried over to the database when it has pages, or more.
 */
#define STORE_LOG_PAGES 32000
void store_defer(struct store *store, int pages);

/*
 * The sync in three steps: start says whether there is anything to do; run
 * does it, in any thread, while the store goes on with other transactions;
 * end takes what run has said. All within store_sync_start and
 * store_sync_end is of the next sync.
 *
 * After a failure what was committed is written once more, by end or by the
 * next operation that can: as long as end, or store_sync, says
 * anything but ERR_OK, nothing that was committed may be relied on.
 */
bool store_sync_start(struct store *store);
bool store_sync_run(const struct store *store);
MUST_CHECK enum err store_sync_end(struct store *store, bool synced);

/*
 * Makes durable all that can be read: for who passes on what another process
 * may have committed and not synced yet. Within a transaction, what that
 * reads; ERR_IO when it fails there.
 */
MUST_CHECK enum err store_confirm(struct store *store);

/* All three; ERR_OK, too, when there is nothing to do. */
MUST_CHECK enum err store_sync(struct store *store);

/*
 * store_sync at a time when nobody waits, which carries over the log when it
 * has grown to that part of its pages: who comes next has room for many.
 */
#define STORE_REST_PART 8
MUST_CHECK enum err store_rest(struct store *store);

/* Whether a transaction is open. */
bool store_in_transaction(const struct store *store);

/* The version of the schema: the number of the last migration. */
int store_schema_version(const struct store *store);

/* What the engine said about the last failure, for a log line. */
const char *store_why(const struct store *store);

#endif
