/*
 * Random bytes out of a pool per thread: one call of RAND_bytes costs as
 * much for 16 bytes as for hundreds. What has been handed out is wiped from
 * the pool, and a child process starts with an empty one.
 */
#include "ossl.h"

#include <string.h>

#include "base/wipe.h"

static enum err
draw(uint8_t *out, size_t len)
{
	if (len > INT32_MAX || RAND_bytes(out, (int)len) != 1)
		return ossl_fail(ERR_RANDOM);
	return ERR_OK;
}

enum err
crypto_random(uint8_t *out, size_t len)
{
	struct ossl_thread *t = ossl_thread();
	uint8_t *at;

	if (t == NULL || len > RANDOM_POOL_LEN / 4)
		return draw(out, len);
	if (len > t->random_left) {
		t->random_left = 0;
		if (draw(t->random, RANDOM_POOL_LEN) != ERR_OK)
			return ERR_RANDOM;
		t->random_left = RANDOM_POOL_LEN;
	}
	t->random_left -= len;
	at = t->random + t->random_left;
	memcpy(out, at, len);
	wipe(at, len);
	return ERR_OK;
}

static enum err
source_fill(void *ctx UNUSED, uint8_t *out, size_t len)
{
	return crypto_random(out, len);
}

const struct random_source crypto_random_source = {source_fill, NULL};
