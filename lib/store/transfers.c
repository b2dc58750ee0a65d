/*
 * Rows of transfers. What a party asks for names it, so that no caller can
 * forget to.
 */
#include "store/transfers.h"

#include "sql.h"

#define TRANSFER                                                               \
	"t.id, t.from_tenant, t.to_tenant, t.readers, t.state, t.profile,"     \
	" t.created, t.expires, t.closed, t.to_nobody,"                        \
	" (SELECT count(*) FROM transfer_devices d WHERE d.transfer = t.id),"  \
	" (SELECT count(*) FROM transfer_devices d WHERE d.transfer = t.id"    \
	" AND d.state = 1),"                                                   \
	" (SELECT count(*) FROM transfer_devices d WHERE d.transfer = t.id"    \
	" AND d.state = 2)"

#define DEVICE                                                                 \
	"d.transfer, d.uid, d.state, d.why, d.from_profile, d.last, d.mac,"    \
	" d.done, t.from_tenant, t.to_tenant, t.readers, t.profile"            \
	" FROM transfer_devices d JOIN transfers t ON t.id = d.transfer"

enum err
store_transfer_add(struct store *store, const struct store_transfer *transfer,
    uint64_t *ret_id)
{
	static const struct sql sql = {
	    "INSERT INTO transfers (from_tenant, to_tenant, to_nobody,"
	    " readers, state, created, expires)"
	    " VALUES ($1, $2, $3, $4, 0, $5, $6)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, transfer->from);
	query_bind_u64(&q, transfer->to);
	query_bind_u64(&q, transfer->to_nobody ? 1 : 0);
	query_bind_u64(&q, transfer->readers);
	query_bind_u64(&q, transfer->created);
	query_bind_u64(&q, transfer->expires);
	enum err err = query_run(&q);

	if (err == ERR_OK)
		*ret_id = query_last_id(store);
	return err;
}

enum err
store_transfer_device_add(
    struct store *store, uint64_t transfer, const uint8_t uid[UID_LEN])
{
	static const struct sql sql = {
	    "INSERT INTO transfer_devices (transfer, uid, state)"
	    " VALUES ($1, $2, 0)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, transfer);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run(&q);
}

enum err
store_transfer_candidates(struct store *store, uint64_t tenant,
    const uint8_t profile[PROFILE_UID_LEN], uint8_t (*ret_uids)[UID_LEN],
    size_t cap, size_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT uid FROM devices WHERE profile = $1 AND tenant = $2"
	    " AND status IN (2, 3) ORDER BY uid LIMIT $3"};
	struct query q;
	size_t count = 0;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(profile, PROFILE_UID_LEN));
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, cap);
	while (count < cap && query_row(&q))
		(void)query_copy(&q, 0, ret_uids[count++], UID_LEN);
	*ret_count = count;
	return query_end(&q);
}

static void
transfer_read(struct query *q, void *ret_row)
{
	struct store_transfer *t = ret_row;

	*t = (struct store_transfer){.id = query_u64(q, 0),
	    .from = query_u64(q, 1),
	    .to = query_u64(q, 2),
	    .readers = (uint8_t)query_u32(q, 3),
	    .state = (enum store_transfer_state)query_u32(q, 4),
	    .created = query_u64(q, 6),
	    .expires = query_u64(q, 7),
	    .closed = query_u64(q, 8),
	    .to_nobody = query_bool(q, 9),
	    .devices = query_u64(q, 10),
	    .waiting = query_u64(q, 11),
	    .done = query_u64(q, 12)};
	t->has_profile = query_copy(q, 5, t->profile, sizeof(t->profile));
}

enum err
store_transfer_get(struct store *store, uint64_t tenant, uint64_t id,
    struct store_transfer *ret_transfer)
{
	static const struct sql sql = {
	    "SELECT " TRANSFER " FROM transfers t"
	    " WHERE t.id = $1 AND (t.from_tenant = $2 OR"
	    " (t.to_tenant = $2 AND t.to_nobody = 0))"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, id);
	query_bind_u64(&q, tenant);
	return query_one(
	    &q, transfer_read, ret_transfer, sizeof(*ret_transfer));
}

