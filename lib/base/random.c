/*
 * The way from protocol code to whatever source it was given.
 */
#include "base/random.h"

enum err
random_fill(const struct random_source *source, uint8_t *out, size_t len)
{
	return source->fill(source->ctx, out, len);
}
