/*
 * Rules of API keys.
 */
#include "service/apikeys.h"

#include "base/wipe.h"
#include "service/audit.h"

#define NAME_RANDOM_LEN 15 /* 20 characters of base64url */

enum err
apikey_make(struct service *s, uint64_t tenant,
    char ret_name[APIKEY_NAME_MAX + 1], char ret_secret[TOKEN_TEXT_SIZE])
{
	struct store_apikey key = {.tenant = tenant, .created = service_now(s)};
	char secret[TOKEN_TEXT_SIZE];
	uint8_t unused[SECRET_HASH_LEN];
	uint64_t count, id;
	enum err err = store_apikey_count(s->store, tenant, &count);

	if (err == ERR_OK && count >= APIKEYS_MAX)
		err = ERR_EXHAUSTED;
	if (err == ERR_OK)
		err = token_draw(s, NAME_RANDOM_LEN, key.name, unused);
	if (err == ERR_OK)
		err = token_draw(s, TOKEN_LEN, secret, key.secret);
	if (err == ERR_OK)
		err = store_apikey_add(s->store, &key, &id);
	if (err == ERR_OK) {
		memcpy(ret_name, key.name, sizeof(key.name));
		memcpy(ret_secret, secret, sizeof(secret));
	}
	wipe(secret, sizeof(secret));
	return err;
}

enum err
apikey_add(struct service *s, const struct actor *actor, const char *source,
    char ret_name[APIKEY_NAME_MAX + 1], char ret_secret[TOKEN_TEXT_SIZE])
{
	char name[APIKEY_NAME_MAX + 1], secret[TOKEN_TEXT_SIZE];
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = apikey_make(s, actor->tenant, name, secret);
	if (err == ERR_OK)
		err =
		    audit_add_by(s, actor, source, "apikey.create", name, "{}");
	err = service_write_end(s, err);
	if (err == ERR_OK) {
		memcpy(ret_name, name, sizeof(name));
		memcpy(ret_secret, secret, sizeof(secret));
	}
	wipe(secret, sizeof(secret));
	return err;
}

static enum err
revoke(struct service *s, const struct actor *actor, struct bytes name,
    struct store_apikey *ret_key)
{
	uint64_t count = 0;
	enum err err = store_apikey_find(s->store, name, ret_key);

	/* Another account's looks as if it were not there. */
	if (err == ERR_OK &&
	    (ret_key->tenant != actor->tenant || ret_key->revoked))
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = store_apikey_count(s->store, actor->tenant, &count);
	if (err == ERR_OK && count < 2)
		err = ERR_STATE;
	if (err == ERR_OK)
		err = store_apikey_revoke(
		    s->store, actor->tenant, ret_key->id, service_now(s));
	return err;
}

enum err
apikey_end(struct service *s, const struct actor *actor, const char *source,
    struct bytes name)
{
	struct store_apikey key;
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = revoke(s, actor, name, &key);
	if (err == ERR_OK)
		err = audit_add_by(
		    s, actor, source, "apikey.end", key.name, "{}");
	err = service_write_end(s, err);
	/* Its tokens stay as rows, but are looked up with the key's state. */
	tokens_forget(s);
	return err;
}
