/*
 * SQL for the files of this room: statements that are prepared once, and a
 * sticky cursor that binds parameters in order and reads rows. A file keeps
 * its statements as static const struct sql of its own; a store finds the
 * prepared one by the address, so that no file knows of another's.
 *
 * Texts name their parameters $1, $2, ... in the order of their first use,
 * and use only what SQLite and PostgreSQL share where that is possible.
 *
 *	static const struct sql by_name = {
 *		"SELECT id FROM tenants WHERE name = $1"
 *	};
 *	query_start(&q, store, &by_name);
 *	query_bind_text(&q, name);
 *	if (query_row(&q))
 *		*ret_id = query_u64(&q, 0);
 *	else
 *		query_fail(&q, ERR_NOT_FOUND);
 *	return query_end(&q);
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>

#include "store/store.h"

struct sql {
	const char *text;
};

struct query {
	struct store *store;
	sqlite3_stmt *statement;
	int bound; /* parameters so far */
	bool on_row;
	enum err err;
};

/* Starts a statement, preparing it when this store sees it first. */
void query_start(struct query *q, struct store *store, const struct sql *sql);

/* Bind the next parameter. Bytes must live until query_end. */
void query_bind_i64(struct query *q, int64_t v);
void query_bind_u64(struct query *q, uint64_t v); /* ERR_INVALID: over 2^63-1 */
void query_bind_blob(struct query *q, struct bytes b);
void query_bind_text(struct query *q, struct bytes text);
void query_bind_null(struct query *q);
/* As above, but NULL for 0, for empty bytes and for an empty blob. */
void query_bind_u64_or_null(struct query *q, uint64_t v);
void query_bind_blob_or_null(struct query *q, struct bytes b);
void query_bind_text_or_null(struct query *q, struct bytes text);
void query_bind_secret(struct query *q, const struct store_blob *blob);

/* Steps to the next row; false when there is none, or after an error. */
bool query_row(struct query *q);

/* Read a column of the row; ERR_FORMAT for another type. NULL reads as 0. */
int64_t query_i64(struct query *q, int column);
uint64_t query_u64(struct query *q, int column);
uint32_t query_u32(struct query *q, int column);
bool query_bool(struct query *q, int column);
bool query_is_null(struct query *q, int column);
/* Views that live until the next step; NULL reads as empty. */
struct bytes query_blob(struct query *q, int column);
struct bytes query_text(struct query *q, int column);
/* Copies a blob of exactly len bytes; false, and out zeroed, for NULL. */
bool query_copy(struct query *q, int column, uint8_t *out, size_t len);
/* Copies a text and a NUL; ERR_FORMAT when it does not fit cap. */
void query_copy_text(struct query *q, int column, char *out, size_t cap);
void query_secret(struct query *q, int column, struct store_blob *out);

/* Records an error, unless one is there already. */
void query_fail(struct query *q, enum err err);

/* Ends: makes the statement ready for its next use. The first error. */
MUST_CHECK enum err query_end(struct query *q);

/* Reads the row that the query is on. */
typedef void query_read(struct query *q, void *ret_row);

/*
 * Ends a query for one row of size bytes, zeroed before it is read. Errors:
 * ERR_NOT_FOUND (then ret_row is as it was), those of query_end.
 */
MUST_CHECK enum err query_one(
    struct query *q, query_read *read, void *ret_row, size_t size);

/* Ends a query for up to cap rows of size bytes each, zeroed likewise. */
MUST_CHECK enum err query_rows(struct query *q, query_read *read,
    void *ret_rows, size_t size, size_t cap, size_t *ret_count);

/* Ends a query for one number; 0 where there is no row. */
MUST_CHECK enum err query_number(struct query *q, uint64_t *ret_number);

/*
 * Runs a statement that changes rows to its end. Errors: ERR_EXISTS (a
 * unique value is taken), ERR_CONFLICT (a row it refers to is not there, or
 * is still referred to), ERR_INVALID (a CHECK).
 */
MUST_CHECK enum err query_run(struct query *q);

/* As query_run; ERR_NOT_FOUND when it changed no row. */
MUST_CHECK enum err query_run_one(struct query *q);

/* The number of the row that was inserted last. */
uint64_t query_last_id(const struct store *store);

/* How many rows the last change changed. */
uint64_t query_changes(const struct store *store);

#endif
