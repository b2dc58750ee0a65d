/*
 * Rows of events: added, listed, never changed.
 */
#include "sql.h"
#include "store/events.h"

enum err
store_event_add(struct store *store, const struct store_event *event)
{
	static const struct sql sql = {
	    "INSERT INTO events (time, tenant, uid, kind, detail)"
	    " VALUES ($1, $2, $3, $4, $5)"};
	struct query q;

	if (event->kind.len > EVENT_KIND_MAX ||
	    event->detail.len > EVENT_DETAIL_MAX)
		return ERR_SPACE;
	query_start(&q, store, &sql);
	query_bind_u64(&q, event->time);
	query_bind_u64_or_null(&q, event->tenant);
	query_bind_blob_or_null(
	    &q, event->has_uid ? BYTES_OF(event->uid) : BYTES_NONE);
	query_bind_text(&q, event->kind);
	query_bind_text(&q, event->detail);
	return query_run(&q);
}

static void
read_event(struct query *q, struct store_event *event)
{
	event->id = query_u64(q, 0);
	event->time = query_u64(q, 1);
	event->tenant = query_u64(q, 2);
	event->has_uid = query_copy(q, 3, event->uid, sizeof(event->uid));
	event->kind = query_text(q, 4);
	event->detail = query_text(q, 5);
}

#define SELECT_EVENTS                                                          \
	"SELECT id, time, tenant, uid, kind, detail FROM events WHERE id < $1"
#define NEWEST_FIRST " ORDER BY id DESC LIMIT "

/* One statement for each set of filters, so that each uses its index. */
static const struct sql *
list_statement(bool by_tenant, bool by_uid)
{
	static const struct sql all = {SELECT_EVENTS NEWEST_FIRST "$2"};
	static const struct sql tenant = {
	    SELECT_EVENTS " AND tenant = $2" NEWEST_FIRST "$3"};
	static const struct sql uid = {
	    SELECT_EVENTS " AND uid = $2" NEWEST_FIRST "$3"};
	static const struct sql both = {
	    SELECT_EVENTS " AND tenant = $2 AND uid = $3" NEWEST_FIRST "$4"};

	if (by_tenant)
		return by_uid ? &both : &tenant;
	return by_uid ? &uid : &all;
}

static const struct sql *
list_statement_nobodys(bool by_uid)
{
	static const struct sql tenant = {
	    "SELECT * FROM (" SELECT_EVENTS " AND tenant = $2" NEWEST_FIRST
	    "$3) UNION ALL SELECT * FROM (" SELECT_EVENTS
	    " AND tenant IS NULL" NEWEST_FIRST "$3)" NEWEST_FIRST "$3"};
	static const struct sql both = {SELECT_EVENTS
	    " AND (tenant = $2 OR tenant IS NULL) AND uid = $3" NEWEST_FIRST
	    "$4"};

	return by_uid ? &both : &tenant;
}

enum err
store_event_list(struct store *store, uint64_t tenant, bool with_nobodys,
    const uint8_t *uid, uint64_t before, uint64_t limit,
    bool (*visit)(void *ctx, const struct store_event *event), void *ctx)
{
	struct store_event event;
	struct query q;
	bool more = true;

	query_start(&q, store,
	    tenant != 0 && with_nobodys
		? list_statement_nobodys(uid != NULL)
		: list_statement(tenant != 0, uid != NULL));
	query_bind_u64(&q, before != 0 ? before : INT64_MAX);
	if (tenant != 0)
		query_bind_u64(&q, tenant);
	if (uid != NULL)
		query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_u64(&q, limit);
	while (more && query_row(&q)) {
		read_event(&q, &event);
		more = q.err == ERR_OK && visit(ctx, &event);
	}
	return query_end(&q);
}
