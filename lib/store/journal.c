/*
 * Entries of the journal, and how their devices' rows get them.
 */
#include "store/journal.h"

#include <stdlib.h>

#include "sqlite.h"

/* Entries deleted for each device that a turn would carry over. */
#define DELETES_EACH 8

struct entry {
	uint8_t alias[ALIAS_LEN];
	uint64_t n;
	struct store_blob ck, last_ck;
	uint8_t last_id[REQUEST_ID_LEN];
	uint64_t seen;
	char address[STORE_ADDRESS_MAX];
	uint64_t changed;
};

static enum err
load(struct store *store)
{
	static const struct sql sql = {
	    "SELECT number, uid FROM journal ORDER BY number"};
	struct journal *j = &store->journal;
	struct bytes uid;
	struct query q;

	query_start(&q, store, &sql);
	while (query_row(&q)) {
		j->last = query_u64(&q, 0);
		uid = query_blob(&q, 1);
		/* A damaged entry is nobody's, and goes with the others. */
		if (q.err == ERR_OK && uid.len == UID_LEN)
			query_fail(
			    &q, latest_enter(&j->latest, uid.ptr, j->last));
		latest_keep(&j->latest);
	}
	return query_end(&q);
}

enum err
store_journal_open(struct store *store)
{
	struct journal *j = &store->journal;
	uint64_t seed;
	enum err err;

	if (store->in_transaction || j->is_open)
		return ERR_STATE;
	sqlite3_randomness(sizeof(seed), &seed);
	latest_init(&j->latest, seed);
	err = load(store);
	j->is_open = err == ERR_OK;
	if (err != ERR_OK)
		latest_done(&j->latest);
	return err;
}

bool
journal_is_open(const struct store *store)
{
	return store->journal.is_open;
}

static void
end_turn(struct journal *j)
{
	free(j->turn);
	j->turn = NULL;
	j->turn_count = 0;
	j->turn_at = 0;
}

void
journal_close(struct store *store)
{
	end_turn(&store->journal);
	latest_done(&store->journal.latest);
	store->journal.is_open = false;
}

void
journal_keep(struct store *store)
{
	latest_keep(&store->journal.latest);
}

void
journal_undo(struct store *store)
{
	latest_undo(&store->journal.latest);
}

static void
read_entry(struct query *q, void *ret_row)
{
	struct entry *e = ret_row;

	(void)query_copy(q, 0, e->alias, sizeof(e->alias));
	e->n = query_u64(q, 1);
	query_secret(q, 2, &e->ck);
	query_secret(q, 3, &e->last_ck);
	(void)query_copy(q, 4, e->last_id, sizeof(e->last_id));
	e->seen = query_u64(q, 5);
	query_copy_text(q, 6, e->address, sizeof(e->address));
	e->changed = query_u64(q, 7);
}

/*
 * The latest entry of a device. ERR_NOT_FOUND: it has none; another number
 * may have been given to it in a transaction that was undone.
 */
static enum err
find_entry(
    struct store *store, const uint8_t uid[UID_LEN], struct entry *ret_entry)
{
	static const struct sql sql = {
	    "SELECT alias, n, ck, last_ck, last_id, seen, address, changed"
	    " FROM journal WHERE number = $1 AND uid = $2"};
	uint64_t number = latest_find(&store->journal.latest, uid);
	struct query q;

	if (number == 0)
		return ERR_NOT_FOUND;
	query_start(&q, store, &sql);
	query_bind_u64(&q, number);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	return query_one(&q, read_entry, ret_entry, sizeof(*ret_entry));
}

enum err
journal_read(struct store *store, struct store_device *device)
{
	struct entry e;
	enum err err = find_entry(store, device->uid, &e);

	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err != ERR_OK || e.n <= device->n || device->erased != 0 ||
	    memcmp(e.alias, device->alias, ALIAS_LEN) != 0)
		return err;
	device->n = e.n;
	device->ck = e.ck;
	device->last_ck = e.last_ck;
	device->has_last_id = true;
	memcpy(device->last_id, e.last_id, REQUEST_ID_LEN);
	device->seen = e.seen;
	memcpy(device->address, e.address, sizeof(device->address));
	device->changed = e.changed;
	return ERR_OK;
}

