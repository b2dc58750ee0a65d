/*
 * SHA-256 and HMAC on SHA256_Update and its sisters, whose state lies on the
 * stack: most of what is hashed here is short, and for a message of 64 bytes
 * EVP takes twice as long, EVP_MAC four times. OpenSSL 3 advises against
 * these functions, but has not withdrawn them.
 *
 * Spec: FIPS 180-4; RFC 2104, section 2.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <string.h>

#include "base/wipe.h"
#include "internal.h"

static bool
hash_parts(struct bytes first, const struct bytes *parts, size_t count,
    uint8_t out[SHA256_LEN])
{
	SHA256_CTX md;
	bool good = SHA256_Init(&md) == 1 &&
		    SHA256_Update(&md, first.ptr, first.len) == 1;

	for (size_t i = 0; i < count && good; i++)
		good = SHA256_Update(&md, parts[i].ptr, parts[i].len) == 1;
	good = good && SHA256_Final(out, &md) == 1;
	wipe(&md, sizeof(md));
	return good;
}

enum err
sha256(const struct bytes *parts, size_t count, uint8_t ret_hash[SHA256_LEN])
{
	uint8_t hash[SHA256_LEN];
	bool good = hash_parts(BYTES_NONE, parts, count, hash);

	if (good)
		memcpy(ret_hash, hash, sizeof(hash));
	wipe(hash, sizeof(hash));
	return good ? ERR_OK : ERR_CRYPTO;
}

static void
xor_block(uint8_t block[SHA256_BLOCK], uint8_t with)
{
	for (size_t i = 0; i < SHA256_BLOCK; i++)
		block[i] ^= with;
}

/* key to one block, hashed first when it is longer. */
static bool
key_block(struct bytes key, uint8_t block[SHA256_BLOCK])
{
	memset(block, 0, SHA256_BLOCK);
	if (key.len > SHA256_BLOCK)
		return hash_parts(key, NULL, 0, block);
	if (key.len > 0)
		memcpy(block, key.ptr, key.len);
	return true;
}

static bool
hmac_parts(uint8_t block[SHA256_BLOCK], const struct bytes *parts, size_t count,
    uint8_t out[SHA256_LEN])
{
	struct bytes inner = bytes_make(out, SHA256_LEN);
	struct bytes pad = bytes_make(block, SHA256_BLOCK);

	xor_block(block, HMAC_IPAD);
	if (!hash_parts(pad, parts, count, out))
		return false;
	xor_block(block, HMAC_IPAD ^ HMAC_OPAD);
	return hash_parts(pad, &inner, 1, out);
}

enum err
hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
    uint8_t ret_mac[SHA256_LEN])
{
	uint8_t block[SHA256_BLOCK], mac[SHA256_LEN];
	bool good =
	    key_block(key, block) && hmac_parts(block, parts, count, mac);

	if (good)
		memcpy(ret_mac, mac, sizeof(mac));
	wipe(block, sizeof(block));
	wipe(mac, sizeof(mac));
	return good ? ERR_OK : ERR_CRYPTO;
}
