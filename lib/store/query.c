/*
 * The cursor over prepared statements. It checks types on the way out, so
 * that a damaged row is an error and never a wrong value, and it never keeps
 * a caller's bytes after query_end.
 */
#include <assert.h>

#include "sqlite.h"

#define PARAMETER_NAME_MAX 16

/* Parameters must be bound by number: $1 is the first, $2 the second. */
static enum err
check_parameters(sqlite3_stmt *statement)
{
	char want[PARAMETER_NAME_MAX];
	const char *name;

	for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
		(void)snprintf(want, sizeof(want), "$%d", i);
		name = sqlite3_bind_parameter_name(statement, i);
		if (name == NULL || strcmp(name, want) != 0)
			return ERR_INTERNAL;
	}
	return ERR_OK;
}

static enum err
prepare(struct store *store, const struct sql *sql, sqlite3_stmt **ret)
{
	sqlite3_stmt *statement = NULL;
	enum err err;

	if (store->prepared_count >= STATEMENTS_MAX / 2)
		return ERR_SPACE;
	err = sqlite_error(
	    store, sqlite3_prepare_v3(store->db, sql->text, -1,
		       SQLITE_PREPARE_PERSISTENT, &statement, NULL));
	if (err == ERR_OK)
		err = check_parameters(statement);
	if (err != ERR_OK) {
		(void)sqlite3_finalize(statement);
		return err;
	}
	store->prepared_count++;
	*ret = statement;
	return ERR_OK;
}

/* The slot of a statement, or the free one where it belongs. */
static struct prepared *
find_slot(struct store *store, const struct sql *sql)
{
	size_t i = (size_t)(((uintptr_t)sql >> 3) * UINT64_C(0x9e3779b1) >> 7);
	struct prepared *slot;

	for (;; i++) {
		slot = &store->prepared[i % STATEMENTS_MAX];
		if (slot->sql == sql || slot->sql == NULL)
			return slot;
	}
}

void
query_start(struct query *q, struct store *store, const struct sql *sql)
{
	struct prepared *slot = find_slot(store, sql);

	*q = (struct query){.store = store, .err = sqlite_settle(store)};
	if (q->err != ERR_OK)
		return;
	if (slot->sql == NULL) {
		q->err = prepare(store, sql, &slot->statement);
		if (q->err != ERR_OK)
			return;
		slot->sql = sql;
	}
	q->statement = slot->statement;
	/* One cursor a statement at a time: else a loop would lose its row. */
	assert(sqlite3_stmt_busy(q->statement) == 0);
}

void
query_fail(struct query *q, enum err err)
{
	if (q->err == ERR_OK)
		q->err = err;
}

static void
bound(struct query *q, int result)
{
	query_fail(q, sqlite_error(q->store, result));
}

void
query_bind_i64(struct query *q, int64_t v)
{
	if (q->err == ERR_OK)
		bound(q, sqlite3_bind_int64(q->statement, ++q->bound, v));
}

void
query_bind_u64(struct query *q, uint64_t v)
{
	if (v > INT64_MAX)
		query_fail(q, ERR_INVALID);
	query_bind_i64(q, (int64_t)v);
}

void
query_bind_null(struct query *q)
{
	if (q->err == ERR_OK)
		bound(q, sqlite3_bind_null(q->statement, ++q->bound));
}

void
query_bind_blob(struct query *q, struct bytes b)
{
	/* A NULL pointer would bind NULL, where an empty blob is meant. */
	if (q->err == ERR_OK)
		bound(q, sqlite3_bind_blob64(q->statement, ++q->bound,
			     b.ptr != NULL ? (const void *)b.ptr : "", b.len,
			     SQLITE_STATIC));
}

