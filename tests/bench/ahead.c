/*
 * Every call of the two functions comes through here (ld --wrap).
 */
#include "ahead.h"

struct ahead {
	bool ready; /* and not used yet */
	struct p256_secret secret;
	struct p256_point public_key, peer;
	uint8_t shared[P256_LEN];
};

static struct ahead *ahead, *current;

enum err __real_p256_generate(const struct random_source *source,
    struct p256_secret *ret_secret, struct p256_point *ret_public);
enum err __wrap_p256_generate(const struct random_source *source,
    struct p256_secret *ret_secret, struct p256_point *ret_public);
enum err __real_p256_ecdh(const struct p256_secret *secret,
    const struct p256_point *peer, uint8_t ret_shared[P256_LEN]);
enum err __wrap_p256_ecdh(const struct p256_secret *secret,
    const struct p256_point *peer, uint8_t ret_shared[P256_LEN]);

enum err
__wrap_p256_generate(const struct random_source *source,
    struct p256_secret *ret_secret, struct p256_point *ret_public)
{
	if (current == NULL || !current->ready)
		return __real_p256_generate(source, ret_secret, ret_public);
	*ret_secret = current->secret;
	*ret_public = current->public_key;
	current->ready = false;
	return ERR_OK;
}

enum err
__wrap_p256_ecdh(const struct p256_secret *secret,
    const struct p256_point *peer, uint8_t ret_shared[P256_LEN])
{
	if (current == NULL ||
	    memcmp(secret, &current->secret, sizeof(*secret)) != 0 ||
	    memcmp(peer, &current->peer, sizeof(*peer)) != 0)
		return __real_p256_ecdh(secret, peer, ret_shared);
	memcpy(ret_shared, current->shared, P256_LEN);
	return ERR_OK;
}

void
ahead_init(size_t count)
{
	ahead = calloc(count, sizeof(*ahead));
	if (ahead == NULL)
		die("no memory for so many");
}

void
ahead_make(size_t i, const struct rot *rot)
{
	struct ahead *a = &ahead[i];
	unsigned kid = 0;

	while (rot_credential(rot, (uint8_t)kid, &a->peer) != ERR_OK)
		if (++kid > UINT8_MAX)
			die("a device that knows no service");
	must(__real_p256_generate(
		 &crypto_random_source, &a->secret, &a->public_key),
	    "ephemeral key");
	must(__real_p256_ecdh(&a->secret, &a->peer, a->shared), "agreement");
	a->ready = true;
}

void
ahead_of(size_t i)
{
	current = ahead != NULL ? &ahead[i] : NULL;
}
