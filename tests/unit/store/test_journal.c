/*
 * The journal of heartbeats: what its own store and others see of it, how it
 * is carried over, and what must not come back from it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "entries.h"
#include "fixture.h"
#include "latest.h"
#include "sqlite.h"
#include "store/journal.h"

#define MANY 100

/* Device i with a context of its own, in state n. */
static struct store_device
add(struct store *store, unsigned i, uint64_t n)
{
	struct store_device d = fixture_device(i);

	assert_int_equal(store_device_add(store, &d), ERR_OK);
	d.generation = 1;
	memset(d.alias, (int)i + 1, ALIAS_LEN);
	d.n = n;
	d.ck = fixture_blob((uint8_t)n);
	d.status = DEVICE_REGISTERED;
	d.registered = 1;
	assert_int_equal(store_device_commit(store, &d), ERR_OK);
	return d;
}

static enum err
advance(
    struct store *store, const struct store_device *d, uint64_t n, bool brief)
{
	struct store_advance a = {.n = n,
	    .brief = brief,
	    .ck = fixture_blob((uint8_t)(n + 1)),
	    .last_ck = fixture_blob((uint8_t)n),
	    .firmware = "",
	    .time = 1700000000 + n,
	    .address = "192.0.2.1:5",
	    .changed = 100 + n};

	memcpy(a.uid, d->uid, UID_LEN);
	memcpy(a.alias, d->alias, ALIAS_LEN);
	memset(a.request_id, (int)n, REQUEST_ID_LEN);
	return store_device_advance(store, &a);
}

static uint64_t
n_of(struct store *store, const struct store_device *d)
{
	struct store_device found;

	assert_int_equal(store_device_by_uid(store, d->uid, &found), ERR_OK);
	return found.n;
}

/* How many entries stand in the journal's rows. */
static long long
entries_in(const struct fixture *f)
{
	char sql[96];

	(void)snprintf(sql, sizeof(sql),
	    "SELECT coalesce(sum(length(entries) / %d), 0) FROM journal",
	    (int)ENTRY_LEN);
	return fixture_number(f, sql);
}

/* Damages a byte of the record in a slot of a row. */
static void
damage(const struct fixture *f, int row, int slot, int at, const char *hex)
{
	char sql[256];

	at += slot * (int)ENTRY_LEN + 1;
	(void)snprintf(sql, sizeof(sql),
	    "UPDATE journal SET entries = CAST(substr(entries, 1, %d) || x'%s'"
	    " || substr(entries, %d) AS BLOB) WHERE number = %d",
	    at - 1, hex, at + 1, row);
	fixture_sql(f, sql);
}

static void
carry_all(struct store *store, size_t count)
{
	for (int i = 0; store_journal_waiting(store) > 0; i++) {
		assert_true(i < 1000);
		assert_int_equal(store_journal_carry(store, count), ERR_OK);
	}
}

static void
test_read_with_the_journal(void **state)
{
	struct fixture *f = *state;
	struct store *other = fixture_open(f);
	struct store_device d = add(f->store, 1, 4), found;

	assert_int_equal(store_journal_carry(f->store, 1), ERR_STATE);
	/* Not open: brief or not, it is the row. */
	assert_int_equal(advance(f->store, &d, 4, true), ERR_OK);
	assert_int_equal(n_of(other, &d), 5);
	assert_int_equal(store_journal_open(f->store), ERR_OK);
	assert_int_equal(store_journal_open(f->store), ERR_STATE);
	assert_int_equal(advance(f->store, &d, 5, true), ERR_OK);
	assert_int_equal(advance(f->store, &d, 6, true), ERR_OK);
	assert_int_equal(n_of(other, &d), 5);
	assert_int_equal(
	    store_device_by_alias(f->store, d.alias, &found), ERR_OK);
	assert_int_equal(found.n, 7);
	assert_memory_equal(found.ck.b, fixture_blob(7).b, BLOB_MAX);
	assert_memory_equal(found.last_ck.b, fixture_blob(6).b, BLOB_MAX);
	assert_true(found.has_last_id && found.last_id[0] == 6);
	assert_int_equal(found.seen, 1700000006);
	assert_string_equal(found.address, "192.0.2.1:5");
	assert_int_equal(found.changed, 106);
	/* One that is not brief brings the row up to date first. */
	assert_int_equal(advance(f->store, &d, 6, false), ERR_CONFLICT);
	assert_int_equal(advance(f->store, &d, 7, false), ERR_OK);
	assert_int_equal(n_of(other, &d), 8);
	assert_int_equal(n_of(f->store, &d), 8);
	store_close(other);
}

