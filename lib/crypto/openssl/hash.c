/*
 * SHA-256 and HMAC with this thread's one digest context. HMAC is made of
 * two hashes here: EVP_MAC takes twice as long for short messages.
 *
 * Spec: FIPS 180-4; RFC 2104, section 2.
 */
#include "ossl.h"

#include <string.h>

#include "base/wipe.h"

static bool
hash_parts(EVP_MD_CTX *md, struct bytes first, const struct bytes *parts,
    size_t count, uint8_t out[SHA256_LEN])
{
	size_t i;

	if (EVP_DigestInit_ex2(md, NULL, NULL) != 1 ||
	    EVP_DigestUpdate(md, first.ptr, first.len) != 1)
		return false;
	for (i = 0; i < count; i++) {
		if (EVP_DigestUpdate(md, parts[i].ptr, parts[i].len) != 1)
			return false;
	}
	return EVP_DigestFinal_ex(md, out, NULL) == 1;
}

/* Leaves nothing of the last message, or of its hash, in the context. */
static void
hash_forget(EVP_MD_CTX *md)
{
	if (EVP_DigestInit_ex2(md, NULL, NULL) != 1)
		ERR_clear_error();
}

enum err
sha256(const struct bytes *parts, size_t count, uint8_t ret_hash[SHA256_LEN])
{
	struct ossl_thread *t = ossl_thread();
	uint8_t hash[SHA256_LEN];
	bool good;

	if (t == NULL)
		return ERR_CRYPTO;
	good = hash_parts(t->md, BYTES_NONE, parts, count, hash);
	hash_forget(t->md);
	if (good)
		memcpy(ret_hash, hash, sizeof(hash));
	wipe(hash, sizeof(hash));
	return good ? ERR_OK : ossl_fail(ERR_CRYPTO);
}

static void
xor_block(uint8_t block[SHA256_BLOCK], uint8_t with)
{
	size_t i;

	for (i = 0; i < SHA256_BLOCK; i++)
		block[i] ^= with;
}

/* key to one block, hashed first when it is longer. */
static bool
key_block(EVP_MD_CTX *md, struct bytes key, uint8_t block[SHA256_BLOCK])
{
	memset(block, 0, SHA256_BLOCK);
	if (key.len > SHA256_BLOCK)
		return hash_parts(md, key, NULL, 0, block);
	if (key.len > 0)
		memcpy(block, key.ptr, key.len);
	return true;
}

static bool
hmac_parts(EVP_MD_CTX *md, uint8_t block[SHA256_BLOCK],
    const struct bytes *parts, size_t count, uint8_t out[SHA256_LEN])
{
	struct bytes inner = bytes_make(out, SHA256_LEN);
	struct bytes pad = bytes_make(block, SHA256_BLOCK);

	xor_block(block, HMAC_IPAD);
	if (!hash_parts(md, pad, parts, count, out))
		return false;
	xor_block(block, HMAC_IPAD ^ HMAC_OPAD);
	return hash_parts(md, pad, &inner, 1, out);
}

enum err
hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
    uint8_t ret_mac[SHA256_LEN])
{
	struct ossl_thread *t = ossl_thread();
	uint8_t block[SHA256_BLOCK], mac[SHA256_LEN];
	bool good;

	if (t == NULL)
		return ERR_CRYPTO;
	good = key_block(t->md, key, block) &&
	       hmac_parts(t->md, block, parts, count, mac);
	hash_forget(t->md);
	if (good)
		memcpy(ret_mac, mac, sizeof(mac));
	wipe(block, sizeof(block));
	wipe(mac, sizeof(mac));
	return good ? ERR_OK : ossl_fail(ERR_CRYPTO);
}
