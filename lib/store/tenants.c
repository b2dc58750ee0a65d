/*
 * Rows of tenants, plans and the one set-up token.
 */
#include "store/tenants.h"

#include "sql.h"

enum err
store_tenant_count(struct store *store, uint64_t *ret_count)
{
	static const struct sql sql = {"SELECT count(*) FROM tenants"};
	struct query q;

	query_start(&q, store, &sql);
	return query_number(&q, ret_count);
}

enum err
store_tenant_next(struct store *store, uint64_t *ret_id)
{
	static const struct sql sql = {
	    "SELECT coalesce(max(id), 0) + 1 FROM tenants"};
	struct query q;

	query_start(&q, store, &sql);
	return query_number(&q, ret_id);
}

enum err
store_tenant_add(struct store *store, const struct store_tenant *tenant)
{
	static const struct sql sql = {
	    "INSERT INTO tenants (id, name, plan, operator, created)"
	    " VALUES ($1, $2, $3, $4, $5)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant->id);
	query_bind_text(&q, bytes_str(tenant->name));
	query_bind_text(&q, bytes_str(tenant->plan));
	query_bind_i64(&q, tenant->is_operator ? 1 : 0);
	query_bind_i64(&q, tenant->created);
	return query_run(&q);
}

static void
tenant_read(struct query *q, void *ret_row)
{
	struct store_tenant *t = ret_row;

	*t = (struct store_tenant){.id = query_u64(q, 0),
	    .is_operator = query_bool(q, 3),
	    .created = query_i64(q, 4)};
	query_copy_text(q, 1, t->name, sizeof(t->name));
	query_copy_text(q, 2, t->plan, sizeof(t->plan));
}

enum err
store_tenant_get(
    struct store *store, uint64_t id, struct store_tenant *ret_tenant)
{
	static const struct sql sql = {
	    "SELECT id, name, plan, operator, created FROM tenants"
	    " WHERE id = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, id);
	return query_one(&q, tenant_read, ret_tenant, sizeof(*ret_tenant));
}

enum err
store_tenant_list(struct store *store, uint64_t after,
    struct store_tenant *ret_tenants, size_t cap, size_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT id, name, plan, operator, created FROM tenants"
	    " WHERE id > $1 ORDER BY id LIMIT $2"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, after);
	query_bind_u64(&q, cap);
	return query_rows(
	    &q, tenant_read, ret_tenants, sizeof(*ret_tenants), cap, ret_count);
}

enum err
store_tenant_set_plan(struct store *store, uint64_t id, struct bytes plan)
{
	static const struct sql sql = {
	    "UPDATE tenants SET plan = $1 WHERE id = $2"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_text(&q, plan);
	query_bind_u64(&q, id);
	return query_run_one(&q);
}

static enum err
plan_read(struct query *q, struct store_plan *ret_plan)
{
	struct store_plan plan = {0};

	if (query_row(q)) {
		plan.limited = !query_is_null(q, 0);
		plan.max_active = query_u64(q, 0);
		plan.services = query_u32(q, 1);
	} else {
		query_fail(q, ERR_NOT_FOUND);
	}
	enum err err = query_end(q);

	if (err == ERR_OK)
		*ret_plan = plan;
	return err;
}

enum err
store_plan_get(
    struct store *store, struct bytes name, struct store_plan *ret_plan)
{
	static const struct sql sql = {
	    "SELECT max_active, services FROM plans WHERE name = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_text(&q, name);
	return plan_read(&q, ret_plan);
}

enum err
store_tenant_plan(
    struct store *store, uint64_t tenant, struct store_plan *ret_plan)
{
	static const struct sql sql = {
	    "SELECT p.max_active, p.services FROM tenants t"
	    " JOIN plans p ON p.name = t.plan WHERE t.id = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	return plan_read(&q, ret_plan);
}

enum err
store_setup_set(
    struct store *store, const uint8_t hash[SETUP_HASH_LEN], int64_t now)
{
	static const struct sql sql = {
	    "INSERT INTO setup (id, token_hash, created) VALUES (1, $1, $2)"
	    " ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash,"
	    " created = excluded.created"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(hash, SETUP_HASH_LEN));
	query_bind_i64(&q, now);
	return query_run(&q);
}

enum err
store_setup_get(struct store *store, uint8_t ret_hash[SETUP_HASH_LEN])
{
	static const struct sql sql = {"SELECT token_hash FROM setup"};
	uint8_t hash[SETUP_HASH_LEN] = {0};
	struct query q;

	query_start(&q, store, &sql);
	if (query_row(&q))
		(void)query_copy(&q, 0, hash, sizeof(hash));
	else
		query_fail(&q, ERR_NOT_FOUND);
	enum err err = query_end(&q);

	if (err == ERR_OK)
		memcpy(ret_hash, hash, sizeof(hash));
	return err;
}

enum err
store_setup_remove(struct store *store)
{
	static const struct sql sql = {"DELETE FROM setup"};
	struct query q;

	query_start(&q, store, &sql);
	return query_run_one(&q);
}
