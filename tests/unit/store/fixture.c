#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sqlite3.h>
#include <unistd.h>

#include "fixture.h"

int
fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *tmp = getenv("TMPDIR");

	assert_non_null(f);
	(void)snprintf(f->dir, sizeof(f->dir), "%s/holdfast-store-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/db", f->dir);
	f->store = fixture_open(f);
	*state = f;
	return 0;
}

int
fixture_teardown(void **state)
{
	struct fixture *f = *state;
	char path[2 * FIXTURE_PATH_MAX + 256];
	struct dirent *entry;
	DIR *dir;

	store_close(f->store);
	dir = opendir(f->dir);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s", f->dir, entry->d_name);
		if (entry->d_name[0] != '.')
			(void)unlink(path);
	}
	(void)closedir(dir);
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

struct store *
fixture_open(const struct fixture *f)
{
	struct store *store = NULL;
	const char *why = NULL;

	if (store_open(f->path, &store, &why) != ERR_OK)
		fail_msg("cannot open %s: %s", f->path, why);
	return store;
}

static sqlite3 *
open_raw(const struct fixture *f)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 1000);
	return db;
}

void
fixture_sql(const struct fixture *f, const char *sql)
{
	sqlite3 *db = open_raw(f);

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

long long
fixture_number(const struct fixture *f, const char *sql)
{
	sqlite3 *db = open_raw(f);
	sqlite3_stmt *statement = NULL;
	long long v;

	assert_int_equal(
	    sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	v = sqlite3_column_int64(statement, 0);
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return v;
}

struct store_blob
fixture_blob(uint8_t fill)
{
	struct store_blob blob = {.len = BLOB_MAX};

	memset(blob.b, fill, BLOB_MAX);
	return blob;
}

struct store_device
fixture_device(unsigned i)
{
	struct store_device d = {.created = 1700000000 + i};

	d.uid[6] = (uint8_t)(i >> 8);
	d.uid[7] = (uint8_t)i;
	memset(d.factory_key, (int)i, sizeof(d.factory_key));
	d.factory_key[0] = 4;
	d.factory_secret.len = BLOB_MAX;
	memset(d.factory_secret.b, 0xf0, BLOB_MAX);
	return d;
}
