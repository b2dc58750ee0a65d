/*
 * Rules of API keys.
 */
#include "service/apikeys.h"

#include "base/wipe.h"

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
apikey_end(struct service *s, uint64_t tenant, uint64_t apikey)
{
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = store_apikey_revoke(s->store, tenant, apikey, service_now(s));
	if (err == ERR_OK)
		err = store_commit(s->store);
	else
		store_rollback(s->store);
	/* Its tokens stay as rows, but are looked up with the key's state. */
	tokens_forget(s);
	return err;
}