static void
test_undone(void **state)
{
	struct fixture *f = *state;
	struct store_device d = add(f->store, 1, 4), e = add(f->store, 2, 4);

	assert_int_equal(store_journal_open(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d, 4, true), ERR_OK);
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d, 5, true), ERR_OK);
	assert_int_equal(advance(f->store, &d, 6, true), ERR_OK);
	assert_int_equal(advance(f->store, &e, 4, true), ERR_OK);
	assert_int_equal(n_of(f->store, &d), 7);
	store_rollback(f->store);
	assert_int_equal(n_of(f->store, &d), 5);
	assert_int_equal(n_of(f->store, &e), 4);
	/* Its numbers are not given again. */
	assert_int_equal(advance(f->store, &e, 4, true), ERR_OK);
	assert_int_equal(n_of(f->store, &d), 5);
	assert_int_equal(n_of(f->store, &e), 5);
	carry_all(f->store, 8);
	assert_int_equal(
	    fixture_number(f, "SELECT sum(n) FROM devices"), 5 + 5);
}

static void
test_opened_again(void **state)
{
	struct fixture *f = *state;
	struct store_device d = add(f->store, 1, 4);
	struct store *other;

	assert_int_equal(store_journal_open(f->store), ERR_OK);
	for (uint64_t n = 4; n < 9; n++)
		assert_int_equal(advance(f->store, &d, n, true), ERR_OK);
	other = fixture_open(f);
	assert_int_equal(n_of(other, &d), 4);
	assert_int_equal(store_journal_open(other), ERR_OK);
	assert_int_equal(store_journal_waiting(other), 1);
	assert_int_equal(n_of(other, &d), 9);
	assert_int_equal(advance(other, &d, 9, true), ERR_OK);
	assert_int_equal(n_of(other, &d), 10);
	store_close(other);
}

/* In parts, with a device that goes on while its turn is over. */
static void
test_carried_in_parts(void **state)
{
	struct fixture *f = *state;
	struct store_device d[MANY];

	for (unsigned i = 0; i < MANY; i++)
		d[i] = add(f->store, i, 1);
	assert_int_equal(store_journal_open(f->store), ERR_OK);
	for (uint64_t n = 1; n < 4; n++)
		for (unsigned i = MANY; i-- > 0;)
			assert_int_equal(
			    advance(f->store, &d[i], n, true), ERR_OK);
	assert_int_equal(store_journal_waiting(f->store), MANY);
	assert_int_equal(store_journal_carry(f->store, MANY / 2), ERR_OK);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM devices WHERE n = 4"),
	    MANY / 2);
	/* Nothing is deleted before every device has had its turn. */
	assert_int_equal(entries_in(f), 3 * MANY);
	assert_int_equal(advance(f->store, &d[0], 4, true), ERR_OK);
	assert_int_equal(advance(f->store, &d[MANY - 1], 4, true), ERR_OK);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(
		    n_of(f->store, &d[i]), i == 0 || i == MANY - 1 ? 5u : 4u);
	carry_all(f->store, 3);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM journal"), 0);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM devices WHERE n = 4"),
	    MANY - 2);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM devices WHERE n = 5"), 2);
}

static void
test_a_part_that_fails(void **state)
{
	struct fixture *f = *state;
	struct store_device d = add(f->store, 1, 1), e = add(f->store, 2, 1);

	assert_int_equal(store_journal_open(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d, 1, true), ERR_OK);
	assert_int_equal(advance(f->store, &e, 1, true), ERR_OK);
	fixture_sql(f, "CREATE TRIGGER t BEFORE UPDATE ON devices WHEN"
		       " old.uid = (SELECT max(uid) FROM devices) BEGIN"
		       " SELECT raise(ABORT, 'no'); END");
	assert_int_not_equal(store_journal_carry(f->store, 8), ERR_OK);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM devices WHERE n = 2"), 0);
	assert_int_equal(n_of(f->store, &d), 2);
	assert_int_equal(n_of(f->store, &e), 2);
	fixture_sql(f, "DROP TRIGGER t");
	carry_all(f->store, 8);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM devices WHERE n = 2"), 2);
}

