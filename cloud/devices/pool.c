/*
 * The pool is a stack: what is taken is wiped from it at once. Suites 2 and
 * 3 share a curve.
 */
#include "pool.h"

#include "base/wipe.h"

enum err
pool_take(struct pool *pool, const struct random_source *random,
    struct edhoc_ephemeral *ret_pair)
{
	struct edhoc_ephemeral *top;

	if (pool->count == 0)
		return edhoc_ephemeral_make(EDHOC_SUITE_2, random, ret_pair);
	top = &pool->pair[--pool->count];
	*ret_pair = *top;
	wipe(top, sizeof(*top));
	return ERR_OK;
}

bool
pool_fill(struct pool *pool, const struct random_source *random)
{
	if (pool->count == POOL_MAX)
		return false;
	if (edhoc_ephemeral_make(
		EDHOC_SUITE_2, random, &pool->pair[pool->count]) != ERR_OK)
		return false;
	pool->count++;
	return true;
}