/*
 * Each party's are walked along an index of their own, and the devices are
 * counted of those alone that are shown.
 */
enum err
store_transfer_list(struct store *store, uint64_t tenant, uint64_t before,
    struct store_transfer *ret_transfers, size_t cap, size_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT " TRANSFER " FROM (SELECT * FROM (SELECT id FROM transfers"
	    " WHERE from_tenant = $1 AND id < $2 ORDER BY id DESC LIMIT $3)"
	    " UNION ALL SELECT * FROM (SELECT id FROM transfers"
	    " WHERE to_tenant = $1 AND to_nobody = 0 AND id < $2"
	    " ORDER BY id DESC LIMIT $3) ORDER BY id DESC LIMIT $3) AS page"
	    " JOIN transfers t ON t.id = page.id ORDER BY t.id DESC"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	query_bind_u64(&q, before != 0 ? before : INT64_MAX);
	query_bind_u64(&q, cap);
	return query_rows(&q, transfer_read, ret_transfers,
	    sizeof(*ret_transfers), cap, ret_count);
}

static void
device_read(struct query *q, void *ret_row)
{
	struct store_transfer_device *d = ret_row;

	*d = (struct store_transfer_device){.transfer = query_u64(q, 0),
	    .state = (enum store_transfer_device_state)query_u32(q, 2),
	    .last = query_u32(q, 5),
	    .done = query_u64(q, 7),
	    .from = query_u64(q, 8),
	    .to = query_u64(q, 9),
	    .readers = (uint8_t)query_u32(q, 10)};
	(void)query_copy(q, 1, d->uid, sizeof(d->uid));
	query_copy_text(q, 3, d->why, sizeof(d->why));
	(void)query_copy(q, 4, d->from_profile, sizeof(d->from_profile));
	(void)query_copy(q, 6, d->mac, sizeof(d->mac));
	(void)query_copy(q, 11, d->to_profile, sizeof(d->to_profile));
}

enum err
store_transfer_devices(struct store *store, uint64_t transfer,
    struct bytes after, struct store_transfer_device *ret_devices, size_t cap,
    size_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT " DEVICE " WHERE d.transfer = $1 AND d.uid > $2"
	    " ORDER BY d.uid LIMIT $3"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, transfer);
	query_bind_blob(&q, after);
	query_bind_u64(&q, cap);
	return query_rows(
	    &q, device_read, ret_devices, sizeof(*ret_devices), cap, ret_count);
}

enum err
store_transfer_load(struct store *store, uint64_t from, uint64_t to,
    uint64_t time, uint64_t since, struct store_transfer_load *ret_load)
{
	static const struct sql sql = {
	    "SELECT (SELECT count(*) FROM transfers WHERE state = 0"
	    " AND from_tenant = $1 AND expires > $2),"
	    " (SELECT count(*) FROM transfers WHERE state = 0"
	    " AND from_tenant = $1 AND to_tenant = $3 AND expires > $2),"
	    " (SELECT count(*) FROM transfers WHERE state <> 1"
	    " AND from_tenant = $1 AND to_tenant = $3 AND created > $4)"};
	struct store_transfer_load load = {0};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, from);
	query_bind_u64(&q, time);
	query_bind_u64(&q, to);
	query_bind_u64(&q, since);
	if (query_row(&q)) {
		load.standing = query_u64(&q, 0);
		load.standing_pair = query_u64(&q, 1);
		load.in_vain = query_u64(&q, 2);
	}
	enum err err = query_end(&q);

	if (err == ERR_OK)
		*ret_load = load;
	return err;
}

enum err
store_transfer_close(struct store *store, uint64_t id,
    enum store_transfer_state state, const uint8_t *profile, uint64_t time)
{
	static const struct sql sql = {
	    "UPDATE transfers SET state = $1, profile = $2, closed = $3"
	    " WHERE id = $4 AND state = 0"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, state);
	query_bind_blob_or_null(&q, profile != NULL
					? bytes_make(profile, PROFILE_UID_LEN)
					: BYTES_NONE);
	query_bind_u64(&q, time);
	query_bind_u64(&q, id);
	return query_run_one(&q);
}