/* A generation that comes back has none of the states it had before. */
static void
test_left_generation(void **state)
{
	struct fixture *f = *state;
	struct store_device d = add(f->store, 1, 4), again = d;
	struct store *other;

	assert_int_equal(store_journal_open(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d, 4, true), ERR_OK);
	d.generation = 2;
	memset(d.alias, 0xee, ALIAS_LEN);
	d.n = 0;
	assert_int_equal(store_device_commit(f->store, &d), ERR_OK);
	assert_int_equal(n_of(f->store, &d), 0);
	again.n = 0;
	again.ck.len = 0;
	assert_int_equal(store_device_commit(f->store, &again), ERR_OK);
	assert_int_equal(n_of(f->store, &again), 0);
	other = fixture_open(f);
	assert_int_equal(store_journal_open(other), ERR_OK);
	assert_int_equal(n_of(other, &again), 0);
	store_close(other);
	carry_all(f->store, 8);
	assert_int_equal(n_of(f->store, &again), 0);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM journal"), 0);
}

/* Another connection has given the device a generation: it is the row's. */
static void
test_other_context(void **state)
{
	struct fixture *f = *state;
	struct store *other = fixture_open(f);
	struct store_device d = add(f->store, 1, 4);

	assert_int_equal(store_journal_open(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d, 4, true), ERR_OK);
	d.generation = 2;
	memset(d.alias, 0xee, ALIAS_LEN);
	d.n = 0;
	assert_int_equal(store_device_commit(other, &d), ERR_OK);
	assert_int_equal(n_of(f->store, &d), 0);
	carry_all(f->store, 8);
	assert_int_equal(n_of(other, &d), 0);
	store_close(other);
}

/* No key comes back to a device whose keys are erased. */
static void
test_erased(void **state)
{
	struct fixture *f = *state;
	struct store *other = fixture_open(f);
	struct store_device d = add(f->store, 1, 4), found;

	assert_int_equal(store_journal_open(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d, 4, true), ERR_OK);
	assert_int_equal(store_device_erase(other, d.uid, 99), ERR_OK);
	assert_int_equal(store_device_by_uid(f->store, d.uid, &found), ERR_OK);
	assert_true(found.erased == 99 && found.ck.len == 0);
	/* What was under way when it was erased. */
	assert_int_equal(advance(f->store, &d, 5, true), ERR_OK);
	assert_int_equal(advance(f->store, &d, 4, false), ERR_CONFLICT);
	assert_int_equal(store_device_by_uid(f->store, d.uid, &found), ERR_OK);
	assert_true(found.ck.len == 0 && found.last_ck.len == 0);
	carry_all(f->store, 8);
	assert_int_equal(fixture_number(f, "SELECT count(ck) FROM devices"), 0);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM journal"), 0);
	store_close(other);
}

#define AT_N (UID_LEN + ALIAS_LEN)
#define AT_CK_LEN (AT_N + 8)
#define AT_SEEN ((int)ENTRY_LEN - 3 - 16)
#define AT_ADDRESS ((int)ENTRY_LEN - 3)
#define AT_ADDRESS_LEN ((int)ENTRY_LEN - 1)

