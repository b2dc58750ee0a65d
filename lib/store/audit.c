/*
 * Rows of the audit log. Nothing here changes or removes one.
 */
#include "store/audit.h"

#include "sql.h"

enum err
store_audit_last(struct store *store, uint8_t ret_hash[AUDIT_HASH_LEN])
{
	static const struct sql sql = {
	    "SELECT hash FROM audit ORDER BY id DESC LIMIT 1"};
	uint8_t hash[AUDIT_HASH_LEN] = {0};
	struct query q;

	query_start(&q, store, &sql);
	if (query_row(&q))
		(void)query_copy(&q, 0, hash, sizeof(hash));
	enum err err = query_end(&q);

	if (err == ERR_OK)
		memcpy(ret_hash, hash, sizeof(hash));
	return err;
}

enum err
store_audit_add(struct store *store, const struct store_audit *entry)
{
	static const struct sql sql = {
	    "INSERT INTO audit (tenant, time, actor, action, object, detail,"
	    " source, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64_or_null(&q, entry->tenant);
	query_bind_i64(&q, entry->time);
	query_bind_text(&q, entry->actor);
	query_bind_text(&q, entry->action);
	query_bind_text(&q, entry->object);
	query_bind_text(&q, entry->detail);
	query_bind_text(&q, entry->source);
	query_bind_blob(&q, BYTES_OF(entry->hash));
	return query_run(&q);
}

enum err
store_audit_each(struct store *store,
    enum err (*each)(void *ctx, const struct store_audit *entry), void *ctx)
{
	static const struct sql sql = {
	    "SELECT tenant, time, actor, action, object, detail, source, hash"
	    " FROM audit ORDER BY id"};
	struct query q;

	query_start(&q, store, &sql);
	while (query_row(&q)) {
		struct store_audit entry = {.tenant = query_u64(&q, 0),
		    .time = query_i64(&q, 1),
		    .actor = query_text(&q, 2),
		    .action = query_text(&q, 3),
		    .object = query_text(&q, 4),
		    .detail = query_text(&q, 5),
		    .source = query_text(&q, 6)};

		(void)query_copy(&q, 7, entry.hash, sizeof(entry.hash));
		if (q.err == ERR_OK)
			query_fail(&q, each(ctx, &entry));
	}
	return query_end(&q);
}
