/*
 * Rows of device profiles. A profile is only found by its own tenant.
 */
#include "store/profiles.h"

#include "sql.h"

#define COLUMNS                                                                \
	"uid, tenant, name, features, period, record, created, rotation,"      \
	" clones, ca"

enum err
store_profile_add(struct store *store, const struct store_profile *profile)
{
	static const struct sql sql = {
	    "INSERT INTO profiles (" COLUMNS ")"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, BYTES_OF(profile->uid));
	query_bind_u64(&q, profile->tenant);
	query_bind_text(&q, bytes_str(profile->name));
	query_bind_u64(&q, profile->features);
	query_bind_u64_or_null(&q, profile->period_s);
	query_bind_blob(&q, BYTES_OF(profile->record));
	query_bind_i64(&q, profile->created);
	query_bind_u64_or_null(&q, profile->rotation_s);
	query_bind_u64(&q, profile->clones);
	query_bind_u64_or_null(&q, profile->ca);
	return query_run(&q);
}

static void
profile_read(struct query *q, void *ret_row)
{
	struct store_profile *p = ret_row;

	(void)query_copy(q, 0, p->uid, sizeof(p->uid));
	p->tenant = query_u64(q, 1);
	query_copy_text(q, 2, p->name, sizeof(p->name));
	p->features = query_u32(q, 3);
	p->period_s = query_u32(q, 4);
	(void)query_copy(q, 5, p->record, sizeof(p->record));
	p->created = query_i64(q, 6);
	p->rotation_s = query_u32(q, 7);
	p->clones = (enum store_clones)query_u32(q, 8);
	p->ca = query_u64(q, 9);
}

enum err
store_profile_get(struct store *store, uint64_t tenant,
    const uint8_t uid[PROFILE_UID_LEN], struct store_profile *ret_profile)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM profiles WHERE uid = $1 AND tenant = $2"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, PROFILE_UID_LEN));
	query_bind_u64(&q, tenant);
	return query_one(&q, profile_read, ret_profile, sizeof(*ret_profile));
}

enum err
store_profile_set_features(struct store *store, uint64_t tenant,
    const uint8_t uid[PROFILE_UID_LEN], uint32_t features)
{
	static const struct sql sql = {"UPDATE profiles SET features = $1"
				       " WHERE uid = $2 AND tenant = $3"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, features);
	query_bind_blob(&q, bytes_make(uid, PROFILE_UID_LEN));
	query_bind_u64(&q, tenant);
	return query_run_one(&q);
}

enum err
store_profile_switch(
    struct store *store, uint64_t tenant, uint32_t on, uint32_t off)
{
	static const struct sql sql = {
	    "UPDATE profiles SET features = (features | $1) & ~$2"
	    " WHERE tenant = $3"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, on);
	query_bind_u64(&q, off);
	query_bind_u64(&q, tenant);
	return query_run(&q);
}

enum err
store_profile_set(struct store *store, const struct store_profile *profile)
{
	static const struct sql sql = {
	    "UPDATE profiles SET name = $1, period = $2, rotation = $3,"
	    " clones = $4 WHERE uid = $5 AND tenant = $6"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_text(&q, bytes_str(profile->name));
	query_bind_u64_or_null(&q, profile->period_s);
	query_bind_u64_or_null(&q, profile->rotation_s);
	query_bind_u64(&q, profile->clones);
	query_bind_blob(&q, BYTES_OF(profile->uid));
	query_bind_u64(&q, profile->tenant);
	return query_run_one(&q);
}

enum err
store_profile_list(struct store *store, uint64_t tenant, struct bytes after,
    struct store_profile *ret_profiles, size_t cap, size_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM profiles WHERE tenant = $1 AND uid > $2"
	    " ORDER BY uid LIMIT $3"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	query_bind_blob(&q, after);
	query_bind_u64(&q, cap);
	return query_rows(&q, profile_read, ret_profiles, sizeof(*ret_profiles),
	    cap, ret_count);
}
