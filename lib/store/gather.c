/*
 * Only the log is gathered, and only by a COMMIT, which writes all its pages
 * and syncs them before anybody sees it. What a transaction writes earlier,
 * because it has outgrown the cache, is handed on as it comes: nothing would
 * tell of its end if it were undone, and others write in its place then.
 */
#include "gather.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NAME "holdfast-gather"
/* SQLite's own file system takes no write of 2^17 bytes or more. */
#define GATHER_MAX (120 << 10)

/* The log; the file below lies behind it in SQLite's memory. */
struct log {
	sqlite3_file base;
	sqlite3_file *below;
	bool gathers;
	bool defers;
	bool head; /* its head was written, and not synced yet */
	bool owes; /* a sync, */
	int flags; /* like that */
	uint8_t *data;
	size_t len;
	sqlite3_int64 at; /* where data belongs */
};

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *below;
} gather;

static struct log *
log_of(sqlite3_file *file)
{
	return (struct log *)file;
}

/*
 * Hands on what was gathered. What fails is dropped, as SQLite drops the
 * transaction; it expects no full disk where it reads, but any other failure.
 */
static int
flush(struct log *log)
{
	size_t len = log->len;
	int result;

	log->len = 0;
	if (len == 0)
		return SQLITE_OK;
	result = log->below->pMethods->xWrite(
	    log->below, log->data, (int)len, log->at);
	return result == SQLITE_FULL ? SQLITE_IOERR_WRITE : result;
}

static int
log_close(sqlite3_file *file)
{
	struct log *log = log_of(file);
	int result = log->below->pMethods->xClose(log->below);

	free(log->data);
	return result;
}

static int
log_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
	struct log *log = log_of(file);
	int result = flush(log);

	return result != SQLITE_OK
		   ? result
		   : log->below->pMethods->xRead(log->below, out, len, at);
}

static int
log_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	struct log *log = log_of(file);
	size_t more = (size_t)len;
	int result = SQLITE_OK;

	log->head = log->head || at == 0;
	if (log->len > 0 && (at != log->at + (sqlite3_int64)log->len ||
				more > GATHER_MAX - log->len))
		result = flush(log);
	if (result != SQLITE_OK)
		return result;
	if (!log->gathers || more > GATHER_MAX)
		return log->below->pMethods->xWrite(log->below, data, len, at);
	if (log->len == 0)
		log->at = at;
	memcpy(log->data + log->len, data, more);
	log->len += more;
	return SQLITE_OK;
}

static int
log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct log *log = log_of(file);
	int result = flush(log);

	return result != SQLITE_OK
		   ? result
		   : log->below->pMethods->xTruncate(log->below, size);
}

/*
 * A log that begins anew syncs its head before any page, which is never put
 * off: pages behind a head that is not there would not be found. Where a disk
 * may damage what stands beside a write, SQLite fills the log up to a sector,
 * and syncs there, in the middle of a frame: the rest of it comes after the
 * sync and before the commit is seen.
 */
static int
log_sync(sqlite3_file *file, int flags)
{
	struct log *log = log_of(file);
	int result = flush(log);

	if (!log->head)
		log->gathers = false;
	if (result == SQLITE_OK && log->defers && !log->head) {
		log->owes = true;
		log->flags = flags;
		return SQLITE_OK;
	}
	log->head = false;
	return result != SQLITE_OK
		   ? result
		   : log->below->pMethods->xSync(log->below, flags);
}

static int
log_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	struct log *log = log_of(file);
	int result = flush(log);

	return result != SQLITE_OK
		   ? result
		   : log->below->pMethods->xFileSize(log->below, ret_size);
}

static int
log_lock(sqlite3_file *file, int level)
{
	struct log *log = log_of(file);

	return log->below->pMethods->xLock(log->below, level);
}

static int
log_unlock(sqlite3_file *file, int level)
{
	struct log *log = log_of(file);

	return log->below->pMethods->xUnlock(log->below, level);
}

static int
log_check_lock(sqlite3_file *file, int *ret_locked)
{
	struct log *log = log_of(file);

	return log->below->pMethods->xCheckReservedLock(log->below, ret_locked);
}

