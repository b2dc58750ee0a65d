/*
 * All chance of a run comes from its seed: numbers for what happens, and
 * bytes for those who ask for randomness.
 */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include <stdbool.h>

#include "base/random.h"

struct chance {
	uint64_t state;
};

/* Different streams of one seed do not disturb each other. */
struct chance chance_of(uint64_t seed, uint64_t stream);

uint64_t chance_next(struct chance *c);

/* A number from low to high, both included. */
uint64_t chance_between(struct chance *c, uint64_t low, uint64_t high);

/* True once in n times. */
bool chance_one_in(struct chance *c, uint64_t n);

/* Bytes out of a chance; it must outlive the source. */
struct random_source chance_source(struct chance *c);

#endif