void
query_bind_text(struct query *q, struct bytes text)
{
	if (q->err == ERR_OK)
		bound(q, sqlite3_bind_text64(q->statement, ++q->bound,
			     text.ptr != NULL ? (const char *)text.ptr : "",
			     text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void
query_bind_u64_or_null(struct query *q, uint64_t v)
{
	if (v == 0)
		query_bind_null(q);
	else
		query_bind_u64(q, v);
}

void
query_bind_blob_or_null(struct query *q, struct bytes b)
{
	if (b.len == 0)
		query_bind_null(q);
	else
		query_bind_blob(q, b);
}

void
query_bind_text_or_null(struct query *q, struct bytes text)
{
	if (text.len == 0)
		query_bind_null(q);
	else
		query_bind_text(q, text);
}

void
query_bind_secret(struct query *q, const struct store_blob *blob)
{
	query_bind_blob_or_null(q, bytes_make(blob->b, blob->len));
}

bool
query_row(struct query *q)
{
	int result;

	q->on_row = false;
	if (q->err != ERR_OK)
		return false;
	/* A parameter that was forgotten would silently be NULL. */
	assert(q->bound == sqlite3_bind_parameter_count(q->statement));
	result = sqlite3_step(q->statement);
	q->on_row = result == SQLITE_ROW;
	query_fail(q, sqlite_error(q->store, result));
	return q->on_row;
}

/*
 * A column that may be read as a type; NULL for one that is NULL, and after an
 * error. One call for what would be one each for type, bytes and length: a
 * store is one thread's, so that nothing has to protect a value of the row.
 */
static sqlite3_value *
value_of(struct query *q, int column, int type)
{
	sqlite3_value *value;
	int have;

	if (q->err != ERR_OK || !q->on_row) {
		query_fail(q, ERR_INTERNAL);
		return NULL;
	}
	value = sqlite3_column_value(q->statement, column);
	have = sqlite3_value_type(value);
	if (have == type)
		return value;
	if (have != SQLITE_NULL)
		query_fail(q, ERR_FORMAT);
	return NULL;
}

int64_t
query_i64(struct query *q, int column)
{
	sqlite3_value *value = value_of(q, column, SQLITE_INTEGER);

	return value != NULL ? sqlite3_value_int64(value) : 0;
}

uint64_t
query_u64(struct query *q, int column)
{
	int64_t v = query_i64(q, column);

	if (v < 0) {
		query_fail(q, ERR_FORMAT);
		return 0;
	}
	return (uint64_t)v;
}

uint32_t
query_u32(struct query *q, int column)
{
	uint64_t v = query_u64(q, column);

	if (v > UINT32_MAX) {
		query_fail(q, ERR_FORMAT);
		return 0;
	}
	return (uint32_t)v;
}

bool
query_bool(struct query *q, int column)
{
	return query_i64(q, column) != 0;
}

bool
query_is_null(struct query *q, int column)
{
	return q->on_row &&
	       sqlite3_column_type(q->statement, column) == SQLITE_NULL;
}

struct bytes
query_blob(struct query *q, int column)
{
	sqlite3_value *value = value_of(q, column, SQLITE_BLOB);
	const void *ptr;

	if (value == NULL)
		return BYTES_NONE;
	ptr = sqlite3_value_blob(value);
	return bytes_make(ptr, (size_t)sqlite3_value_bytes(value));
}

struct bytes
query_text(struct query *q, int column)
{
	sqlite3_value *value = value_of(q, column, SQLITE_TEXT);
	const void *ptr;

	if (value == NULL)
		return BYTES_NONE;
	ptr = sqlite3_value_text(value);
	return bytes_make(ptr, (size_t)sqlite3_value_bytes(value));
}

bool
query_copy(struct query *q, int column, uint8_t *out, size_t len)
{
	sqlite3_value *value = value_of(q, column, SQLITE_BLOB);
	const void *ptr = value != NULL ? sqlite3_value_blob(value) : NULL;

	if (value != NULL && (size_t)sqlite3_value_bytes(value) != len)
		query_fail(q, ERR_FORMAT);
	if (ptr == NULL || q->err != ERR_OK) {
		memset(out, 0, len);
		return false;
	}
	memcpy(out, ptr, len);
	return true;
}

void
query_copy_text(struct query *q, int column, char *out, size_t cap)
{
	struct bytes text = query_text(q, column);

	if (text.len >= cap) {
		query_fail(q, ERR_FORMAT);
		text.len = 0;
	}
	if (text.len > 0)
		memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
}

void
query_secret(struct query *q, int column, struct store_blob *out)
{
	struct bytes b = query_blob(q, column);

	*out = (struct store_blob){.len = 0};
	if (b.len > sizeof(out->b)) {
		query_fail(q, ERR_FORMAT);
		return;
	}
	if (b.len > 0)
		memcpy(out->b, b.ptr, b.len);
	out->len = b.len;
}

enum err
query_end(struct query *q)
{
	if (q->statement != NULL) {
		(void)sqlite3_reset(q->statement);
		(void)sqlite3_clear_bindings(q->statement);
	}
	q->statement = NULL;
	q->on_row = false;
	return q->err;
}

enum err
query_one(struct query *q, query_read *read, void *ret_row, size_t size)
{
	if (query_row(q)) {
		memset(ret_row, 0, size);
		read(q, ret_row);
	} else {
		query_fail(q, ERR_NOT_FOUND);
	}
	return query_end(q);
}

enum err
query_rows(struct query *q, query_read *read, void *ret_rows, size_t size,
    size_t cap, size_t *ret_count)
{
	uint8_t *row = ret_rows;
	size_t count = 0;
	enum err err;

	for (; count < cap && query_row(q); count++, row += size) {
		memset(row, 0, size);
		read(q, row);
	}
	err = query_end(q);
	if (err == ERR_OK)
		*ret_count = count;
	return err;
}

enum err
query_number(struct query *q, uint64_t *ret_number)
{
	uint64_t number = 0;
	enum err err;

	if (query_row(q))
		number = query_u64(q, 0);
	err = query_end(q);
	if (err == ERR_OK)
		*ret_number = number;
	return err;
}

enum err
query_run(struct query *q)
{
	while (query_row(q))
		continue;
	return query_end(q);
}

enum err
query_run_one(struct query *q)
{
	struct store *store = q->store;
	enum err err = query_run(q);

	if (err == ERR_OK && query_changes(store) == 0)
		return ERR_NOT_FOUND;
	return err;
}

uint64_t
query_last_id(const struct store *store)
{
	return (uint64_t)sqlite3_last_insert_rowid(store->db);
}

uint64_t
query_changes(const struct store *store)
{
	return (uint64_t)sqlite3_changes64(store->db);
}
