/*
 * Rows of users. An email is one user's within a tenant.
 */
#include "store/accounts.h"

#include "sql.h"

enum err
store_user_add(
    struct store *store, const struct store_user *user, uint64_t *ret_id)
{
	static const struct sql sql = {
	    "INSERT INTO users (tenant, email, role, salt, password, created)"
	    " VALUES ($1, $2, $3, $4, $5, $6)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, user->tenant);
	query_bind_text(&q, bytes_str(user->email));
	query_bind_text(&q, bytes_str(user->role));
	query_bind_blob(&q, BYTES_OF(user->salt));
	query_bind_blob(&q, BYTES_OF(user->password));
	query_bind_i64(&q, user->created);
	enum err err = query_run(&q);

	if (err == ERR_OK)
		*ret_id = query_last_id(store);
	return err;
}

enum err
store_user_get(struct store *store, uint64_t tenant, struct bytes email,
    struct store_user *ret_user)
{
	static const struct sql sql = {
	    "SELECT email, role, salt, password, created FROM users"
	    " WHERE tenant = $1 AND email = $2"};
	struct store_user u = {.tenant = tenant};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	query_bind_text(&q, email);
	if (query_row(&q)) {
		query_copy_text(&q, 0, u.email, sizeof(u.email));
		query_copy_text(&q, 1, u.role, sizeof(u.role));
		(void)query_copy(&q, 2, u.salt, sizeof(u.salt));
		(void)query_copy(&q, 3, u.password, sizeof(u.password));
		u.created = query_i64(&q, 4);
	} else {
		query_fail(&q, ERR_NOT_FOUND);
	}
	enum err err = query_end(&q);

	if (err == ERR_OK)
		*ret_user = u;
	return err;
}
