/*
 * The random source of tests that know what is drawn.
 */
#include "source.h"

static enum err
fill(void *ctx, uint8_t *out, size_t len)
{
	struct written_source *w = ctx;

	if (len > w->bytes.len - w->pos)
		return ERR_RANDOM;
	memcpy(out, w->bytes.ptr + w->pos, len);
	w->pos += len;
	return ERR_OK;
}

struct random_source
source_of(struct written_source *w)
{
	struct random_source source = {fill, w};

	return source;
}
