/*
 * Cipher suites, methods, and the Diffie-Hellman group that a suite names.
 */
#include "internal.h"

#include "base/wipe.h"

static const struct edhoc_suite_info SUITES[] = {
    {EDHOC_SUITE_0, AEAD_CCM_16_64_128, 8, true},
    {EDHOC_SUITE_2, AEAD_CCM_16_64_128, 8, false},
    {EDHOC_SUITE_3, AEAD_CCM_16_128_128, 16, false},
};

const struct edhoc_suite_info *
edhoc_suite_find(int64_t suite)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(SUITES); i++) {
		if ((int64_t)SUITES[i].suite == suite)
			return &SUITES[i];
	}
	return NULL;
}

bool
edhoc_by_dh(enum edhoc_method method, enum edhoc_role role)
{
	if (method == EDHOC_DH_DH)
		return true;
	return method ==
	       (role == EDHOC_INITIATOR ? EDHOC_DH_SIGN : EDHOC_SIGN_DH);
}

static enum err
x25519_make(const struct random_source *source, struct edhoc_ephemeral *out)
{
	enum err err = random_fill(source, out->secret.d, X25519_LEN);

	if (err != ERR_OK)
		return err;
	memset(out->public_key.y, 0, sizeof(out->public_key.y));
	return x25519_public(out->secret.d, out->public_key.x);
}

enum err
edhoc_ephemeral_make(enum edhoc_suite suite, const struct random_source *source,
    struct edhoc_ephemeral *ret_own)
{
	const struct edhoc_suite_info *info = edhoc_suite_find(suite);
	struct edhoc_ephemeral own;
	enum err err;

	if (info == NULL)
		return ERR_UNSUPPORTED;
	if (info->is_25519)
		err = x25519_make(source, &own);
	else
		err = p256_generate(source, &own.secret, &own.public_key);
	if (err == ERR_OK)
		*ret_own = own;
	wipe(&own, sizeof(own));
	return err;
}

enum err
edhoc_ecdh(enum edhoc_suite suite, const struct p256_secret *secret,
    const struct p256_point *peer, uint8_t ret_shared[P256_LEN])
{
	const struct edhoc_suite_info *info = edhoc_suite_find(suite);

	if (info == NULL)
		return ERR_UNSUPPORTED;
	if (info->is_25519)
		return x25519_ecdh(secret->d, peer->x, ret_shared);
	return p256_ecdh(secret, peer, ret_shared);
}

enum err
edhoc_share_read(
    enum edhoc_suite suite, struct bytes in, struct p256_point *ret_share)
{
	const struct edhoc_suite_info *info = edhoc_suite_find(suite);

	if (info == NULL)
		return ERR_UNSUPPORTED;
	if (in.len != EDHOC_SHARE_LEN)
		return ERR_INVALID;
	if (!info->is_25519)
		return p256_point_decode(in, ret_share);
	memcpy(ret_share->x, in.ptr, EDHOC_SHARE_LEN);
	memset(ret_share->y, 0, sizeof(ret_share->y));
	return ERR_OK;
}
