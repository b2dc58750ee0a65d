/*
 * Rows of devices, and the few lines of profiles, plans and imports that the
 * device path reads. Every change of protocol state is one statement; which
 * change is right is not judged here.
 */
#include <assert.h>

#include "journal.h"
#include "places.h"
#include "sql.h"
#include "store/pendings.h"

/* What a check-in asks for, which is the path that has to be short; */
#define CHECKIN_COLUMNS                                                        \
	"uid, tenant, profile, status, instance, generation, alias, n, ck,"    \
	" last_ck, last_id, features, features_version, confirmed,"            \
	" confirmed_version, firmware, seen, address, suspended,"              \
	" quarantined, rotate, changed, period, flags, rooted, erased,"        \
	" released, resync"
#define CHECKIN_COUNT 28

/* and all there is. */
#define COLUMNS                                                                \
	CHECKIN_COLUMNS ", serial, factory_key, factory_secret, import,"       \
			" generation_max, public_key, created, registered,"    \
			" resume, next_instance, renewed"

static void
read_state(struct query *q, struct store_device *d)
{
	(void)query_copy(q, 0, d->uid, sizeof(d->uid));
	d->tenant = query_u64(q, 1);
	d->has_profile = query_copy(q, 2, d->profile, sizeof(d->profile));
	d->status = (enum store_device_status)query_u32(q, 3);
	d->has_instance = query_copy(q, 4, d->instance, sizeof(d->instance));
	d->generation = query_u32(q, 5);
	(void)query_copy(q, 6, d->alias, sizeof(d->alias));
	d->n = query_u64(q, 7);
	query_secret(q, 8, &d->ck);
	query_secret(q, 9, &d->last_ck);
	d->has_last_id = query_copy(q, 10, d->last_id, sizeof(d->last_id));
}

static void
read_report(struct query *q, struct store_device *d)
{
	d->features = query_u32(q, 11);
	d->features_version = query_u64(q, 12);
	d->confirmed = query_u32(q, 13);
	d->confirmed_version = query_u64(q, 14);
	query_copy_text(q, 15, d->firmware, sizeof(d->firmware));
	d->seen = query_u64(q, 16);
	query_copy_text(q, 17, d->address, sizeof(d->address));
	d->changed = query_u64(q, 21);
	d->period = query_u32(q, 22);
	d->flags = query_u32(q, 23);
	d->objects = false;
}

static void
read_decisions(struct query *q, struct store_device *d)
{
	d->suspended = query_bool(q, 18);
	d->quarantined = query_bool(q, 19);
	d->rotate = query_bool(q, 20);
	d->rooted = query_u64(q, 24);
	d->erased = query_u64(q, 25);
	d->has_released = !query_is_null(q, 26);
	d->released = query_u32(q, 26);
	d->resync = query_u32(q, 27);
}

static void
read_rest(struct query *q, struct store_device *d)
{
	query_copy_text(q, 28, d->serial, sizeof(d->serial));
	(void)query_copy(q, 29, d->factory_key, sizeof(d->factory_key));
	query_secret(q, 30, &d->factory_secret);
	d->import_id = query_u64(q, 31);
	d->generation_max = query_u32(q, 32);
	(void)query_copy(q, 33, d->public_key, sizeof(d->public_key));
	d->created = query_u64(q, 34);
	d->registered = query_u64(q, 35);
	(void)query_copy(q, 36, d->resume, sizeof(d->resume));
	d->has_next_instance =
	    query_copy(q, 37, d->next_instance, sizeof(d->next_instance));
	d->renewed = query_bool(q, 38);
}

static void
read_checkin(struct query *q, struct store_device *d)
{
	d->partial = true;
	read_state(q, d);
	read_report(q, d);
	read_decisions(q, d);
}

static void
read_device(struct query *q, struct store_device *d)
{
	read_checkin(q, d);
	read_rest(q, d);
	d->partial = false;
}

