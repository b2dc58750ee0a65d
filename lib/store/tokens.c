/*
 * Rows of tokens, by the hash of what the caller holds. They go when they
 * have expired; used refresh tokens stay until then, to be recognised.
 */
#include "store/accounts.h"

#include "sql.h"

enum err
store_token_add(struct store *store, const struct store_token *token)
{
	static const struct sql sql = {
	    "INSERT INTO tokens (hash, apikey, kind, family, issued, expires)"
	    " VALUES ($1, $2, $3, $4, $5, $6)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, BYTES_OF(token->hash));
	query_bind_u64(&q, token->apikey);
	query_bind_i64(&q, (int64_t)token->kind);
	query_bind_blob(&q, BYTES_OF(token->family));
	query_bind_i64(&q, token->issued);
	query_bind_i64(&q, token->expires);
	return query_run(&q);
}

static void
view_read(struct query *q, void *ret_row)
{
	struct store_token_view *v = ret_row;

	v->token.apikey = query_u64(q, 0);
	v->token.kind = (enum store_token_kind)query_u32(q, 1);
	(void)query_copy(q, 2, v->token.family, sizeof(v->token.family));
	v->token.issued = query_i64(q, 3);
	v->token.expires = query_i64(q, 4);
	v->token.used = !query_is_null(q, 5);
	v->tenant = query_u64(q, 6);
	query_copy_text(q, 7, v->apikey_name, sizeof(v->apikey_name));
	v->apikey_revoked = !query_is_null(q, 8);
	v->services = query_u32(q, 9);
	v->is_operator = query_bool(q, 10);
	(void)query_copy(q, 11, v->token.hash, sizeof(v->token.hash));
}

enum err
store_token_find(struct store *store, const uint8_t hash[SECRET_HASH_LEN],
    struct store_token_view *ret_view)
{
	static const struct sql sql = {
	    "SELECT t.apikey, t.kind, t.family, t.issued, t.expires, t.used,"
	    " k.tenant, k.name, k.revoked, p.services, n.operator,"
	    " t.hash"
	    " FROM tokens t JOIN apikeys k ON k.id = t.apikey"
	    " JOIN tenants n ON n.id = k.tenant"
	    " JOIN plans p ON p.name = n.plan WHERE t.hash = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(hash, SECRET_HASH_LEN));
	return query_one(&q, view_read, ret_view, sizeof(*ret_view));
}

enum err
store_token_use(
    struct store *store, const uint8_t hash[SECRET_HASH_LEN], int64_t now)
{
	static const struct sql sql = {
	    "UPDATE tokens SET used = $1 WHERE hash = $2 AND used IS NULL"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_i64(&q, now);
	query_bind_blob(&q, bytes_make(hash, SECRET_HASH_LEN));
	return query_run_one(&q);
}

enum err
store_token_end_family(
    struct store *store, const uint8_t family[TOKEN_FAMILY_LEN])
{
	static const struct sql sql = {"DELETE FROM tokens WHERE family = $1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(family, TOKEN_FAMILY_LEN));
	return query_run(&q);
}

enum err
store_token_expire(struct store *store, int64_t now, uint64_t max)
{
	static const struct sql sql = {
	    "DELETE FROM tokens WHERE hash IN"
	    " (SELECT hash FROM tokens WHERE expires < $1 LIMIT $2)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_i64(&q, now);
	query_bind_u64(&q, max);
	return query_run(&q);
}
