/*
 * Random bytes. The port's source is meant to be good; the mixing keeps two
 * boots, and two pieces of silicon, apart when it is not.
 *
 * Every draw is Expand(HMAC(random key, 32 fresh bytes | sequence | draws)).
 */
#include "internal.h"

#include "base/wipe.h"

/* The PRK of one draw. */
static enum err
draw_prk(struct rot *rot, uint8_t prk[SHA256_LEN])
{
	uint8_t key[KEY_LEN], fresh[32], where[16];
	struct bytes parts[] = {BYTES_OF(fresh), BYTES_OF(where)};
	struct writer w;
	enum err err;

	writer_init(&w, where, sizeof(where));
	writer_u64(&w, rot->rec.sequence);
	writer_u64(&w, ++rot->draws);
	err = random_fill(&rot->port->random, fresh, sizeof(fresh));
	if (err == ERR_OK)
		err = hardware_expand(
		    rot, "random", BYTES_NONE, key, sizeof(key));
	if (err == ERR_OK)
		err = hmac_sha256(BYTES_OF(key), parts, ARRAY_LEN(parts), prk);
	wipe(key, sizeof(key));
	wipe(fresh, sizeof(fresh));
	return err;
}

enum err
rot_random(struct rot *rot, uint8_t *out, size_t len)
{
	uint8_t prk[SHA256_LEN];
	enum err err;

	err = draw_prk(rot, prk);
	if (err == ERR_OK)
		err = keys_expand(
		    BYTES_OF(prk), "random draw", BYTES_NONE, out, len);
	wipe(prk, sizeof(prk));
	return err;
}

static enum err
source_fill(void *ctx, uint8_t *out, size_t len)
{
	return rot_random(ctx, out, len);
}

struct random_source
rot_random_source(struct rot *rot)
{
	struct random_source source = {source_fill, rot};

	return source;
}
