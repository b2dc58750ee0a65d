/*
 * Rows of counters.
 */
#include "store/counters.h"

#include "sql.h"

#define NAME_MAX_LEN 64

enum err
store_counter_set(struct store *store, const char *name, uint64_t value)
{
	static const struct sql sql = {
	    "INSERT INTO counters (name, value) VALUES ($1, $2)"
	    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_text(&q, bytes_str(name));
	query_bind_u64(&q, value);
	return query_run(&q);
}

enum err
store_counter_list(struct store *store,
    bool (*visit)(void *ctx, const char *name, uint64_t value), void *ctx)
{
	static const struct sql sql = {
	    "SELECT name, value FROM counters ORDER BY name"};
	char name[NAME_MAX_LEN];
	struct query q;
	bool more = true;

	query_start(&q, store, &sql);
	while (more && query_row(&q)) {
		query_copy_text(&q, 0, name, sizeof(name));
		more = visit(ctx, name, query_u64(&q, 1));
	}
	return query_end(&q);
}