/* A damaged entry costs its device what it said, and nobody else anything. */
static void
test_damaged(void **state)
{
	static const struct {
		int at;
		const char *hex;
	} damages[] = {{AT_N, "80"}, {AT_CK_LEN, "3f"}, {AT_CK_LEN, "ff"},
	    {AT_CK_LEN + 1 + BLOB_MAX, "ff"}, {AT_SEEN, "ff"},
	    {AT_SEEN + 8, "ff"}, {AT_ADDRESS, "07"}, {AT_ADDRESS + 1, "17"},
	    {AT_ADDRESS_LEN, "ff"}, {AT_ADDRESS_LEN, "40"}};
	struct fixture *f = *state;
	struct store_device d = add(f->store, 1, 4), e = add(f->store, 2, 4);
	struct store_device g = add(f->store, 3, 4), found;
	uint64_t n = 4;

	assert_int_equal(store_journal_open(f->store), ERR_OK);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++, n++) {
		assert_int_equal(store_begin(f->store), ERR_OK);
		assert_int_equal(advance(f->store, &e, n, true), ERR_OK);
		assert_int_equal(advance(f->store, &d, 4, true), ERR_OK);
		assert_int_equal(advance(f->store, &g, n, true), ERR_OK);
		assert_int_equal(store_commit(f->store), ERR_OK);
		damage(f, (int)i + 1, 1, damages[i].at, damages[i].hex);
		assert_int_equal(
		    store_device_by_uid(f->store, d.uid, &found), ERR_FORMAT);
		assert_int_equal(n_of(f->store, &e), n + 1);
		carry_all(f->store, 8);
		assert_int_equal(n_of(f->store, &d), 4);
		assert_int_equal(n_of(f->store, &e), n + 1);
		assert_int_equal(n_of(f->store, &g), n + 1);
		assert_int_equal(entries_in(f), 0);
	}
}

/* Entries that are another's, or that stood at a lost end, are none. */
static void
test_damaged_rows(void **state)
{
	struct fixture *f = *state;
	struct store_device d = add(f->store, 1, 4), e = add(f->store, 2, 4);
	struct store_device g = add(f->store, 3, 4);
	struct store *other;
	char sql[96];

	assert_int_equal(store_journal_open(f->store), ERR_OK);
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d, 4, true), ERR_OK);
	assert_int_equal(advance(f->store, &e, 4, true), ERR_OK);
	assert_int_equal(advance(f->store, &g, 4, true), ERR_OK);
	assert_int_equal(store_commit(f->store), ERR_OK);
	damage(f, 1, 0, 0, "77");
	(void)snprintf(sql, sizeof(sql),
	    "UPDATE journal SET entries = substr(entries, 1, %d)",
	    3 * (int)ENTRY_LEN - 1);
	fixture_sql(f, sql);
	for (int again = 0; again < 2; again++) {
		other = again ? fixture_open(f) : f->store;
		if (again)
			assert_int_equal(store_journal_open(other), ERR_OK);
		assert_int_equal(n_of(other, &d), 4);
		assert_int_equal(n_of(other, &e), 5);
		assert_int_equal(n_of(other, &g), 4);
		if (again) {
			carry_all(other, 8);
			store_close(other);
		}
	}
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM journal"), 0);
	assert_int_equal(
	    fixture_number(f, "SELECT sum(n) FROM devices"), 4 + 5 + 4);
	/* More records than a row can have, and none at all. */
	fixture_sql(f, "INSERT INTO journal VALUES (1, zeroblob(100000), x''),"
		       " (2, x'', x'')");
	other = fixture_open(f);
	assert_int_equal(store_journal_open(other), ERR_OK);
	assert_int_equal(store_journal_waiting(other), 1);
	carry_all(other, 8);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM journal"), 0);
	store_close(other);
}

/* --- the entries of a transaction, until they are written --- */

/* All that a batch can hold, read within it and after it, and after a start. */
static void
batch(struct fixture *f, struct store_device d[MANY], bool defers)
{
	struct store *other;

	if (defers)
		store_defer(f->store, STORE_LOG_PAGES);
	assert_int_equal(store_journal_open(f->store), ERR_OK);
	assert_int_equal(store_begin(f->store), ERR_OK);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(advance(f->store, &d[i], 1, true), ERR_OK);
		assert_int_equal(n_of(f->store, &d[i]), 2);
		/* One that is not brief has to see it, too. */
		assert_int_equal(
		    advance(f->store, &d[i], 2, i % 3 != 0), ERR_OK);
		for (unsigned k = 0; k < MANY; k++)
			assert_int_equal(
			    n_of(f->store, &d[k]), k <= i ? 3u : 1u);
	}
	assert_int_equal(store_commit(f->store), ERR_OK);
	assert_int_equal(store_sync(f->store), ERR_OK);
	assert_true(
	    fixture_number(f, "SELECT count(*) FROM journal") < MANY / 2);
	other = fixture_open(f);
	assert_int_equal(store_journal_open(other), ERR_OK);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(n_of(f->store, &d[i]), 3);
		assert_int_equal(n_of(other, &d[i]), 3);
	}
	store_close(other);
	carry_all(f->store, 7);
	assert_int_equal(
	    fixture_number(f, "SELECT sum(n = 3) FROM devices"), MANY);
}

