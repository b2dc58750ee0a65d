/*
 * The disk: see disk.h. A file is its bytes as they are read, its bytes as
 * they are safe, and the writes between the two, in order. Locks and the
 * shared memory of the write-ahead log are real ones within the process, so
 * that a second connection may look at a database in use.
 */
#include "disk.h"

#include <sqlite3.h>

#define FILES_MAX 8
#define NAME_MAX_LEN 64
#define SECTOR 512u
#define KERNEL_PAGE 4096
#define REGIONS_MAX 8
#define LOCKS_MAX 8 /* SQLITE_SHM_NLOCK */

struct blob {
	uint8_t *b;
	size_t len, cap;
};

struct pending_write {
	size_t offset, len;
	uint8_t *b; /* NULL: the file is cut to offset */
};

struct file {
	bool used;
	char name[NAME_MAX_LEN];
	struct blob now, safe;
	struct pending_write *write;
	size_t write_count, write_cap;
	unsigned handles;
	unsigned lost; /* syncs that failed */
	/* Locks of the database: handles that read, and who writes. */
	unsigned readers;
	const void *writer;
	uint8_t *region[REGIONS_MAX];
	unsigned shm_shared[LOCKS_MAX];
	const void *shm_exclusive[LOCKS_MAX];
	unsigned shm_users;
};

struct handle {
	sqlite3_file base;
	struct file *file;
	int level;
	bool shm;
	unsigned shm_shared; /* bits */
	bool temporary;
	unsigned lost; /* of the file's, that it has heard of */
};

struct copy {
	char name[FILES_MAX][NAME_MAX_LEN];
	struct blob content[FILES_MAX];
};

static struct {
	struct file file[FILES_MAX];
	struct copy copy[DISK_COPIES];
	struct chance chance;
	enum disk_fault fault;
	uint64_t fault_in;
	bool dead;
	uint64_t unix_s;
} disk;

/* --- bytes --- */

static void
must(const void *p)
{
	if (p == NULL)
		abort();
}

static void
blob_resize(struct blob *blob, size_t len)
{
	if (len > blob->cap) {
		blob->cap = len * 2;
		blob->b = realloc(blob->b, blob->cap);
		must(blob->b);
	}
	if (len > blob->len)
		memset(blob->b + blob->len, 0, len - blob->len);
	blob->len = len;
}

static void
blob_write(struct blob *blob, size_t offset, const void *b, size_t len)
{
	if (offset + len > blob->len)
		blob_resize(blob, offset + len);
	if (len > 0)
		memcpy(blob->b + offset, b, len);
}

static void
blob_set(struct blob *to, const struct blob *from)
{
	blob_resize(to, 0);
	blob_write(to, 0, from->b, from->len);
}

static void
blob_free(struct blob *blob)
{
	free(blob->b);
	*blob = (struct blob){NULL, 0, 0};
}

/* --- files --- */

static struct file *
file_find(const char *name)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (disk.file[i].used && strcmp(disk.file[i].name, name) == 0)
			return &disk.file[i];
	return NULL;
}

static struct file *
file_make(const char *name)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		struct file *f = &disk.file[i];

		if (f->used)
			continue;
		memset(f, 0, sizeof(*f));
		f->used = true;
		(void)snprintf(f->name, sizeof(f->name), "%s", name);
		return f;
	}
	return NULL;
}

static void
file_forget_writes(struct file *f)
{
	for (size_t i = 0; i < f->write_count; i++)
		free(f->write[i].b);
	f->write_count = 0;
}

static void
file_drop_shm(struct file *f)
{
	for (size_t i = 0; i < REGIONS_MAX; i++) {
		free(f->region[i]);
		f->region[i] = NULL;
	}
}

static void
file_delete(struct file *f)
{
	file_forget_writes(f);
	file_drop_shm(f);
	free(f->write);
	blob_free(&f->now);
	blob_free(&f->safe);
	memset(f, 0, sizeof(*f));
}

static void
file_note(struct file *f, size_t offset, const void *b, size_t len)
{
	struct pending_write w = {.offset = offset, .len = len};

	if (f->write_count == f->write_cap) {
		f->write_cap = f->write_cap * 2 + 16;
		f->write =
		    realloc(f->write, f->write_cap * sizeof(f->write[0]));
		must(f->write);
	}
	if (b != NULL) {
		w.b = malloc(len);
		must(w.b);
		memcpy(w.b, b, len);
	}
	f->write[f->write_count++] = w;
}

