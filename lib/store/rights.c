/*
 * Reads whose the keys of a generation are. The statement names the tenant,
 * so that no caller can forget to.
 */
#include "store/rights.h"

#include "sql.h"

static void
rights_read(struct query *q, uint64_t tenant, struct store_rights *r)
{
	(void)query_copy(q, 0, r->uid, sizeof(r->uid));
	r->generation = query_u32(q, 1);
	query_secret(q, 2, &r->root);
	(void)query_copy(q, 3, r->profile, sizeof(r->profile));
	(void)query_copy(q, 4, r->record, sizeof(r->record));
	r->owns_device = query_u64(q, 5) == tenant;
	r->status = query_u32(q, 6);
	r->features = query_u32(q, 7);
	r->suspended = query_bool(q, 8);
	r->quarantined = query_bool(q, 9);
	r->ended = query_bool(q, 10);
	r->rejected = query_bool(q, 11);
	r->awaited = query_bool(q, 12);
	r->ended_at = query_u64(q, 13);
}

#define SELECT_RIGHTS                                                          \
	"SELECT g.uid, g.generation, g.root, g.profile, p.record,"             \
	" d.tenant, d.status, d.features, d.suspended, d.quarantined,"         \
	" g.ended IS NOT NULL OR d.erased IS NOT NULL, g.rejected,"            \
	" d.resync IS NOT NULL, g.ended"
/* The current generation of a device, and those that have ended. */
#define FROM_CURRENT                                                           \
	" FROM devices d JOIN generations g ON g.uid = d.uid"                  \
	" AND g.generation = d.generation AND g.alias = d.alias"               \
	" JOIN profiles p ON p.uid = g.profile"
#define FROM_ENDED                                                             \
	" FROM generations g JOIN devices d ON d.uid = g.uid"                  \
	" JOIN profiles p ON p.uid = g.profile"

enum err
store_rights_find(struct store *store, uint64_t tenant,
    const uint8_t alias[ALIAS_LEN], struct store_rights *ret_rights)
{
	static const struct sql sql = {SELECT_RIGHTS FROM_CURRENT
	    " WHERE d.alias = $1 AND g.tenant = $2 AND p.tenant = $3"
	    " UNION ALL " SELECT_RIGHTS FROM_ENDED
	    " WHERE g.alias = $1 AND g.ended IS NOT NULL"
	    " AND g.tenant = $2 AND p.tenant = $3"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(alias, ALIAS_LEN));
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, tenant);
	if (query_row(&q))
		rights_read(&q, tenant, ret_rights);
	else
		query_fail(&q, ERR_NOT_FOUND);
	return query_end(&q);
}

enum err
store_rights_of_device(struct store *store, uint64_t tenant,
    const uint8_t uid[UID_LEN], struct store_rights *ret_rights,
    uint8_t ret_alias[ALIAS_LEN])
{
	static const struct sql sql = {SELECT_RIGHTS
	    ", g.alias" FROM_CURRENT " WHERE d.uid = $1 AND d.tenant = $2"
	    " AND g.tenant = $3 AND p.tenant = $4"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, tenant);
	if (query_row(&q)) {
		rights_read(&q, tenant, ret_rights);
		(void)query_copy(&q, 14, ret_alias, ALIAS_LEN);
	} else {
		query_fail(&q, ERR_NOT_FOUND);
	}
	return query_end(&q);
}