static void
add_many(struct store *store, struct store_device d[MANY])
{
	for (unsigned i = 0; i < MANY; i++)
		d[i] = add(store, i, 1);
}

static void
test_batch(void **state)
{
	struct store_device d[MANY];
	struct fixture *f = *state;

	add_many(f->store, d);
	batch(f, d, false);
}

static void
test_deferred_batch(void **state)
{
	struct store_device d[MANY];
	struct fixture *f = *state;

	add_many(f->store, d);
	batch(f, d, true);
}

/* What was undone is not written by the next transaction, or at an end. */
static void
test_undone_batch(void **state)
{
	struct store_device d[MANY];
	struct fixture *f = *state;
	struct store *other;

	add_many(f->store, d);
	assert_int_equal(store_journal_open(f->store), ERR_OK);
	for (unsigned count = 1; count < MANY; count++) {
		assert_int_equal(store_begin(f->store), ERR_OK);
		for (unsigned i = 0; i < count; i++)
			assert_int_equal(
			    advance(f->store, &d[i], 1, true), ERR_OK);
		store_rollback(f->store);
		for (unsigned i = 0; i < MANY; i++)
			assert_int_equal(n_of(f->store, &d[i]), 1);
		assert_int_equal(store_begin(f->store), ERR_OK);
		assert_int_equal(store_commit(f->store), ERR_OK);
		assert_int_equal(entries_in(f), 0);
	}
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d[0], 1, true), ERR_OK);
	store_rollback(f->store);
	assert_int_equal(advance(f->store, &d[1], 1, true), ERR_OK);
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d[2], 1, true), ERR_OK);
	store_close(f->store);
	f->store = fixture_open(f);
	assert_int_equal(entries_in(f), 1);
	other = fixture_open(f);
	assert_int_equal(store_journal_open(other), ERR_OK);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(n_of(other, &d[i]), i == 1 ? 2 : 1);
	store_close(other);
}

/* A row that cannot be written: nothing of its transaction stands. */
static void
test_refused_row(void **state)
{
	struct store_device d[MANY];
	struct fixture *f = *state;
	enum err err = ERR_OK;
	unsigned i = 0;

	add_many(f->store, d);
	assert_int_equal(store_journal_open(f->store), ERR_OK);
	fixture_sql(f, "CREATE TRIGGER t BEFORE INSERT ON journal BEGIN"
		       " SELECT raise(ABORT, 'no'); END");
	/* At a commit, */
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d[0], 1, true), ERR_OK);
	assert_int_not_equal(store_commit(f->store), ERR_OK);
	assert_int_equal(n_of(f->store, &d[0]), 1);
	/* alone, */
	assert_int_not_equal(advance(f->store, &d[0], 1, true), ERR_OK);
	assert_int_equal(n_of(f->store, &d[0]), 1);
	/* and full: it is not lost by who goes on, either. */
	assert_int_equal(store_begin(f->store), ERR_OK);
	while (err == ERR_OK && i < MANY)
		err = advance(f->store, &d[i++], 1, true);
	assert_true(err != ERR_OK && i < MANY);
	assert_int_equal(n_of(f->store, &d[i - 2]), 2);
	assert_int_equal(n_of(f->store, &d[i - 1]), 1);
	assert_int_equal(sqlite_exec(f->store, "DROP TRIGGER t"), ERR_OK);
	assert_int_equal(advance(f->store, &d[i - 1], 1, true), ERR_OK);
	assert_int_equal(store_commit(f->store), ERR_OK);
	for (unsigned k = 0; k < MANY; k++)
		assert_int_equal(n_of(f->store, &d[k]), k < i ? 2 : 1);
	carry_all(f->store, 8);
	assert_int_equal(
	    fixture_number(f, "SELECT sum(n = 2) FROM devices"), i);
}