enum err
store_transfer_device_set(
    struct store *store, const struct store_transfer_device *device)
{
	static const struct sql sql = {
	    "UPDATE transfer_devices SET state = $1, why = $2,"
	    " from_profile = $3, last = $4, mac = $5"
	    " WHERE transfer = $6 AND uid = $7"};
	bool goes = device->state == TRANSFER_DEVICE_WAITING;
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, device->state);
	query_bind_text_or_null(&q, bytes_str(device->why));
	query_bind_blob_or_null(
	    &q, goes ? BYTES_OF(device->from_profile) : BYTES_NONE);
	query_bind_u64_or_null(&q, goes ? device->last : 0);
	query_bind_blob_or_null(&q, goes ? BYTES_OF(device->mac) : BYTES_NONE);
	query_bind_u64(&q, device->transfer);
	query_bind_blob(&q, BYTES_OF(device->uid));
	return query_run_one(&q);
}

enum err
store_transfer_waiting(struct store *store, const uint8_t uid[UID_LEN],
    struct store_transfer_device *ret_device)
{
	static const struct sql sql = {
	    "SELECT " DEVICE " WHERE d.uid = $1 AND d.state = 1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_one(&q, device_read, ret_device, sizeof(*ret_device));
}

enum err
store_transfer_of(struct store *store, const uint8_t uid[UID_LEN],
    uint64_t from, uint32_t generation,
    struct store_transfer_device *ret_device)
{
	static const struct sql sql = {
	    "SELECT " DEVICE " WHERE d.uid = $1 AND d.state IN (1, 2)"
	    " AND t.from_tenant = $2 AND d.last >= $3"
	    " ORDER BY d.last LIMIT 1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_u64(&q, from);
	query_bind_u64(&q, generation);
	return query_one(&q, device_read, ret_device, sizeof(*ret_device));
}

enum err
store_transfer_done(struct store *store, uint64_t transfer,
    const uint8_t uid[UID_LEN], uint64_t time)
{
	static const struct sql sql = {
	    "UPDATE transfer_devices SET state = 2, done = $1"
	    " WHERE transfer = $2 AND uid = $3 AND state = 1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, time);
	query_bind_u64(&q, transfer);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run_one(&q);
}

enum err
store_transfer_stands(struct store *store, const uint8_t uid[UID_LEN],
    uint64_t time, bool *ret_stands)
{
	static const struct sql sql = {
	    "SELECT count(*) FROM transfer_devices d"
	    " JOIN transfers t ON t.id = d.transfer"
	    " WHERE d.uid = $1 AND d.state = 0 AND t.state = 0"
	    " AND t.expires > $2"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_u64(&q, time);
	if (query_row(&q))
		*ret_stands = query_u64(&q, 0) > 0;
	return query_end(&q);
}

/* What the old owner chose for this one device says nothing to the new. */
static enum err
choices_drop(struct store *store, const uint8_t uid[UID_LEN])
{
	static const struct sql sql = {"DELETE FROM device_cas WHERE uid = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run(&q);
}

enum err
store_transfer_owner(struct store *store, const uint8_t uid[UID_LEN],
    uint64_t tenant, const uint8_t profile[PROFILE_UID_LEN], unsigned status,
    uint32_t features, uint64_t time)
{
	static const struct sql sql = {
	    "UPDATE devices SET tenant = $1, profile = $2, status = $3,"
	    " features = $4, rotate = 1, released = NULL, resync = NULL,"
	    " next_instance = NULL, features_version ="
	    " CASE WHEN features_version < $5 THEN $5"
	    " ELSE features_version + 1 END WHERE uid = $6"};
	struct query q;
	enum err err = choices_drop(store, uid);

	if (err != ERR_OK)
		return err;
	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	query_bind_blob(&q, bytes_make(profile, PROFILE_UID_LEN));
	query_bind_u64(&q, status);
	query_bind_u64(&q, features);
	query_bind_u64(&q, time);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run_one(&q);
}
