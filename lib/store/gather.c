/*
 * Only the log is gathered: every other file is the one of the file system
 * below. A write that fails is known when the log is synced, which fails then;
 * what was gathered is dropped, as SQLite drops the transaction.
 */
#include "gather.h"

#include <pthread.h>
#include <sqlite3.h>

#define NAME "holdfast-gather"
/* SQLite's own file system takes no write of 2^17 bytes or more. */
#define GATHER_MAX (120 << 10)
/*
 * Where a disk may damage what stands beside a write, SQLite fills the log up
 * to a sector, and syncs there, in the middle of a frame. The rest, of its head
 * and of its page, is written after the sync and before the commit is seen.
 */
#define THROUGH 2

/* The log; the file below lies behind it in SQLite's memory. */
struct log {
	sqlite3_file base;
	sqlite3_file *below;
	uint8_t *data;
	size_t len;
	sqlite3_int64 at; /* where data belongs */
	unsigned through; /* writes that are not gathered */
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

/* Hands on what was gathered. */
static int
flush(struct log *log)
{
	size_t len = log->len;

	log->len = 0;
	return len == 0 ? SQLITE_OK
			: log->below->pMethods->xWrite(
			      log->below, log->data, (int)len, log->at);
}

static int
log_close(sqlite3_file *file)
{
	struct log *log = log_of(file);
	int result = flush(log), closed;

	closed = log->below->pMethods->xClose(log->below);
	free(log->data);
	return result != SQLITE_OK ? result : closed;
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

	if (log->len > 0 && (at != log->at + (sqlite3_int64)log->len ||
				more > GATHER_MAX - log->len))
		result = flush(log);
	if (result != SQLITE_OK)
		return result;
	if (more > GATHER_MAX || log->through > 0) {
		log->through -= log->through > 0;
		return log->below->pMethods->xWrite(log->below, data, len, at);
	}
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

static int
log_sync(sqlite3_file *file, int flags)
{
	struct log *log = log_of(file);
	int result = flush(log);

	log->through = THROUGH;
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

const char *
gather_vfs(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, gather_register);
	return NAME;
}
