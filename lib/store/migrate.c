/*
 * Brings a database to this program's schema. The files of schema/ are
 * numbered, embedded by the build, and never changed once they have been
 * released; the table migrations says which have run. All that are missing
 * run in one transaction, so that a database has one whole version or
 * another.
 */
#include "sqlite.h"

static enum err
last_version(struct store *store, int *ret_version)
{
	static const struct sql sql = {
	    "SELECT coalesce(max(version), 0) FROM migrations"};
	struct query q;
	int version = 0;
	enum err err;

	query_start(&q, store, &sql);
	if (query_row(&q))
		version = (int)query_u32(&q, 0);
	err = query_end(&q);
	if (err == ERR_OK)
		*ret_version = version;
	return err;
}

static enum err
record(struct store *store, const struct migration *m)
{
	static const struct sql sql = {
	    "INSERT INTO migrations (version, name) VALUES ($1, $2)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_i64(&q, m->version);
	query_bind_text(&q, bytes_str(m->name));
	return query_run(&q);
}

static enum err
run_missing(struct store *store, const struct migration *list, size_t count)
{
	enum err err = sqlite_exec(store,
	    "CREATE TABLE IF NOT EXISTS migrations ("
	    "version INTEGER PRIMARY KEY, name TEXT NOT NULL,"
	    "applied INTEGER NOT NULL DEFAULT (unixepoch()))");

	if (err == ERR_OK)
		err = last_version(store, &store->version);
	if (err != ERR_OK)
		return err;
	if (count > 0 && store->version > list[count - 1].version) {
		(void)snprintf(store->why, sizeof(store->why),
		    "the database has schema %d, this program knows %d: "
		    "use a newer program",
		    store->version, list[count - 1].version);
		return ERR_UNSUPPORTED;
	}
	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		if (list[i].version <= store->version)
			continue;
		err = sqlite_exec(store, list[i].sql);
		if (err == ERR_OK)
			err = record(store, &list[i]);
		if (err == ERR_OK)
			store->version = list[i].version;
	}
	return err;
}

enum err
store_migrate(struct store *store)
{
	enum err err = store_begin(store);

	if (err != ERR_OK)
		return err;
	err = run_missing(store, store_migrations, store_migration_count);
	if (err == ERR_OK)
		return store_commit(store);
	store_rollback(store);
	return err;
}
