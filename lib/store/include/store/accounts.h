/*
 * Users, API keys and tokens: who may call. Everything secret is a hash.
 */
#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include "store/store.h"

#define EMAIL_MAX 254
#define ROLE_MAX 8
#define SALT_LEN 16
#define PASSWORD_HASH_LEN 32
#define APIKEY_NAME_MAX 24
#define SECRET_HASH_LEN 32
#define TOKEN_FAMILY_LEN 16

struct store_user {
	uint64_t tenant;
	char email[EMAIL_MAX + 1];
	char role[ROLE_MAX + 1]; /* owner, admin, operator, viewer */
	uint8_t salt[SALT_LEN];
	uint8_t password[PASSWORD_HASH_LEN];
	int64_t created;
};

/* Adds a user. Errors: ERR_EXISTS (the tenant has this email already). */
MUST_CHECK enum err store_user_add(
    struct store *store, const struct store_user *user, uint64_t *ret_id);

/* Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_user_get(struct store *store, uint64_t tenant,
    struct bytes email, struct store_user *ret_user);

struct store_apikey {
	uint64_t id;
	uint64_t tenant;
	char name[APIKEY_NAME_MAX + 1];
	uint8_t secret[SECRET_HASH_LEN];
	int64_t created;
	bool revoked;
};

/* Adds a key; its id is not looked at. Errors: ERR_EXISTS (the name). */
MUST_CHECK enum err store_apikey_add(
    struct store *store, const struct store_apikey *key, uint64_t *ret_id);

/* Finds a key by its name. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_apikey_find(
    struct store *store, struct bytes name, struct store_apikey *ret_key);

/* Lists up to cap keys of a tenant after a number, ended ones too. */
MUST_CHECK enum err store_apikey_list(struct store *store, uint64_t tenant,
    uint64_t after, struct store_apikey *ret_keys, size_t cap,
    size_t *ret_count);

/* How many keys of a tenant are good. */
MUST_CHECK enum err store_apikey_count(
    struct store *store, uint64_t tenant, uint64_t *ret_count);

/* Ends a key of a tenant. Errors: ERR_NOT_FOUND (also: ended already). */
MUST_CHECK enum err store_apikey_revoke(
    struct store *store, uint64_t tenant, uint64_t id, int64_t now);

enum store_token_kind { TOKEN_ACCESS = 1, TOKEN_REFRESH = 2 };

struct store_token {
	uint8_t hash[SECRET_HASH_LEN];
	uint64_t apikey;
	enum store_token_kind kind;
	uint8_t family[TOKEN_FAMILY_LEN];
	int64_t issued;
	int64_t expires;
	bool used;
};

/* Adds a token by its hash. Errors: ERR_EXISTS, ERR_IO. */
MUST_CHECK enum err store_token_add(
    struct store *store, const struct store_token *token);

/* What hangs on a token: its key, and whose it is. */
struct store_token_view {
	struct store_token token;
	uint64_t tenant;
	char apikey_name[APIKEY_NAME_MAX + 1];
	bool apikey_revoked;
	uint32_t services; /* of the tenant's plan */
	bool is_operator; /* the tenant is the installation's operator */
};

/* Finds a token by its hash. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_token_find(struct store *store,
    const uint8_t hash[SECRET_HASH_LEN], struct store_token_view *ret_view);

/* Marks a refresh token as used. Errors: ERR_NOT_FOUND (used already). */
MUST_CHECK enum err store_token_use(
    struct store *store, const uint8_t hash[SECRET_HASH_LEN], int64_t now);

/* Removes all tokens of a family; there may be none. */
MUST_CHECK enum err store_token_end_family(
    struct store *store, const uint8_t family[TOKEN_FAMILY_LEN]);

/* Removes up to max tokens that have expired before now. */
MUST_CHECK enum err store_token_expire(
    struct store *store, int64_t now, uint64_t max);

#endif
