/*
 * Rows of generations: written once at a commit, ended once by the next. A
 * current one is found by the alias in its device's row, one that has ended by
 * an index of its own.
 */
#include "sql.h"
#include "store/generations.h"

#define COLUMNS                                                                \
	"g.alias, g.uid, g.generation, g.tenant, g.profile, g.public_key,"     \
	" g.root, g.created, g.ended, g.rejected"

static void
read_generation(struct query *q, void *ret_row)
{
	struct store_generation *g = ret_row;

	(void)query_copy(q, 0, g->alias, sizeof(g->alias));
	(void)query_copy(q, 1, g->uid, sizeof(g->uid));
	g->generation = query_u32(q, 2);
	g->tenant = query_u64(q, 3);
	(void)query_copy(q, 4, g->profile, sizeof(g->profile));
	(void)query_copy(q, 5, g->public_key, sizeof(g->public_key));
	query_secret(q, 6, &g->root);
	g->created = query_u64(q, 7);
	g->ended = query_u64(q, 8);
	g->rejected = query_bool(q, 9);
}

enum err
store_generation_by_alias(struct store *store, const uint8_t alias[ALIAS_LEN],
    struct store_generation *ret_generation)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM devices d JOIN generations g"
	    " ON g.uid = d.uid AND g.generation = d.generation"
	    " AND g.alias = d.alias WHERE d.alias = $1"
	    " UNION ALL SELECT " COLUMNS " FROM generations g"
	    " WHERE g.alias = $1 AND g.ended IS NOT NULL"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(alias, ALIAS_LEN));
	return query_one(
	    &q, read_generation, ret_generation, sizeof(*ret_generation));
}

enum err
store_generation_by_number(struct store *store, const uint8_t uid[UID_LEN],
    uint32_t generation, struct store_generation *ret_generation)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM generations g WHERE g.uid = $1"
	    " AND g.generation = $2 ORDER BY g.created LIMIT 1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_u64(&q, generation);
	return query_one(
	    &q, read_generation, ret_generation, sizeof(*ret_generation));
}

enum err
store_generation_list(struct store *store, uint64_t tenant,
    const uint8_t uid[UID_LEN], uint64_t before, uint64_t limit,
    bool (*visit)(void *ctx, const struct store_generation *generation),
    void *ctx)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM generations g WHERE g.uid = $1"
	    " AND g.tenant = $2 AND g.generation < $3"
	    " ORDER BY g.generation DESC, g.created DESC LIMIT $4"};
	struct store_generation g;
	struct query q;
	bool more = true;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, before != 0 ? before : UINT64_C(1) << 32);
	query_bind_u64(&q, limit);
	while (more && query_row(&q)) {
		read_generation(&q, &g);
		more = q.err == ERR_OK && visit(ctx, &g);
	}
	return query_end(&q);
}

/* That it is no other device's current one, that one's row says. */
static enum err
check_alias(struct store *store, const uint8_t alias[ALIAS_LEN])
{
	static const struct sql sql = {
	    "SELECT 1 FROM generations"
	    " WHERE alias = $1 AND ended IS NOT NULL"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(alias, ALIAS_LEN));
	if (query_row(&q))
		query_fail(&q, ERR_EXISTS);
	return query_end(&q);
}

enum err
store_generation_add(
    struct store *store, const struct store_generation *generation)
{
	static const struct sql sql = {
	    "INSERT INTO generations (alias, uid, generation, tenant, profile,"
	    " public_key, root, created) VALUES"
	    " ($1, $2, $3, $4, $5, $6, $7, $8)"};
	struct query q;
	enum err err = check_alias(store, generation->alias);

	if (err != ERR_OK)
		return err;
	query_start(&q, store, &sql);
	query_bind_blob(&q, BYTES_OF(generation->alias));
	query_bind_blob(&q, BYTES_OF(generation->uid));
	query_bind_u64(&q, generation->generation);
	query_bind_u64_or_null(&q, generation->tenant);
	query_bind_blob(&q, BYTES_OF(generation->profile));
	query_bind_blob(&q, BYTES_OF(generation->public_key));
	query_bind_secret(&q, &generation->root);
	query_bind_u64(&q, generation->created);
	return query_run(&q);
}

static void
bind_name(struct query *q, const struct store_generation_name *name)
{
	query_bind_blob(q, bytes_make(name->uid, UID_LEN));
	query_bind_u64(q, name->generation);
	query_bind_blob(q, bytes_make(name->alias, ALIAS_LEN));
}

enum err
store_generation_end(struct store *store,
    const struct store_generation_name *name, uint64_t time)
{
	static const struct sql sql = {
	    "UPDATE generations SET ended = coalesce(ended, $1)"
	    " WHERE uid = $2 AND generation = $3 AND alias = $4"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, time);
	bind_name(&q, name);
	return query_run_one(&q);
}

enum err
store_generations_reject(
    struct store *store, const uint8_t uid[UID_LEN], uint32_t after)
{
	static const struct sql sql = {
	    "UPDATE generations SET rejected = generation > $1"
	    " WHERE uid = $2 AND generation >= $3 AND tenant ="
	    " (SELECT tenant FROM devices WHERE uid = $2)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, after);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_u64(&q, after);
	return query_run(&q);
}

enum err
store_generation_downlink(struct store *store,
    const struct store_generation_name *name, unsigned version,
    uint64_t *ret_last)
{
	static const struct sql sql = {
	    "SELECT downlink_v1, downlink_v2 FROM generations"
	    " WHERE uid = $1 AND generation = $2 AND alias = $3"};
	struct query q;

	query_start(&q, store, &sql);
	bind_name(&q, name);
	if (query_row(&q))
		*ret_last = query_u64(&q, version == 1 ? 0 : 1);
	else
		query_fail(&q, ERR_NOT_FOUND);
	return query_end(&q);
}

enum err
store_generation_downlink_set(struct store *store,
    const struct store_generation_name *name, unsigned version, uint64_t last)
{
	static const struct sql v1 = {
	    "UPDATE generations SET downlink_v1 = $1"
	    " WHERE uid = $2 AND generation = $3 AND alias = $4"};
	static const struct sql v2 = {
	    "UPDATE generations SET downlink_v2 = $1"
	    " WHERE uid = $2 AND generation = $3 AND alias = $4"};
	struct query q;

	query_start(&q, store, version == 1 ? &v1 : &v2);
	query_bind_u64(&q, last);
	bind_name(&q, name);
	return query_run_one(&q);
}

enum err
store_alias_free(
    struct store *store, const uint8_t alias[ALIAS_LEN], bool *ret_free)
{
	static const struct sql sql = {
	    "SELECT EXISTS (SELECT 1 FROM devices WHERE alias = $1)"
	    " OR EXISTS (SELECT 1 FROM generations"
	    " WHERE alias = $1 AND ended IS NOT NULL)"
	    " OR EXISTS (SELECT 1 FROM pendings WHERE alias = $1)"
	    " OR EXISTS (SELECT 1 FROM left_contexts WHERE alias = $1)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(alias, ALIAS_LEN));
	if (query_row(&q))
		*ret_free = !query_bool(&q, 0);
	return query_end(&q);
}
