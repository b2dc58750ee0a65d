/*
 * Tokens, and the cache that spares the database one look-up per call: a
 * table in RAM by the token's hash, four places for each first byte pair.
 */
#include "service/tokens.h"

#include "base/wipe.h"
#include "crypto/crypto.h"

#define CACHE_SETS 1024
#define CACHE_WAYS 4
#define EXPIRE_MAX 100 /* old tokens removed with each new pair */

struct cache_entry {
	uint8_t hash[SECRET_HASH_LEN];
	int64_t expires; /* 0: the entry is free */
	int64_t checked;
	struct actor actor;
};

struct token_cache {
	struct cache_entry entry[CACHE_SETS][CACHE_WAYS];
};

struct token_cache *
token_cache_new(void)
{
	return calloc(1, sizeof(struct token_cache));
}

void
token_cache_free(struct token_cache *cache)
{
	free(cache);
}

void
tokens_forget(struct service *s)
{
	memset(s->tokens, 0, sizeof(*s->tokens));
}

static struct cache_entry *
cache_set(struct token_cache *cache, const uint8_t *hash)
{
	return cache->entry[(hash[0] | hash[1] << 8) % CACHE_SETS];
}

static struct cache_entry *
cache_find(struct token_cache *cache, const uint8_t *hash)
{
	struct cache_entry *set = cache_set(cache, hash);

	for (size_t i = 0; i < CACHE_WAYS; i++) {
		if (set[i].expires != 0 &&
		    ct_equal(set[i].hash, hash, SECRET_HASH_LEN))
			return &set[i];
	}
	return NULL;
}

/* A place for a hash: its own, or that which was checked longest ago. */
static struct cache_entry *
cache_place(struct token_cache *cache, const uint8_t *hash)
{
	struct cache_entry *set = cache_set(cache, hash);
	struct cache_entry *oldest = cache_find(cache, hash);

	if (oldest != NULL)
		return oldest;
	oldest = &set[0];
	for (size_t i = 1; i < CACHE_WAYS; i++) {
		if (set[i].checked < oldest->checked)
			oldest = &set[i];
	}
	return oldest;
}

static enum err
text_hash(struct bytes text, uint8_t ret_hash[SECRET_HASH_LEN])
{
	return sha256(&text, 1, ret_hash);
}

enum err
token_draw(struct service *s, size_t len, char *ret_text,
    uint8_t ret_hash[SECRET_HASH_LEN])
{
	uint8_t raw[TOKEN_LEN];

	if (len > sizeof(raw))
		return ERR_INTERNAL;
	enum err err = service_draw(s, raw, len);

	if (err != ERR_OK)
		return err;
	base64url_encode(bytes_make(raw, len), ret_text);
	wipe(raw, sizeof(raw));
	return text_hash(bytes_str(ret_text), ret_hash);
}

/* Draws one token and writes its row. */
static enum err
token_issue(struct service *s, struct store_token *token, int64_t life_s,
    char ret_text[TOKEN_TEXT_SIZE])
{
	token->issued = service_now(s);
	token->expires = token->issued + life_s;
	enum err err = token_draw(s, TOKEN_LEN, ret_text, token->hash);

	if (err != ERR_OK)
		return err;
	return store_token_add(s->store, token);
}

/* Both tokens of a family, and some room where old ones were. */
static enum err
pair_issue(struct service *s, uint64_t apikey,
    const uint8_t family[TOKEN_FAMILY_LEN], struct token_pair *pair)
{
	struct store_token token = {.apikey = apikey};

	memcpy(token.family, family, sizeof(token.family));
	token.kind = TOKEN_ACCESS;
	enum err err = token_issue(s, &token, s->token_s, pair->auth);

	token.kind = TOKEN_REFRESH;
	if (err == ERR_OK)
		err = token_issue(s, &token, s->refresh_s, pair->refresh);
	if (err == ERR_OK)
		err = store_token_expire(s->store, service_now(s), EXPIRE_MAX);
	pair->expires_s = s->token_s;
	return err;
}

static enum err
pair_commit(struct service *s, enum err err, struct token_pair *pair,
    struct token_pair *ret_pair)
{
	if (err == ERR_OK)
		err = store_commit(s->store);
	else
		store_rollback(s->store);
	if (err == ERR_OK)
		*ret_pair = *pair;
	wipe(pair, sizeof(*pair));
	return err;
}

