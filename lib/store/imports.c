/*
 * Rows of imports. Their devices are added by store_device_add.
 */
#include "store/imports.h"

#include "sql.h"

enum err
store_import_next(struct store *store, uint64_t *ret_id)
{
	static const struct sql sql = {
	    "SELECT coalesce(max(id), 0) + 1 FROM imports"};
	struct query q;

	query_start(&q, store, &sql);
	return query_number(&q, ret_id);
}

enum err
store_import_add(struct store *store, const struct store_import *import)
{
	static const struct sql sql = {
	    "INSERT INTO imports"
	    " (id, tenant, import_key, total, remaining, created)"
	    " VALUES ($1, $2, $3, $4, $5, $6)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, import->id);
	query_bind_u64(&q, import->tenant);
	query_bind_secret(&q, &import->key);
	query_bind_u64(&q, import->total);
	query_bind_u64(&q, import->remaining);
	query_bind_i64(&q, import->created);
	return query_run(&q);
}

static void
import_read(struct query *q, void *ret_row)
{
	struct store_import *i = ret_row;

	i->id = query_u64(q, 0);
	i->tenant = query_u64(q, 1);
	query_secret(q, 2, &i->key);
	i->total = query_u64(q, 3);
	i->remaining = query_u64(q, 4);
	i->created = query_i64(q, 5);
}

enum err
store_import_get(struct store *store, uint64_t tenant, uint64_t id,
    struct store_import *ret_import)
{
	static const struct sql sql = {
	    "SELECT id, tenant, import_key, total, remaining, created"
	    " FROM imports WHERE id = $1 AND tenant = $2"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, id);
	query_bind_u64(&q, tenant);
	return query_one(&q, import_read, ret_import, sizeof(*ret_import));
}

enum err
store_import_list(struct store *store, uint64_t tenant, uint64_t after,
    struct store_import *ret_imports, size_t cap, size_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT id, tenant, import_key, total, remaining, created"
	    " FROM imports WHERE tenant = $1 AND id > $2"
	    " ORDER BY id LIMIT $3"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, after);
	query_bind_u64(&q, cap);
	return query_rows(
	    &q, import_read, ret_imports, sizeof(*ret_imports), cap, ret_count);
}

enum err
store_factory_known(struct store *store, uint64_t tenant,
    const uint8_t uid[UID_LEN], bool *ret_known)
{
	static const struct sql sql = {
	    "SELECT count(*) FROM devices d"
	    " LEFT JOIN imports i ON i.id = d.import"
	    " WHERE d.uid = $1 AND d.erased IS NULL"
	    " AND coalesce(d.tenant, i.tenant) = $2"};
	struct query q;
	bool known = false;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_u64(&q, tenant);
	if (query_row(&q))
		known = query_u64(&q, 0) > 0;
	enum err err = query_end(&q);

	if (err == ERR_OK)
		*ret_known = known;
	return err;
}
