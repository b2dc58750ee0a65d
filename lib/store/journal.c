/*
 * Entries of the journal, and how their devices' rows get them. Those of a
 * transaction are gathered in memory until they fill a row, or it commits.
 */
#include "store/journal.h"

#include <assert.h>
#include <stdlib.h>

#include "sqlite.h"

/* So that the number of an entry, of its row and its slot, is none too high. */
#define ROW_MAX (INT64_MAX / ENTRIES_MAX)

static uint64_t
number_of(uint64_t row, size_t slot)
{
	return row * ENTRIES_MAX + slot;
}

/* A damaged entry is nobody's, and goes with the others. */
static enum err
load_row(struct journal *j, uint64_t row, struct bytes records)
{
	const uint8_t *uid;
	enum err err = row <= ROW_MAX ? ERR_OK : ERR_FORMAT;

	for (size_t slot = 0; err == ERR_OK; slot++) {
		uid = entries_uid(records, slot);
		if (uid == NULL)
			break;
		err = latest_enter(&j->latest, uid, number_of(row, slot));
	}
	latest_keep(&j->latest);
	j->last = row;
	return err;
}

static enum err
load(struct store *store)
{
	static const struct sql sql = {
	    "SELECT number, entries FROM journal ORDER BY number"};
	struct bytes records;
	struct query q;
	uint64_t row;

	query_start(&q, store, &sql);
	while (query_row(&q)) {
		row = query_u64(&q, 0);
		records = query_blob(&q, 1);
		if (q.err == ERR_OK)
			query_fail(&q, load_row(&store->journal, row, records));
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
	if (err == ERR_OK)
		places_open(store);
	else
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
	places_close(store);
	store->journal.is_open = false;
}

void
journal_keep(struct store *store)
{
	/* What is not written by now would be lost, and is believed durable. */
	assert(store->journal.row.count == 0);
	latest_keep(&store->journal.latest);
}

void
journal_undo(struct store *store)
{
	entries_clear(&store->journal.row);
	latest_undo(&store->journal.latest);
}

/*
 * The latest entry of a device. ERR_NOT_FOUND: it has none; what has its
 * number may be damaged.
 */
static enum err
find_entry(
    struct store *store, const uint8_t uid[UID_LEN], struct entry *ret_entry)
{
	static const struct sql sql = {
	    "SELECT entries, addresses FROM journal WHERE number = $1"};
	const struct journal *j = &store->journal;
	uint64_t number = latest_find(&j->latest, uid);
	size_t slot = number % ENTRIES_MAX;
	struct query q;

	if (number == 0)
		return ERR_NOT_FOUND;
	if (number / ENTRIES_MAX == j->last && j->row.count > 0)
		return entries_read(entries_records(&j->row),
		    entries_addresses(&j->row), slot, uid, ret_entry);
	query_start(&q, store, &sql);
	query_bind_u64(&q, number / ENTRIES_MAX);
	if (query_row(&q))
		query_fail(&q, entries_read(query_blob(&q, 0),
				   query_blob(&q, 1), slot, uid, ret_entry));
	else
		query_fail(&q, ERR_NOT_FOUND);
	return query_end(&q);
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

enum err
journal_write(struct store *store)
{
	static const struct sql sql = {
	    "INSERT INTO journal (number, entries, addresses)"
	    " VALUES ($1, $2, $3)"};
	struct journal *j = &store->journal;
	struct query q;
	enum err err;

	if (j->row.count == 0)
		return ERR_OK;
	/* Where a failure has undone the transaction, it would stand alone. */
	if (store->in_transaction && sqlite3_get_autocommit(store->db) != 0)
		return ERR_IO;
	query_start(&q, store, &sql);
	query_bind_u64(&q, j->last);
	query_bind_blob(&q, entries_records(&j->row));
	query_bind_blob(&q, entries_addresses(&j->row));
	err = query_run(&q);
	if (err == ERR_OK)
		entries_clear(&j->row);
	return err;
}

/* Without a transaction an entry is one by itself. */
static enum err
write_alone(struct store *store)
{
	enum err err = journal_write(store);

	if (err == ERR_OK)
		journal_keep(store);
	else
		journal_undo(store);
	return err;
}

static enum err
append(struct store *store, const uint8_t uid[UID_LEN], const struct entry *e)
{
	struct journal *j = &store->journal;
	enum err err = ERR_OK;

	if (!entries_fit(&j->row, e))
		err = journal_write(store);
	if (err != ERR_OK)
		return err;
	/* A number is never given again, whatever becomes of its row. */
	if (j->row.count == 0)
		j->last++;
	err = latest_enter(&j->latest, uid, number_of(j->last, j->row.count));
	if (err != ERR_OK)
		return err;
	entries_add(&j->row, uid, e);
	return store->in_transaction ? ERR_OK : write_alone(store);
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

/* A row is as many pages as some devices' rows that a part carries over. */
#define DEVICES_TO_A_ROW 8

/* Deletes the oldest rows of the turn; says whether there were any. */
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
		err = delete_some(store, count / DEVICES_TO_A_ROW, &deleted);
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
		latest_forget(
		    &j->latest, number_of(j->turn_last, ENTRIES_MAX - 1));
		end_turn(j);
	}
	return ERR_OK;
}