/* A large write may be lost in parts: the kernel writes page by page. */
static void
file_note_pieces(struct file *f, size_t offset, const uint8_t *b, size_t len)
{
	size_t piece;

	for (; len > 0; offset += piece, b += piece, len -= piece) {
		piece = KERNEL_PAGE - offset % KERNEL_PAGE;
		if (piece > len)
			piece = len;
		file_note(f, offset, b, piece);
	}
}

static void
write_apply(struct blob *to, const struct pending_write *w, size_t len)
{
	if (w->b == NULL)
		blob_resize(to, w->offset);
	else
		blob_write(to, w->offset, w->b, len);
}

static void
file_sync(struct file *f)
{
	for (size_t i = 0; i < f->write_count; i++)
		write_apply(&f->safe, &f->write[i], f->write[i].len);
	file_forget_writes(f);
}

/* Of every write: all, nothing, or its first sectors. */
static void
file_settle(struct file *f)
{
	for (size_t i = 0; i < f->write_count; i++) {
		const struct pending_write *w = &f->write[i];
		size_t sectors = w->len / SECTOR;

		if (chance_one_in(&disk.chance, 2))
			continue;
		if (w->b == NULL || sectors == 0 ||
		    !chance_one_in(&disk.chance, 4))
			write_apply(&f->safe, w, w->len);
		else
			write_apply(&f->safe, w,
			    SECTOR * (size_t)chance_between(
					 &disk.chance, 0, sectors));
	}
	file_forget_writes(f);
}

static void
file_power_up(struct file *f)
{
	file_settle(f);
	blob_set(&f->now, &f->safe);
}

/* --- faults --- */

/* Says whether the write or sync that is about to happen fails. */
static bool
fails(void)
{
	if (disk.dead)
		return true;
	if (disk.fault_in == 0 || --disk.fault_in > 0)
		return false;
	disk.dead = disk.fault == DISK_POWER;
	return true;
}

/* --- methods of an open file --- */

static struct handle *
handle_of(sqlite3_file *base)
{
	return (struct handle *)(void *)base;
}

static int
io_unlock(sqlite3_file *base, int level)
{
	struct handle *h = handle_of(base);
	struct file *f = h->file;

	if (level < SQLITE_LOCK_RESERVED && f->writer == h)
		f->writer = NULL;
	if (level < SQLITE_LOCK_SHARED && h->level >= SQLITE_LOCK_SHARED)
		f->readers--;
	if (level < h->level)
		h->level = level;
	return SQLITE_OK;
}

static int
io_shm_unmap(sqlite3_file *base, int erase)
{
	struct handle *h = handle_of(base);

	if (!h->shm)
		return SQLITE_OK;
	h->shm = false;
	if (--h->file->shm_users == 0 && erase != 0)
		file_drop_shm(h->file);
	return SQLITE_OK;
}

static int
io_close(sqlite3_file *base)
{
	struct handle *h = handle_of(base);

	(void)io_unlock(base, SQLITE_LOCK_NONE);
	(void)io_shm_unmap(base, 0);
	h->file->handles--;
	if (h->temporary)
		file_delete(h->file);
	return SQLITE_OK;
}

