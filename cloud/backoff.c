/*
 * Doubling, and started over by a life that was longer than the pause: a
 * child that dies now and then is back at once, one that cannot live costs
 * little.
 */
#include "backoff.h"

int
backoff_after(struct backoff *b, int64_t lived_ms)
{
	int wait_ms = lived_ms > b->next_ms ? 0 : b->next_ms;

	b->next_ms = wait_ms == 0 ? BACKOFF_FIRST_MS : 2 * wait_ms;
	if (b->next_ms > BACKOFF_MAX_MS)
		b->next_ms = BACKOFF_MAX_MS;
	return wait_ms;
}