/* Which device has an alias; 0: none. */
static unsigned
device_of(struct store *store, const uint8_t alias[ALIAS_LEN])
{
	struct store_device found;
	enum err err = store_device_by_alias(store, alias, &found);

	if (err == ERR_NOT_FOUND)
		return 0;
	assert_int_equal(err, ERR_OK);
	assert_memory_equal(found.alias, alias, ALIAS_LEN);
	return found.uid[UID_LEN - 1];
}

/* A look-up goes where the row was the last time, and looks who is there. */
static void
test_places_of_rows(void **state)
{
	static const uint8_t other[ALIAS_LEN] = {3, 3, 3, 9, 9, 9};
	struct fixture *f = *state;
	struct store_device d[3];
	unsigned uid[3];

	for (unsigned i = 0; i < 3; i++)
		d[i] = add(f->store, i + 1, 1);
	assert_int_equal(store_journal_open(f->store), ERR_OK);
	for (unsigned i = 0; i < 3; i++) {
		uid[i] = d[i].uid[UID_LEN - 1];
		assert_int_equal(device_of(f->store, d[i].alias), uid[i]);
		assert_int_equal(device_of(f->store, d[i].alias), uid[i]);
	}
	/* Two that share a place. */
	assert_int_equal(device_of(f->store, other), 0);
	assert_int_equal(device_of(f->store, d[1].alias), uid[1]);
	/* Rows that change their places, behind this store's back. */
	fixture_sql(f, "UPDATE devices SET rowid = rowid + 1000;"
		       "UPDATE devices SET rowid = 3003 - rowid");
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(device_of(f->store, d[i].alias), uid[i]);
	/* Aliases that change theirs, and one that goes. */
	fixture_sql(f, "UPDATE devices SET alias = NULL WHERE alias ="
		       " x'020202020202';"
		       "UPDATE devices SET alias = x'020202020202'"
		       " WHERE alias = x'030303030303'");
	assert_int_equal(device_of(f->store, d[0].alias), uid[1]);
	assert_int_equal(device_of(f->store, d[1].alias), 0);
	fixture_sql(f, "UPDATE devices SET alias = x'030303090909'"
		       " WHERE alias = x'040404040404'");
	assert_int_equal(device_of(f->store, other), uid[2]);
	assert_int_equal(device_of(f->store, d[1].alias), 0);
	assert_int_equal(device_of(f->store, other), uid[2]);
	assert_int_equal(device_of(f->store, d[2].alias), 0);
}

/* As many aliases of one set as it has places are known, and one more. */
static void
test_places_of_a_set(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	uint8_t alias[PLACES_SET + 1][ALIAS_LEN] = {{0}};
	size_t known = 0;
	int64_t rowid;

	assert_int_equal(store_journal_open(store), ERR_OK);
	for (uint8_t i = 0; i <= PLACES_SET; i++) {
		alias[i][ALIAS_LEN - 1] = i;
		assert_false(places_find(store, alias[i], &rowid));
		places_keep(store, alias[i], i + 1);
		places_keep(store, alias[i], i + 100);
		assert_true(places_find(store, alias[i], &rowid));
		assert_int_equal(rowid, i + 100);
		if (i == PLACES_SET - 1)
			for (uint8_t j = 0; j < PLACES_SET; j++)
				assert_true(
				    places_find(store, alias[j], &rowid));
	}
	for (uint8_t i = 0; i <= PLACES_SET; i++)
		known += places_find(store, alias[i], &rowid);
	assert_int_equal(known, PLACES_SET);
}

/* A failure may undo a transaction by itself: a row would stand alone. */
static void
test_undone_by_itself(void **state)
{
	struct fixture *f = *state;
	struct store_device d = add(f->store, 1, 4);

	assert_int_equal(store_journal_open(f->store), ERR_OK);
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(advance(f->store, &d, 4, true), ERR_OK);
	assert_int_equal(sqlite_exec(f->store, "ROLLBACK"), ERR_OK);
	assert_int_not_equal(store_commit(f->store), ERR_OK);
	assert_int_equal(entries_in(f), 0);
	assert_int_equal(n_of(f->store, &d), 4);
	assert_int_equal(advance(f->store, &d, 4, true), ERR_OK);
	assert_int_equal(n_of(f->store, &d), 5);
}

