/*
 * Random numbers for property tests: the same ones every time, from a seed
 * that is printed and that HOLDFAST_SEED replaces. Not for anything secret.
 */
#ifndef TESTS_UNIT_PRNG_H
#define TESTS_UNIT_PRNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct prng {
	uint64_t state;
};

/* Starts at the seed of the test, or of the environment, and prints it. */
static inline void
prng_init(struct prng *p, uint64_t seed)
{
	const char *text = getenv("HOLDFAST_SEED");

	if (text != NULL)
		seed = strtoull(text, NULL, 0);
	printf("HOLDFAST_SEED=%llu\n", (unsigned long long)seed);
	p->state = seed;
}

/* The next number: splitmix64. */
static inline uint64_t
prng_next(struct prng *p)
{
	uint64_t z = p->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* A number below limit, which is not 0. */
static inline size_t
prng_below(struct prng *p, size_t limit)
{
	return (size_t)(prng_next(p) % limit);
}

static inline void
prng_fill(struct prng *p, uint8_t *out, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = (uint8_t)prng_next(p);
}

#endif
