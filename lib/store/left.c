/*
 * Rows of left contexts: bounded, oldest out first.
 */
#include "sql.h"
#include "store/left.h"

#define COLUMNS "alias, uid, generation, ck, public_key, left_at, number"

static void
read_left(struct query *q, struct store_left *left)
{
	(void)query_copy(q, 0, left->alias, sizeof(left->alias));
	(void)query_copy(q, 1, left->uid, sizeof(left->uid));
	left->generation = query_u32(q, 2);
	query_secret(q, 3, &left->ck);
	(void)query_copy(q, 4, left->public_key, sizeof(left->public_key));
	left->left_at = query_u64(q, 5);
	left->number = query_u64(q, 6);
}

static enum err
insert(struct store *store, const struct store_left *left)
{
	static const struct sql sql = {"INSERT INTO left_contexts (" COLUMNS
				       ") VALUES ($1, $2, $3, $4, $5, $6, $7)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, BYTES_OF(left->alias));
	query_bind_blob(&q, BYTES_OF(left->uid));
	query_bind_u64(&q, left->generation);
	query_bind_secret(&q, &left->ck);
	query_bind_blob(&q, BYTES_OF(left->public_key));
	query_bind_u64(&q, left->left_at);
	query_bind_u64(&q, left->number);
	return query_run(&q);
}

enum err
store_left_add(struct store *store, const struct store_left *left)
{
	static const struct sql sql = {
	    "DELETE FROM left_contexts WHERE uid = $1 AND number <="
	    " (SELECT number FROM left_contexts WHERE uid = $1"
	    " ORDER BY number DESC LIMIT 1 OFFSET $2)"};
	struct query q;
	enum err err = insert(store, left);

	if (err != ERR_OK)
		return err;
	query_start(&q, store, &sql);
	query_bind_blob(&q, BYTES_OF(left->uid));
	query_bind_u64(&q, LEFT_MAX);
	return query_run(&q);
}

enum err
store_left_by_alias(struct store *store, const uint8_t alias[ALIAS_LEN],
    struct store_left *ret_left)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM left_contexts WHERE alias = $1"};
	struct store_left found;
	struct query q;
	enum err err;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(alias, ALIAS_LEN));
	if (query_row(&q))
		read_left(&q, &found);
	else
		query_fail(&q, ERR_NOT_FOUND);
	err = query_end(&q);
	if (err == ERR_OK)
		*ret_left = found;
	return err;
}

enum err
store_left_by_uid(struct store *store, const uint8_t uid[UID_LEN],
    struct store_left ret_left[LEFT_MAX], size_t *ret_count)
{
	static const struct sql sql = {
	    "SELECT " COLUMNS " FROM left_contexts WHERE uid = $1"
	    " ORDER BY number"};
	struct query q;
	size_t count = 0;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	while (count < LEFT_MAX && query_row(&q))
		read_left(&q, &ret_left[count++]);
	*ret_count = count;
	return query_end(&q);
}
