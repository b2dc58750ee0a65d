/*
 * Ephemeral key pairs made ahead, while nothing waits. Each is used once.
 */
#ifndef CLOUD_DEVICES_POOL_H
#define CLOUD_DEVICES_POOL_H

#include "edhoc/edhoc.h"

#define POOL_MAX 512

struct pool {
	struct edhoc_ephemeral pair[POOL_MAX];
	size_t count;
};

/* Takes one; makes some if there is none. Errors: as p256_generate_many. */
MUST_CHECK enum err pool_take(struct pool *pool,
    const struct random_source *random, struct edhoc_ephemeral *ret_pair);

/* Makes some more; false when the pool is full, or making them failed. */
bool pool_fill(struct pool *pool, const struct random_source *random);

#endif
