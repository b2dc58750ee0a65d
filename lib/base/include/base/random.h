/*
 * The random source that protocol code is given. Protocol code never draws
 * from a source of its own, so that tests and the simulator can replay it.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* fill writes len random bytes to out, or returns ERR_RANDOM. */
struct random_source {
	enum err (*fill)(void *ctx, uint8_t *out, size_t len);
	void *ctx;
};

/* Draws len bytes from the source. Error: what the source returns. */
MUST_CHECK enum err random_fill(
    const struct random_source *source, uint8_t *out, size_t len);

#endif