static int
io_read(sqlite3_file *base, void *out, int len, sqlite3_int64 offset)
{
	const struct blob *now = &handle_of(base)->file->now;
	size_t at = (size_t)offset, want = (size_t)len, have;

	if (disk.dead)
		return SQLITE_IOERR_READ;
	have = at < now->len ? now->len - at : 0;
	have = have < want ? have : want;
	memset(out, 0, want);
	if (have > 0)
		memcpy(out, now->b + at, have);
	return have == want ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int
io_write(sqlite3_file *base, const void *b, int len, sqlite3_int64 offset)
{
	struct file *f = handle_of(base)->file;
	bool bad = !disk.dead && fails();

	if (disk.dead && !bad)
		return SQLITE_IOERR_WRITE;
	/* A write that fails may have been half done. */
	if (bad)
		len = len / 2;
	file_note_pieces(f, (size_t)offset, b, (size_t)len);
	blob_write(&f->now, (size_t)offset, b, (size_t)len);
	return bad ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int
io_truncate(sqlite3_file *base, sqlite3_int64 len)
{
	struct file *f = handle_of(base)->file;

	if (fails())
		return SQLITE_IOERR_TRUNCATE;
	file_note(f, (size_t)len, NULL, 0);
	blob_resize(&f->now, (size_t)len);
	return SQLITE_OK;
}

static int
io_sync(sqlite3_file *base, int flags)
{
	struct handle *h = handle_of(base);

	(void)flags;
	if (fails() && !disk.dead) {
		/* As a kernel does: what was not written never will be. */
		file_settle(h->file);
		h->file->lost++;
	}
	/* Each handle hears of it once. */
	if (disk.dead || h->lost != h->file->lost) {
		h->lost = h->file->lost;
		return SQLITE_IOERR_FSYNC;
	}
	file_sync(h->file);
	return SQLITE_OK;
}

static int
io_size(sqlite3_file *base, sqlite3_int64 *ret_len)
{
	*ret_len = (sqlite3_int64)handle_of(base)->file->now.len;
	return SQLITE_OK;
}

static int
io_lock(sqlite3_file *base, int level)
{
	struct handle *h = handle_of(base);
	struct file *f = h->file;
	bool others = f->readers > (h->level >= SQLITE_LOCK_SHARED ? 1u : 0u);

	if (level <= h->level)
		return SQLITE_OK;
	if (f->writer != NULL && f->writer != h &&
	    level >= SQLITE_LOCK_RESERVED)
		return SQLITE_BUSY;
	if (level == SQLITE_LOCK_EXCLUSIVE && others)
		return SQLITE_BUSY;
	if (h->level < SQLITE_LOCK_SHARED)
		f->readers++;
	if (level >= SQLITE_LOCK_RESERVED)
		f->writer = h;
	h->level = level;
	return SQLITE_OK;
}

static int
io_reserved(sqlite3_file *base, int *ret_reserved)
{
	*ret_reserved = handle_of(base)->file->writer != NULL;
	return SQLITE_OK;
}

static int
io_control(sqlite3_file *base, int op, void *arg)
{
	(void)base;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int
io_sector(sqlite3_file *base)
{
	(void)base;
	return (int)SECTOR;
}

static int
io_traits(sqlite3_file *base)
{
	(void)base;
	return 0;
}

static int
io_shm_map(sqlite3_file *base, int region, int size, int extend,
    void volatile **ret_region)
{
	struct handle *h = handle_of(base);
	uint8_t **at;

	*ret_region = NULL;
	if (region >= REGIONS_MAX)
		return SQLITE_IOERR_SHMMAP;
	if (!h->shm)
		h->file->shm_users++;
	h->shm = true;
	at = &h->file->region[region];
	if (*at == NULL && extend != 0) {
		*at = calloc(1, (size_t)size);
		must(*at);
	}
	*ret_region = *at;
	return SQLITE_OK;
}

static bool
shm_takes(const struct handle *h, int i, int flags)
{
	const struct file *f = h->file;
	unsigned own = (h->shm_shared >> i) & 1u;

	if (f->shm_exclusive[i] != NULL && f->shm_exclusive[i] != h)
		return false;
	return (flags & SQLITE_SHM_SHARED) != 0 || f->shm_shared[i] == own;
}

static void
shm_take(struct handle *h, int i, int flags)
{
	struct file *f = h->file;
	unsigned bit = 1u << i, own = h->shm_shared & bit;

	if ((flags & SQLITE_SHM_EXCLUSIVE) != 0) {
		f->shm_exclusive[i] = (flags & SQLITE_SHM_LOCK) != 0 ? h : NULL;
	} else if ((flags & SQLITE_SHM_LOCK) != 0 && own == 0) {
		f->shm_shared[i]++;
		h->shm_shared |= bit;
	} else if ((flags & SQLITE_SHM_UNLOCK) != 0 && own != 0) {
		f->shm_shared[i]--;
		h->shm_shared &= ~bit;
	}
}

static int
io_shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
	struct handle *h = handle_of(base);

	for (int i = offset; i < offset + n; i++)
		if ((flags & SQLITE_SHM_LOCK) != 0 && !shm_takes(h, i, flags))
			return SQLITE_BUSY;
	for (int i = offset; i < offset + n; i++)
		shm_take(h, i, flags);
	return SQLITE_OK;
}

static void
io_shm_barrier(sqlite3_file *base)
{
	(void)base;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = io_close,
    .xRead = io_read,
    .xWrite = io_write,
    .xTruncate = io_truncate,
    .xSync = io_sync,
    .xFileSize = io_size,
    .xLock = io_lock,
    .xUnlock = io_unlock,
    .xCheckReservedLock = io_reserved,
    .xFileControl = io_control,
    .xSectorSize = io_sector,
    .xDeviceCharacteristics = io_traits,
    .xShmMap = io_shm_map,
    .xShmLock = io_shm_lock,
    .xShmBarrier = io_shm_barrier,
    .xShmUnmap = io_shm_unmap,
};

/* --- methods of the file system --- */

static int
fs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
    int *ret_flags)
{
	struct handle *h = handle_of(base);
	struct file *f = file_find(name != NULL ? name : "temporary");

	(void)vfs;
	memset(h, 0, sizeof(*h));
	if (disk.dead)
		return SQLITE_CANTOPEN;
	if (f == NULL && (name == NULL || (flags & SQLITE_OPEN_CREATE) != 0))
		f = file_make(name != NULL ? name : "temporary");
	if (f == NULL)
		return SQLITE_CANTOPEN;
	h->base.pMethods = &methods;
	h->file = f;
	h->temporary = name == NULL;
	h->lost = f->lost;
	f->handles++;
	if (ret_flags != NULL)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int
fs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	struct file *f = file_find(name);

	(void)vfs;
	(void)sync;
	if (fails())
		return SQLITE_IOERR_DELETE;
	if (f == NULL)
		return SQLITE_IOERR_DELETE_NOENT;
	file_delete(f);
	return SQLITE_OK;
}

static int
fs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there)
{
	(void)vfs;
	(void)flags;
	*ret_there = file_find(name) != NULL;
	return SQLITE_OK;
}