enum err
tokens_authenticate(struct service *s, struct bytes apikey, struct bytes secret,
    struct token_pair *ret_pair)
{
	struct store_apikey key = {0};
	uint8_t hash[SECRET_HASH_LEN];
	uint8_t family[TOKEN_FAMILY_LEN];
	enum err err = service_read(s);

	if (err != ERR_OK)
		return err;
	err = store_apikey_find(s->store, apikey, &key);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	bool known = err == ERR_OK && !key.revoked;

	err = text_hash(secret, hash);
	if (err != ERR_OK)
		return err;
	if (!ct_equal(hash, key.secret, sizeof(hash)) || !known)
		return ERR_AUTH;
	err = random_fill(s->random, family, sizeof(family));
	if (err == ERR_OK)
		err = service_write(s);
	if (err != ERR_OK)
		return err;
	struct token_pair pair;

	err = pair_issue(s, key.id, family, &pair);
	return pair_commit(s, err, &pair, ret_pair);
}

/* In a transaction: the family ends, and that is to last. */
static enum err
family_end(struct service *s, const uint8_t family[TOKEN_FAMILY_LEN])
{
	enum err err = store_token_end_family(s->store, family);

	if (err == ERR_OK)
		err = store_commit(s->store);
	else
		store_rollback(s->store);
	tokens_forget(s);
	return err == ERR_OK ? ERR_AUTH : err;
}

enum err
tokens_refresh(
    struct service *s, struct bytes refresh, struct token_pair *ret_pair)
{
	uint8_t hash[SECRET_HASH_LEN];
	struct store_token_view view;
	struct token_pair pair;
	enum err err = text_hash(refresh, hash);

	if (err == ERR_OK)
		err = service_write(s);
	if (err != ERR_OK)
		return err;
	err = store_token_find(s->store, hash, &view);
	if (err == ERR_NOT_FOUND ||
	    (err == ERR_OK &&
		(view.token.kind != TOKEN_REFRESH || view.apikey_revoked ||
		    view.token.expires <= service_now(s))))
		err = ERR_AUTH;
	if (err == ERR_OK && view.token.used)
		return family_end(s, view.token.family);
	if (err == ERR_OK)
		err = store_token_use(s->store, hash, service_now(s));
	if (err == ERR_OK)
		err =
		    pair_issue(s, view.token.apikey, view.token.family, &pair);
	return pair_commit(s, err, &pair, ret_pair);
}

static enum err
check_in_store(struct service *s, const uint8_t hash[SECRET_HASH_LEN],
    struct cache_entry *e)
{
	struct store_token_view view;
	enum err err = service_read(s);

	if (err == ERR_OK)
		err = store_token_find(s->store, hash, &view);
	if (err == ERR_NOT_FOUND)
		return ERR_AUTH;
	if (err != ERR_OK)
		return err;
	if (view.token.kind != TOKEN_ACCESS || view.apikey_revoked)
		return ERR_AUTH;
	memcpy(e->hash, hash, sizeof(e->hash));
	e->expires = view.token.expires;
	e->actor.tenant = view.tenant;
	e->actor.apikey = view.token.apikey;
	e->actor.services = view.services;
	e->actor.is_operator = view.is_operator;
	memcpy(e->actor.name, view.apikey_name, sizeof(e->actor.name));
	return ERR_OK;
}

enum err
tokens_check(struct service *s, struct bytes token, struct actor *ret_actor)
{
	uint8_t hash[SECRET_HASH_LEN];

	if (token.len != TOKEN_TEXT_LEN)
		return ERR_AUTH;
	enum err err = text_hash(token, hash);

	if (err != ERR_OK)
		return err;
	int64_t now = service_now(s);
	struct cache_entry *e = cache_find(s->tokens, hash);

	/* A clock that was set back makes the entry old, not new. */
	if (e == NULL || now < e->checked ||
	    now - e->checked >= TOKEN_CACHE_S) {
		struct cache_entry fresh = {.checked = now};

		err = check_in_store(s, hash, &fresh);
		if (err != ERR_OK) {
			if (e != NULL)
				e->expires = 0;
			return err;
		}
		e = cache_place(s->tokens, hash);
		*e = fresh;
	}
	if (now >= e->expires)
		return ERR_AUTH;
	*ret_actor = e->actor;
	return ERR_OK;
}
