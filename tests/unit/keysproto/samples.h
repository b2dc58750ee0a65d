/*
 * Random requests and answers of every kind, from a seed that the test
 * prints.
 */
#ifndef TESTS_KEYSPROTO_SAMPLES_H
#define TESTS_KEYSPROTO_SAMPLES_H

#include "keysproto/keysproto.h"

/* A small generator: the same seed gives the same samples everywhere. */
struct sample_random {
	uint64_t state;
};

extern const enum keysproto_op sample_ops[];
extern const size_t sample_op_count;

/* The seed of this run: HOLDFAST_SEED or a fresh one; prints it. */
uint64_t sample_seed(void);

uint64_t sample_number(struct sample_random *r);

/*
 * Makes a good request of an operation. Its views point into pool, which has
 * SAMPLE_POOL bytes. Everything that is not used is zero.
 */
#define SAMPLE_POOL 1024
void sample_request(struct sample_random *r, enum keysproto_op op,
    uint8_t *pool, struct keysproto_request *ret_q);

/* Makes a good answer that fits a request. */
void sample_answer(struct sample_random *r, const struct keysproto_request *q,
    struct keysproto_answer *ret_a);

#endif