static enum err
append(struct store *store, const uint8_t uid[UID_LEN], const struct entry *e)
{
	static const struct sql sql = {
	    "INSERT INTO journal (number, uid, alias, n, ck, last_ck, last_id,"
	    " seen, address, changed)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
	struct journal *j = &store->journal;
	struct query q;
	enum err err;

	query_start(&q, store, &sql);
	query_bind_u64(&q, ++j->last);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_blob(&q, BYTES_OF(e->alias));
	query_bind_u64(&q, e->n);
	query_bind_blob(&q, bytes_make(e->ck.b, e->ck.len));
	query_bind_blob(&q, bytes_make(e->last_ck.b, e->last_ck.len));
	query_bind_blob(&q, BYTES_OF(e->last_id));
	query_bind_u64(&q, e->seen);
	query_bind_text_or_null(&q, bytes_str(e->address));
	query_bind_u64(&q, e->changed);
	err = query_run(&q);
	if (err == ERR_OK)
		err = latest_enter(&j->latest, uid, j->last);
	if (!store->in_transaction)
		latest_keep(&j->latest);
	return err;
}

enum err
journal_add(struct store *store, const struct store_advance *a)
{
	struct entry e = {.n = a->n + 1,
	    .ck = a->ck,
	    .last_ck = a->last_ck,
	    .seen = a->time,
	    .changed = a->changed};

	memcpy(e.alias, a->alias, ALIAS_LEN);
	memcpy(e.last_id, a->request_id, REQUEST_ID_LEN);
	(void)snprintf(e.address, sizeof(e.address), "%s", a->address);
	return append(store, a->uid, &e);
}

enum err
journal_void(struct store *store, const uint8_t uid[UID_LEN])
{
	const struct entry nothing = {.n = 0};

	if (latest_find(&store->journal.latest, uid) == 0)
		return ERR_OK;
	return append(store, uid, &nothing);
}

enum err
journal_settle(struct store *store, const uint8_t uid[UID_LEN])
{
	static const struct sql sql = {
	    "UPDATE devices SET n = $1, ck = $2, last_ck = $3, last_id = $4,"
	    " seen = $5, address = $6, changed = $7"
	    " WHERE uid = $8 AND alias = $9 AND n < $1 AND erased IS NULL"};
	struct query q;
	struct entry e;
	enum err err = find_entry(store, uid, &e);

	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err != ERR_OK)
		return err;
	query_start(&q, store, &sql);
	query_bind_u64(&q, e.n);
	query_bind_secret(&q, &e.ck);
	query_bind_secret(&q, &e.last_ck);
	query_bind_blob(&q, BYTES_OF(e.last_id));
	query_bind_u64(&q, e.seen);
	query_bind_text_or_null(&q, bytes_str(e.address));
	query_bind_u64(&q, e.changed);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_blob(&q, BYTES_OF(e.alias));
	return query_run(&q);
}

/* --- carrying over --- */

size_t
store_journal_waiting(const struct store *store)
{
	return store->journal.latest.taken;
}

static enum err
start_turn(struct journal *j)
{
	j->turn_at = 0;
	j->turn_last = j->last;
	return latest_sorted(&j->latest, &j->turn, &j->turn_count);
}

/* Deletes the oldest entries of the turn; says whether there were any. */
static enum err
delete_some(struct store *store, size_t count, bool *ret_deleted)
{
	static const struct sql sql = {
	    "DELETE FROM journal WHERE number <= $1 AND number <="
	    " (SELECT min(number) FROM journal) + $2"};
	struct query q;
	enum err err;

	query_start(&q, store, &sql);
	query_bind_u64(&q, store->journal.turn_last);
	query_bind_u64(&q, count);
	err = query_run(&q);
	*ret_deleted = query_changes(store) > 0;
	return err;
}

/* A part of a turn. */
static enum err
carry(struct store *store, size_t count, size_t *ret_at, bool *ret_ends)
{
	struct journal *j = &store->journal;
	size_t at = j->turn_at;
	enum err err = ERR_OK;
	bool deleted;

	*ret_ends = false;
	if (at == j->turn_count) {
		err = delete_some(store, count * DELETES_EACH, &deleted);
		*ret_ends = !deleted;
	}
	for (; at < j->turn_count && count > 0 && err == ERR_OK;
	     at++, count--) {
		err = journal_settle(store, j->turn[at].uid);
		/* A damaged entry is dropped: its device starts over. */
		if (err == ERR_FORMAT)
			err = ERR_OK;
	}
	*ret_at = at;
	return err;
}

enum err
store_journal_carry(struct store *store, size_t count)
{
	struct journal *j = &store->journal;
	bool ends = false;
	size_t at = 0;
	enum err err = ERR_OK;

	if (store->in_transaction || !j->is_open)
		return ERR_STATE;
	if (store_journal_waiting(store) == 0)
		return ERR_OK;
	if (j->turn == NULL)
		err = start_turn(j);
	if (err == ERR_OK)
		err = store_begin(store);
	if (err != ERR_OK)
		return err;
	err = carry(store, count, &at, &ends);
	if (err == ERR_OK)
		err = store_commit(store);
	else
		store_rollback(store);
	if (err != ERR_OK)
		return err;
	j->turn_at = at;
	if (ends) {
		latest_forget(&j->latest, j->turn_last);
		end_turn(j);
	}
	return ERR_OK;
}
