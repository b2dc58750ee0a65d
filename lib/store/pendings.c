/*
 * Rows of pendings. Each is the record that its number was given, too.
 */
#include "sql.h"
#include "store/pendings.h"

#define COLUMNS                                                                \
	"alias, uid, generation, instance, public_key, root, ck, resume,"      \
	" root_profile, tenant, profile, serial, firmware, features, status,"  \
	" address, created, number"

static void
read_pending(struct query *q, struct store_pending *p)
{
	(void)query_copy(q, 0, p->alias, sizeof(p->alias));
	(void)query_copy(q, 1, p->uid, sizeof(p->uid));
	p->generation = query_u32(q, 2);
	(void)query_copy(q, 3, p->instance, sizeof(p->instance));
	(void)query_copy(q, 4, p->public_key, sizeof(p->public_key));
	query_secret(q, 5, &p->root);
	query_secret(q, 6, &p->ck);
	(void)query_copy(q, 7, p->resume, sizeof(p->resume));
	(void)query_copy(q, 8, p->root_profile, sizeof(p->root_profile));
	p->tenant = query_u64(q, 9);
	p->has_profile = query_copy(q, 10, p->profile, sizeof(p->profile));
	query_copy_text(q, 11, p->serial, sizeof(p->serial));
	query_copy_text(q, 12, p->firmware, sizeof(p->firmware));
	p->features = query_u32(q, 13);
	p->status = (enum store_device_status)query_u32(q, 14);
	query_copy_text(q, 15, p->address, sizeof(p->address));
	p->created = query_u64(q, 16);
	p->number = query_u64(q, 17);
}

enum err
store_pending_add(struct store *store, const struct store_pending *p)
{
	static const struct sql sql = {
	    "INSERT INTO pendings (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6,"
	    " $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, BYTES_OF(p->alias));
	query_bind_blob(&q, BYTES_OF(p->uid));
	query_bind_u64(&q, p->generation);
	query_bind_blob(&q, BYTES_OF(p->instance));
	query_bind_blob(&q, BYTES_OF(p->public_key));
	query_bind_secret(&q, &p->root);
	query_bind_secret(&q, &p->ck);
	query_bind_blob(&q, BYTES_OF(p->resume));
	query_bind_blob(&q, BYTES_OF(p->root_profile));
	query_bind_u64_or_null(&q, p->tenant);
	query_bind_blob_or_null(
	    &q, p->has_profile ? BYTES_OF(p->profile) : BYTES_NONE);
	query_bind_text_or_null(&q, bytes_str(p->serial));
	query_bind_text_or_null(&q, bytes_str(p->firmware));
	query_bind_u64(&q, p->features);
	query_bind_u64(&q, p->status);
	query_bind_text_or_null(&q, bytes_str(p->address));
	query_bind_u64(&q, p->created);
	query_bind_u64(&q, p->number);
	return query_run(&q);
}

enum err
store_pending_by_alias(struct store *store, const uint8_t alias[ALIAS_LEN],
    struct store_pending *ret_pending)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM pendings WHERE alias = $1"};
	struct store_pending found;
	struct query q;
	enum err err;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(alias, ALIAS_LEN));
	if (query_row(&q))
		read_pending(&q, &found);
	else
		query_fail(&q, ERR_NOT_FOUND);
	err = query_end(&q);
	if (err == ERR_OK)
		*ret_pending = found;
	return err;
}

enum err
store_pending_by_uid(struct store *store, const uint8_t uid[UID_LEN],
    struct store_pending ret_pending[PENDING_MAX], size_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM pendings WHERE uid = $1 ORDER BY number"};
	struct query q;
	size_t count = 0;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	while (count < PENDING_MAX && query_row(&q))
		read_pending(&q, &ret_pending[count++]);
	*ret_count = count;
	return query_end(&q);
}

enum err
store_pending_highest(
    struct store *store, const uint8_t uid[UID_LEN], uint32_t *ret_generation)
{
	static const struct sql sql = {
	    "SELECT coalesce(max(generation), 0) FROM pendings WHERE uid = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	if (query_row(&q))
		*ret_generation = query_u32(&q, 0);
	return query_end(&q);
}

enum err
store_pending_delete(struct store *store, const uint8_t alias[ALIAS_LEN])
{
	static const struct sql sql = {"DELETE FROM pendings WHERE alias = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(alias, ALIAS_LEN));
	return query_run(&q);
}

/* What the rows have said until now, the device's says from now on. */
static enum err
keep_numbers(struct store *store, const uint8_t uid[UID_LEN])
{
	static const struct sql sql = {
	    "UPDATE devices SET generation_max ="
	    " (SELECT max(generation) FROM pendings WHERE uid = $1)"
	    " WHERE uid = $1 AND generation_max <"
	    " (SELECT max(generation) FROM pendings WHERE uid = $1)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run(&q);
}

enum err
store_pending_delete_all(struct store *store, const uint8_t uid[UID_LEN])
{
	static const struct sql sql = {"DELETE FROM pendings WHERE uid = $1"};
	struct query q;
	enum err err = keep_numbers(store, uid);

	if (err != ERR_OK)
		return err;
	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_run(&q);
}