/* Ends a look-up, of which found is what it has read, if there was a row. */
static enum err
end_find(struct store *store, struct query *q, struct store_device *found,
    struct store_device *ret_device)
{
	enum err err;

	if (!q->on_row)
		query_fail(q, ERR_NOT_FOUND);
	err = query_end(q);
	if (err == ERR_OK)
		err = journal_read(store, found);
	if (err == ERR_OK)
		*ret_device = *found;
	return err;
}

enum err
store_device_by_uid(struct store *store, const uint8_t uid[UID_LEN],
    struct store_device *ret_device)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM devices WHERE uid = $1"};
	struct store_device found;
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	if (query_row(&q))
		read_device(&q, &found);
	return end_find(store, &q, &found, ret_device);
}

/* Runs a look-up by alias; ret_rowid: of the row, when it gives that, too. */
static enum err
find_checkin(struct store *store, struct query *q, int64_t *ret_rowid,
    struct store_device *ret_device)
{
	struct store_device found = {.generation = 0};

	if (query_row(q)) {
		read_checkin(q, &found);
		if (ret_rowid != NULL)
			*ret_rowid = query_i64(q, CHECKIN_COUNT);
	}
	return end_find(store, q, &found, ret_device);
}

/* Where the row was the last time: ERR_NOT_FOUND is no answer. */
static enum err
find_at(struct store *store, int64_t rowid, const uint8_t alias[ALIAS_LEN],
    struct store_device *ret_device)
{
	static const struct sql sql = {"SELECT " CHECKIN_COLUMNS " FROM devices"
				       " WHERE rowid = $1 AND alias = $2"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_i64(&q, rowid);
	query_bind_blob(&q, bytes_make(alias, ALIAS_LEN));
	return find_checkin(store, &q, NULL, ret_device);
}

enum err
store_device_by_alias(struct store *store, const uint8_t alias[ALIAS_LEN],
    struct store_device *ret_device)
{
	static const struct sql sql = {"SELECT " CHECKIN_COLUMNS ", rowid"
				       " FROM devices WHERE alias = $1"};
	int64_t rowid = 0;
	struct query q;
	enum err err = ERR_NOT_FOUND;

	if (places_find(store, alias, &rowid))
		err = find_at(store, rowid, alias, ret_device);
	if (err != ERR_NOT_FOUND)
		return err;
	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(alias, ALIAS_LEN));
	err = find_checkin(store, &q, &rowid, ret_device);
	if (err == ERR_OK)
		places_keep(store, alias, rowid);
	return err;
}

