/*
 * A database in a directory of its own, and rows to fill it with.
 */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include "store/devices.h"
#include "store/store.h"

#define FIXTURE_PATH_MAX 128

struct fixture {
	char dir[FIXTURE_PATH_MAX];
	char path[FIXTURE_PATH_MAX + 16];
	struct store *store;
};

/* cmocka setup and teardown: *state is a struct fixture with a store. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Opens another connection to the same database. */
struct store *fixture_open(const struct fixture *f);

/* Runs SQL behind the store's back, and fails the test when it fails. */
void fixture_sql(const struct fixture *f, const char *sql);

/* The first column of the first row of SQL, as a number. */
long long fixture_number(const struct fixture *f, const char *sql);

/* A wrapped secret of BLOB_MAX bytes that are all the same. */
struct store_blob fixture_blob(uint8_t fill);

/* Device number i of no tenant, as from production; it is not added. */
struct store_device fixture_device(unsigned i);

#endif
