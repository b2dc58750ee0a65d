/*
 * SplitMix64: every state is followed by another, and every bit counts. It
 * is no generator for secrets, and needs not be: a run has none.
 */
#include "chance.h"

struct chance
chance_of(uint64_t seed, uint64_t stream)
{
	struct chance c = {seed * UINT64_C(0x9e3779b97f4a7c15) + stream};

	c.state = chance_next(&c) ^ (stream << 32);
	return c;
}

uint64_t
chance_next(struct chance *c)
{
	uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t
chance_between(struct chance *c, uint64_t low, uint64_t high)
{
	return low + chance_next(c) % (high - low + 1);
}

bool
chance_one_in(struct chance *c, uint64_t n)
{
	return chance_next(c) % n == 0;
}

static enum err
draw(void *ctx, uint8_t *out, size_t len)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < len; i++) {
		bits = i % 8 == 0 ? chance_next(ctx) : bits >> 8;
		out[i] = (uint8_t)bits;
	}
	return ERR_OK;
}

struct random_source
chance_source(struct chance *c)
{
	return (struct random_source){draw, c};
}