/* Every length of address, and blobs that are short. */
static void
test_entries(void **state)
{
	static struct entries row;
	uint8_t uid[UID_LEN] = {0};
	struct entry e = {.seen = 7}, found;
	size_t count = 0;

	(void)state;
	for (size_t len = 0; len < STORE_ADDRESS_MAX; len++) {
		entries_clear(&row);
		memset(e.address, 'a', len);
		e.address[len] = '\0';
		for (count = 0; entries_fit(&row, &e); count++) {
			uid[0] = (uint8_t)count;
			e.n = count;
			e.ck = fixture_blob((uint8_t)count);
			e.ck.len = len % (BLOB_MAX + 1);
			entries_add(&row, uid, &e);
		}
		assert_true(count >= 8 && count < ENTRIES_MAX);
		assert_null(entries_uid(entries_records(&row), count));
		for (size_t i = 0; i < count; i++) {
			uid[0] = (uint8_t)i;
			assert_int_equal(
			    entries_read(entries_records(&row),
				entries_addresses(&row), i, uid, &found),
			    ERR_OK);
			assert_int_equal(found.n, i);
			assert_int_equal(found.seen, 7);
			assert_int_equal(found.ck.len, len % (BLOB_MAX + 1));
			assert_string_equal(found.address, e.address);
			uid[0]++;
			assert_int_equal(
			    entries_read(entries_records(&row),
				entries_addresses(&row), i, uid, &found),
			    ERR_NOT_FOUND);
		}
	}
}

/* --- the table in memory, against an array --- */

#define UIDS 3000
#define STEPS 60000

static void
uid_of(unsigned i, uint8_t uid[UID_LEN])
{
	memset(uid, 0, UID_LEN);
	uid[0] = (uint8_t)(i >> 8);
	uid[7] = (uint8_t)i;
}

static void
compare_all(const struct latest *l, const uint64_t *want, uint64_t from)
{
	uint8_t uid[UID_LEN];

	for (unsigned i = 0; i < UIDS; i++) {
		uid_of(i, uid);
		assert_int_equal(
		    latest_find(l, uid), want[i] > from ? want[i] : 0);
	}
}

static void
test_latest(void **state)
{
	static uint64_t want[UIDS], before[UIDS];
	struct latest_entry *sorted = NULL;
	struct latest l;
	uint64_t from = 0;
	uint8_t uid[UID_LEN];
	size_t count = 0;

	(void)state;
	srand(1);
	latest_init(&l, 12345);
	compare_all(&l, want, 0);
	for (unsigned step = 1; step <= STEPS; step++) {
		unsigned i = (unsigned)rand() % UIDS;

		uid_of(i, uid);
		assert_int_equal(latest_enter(&l, uid, step), ERR_OK);
		want[i] = step;
		if (step % 251 == 0) {
			latest_undo(&l);
			memcpy(want, before, sizeof(want));
		} else if (step % 97 == 0) {
			latest_keep(&l);
			memcpy(before, want, sizeof(want));
		}
		if (step % 6000 == 0) {
			latest_keep(&l);
			memcpy(before, want, sizeof(want));
			from = step - 2000;
			latest_forget(&l, from);
			compare_all(&l, want, from);
		}
	}
	assert_int_equal(latest_sorted(&l, &sorted, &count), ERR_OK);
	assert_true(count > 0 && count <= l.taken);
	for (size_t i = 1; i < count; i++)
		assert_true(
		    memcmp(sorted[i - 1].uid, sorted[i].uid, UID_LEN) < 0);
	free(sorted);
	latest_done(&l);
}

int
main(void)
{
#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_read_with_the_journal),
	    TEST(test_undone),
	    TEST(test_opened_again),
	    TEST(test_carried_in_parts),
	    TEST(test_a_part_that_fails),
	    TEST(test_left_generation),
	    TEST(test_other_context),
	    TEST(test_erased),
	    TEST(test_damaged),
	    TEST(test_damaged_rows),
	    TEST(test_batch),
	    TEST(test_deferred_batch),
	    TEST(test_undone_batch),
	    TEST(test_refused_row),
	    TEST(test_places_of_rows),
	    TEST(test_places_of_a_set),
	    TEST(test_undone_by_itself),
	    cmocka_unit_test(test_entries),
	    cmocka_unit_test(test_latest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
