/*
 * Rows of certificate authorities.
 */
#include "ca_row.h"

enum err
store_ca_add(struct store *store, const struct store_ca *ca)
{
	static const struct sql sql = {"INSERT INTO cas (" CA_COLUMNS ")"
				       " VALUES ($1, $2, $3, $4, $5, $6, $7,"
				       " $8)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, ca->id);
	query_bind_u64(&q, ca->tenant);
	query_bind_text(&q, bytes_str(ca->name));
	query_bind_secret(&q, &ca->key);
	query_bind_blob(&q, bytes_make(ca->certificate, ca->certificate_len));
	query_bind_u64(&q, ca->days);
	query_bind_u64(&q, ca->device_days);
	query_bind_i64(&q, ca->created);
	return query_run(&q);
}

void
ca_row_read(struct query *q, void *ret_row)
{
	struct store_ca *ca = ret_row;

	struct bytes der = query_blob(q, 4);

	ca->id = query_u64(q, 0);
	ca->tenant = query_u64(q, 1);
	query_copy_text(q, 2, ca->name, sizeof(ca->name));
	query_secret(q, 3, &ca->key);
	if (der.len > sizeof(ca->certificate))
		query_fail(q, ERR_FORMAT);
	else if (der.len > 0)
		memcpy(ca->certificate, der.ptr, der.len);
	ca->certificate_len = der.len;
	ca->days = query_u32(q, 5);
	ca->device_days = query_u32(q, 6);
	ca->created = query_i64(q, 7);
}

enum err
store_ca_get(struct store *store, uint64_t tenant, struct bytes name,
    struct store_ca *ret_ca)
{
	static const struct sql sql = {
	    "SELECT " CA_COLUMNS " FROM cas WHERE name = $1 AND tenant = $2"
	    " AND removed IS NULL"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_text(&q, name);
	query_bind_u64(&q, tenant);
	return query_one(&q, ca_row_read, ret_ca, sizeof(*ret_ca));
}

enum err
store_ca_count(struct store *store, uint64_t tenant, uint64_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT count(*) FROM cas WHERE tenant = $1"
	    " AND removed IS NULL"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	return query_number(&q, ret_count);
}

enum err
store_ca_list(struct store *store, uint64_t tenant, uint64_t after,
    struct store_ca *ret_cas, size_t cap, size_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT " CA_COLUMNS " FROM cas WHERE tenant = $1 AND id > $2"
	    " AND removed IS NULL ORDER BY id LIMIT $3"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, after);
	query_bind_u64(&q, cap);
	return query_rows(
	    &q, ca_row_read, ret_cas, sizeof(*ret_cas), cap, ret_count);
}

enum err
store_ca_used(struct store *store, uint64_t ca, bool *ret_used)
{
	static const struct sql sql = {
	    "SELECT EXISTS (SELECT 1 FROM cas JOIN profiles"
	    " ON profiles.tenant = cas.tenant AND profiles.ca = cas.id"
	    " WHERE cas.id = $1)"
	    " OR EXISTS (SELECT 1 FROM device_cas JOIN devices"
	    " ON devices.uid = device_cas.uid WHERE device_cas.ca = $1"
	    " AND devices.status <> 4)"};
	struct query q;
	bool used = true;

	query_start(&q, store, &sql);
	query_bind_u64(&q, ca);
	if (query_row(&q))
		used = query_bool(&q, 0);
	enum err err = query_end(&q);

	if (err == ERR_OK)
		*ret_used = used;
	return err;
}

enum err
store_ca_remove(struct store *store, uint64_t ca, int64_t time)
{
	static const struct sql sql = {
	    "UPDATE cas SET removed = $1, key = x'', name = name || '/' || id"
	    " WHERE id = $2 AND removed IS NULL"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_i64(&q, time);
	query_bind_u64(&q, ca);
	return query_run_one(&q);
}

enum err
store_ca_expired(struct store *store, int64_t time, struct store_ca *ret_ca)
{
	static const struct sql sql = {
	    "SELECT " CA_COLUMNS " FROM cas"
	    " WHERE created + days * 86400 <= $1 AND told IS NULL"
	    " AND removed IS NULL ORDER BY created + days * 86400 LIMIT 1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_i64(&q, time);
	return query_one(&q, ca_row_read, ret_ca, sizeof(*ret_ca));
}

enum err
store_ca_told(struct store *store, uint64_t ca, int64_t time)
{
	static const struct sql sql = {
	    "UPDATE cas SET told = $1 WHERE id = $2"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_i64(&q, time);
	query_bind_u64(&q, ca);
	return query_run_one(&q);
}
