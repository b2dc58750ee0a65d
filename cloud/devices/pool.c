/*
 * The pool is a stack: what is taken is wiped from it at once. Suites 2 and
 * 3 share a curve.
 */
#include "pool.h"

#include "base/wipe.h"

#define STEP 16 /* pairs that are made together, for less than one by one */

/* Makes some more, for which there is room. */
static enum err
add(struct pool *pool, const struct random_source *random)
{
	struct p256_secret secret[STEP];
	struct p256_point public_key[STEP];
	enum err err = p256_generate_many(random, secret, public_key, STEP);

	for (size_t i = 0; i < STEP && err == ERR_OK; i++) {
		struct edhoc_ephemeral *pair = &pool->pair[pool->count++];

		pair->secret = secret[i];
		pair->public_key = public_key[i];
	}
	wipe(secret, sizeof(secret));
	return err;
}

enum err
pool_take(struct pool *pool, const struct random_source *random,
    struct edhoc_ephemeral *ret_pair)
{
	struct edhoc_ephemeral *top;
	enum err err = pool->count > 0 ? ERR_OK : add(pool, random);

	if (err != ERR_OK)
		return err;
	top = &pool->pair[--pool->count];
	*ret_pair = *top;
	wipe(top, sizeof(*top));
	return ERR_OK;
}

bool
pool_fill(struct pool *pool, const struct random_source *random)
{
	return pool->count + STEP <= POOL_MAX && add(pool, random) == ERR_OK;
}