static int
log_control(sqlite3_file *file, int what, void *arg)
{
	struct log *log = log_of(file);

	return log->below->pMethods->xFileControl(log->below, what, arg);
}

static int
log_sector(sqlite3_file *file)
{
	struct log *log = log_of(file);

	return log->below->pMethods->xSectorSize(log->below);
}

static int
log_device(sqlite3_file *file)
{
	struct log *log = log_of(file);

	return log->below->pMethods->xDeviceCharacteristics(log->below);
}

/* Version 1: nobody maps the log into memory. */
static const sqlite3_io_methods log_methods = {.iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_device};

static int
gather_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *ret_flags)
{
	struct log *log = log_of(file);
	int result;

	(void)vfs;
	if ((flags & SQLITE_OPEN_WAL) == 0)
		return gather.below->xOpen(
		    gather.below, name, file, flags, ret_flags);
	*log = (struct log){.below = (sqlite3_file *)(log + 1)};
	log->data = malloc(GATHER_MAX);
	if (log->data == NULL)
		return SQLITE_NOMEM;
	result = gather.below->xOpen(
	    gather.below, name, log->below, flags, ret_flags);
	if (result != SQLITE_OK) {
		free(log->data);
		return result;
	}
	log->base.pMethods = &log_methods;
	return SQLITE_OK;
}

/* All but opening is what the system below does, with its own data. */
static void
gather_register(void)
{
	sqlite3_vfs *below = sqlite3_vfs_find(NULL);

	if (below == NULL)
		return;
	gather.below = below;
	gather.vfs = *below;
	gather.vfs.pNext = NULL;
	gather.vfs.zName = NAME;
	gather.vfs.szOsFile = (int)sizeof(struct log) + below->szOsFile;
	gather.vfs.xOpen = gather_open;
	(void)sqlite3_vfs_register(&gather.vfs, 0);
}

/* The log of a connection; NULL while it has none, or none of ours. */
static struct log *
log_find(sqlite3 *db)
{
	sqlite3_file *file = NULL;

	if (sqlite3_file_control(
		db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) != SQLITE_OK ||
	    file == NULL || file->pMethods != &log_methods)
		return NULL;
	return log_of(file);
}

void
gather_start(sqlite3 *db, bool defers)
{
	struct log *log = log_find(db);

	if (log == NULL)
		return;
	log->gathers = true;
	log->defers = defers;
}

void
gather_stop(sqlite3 *db)
{
	struct log *log = log_find(db);

	if (log == NULL)
		return;
	log->gathers = false;
	log->defers = false;
	log->len = 0;
}

bool
gather_owed(sqlite3 *db, struct gather_sync *ret_sync)
{
	struct log *log = log_find(db);

	if (log == NULL || !log->owes)
		return false;
	log->owes = false;
	*ret_sync = (struct gather_sync){log->below, log->flags};
	return true;
}

bool
gather_log(sqlite3 *db, struct gather_sync *ret_sync)
{
	struct log *log = log_find(db);

	if (log == NULL)
		return false;
	*ret_sync = (struct gather_sync){log->below, SQLITE_SYNC_NORMAL};
	return true;
}

int
gather_rewrite(sqlite3 *db)
{
	struct log *log = log_find(db);
	sqlite3_int64 size = 0, at = 0;
	int result, len;

	if (log == NULL)
		return SQLITE_OK;
	result = log_size(&log->base, &size);
	for (; result == SQLITE_OK && at < size; at += len) {
		len = size - at < GATHER_MAX ? (int)(size - at) : GATHER_MAX;
		result = log_read(&log->base, log->data, len, at);
		if (result == SQLITE_OK)
			result = log->below->pMethods->xWrite(
			    log->below, log->data, len, at);
	}
	return result;
}

bool
gather_pay(const struct gather_sync *sync)
{
	return sync->log->pMethods->xSync(sync->log, sync->flags) == SQLITE_OK;
}

const char *
gather_vfs(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, gather_register);
	return NAME;
}
