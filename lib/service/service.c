/*
 * The two kinds of transaction, and what every rule needs.
 */
#include "service/service.h"

#include "service/tokens.h"

#define TOKEN_S 3600
#define REFRESH_S (30L * 86400)

enum err
service_init(struct service *s, struct store *store,
    const struct random_source *random, int64_t (*now)(void *ctx),
    void *now_ctx)
{
	*s = (struct service){.store = store,
	    .random = random,
	    .now = now,
	    .now_ctx = now_ctx,
	    .token_s = TOKEN_S,
	    .refresh_s = REFRESH_S,
	    .tokens = token_cache_new()};
	return s->tokens != NULL ? ERR_OK : ERR_NOMEM;
}

void
service_done(struct service *s)
{
	token_cache_free(s->tokens);
	s->tokens = NULL;
}

int64_t
service_now(const struct service *s)
{
	return s->now(s->now_ctx);
}

enum err
service_read(struct service *s)
{
	if (store_in_transaction(s->store))
		return ERR_OK;
	return store_begin_read(s->store);
}

void
service_read_end(struct service *s)
{
	/* Nothing was written: dropping it is the same as committing. */
	if (store_in_transaction(s->store))
		store_rollback(s->store);
}

enum err
service_write(struct service *s)
{
	service_read_end(s);
	return store_begin(s->store);
}

enum err
service_write_end(struct service *s, enum err err)
{
	if (err == ERR_OK)
		return store_commit(s->store);
	store_rollback(s->store);
	return err;
}

enum err
service_draw(const struct service *s, uint8_t *ret_raw, size_t len)
{
	const uint8_t hyphen = 62; /* its place in the alphabet, RFC 4648 */
	enum err err = random_fill(s->random, ret_raw, len);

	if (err == ERR_OK && ret_raw[0] >> 2 == hyphen)
		ret_raw[0] ^= 0x80;
	return err;
}
