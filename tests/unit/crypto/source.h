/*
 * A random source that hands out bytes which the test has written down.
 */
#ifndef TEST_CRYPTO_SOURCE_H
#define TEST_CRYPTO_SOURCE_H

#include "base/bytes.h"
#include "base/random.h"

/* Gives out its bytes from the start, then fails with ERR_RANDOM. */
struct written_source {
	struct bytes bytes;
	size_t pos;
};

/* The source that reads from *w, which must outlive it. */
struct random_source source_of(struct written_source *w);

#endif
