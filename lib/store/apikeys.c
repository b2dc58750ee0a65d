/*
 * Rows of API keys. A key that was ended stays, for the audit log names it.
 */
#include "store/accounts.h"

#include "sql.h"

enum err
store_apikey_add(
    struct store *store, const struct store_apikey *key, uint64_t *ret_id)
{
	static const struct sql sql = {
	    "INSERT INTO apikeys (tenant, name, secret, created)"
	    " VALUES ($1, $2, $3, $4)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, key->tenant);
	query_bind_text(&q, bytes_str(key->name));
	query_bind_blob(&q, BYTES_OF(key->secret));
	query_bind_i64(&q, key->created);
	enum err err = query_run(&q);

	if (err == ERR_OK)
		*ret_id = query_last_id(store);
	return err;
}

#define COLUMNS "id, tenant, name, secret, created, revoked"

static void
apikey_read(struct query *q, void *ret_row)
{
	struct store_apikey *key = ret_row;

	*key = (struct store_apikey){.id = query_u64(q, 0),
	    .tenant = query_u64(q, 1),
	    .created = query_i64(q, 4),
	    .revoked = !query_is_null(q, 5)};
	query_copy_text(q, 2, key->name, sizeof(key->name));
	(void)query_copy(q, 3, key->secret, sizeof(key->secret));
}

enum err
store_apikey_find(
    struct store *store, struct bytes name, struct store_apikey *ret_key)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM apikeys WHERE name = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_text(&q, name);
	return query_one(&q, apikey_read, ret_key, sizeof(*ret_key));
}

enum err
store_apikey_list(struct store *store, uint64_t tenant, uint64_t after,
    struct store_apikey *ret_keys, size_t cap, size_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM apikeys WHERE tenant = $1 AND id > $2"
	    " ORDER BY id LIMIT $3"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, after);
	query_bind_u64(&q, cap);
	return query_rows(
	    &q, apikey_read, ret_keys, sizeof(*ret_keys), cap, ret_count);
}

enum err
store_apikey_count(struct store *store, uint64_t tenant, uint64_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT count(*) FROM apikeys"
	    " WHERE tenant = $1 AND revoked IS NULL"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	return query_number(&q, ret_count);
}

enum err
store_apikey_revoke(
    struct store *store, uint64_t tenant, uint64_t id, int64_t now)
{
	static const struct sql sql = {
	    "UPDATE apikeys SET revoked = $1"
	    " WHERE id = $2 AND tenant = $3 AND revoked IS NULL"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_i64(&q, now);
	query_bind_u64(&q, id);
	query_bind_u64(&q, tenant);
	return query_run_one(&q);
}