enum err
store_device_add(struct store *store, const struct store_device *device)
{
	static const struct sql sql = {
	    "INSERT INTO devices (uid, factory_key, factory_secret, import,"
	    " created) VALUES ($1, $2, $3, $4, $5)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, BYTES_OF(device->uid));
	query_bind_blob(&q, BYTES_OF(device->factory_key));
	query_bind_secret(&q, &device->factory_secret);
	query_bind_u64_or_null(&q, device->import_id);
	query_bind_u64(&q, device->created);
	return query_run(&q);
}

enum err
store_device_count_active(
    struct store *store, uint64_t tenant, uint64_t limit, uint64_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT count(*) FROM (SELECT 1 FROM devices"
	    " WHERE tenant = $1 AND status = 2 LIMIT $2) AS active"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, limit);
	if (query_row(&q))
		*ret_count = query_u64(&q, 0);
	return query_end(&q);
}

enum err
store_device_activate(struct store *store, uint64_t tenant, uint64_t count)
{
	static const struct sql sql = {
	    "UPDATE devices SET status = 2 WHERE uid IN"
	    " (SELECT uid FROM devices WHERE tenant = $1 AND status = 3"
	    " ORDER BY uid LIMIT $2)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, count);
	return query_run(&q);
}

enum err
store_device_list(struct store *store, uint64_t tenant, const uint8_t *after,
    uint64_t limit, bool (*visit)(void *ctx, const struct store_device *device),
    void *ctx)
{
	static const struct sql of_tenant = {
	    "SELECT " COLUMNS " FROM devices WHERE uid > $1 AND tenant = $2"
	    " ORDER BY uid LIMIT $3"};
	static const struct sql of_all = {
	    "SELECT " COLUMNS " FROM devices WHERE uid > $1"
	    " ORDER BY uid LIMIT $2"};
	struct store_device device;
	struct query q;
	bool more = true;

	query_start(&q, store, tenant != 0 ? &of_tenant : &of_all);
	query_bind_blob(
	    &q, after != NULL ? bytes_make(after, UID_LEN) : BYTES_NONE);
	if (tenant != 0)
		query_bind_u64(&q, tenant);
	query_bind_u64(&q, limit);
	while (more && query_row(&q)) {
		read_device(&q, &device);
		more = q.err == ERR_OK && visit(ctx, &device);
	}
	return query_end(&q);
}

enum err
store_device_advance(struct store *store, const struct store_advance *advance)
{
	static const struct sql sql = {
	    "UPDATE devices SET last_ck = ck, ck = $1, last_id = $2, n = n + 1,"
	    " features_version ="
	    " CASE WHEN features_version < $3 THEN $3 ELSE features_version "
	    "END,"
	    " confirmed = $4, confirmed_version = $5,"
	    " period = $6, flags = $7, firmware = $8, seen = $9, address = $10,"
	    " changed = $11 WHERE alias = $12 AND n = $13 AND erased IS NULL"};
	struct query q;
	enum err err;

	if (advance->brief && journal_is_open(store))
		return journal_add(store, advance);
	err = journal_settle(store, advance->uid);
	if (err != ERR_OK)
		return err;
	query_start(&q, store, &sql);
	query_bind_secret(&q, &advance->ck);
	query_bind_blob(&q, BYTES_OF(advance->request_id));
	query_bind_u64(&q, advance->features_version);
	query_bind_u64(&q, advance->confirmed);
	query_bind_u64(&q, advance->confirmed_version);
	query_bind_u64(&q, advance->period);
	query_bind_u64(&q, advance->flags);
	query_bind_text_or_null(&q, bytes_str(advance->firmware));
	query_bind_u64(&q, advance->time);
	query_bind_text_or_null(&q, bytes_str(advance->address));
	query_bind_u64(&q, advance->changed);
	query_bind_blob(&q, BYTES_OF(advance->alias));
	query_bind_u64(&q, advance->n);
	err = query_run_one(&q);
	return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
}

enum err
store_device_seen(struct store *store, const uint8_t uid[UID_LEN],
    uint64_t time, const char *address)
{
	static const struct sql sql = {
	    "UPDATE devices SET seen = $1, address = $2 WHERE uid = $3"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, time);
	query_bind_text_or_null(&q, bytes_str(address));
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run_one(&q);
}

static void
bind_owner(struct query *q, const struct store_device *d)
{
	query_bind_u64_or_null(q, d->tenant);
	query_bind_blob_or_null(
	    q, d->has_profile ? BYTES_OF(d->profile) : BYTES_NONE);
	query_bind_text_or_null(q, bytes_str(d->serial));
	query_bind_u64(q, d->status);
	query_bind_blob_or_null(
	    q, d->has_instance ? BYTES_OF(d->instance) : BYTES_NONE);
}

static void
bind_state(struct query *q, const struct store_device *d)
{
	query_bind_u64(q, d->generation);
	query_bind_blob(q, BYTES_OF(d->alias));
	query_bind_blob(q, BYTES_OF(d->public_key));
	query_bind_u64(q, d->n);
	query_bind_secret(q, &d->ck);
	query_bind_secret(q, &d->last_ck);
	query_bind_blob_or_null(
	    q, d->has_last_id ? BYTES_OF(d->last_id) : BYTES_NONE);
	query_bind_blob(q, BYTES_OF(d->resume));
}

static void
bind_rest(struct query *q, const struct store_device *d)
{
	query_bind_u64(q, d->period);
	query_bind_u64(q, d->flags);
	query_bind_u64(q, d->features);
	query_bind_u64(q, d->features_version);
	query_bind_u64(q, d->confirmed);
	query_bind_u64(q, d->confirmed_version);
	query_bind_text_or_null(q, bytes_str(d->firmware));
	query_bind_u64_or_null(q, d->registered);
	query_bind_u64_or_null(q, d->seen);
	query_bind_text_or_null(q, bytes_str(d->address));
	query_bind_u64(q, d->changed);
}

enum err
store_device_commit(struct store *store, const struct store_device *device)
{
	static const struct sql sql = {
	    "UPDATE devices SET tenant = $1, profile = $2, serial = $3,"
	    " status = $4, instance = $5, generation = $6, alias = $7,"
	    " public_key = $8, n = $9, ck = $10, last_ck = $11,"
	    " last_id = $12, resume = $13, period = $14, flags = $15,"
	    " features = $16, features_version = $17, confirmed = $18,"
	    " confirmed_version = $19, firmware = $20, registered = $21,"
	    " seen = $22, address = $23, changed = $24,"
	    " factory_secret = NULL, resync = NULL, renewed = 0,"
	    " next_instance = NULL, rooted = $25, rotate = $26,"
	    " generation_max = CASE WHEN generation_max < $27 THEN $27"
	    " ELSE generation_max END WHERE uid = $28"};
	struct query q;
	enum err err;

	assert(!device->partial);
	err = journal_void(store, device->uid);
	if (err != ERR_OK)
		return err;
	query_start(&q, store, &sql);
	bind_owner(&q, device);
	bind_state(&q, device);
	bind_rest(&q, device);
	query_bind_u64_or_null(&q, device->rooted);
	query_bind_i64(&q, device->rotate ? 1 : 0);
	query_bind_u64(&q, device->generation_max);
	query_bind_blob(&q, BYTES_OF(device->uid));
	return query_run_one(&q);
}

static enum err
set_flag(
    struct store *store, const struct sql *sql, const uint8_t *uid, bool value)
{
	struct query q;

	query_start(&q, store, sql);
	query_bind_i64(&q, value ? 1 : 0);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run_one(&q);
}

enum err
store_device_set_suspended(
    struct store *store, const uint8_t uid[UID_LEN], bool suspended)
{
	static const struct sql sql = {
	    "UPDATE devices SET suspended = $1 WHERE uid = $2"};

	return set_flag(store, &sql, uid, suspended);
}

enum err
store_device_set_quarantined(
    struct store *store, const uint8_t uid[UID_LEN], bool quarantined)
{
	static const struct sql sql = {
	    "UPDATE devices SET quarantined = $1 WHERE uid = $2"};

	return set_flag(store, &sql, uid, quarantined);
}

enum err
store_device_set_rotate(
    struct store *store, const uint8_t uid[UID_LEN], bool rotate)
{
	static const struct sql sql = {
	    "UPDATE devices SET rotate = $1 WHERE uid = $2"};

	return set_flag(store, &sql, uid, rotate);
}

enum err
store_device_release(struct store *store, const struct store_device *device)
{
	static const struct sql sql = {
	    "UPDATE devices SET quarantined = 0, released = $1, resync = $2,"
	    " next_instance = $3, rotate = $4 WHERE uid = $5"};
	struct query q;

	assert(!device->partial);
	query_start(&q, store, &sql);
	query_bind_u64(&q, device->released);
	query_bind_u64_or_null(&q, device->resync);
	query_bind_blob_or_null(&q, device->has_next_instance
					? BYTES_OF(device->next_instance)
					: BYTES_NONE);
	query_bind_i64(&q, device->rotate ? 1 : 0);
	query_bind_blob(&q, BYTES_OF(device->uid));
	return query_run_one(&q);
}

enum err
store_device_decommission(struct store *store, const uint8_t uid[UID_LEN])
{
	static const struct sql sql = {
	    "UPDATE devices SET status = 4, rotate = 0, suspended = 0,"
	    " quarantined = 0, resync = NULL, next_instance = NULL"
	    " WHERE uid = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run_one(&q);
}

/* Runs a statement about what hangs on a device; there may be nothing. */
static enum err
run_for(struct store *store, const struct sql *sql, const uint8_t *uid)
{
	struct query q;

	query_start(&q, store, sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run(&q);
}

enum err
store_device_erase(
    struct store *store, const uint8_t uid[UID_LEN], uint64_t time)
{
	static const struct sql generations = {
	    "UPDATE generations SET root = x'' WHERE uid = $1 AND"
	    " (tenant IS NULL OR tenant ="
	    " (SELECT tenant FROM devices WHERE uid = $1))"};
	static const struct sql ended = {
	    "UPDATE generations SET ended = $1 WHERE uid = $2 AND"
	    " ended IS NULL"};
	static const struct sql left = {
	    "DELETE FROM left_contexts WHERE uid = $1"};
	/* It makes no root any more: a transfer has nothing to wait for. */
	static const struct sql transfer = {
	    "UPDATE transfer_devices SET state = 2 WHERE uid = $1"
	    " AND state = 1"};
	static const struct sql device = {
	    "UPDATE devices SET erased = $1, ck = NULL, last_ck = NULL,"
	    " last_id = NULL, resume = NULL, factory_secret = NULL,"
	    " confirmed = 0 WHERE uid = $2"};
	struct query q;
	enum err err = run_for(store, &generations, uid);

	if (err == ERR_OK)
		err = store_pending_delete_all(store, uid);
	if (err == ERR_OK)
		err = run_for(store, &left, uid);
	if (err == ERR_OK)
		err = run_for(store, &transfer, uid);
	if (err != ERR_OK)
		return err;
	query_start(&q, store, &ended);
	query_bind_u64(&q, time);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	err = query_run(&q);
	if (err != ERR_OK)
		return err;
	query_start(&q, store, &device);
	query_bind_u64(&q, time);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run_one(&q);
}

enum err
store_device_renew(struct store *store, const struct store_device *device)
{
	static const struct sql sql = {
	    "UPDATE devices SET status = 0, factory_key = $1,"
	    " factory_secret = $2, import = $3, generation = 0,"
	    " generation_max = CASE WHEN generation_max < generation"
	    " THEN generation ELSE generation_max END, alias = NULL,"
	    " public_key = NULL, n = 0, resume = NULL, instance = NULL,"
	    " rooted = NULL, registered = NULL, seen = NULL, address = NULL,"
	    " confirmed_version = 0, period = 0, flags = 0, firmware = NULL, "
	    "erased = NULL, quarantined = 0,"
	    " renewed = 1 WHERE uid = $4 AND erased IS NOT NULL"
	    " AND coalesce(tenant, (SELECT i.tenant FROM imports i"
	    " WHERE i.id = devices.import), $5) = $5"};
	struct query q;
	enum err err;

	assert(!device->partial);
	query_start(&q, store, &sql);
	query_bind_blob(&q, BYTES_OF(device->factory_key));
	query_bind_secret(&q, &device->factory_secret);
	query_bind_u64_or_null(&q, device->import_id);
	query_bind_blob(&q, BYTES_OF(device->uid));
	query_bind_u64(&q, device->tenant);
	err = query_run_one(&q);
	return err == ERR_NOT_FOUND ? ERR_EXISTS : err;
}

enum err
store_device_set_features(struct store *store, const uint8_t uid[UID_LEN],
    uint32_t features, uint64_t time)
{
	static const struct sql sql = {
	    "UPDATE devices SET features = $1, features_version ="
	    " CASE WHEN features_version < $2 THEN $2"
	    " ELSE features_version + 1 END WHERE uid = $3"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, features);
	query_bind_u64(&q, time);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run_one(&q);
}

enum err
store_device_switch(struct store *store, uint64_t tenant, uint32_t on,
    uint32_t off, uint64_t time)
{
	static const struct sql sql = {
	    "UPDATE devices SET features = (features | $1) & ~$2,"
	    " features_version = CASE WHEN features_version < $3 THEN $3"
	    " ELSE features_version + 1 END WHERE tenant = $4"
	    " AND features <> ((features | $1) & ~$2)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, on);
	query_bind_u64(&q, off);
	query_bind_u64(&q, time);
	query_bind_u64(&q, tenant);
	return query_run(&q);
}

enum err
store_terms_by_profile(struct store *store,
    const uint8_t profile[PROFILE_UID_LEN], struct store_terms *ret_terms)
{
	static const struct sql sql = {
	    "SELECT profiles.tenant, profiles.features, plans.services,"
	    " plans.max_active FROM profiles"
	    " JOIN tenants ON tenants.id = profiles.tenant"
	    " JOIN plans ON plans.name = tenants.plan"
	    " WHERE profiles.uid = $1"};
	struct store_terms found;
	struct query q;
	enum err err;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(profile, PROFILE_UID_LEN));
	if (!query_row(&q)) {
		query_fail(&q, ERR_NOT_FOUND);
		return query_end(&q);
	}
	found.tenant = query_u64(&q, 0);
	found.features = query_u32(&q, 1);
	found.services = query_u32(&q, 2);
	found.limited = !query_is_null(&q, 3);
	found.max_active = query_u64(&q, 3);
	err = query_end(&q);
	if (err == ERR_OK)
		*ret_terms = found;
	return err;
}

enum err
store_times_by_profile(struct store *store,
    const uint8_t profile[PROFILE_UID_LEN], struct store_times *ret_times)
{
	static const struct sql sql = {
	    "SELECT period, rotation, clones FROM profiles WHERE uid = $1"};
	struct store_times times = {.period = 0};
	struct query q;
	enum err err;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(profile, PROFILE_UID_LEN));
	if (query_row(&q)) {
		times.period = query_u32(&q, 0);
		times.rotation = query_u32(&q, 1);
		times.clones = (enum store_clones)query_u32(&q, 2);
	} else {
		query_fail(&q, ERR_NOT_FOUND);
	}
	err = query_end(&q);
	if (err == ERR_OK)
		*ret_times = times;
	return err;
}

enum err
store_import_key(
    struct store *store, uint64_t import_id, struct store_blob *ret_key)
{
	static const struct sql sql = {
	    "SELECT import_key FROM imports WHERE id = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, import_id);
	if (query_row(&q) && !query_is_null(&q, 0))
		query_secret(&q, 0, ret_key);
	else
		query_fail(&q, ERR_NOT_FOUND);
	return query_end(&q);
}

enum err
store_import_tenant(
    struct store *store, uint64_t import_id, uint64_t *ret_tenant)
{
	static const struct sql sql = {
	    "SELECT tenant FROM imports WHERE id = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, import_id);
	if (query_row(&q))
		*ret_tenant = query_u64(&q, 0);
	else
		query_fail(&q, ERR_NOT_FOUND);
	return query_end(&q);
}

enum err
store_import_confirmed(struct store *store, uint64_t import_id)
{
	static const struct sql sql = {
	    "UPDATE imports SET remaining = remaining - 1, import_key ="
	    " CASE WHEN remaining <= 1 THEN NULL ELSE import_key END"
	    " WHERE id = $1 AND remaining > 0"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, import_id);
	return query_run_one(&q);
}

enum err
store_changes(struct store *store, uint64_t *ret_number)
{
	static const struct sql sql = {
	    "SELECT value FROM sequences WHERE name = 'changes'"};
	struct query q;

	query_start(&q, store, &sql);
	if (query_row(&q))
		*ret_number = query_u64(&q, 0);
	else
		query_fail(&q, ERR_FORMAT);
	return query_end(&q);
}

enum err
store_set_changes(struct store *store, uint64_t number)
{
	static const struct sql sql = {
	    "UPDATE sequences SET value = $1 WHERE name = 'changes'"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, number);
	return query_run_one(&q);
}