static int
fs_path(sqlite3_vfs *vfs, const char *name, int cap, char *out)
{
	(void)vfs;
	(void)snprintf(out, (size_t)cap, "%s", name);
	return SQLITE_OK;
}

static int
fs_random(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	for (int i = 0; i < len; i++)
		out[i] = (char)(chance_next(&disk.chance) & 0x7f);
	return len;
}

static int
fs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int
fs_time(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms)
{
	(void)vfs;
	/* Milliseconds of the Julian day. */
	*ret_ms =
	    (sqlite3_int64)(disk.unix_s * 1000 + UINT64_C(210866760000000));
	return SQLITE_OK;
}

static int
fs_last_error(sqlite3_vfs *vfs, int cap, char *out)
{
	(void)vfs;
	(void)cap;
	(void)out;
	return 0;
}

static sqlite3_vfs file_system = {
    .iVersion = 2,
    .szOsFile = (int)sizeof(struct handle),
    .mxPathname = NAME_MAX_LEN - 16,
    .zName = "sim",
    .xOpen = fs_open,
    .xDelete = fs_delete,
    .xAccess = fs_access,
    .xFullPathname = fs_path,
    .xRandomness = fs_random,
    .xSleep = fs_sleep,
    .xGetLastError = fs_last_error,
    .xCurrentTimeInt64 = fs_time,
};

/* --- the disk --- */

void
disk_install(void)
{
	if (sqlite3_vfs_register(&file_system, 1) != SQLITE_OK)
		abort();
}

static void
copy_free(struct copy *copy)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		blob_free(&copy->content[i]);
	memset(copy, 0, sizeof(*copy));
}

void
disk_reset(uint64_t seed)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		file_delete(&disk.file[i]);
	for (unsigned i = 0; i < DISK_COPIES; i++)
		copy_free(&disk.copy[i]);
	disk.chance = chance_of(seed, 77);
	disk.fault_in = 0;
	disk.dead = false;
}

void
disk_plan(enum disk_fault fault, uint64_t n)
{
	disk.fault = fault;
	disk.fault_in = n;
}

bool
disk_is_dead(void)
{
	return disk.dead;
}

void
disk_die(void)
{
	disk.dead = true;
}

void
disk_revive(bool lose)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (!disk.file[i].used)
			continue;
		if (lose)
			file_power_up(&disk.file[i]);
		file_drop_shm(&disk.file[i]);
		disk.file[i].shm_users = 0;
	}
	disk.dead = false;
	disk.fault_in = 0;
}

void
disk_copy(unsigned slot)
{
	struct copy *copy = &disk.copy[slot];

	copy_free(copy);
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (!disk.file[i].used)
			continue;
		memcpy(copy->name[i], disk.file[i].name, NAME_MAX_LEN);
		blob_set(&copy->content[i], &disk.file[i].now);
	}
}

void
disk_put_back(unsigned slot)
{
	const struct copy *copy = &disk.copy[slot];
	struct file *f;

	for (size_t i = 0; i < FILES_MAX; i++)
		file_delete(&disk.file[i]);
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (copy->name[i][0] == '\0')
			continue;
		f = file_make(copy->name[i]);
		blob_set(&f->now, &copy->content[i]);
		blob_set(&f->safe, &copy->content[i]);
	}
}

void
disk_clock(uint64_t unix_s)
{
	disk.unix_s = unix_s;
}
