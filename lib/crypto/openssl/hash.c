/*
 * SHA-256 and HMAC on SHA256_Update and its sisters, whose state lies on the
 * stack: most of what is hashed here is short, and for a message of 64 bytes
 * EVP takes twice as long, EVP_MAC four times. OpenSSL 3 advises against
 * these functions, but has not withdrawn them.
 *
 * Spec: FIPS 180-4 (5.1.1 for the padding); RFC 2104, section 2.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <endian.h>
#include <string.h>

#include "base/wipe.h"
#include "internal.h"

/* A bit, no zeros, and the length of the message. */
#define PADDING_MIN 9
/* The longest message that is hashed in one piece: every key derivation. */
#define SHORT_MAX (4 * SHA256_BLOCK - PADDING_MIN)
#define STATE_WORDS (SHA256_LEN / 4)

_Static_assert(sizeof(((struct hmac_key *)NULL)->word) == 2 * SHA256_LEN,
    "an HMAC key is two states");

static bool
update_parts(SHA256_CTX *md, const struct bytes *parts, size_t count)
{
	bool good = true;

	for (size_t i = 0; i < count && good; i++)
		good = SHA256_Update(md, parts[i].ptr, parts[i].len) == 1;
	return good;
}

enum err
sha256(const struct bytes *parts, size_t count, uint8_t ret_hash[SHA256_LEN])
{
	uint8_t hash[SHA256_LEN];
	SHA256_CTX md;
	bool good = SHA256_Init(&md) == 1 && update_parts(&md, parts, count) &&
		    SHA256_Final(hash, &md) == 1;

	if (good)
		memcpy(ret_hash, hash, sizeof(hash));
	wipe(hash, sizeof(hash));
	wipe(&md, sizeof(md));
	return good ? ERR_OK : ERR_CRYPTO;
}

/* --- HMAC: two hashes, each of a block of the key and what follows --- */

/* key to one block, hashed first when it is longer. */
static bool
key_block(struct bytes key, uint8_t block[SHA256_BLOCK])
{
	memset(block, 0, SHA256_BLOCK);
	if (key.len > SHA256_BLOCK)
		return sha256(&key, 1, block) == ERR_OK;
	if (key.len > 0)
		memcpy(block, key.ptr, key.len);
	return true;
}

static void
xor_block(uint8_t block[SHA256_BLOCK], uint8_t with)
{
	for (size_t i = 0; i < SHA256_BLOCK; i++)
		block[i] ^= with;
}

/* The state of a hash that has seen one block. */
static bool
block_state(const uint8_t block[SHA256_BLOCK], uint32_t state[STATE_WORDS])
{
	SHA256_CTX md;
	bool good = SHA256_Init(&md) == 1 &&
		    SHA256_Update(&md, block, SHA256_BLOCK) == 1;

	memcpy(state, md.h, SHA256_LEN);
	wipe(&md, sizeof(md));
	return good;
}

/* A hash in that state, which counts bits. */
static bool
block_resume(SHA256_CTX *md, const uint32_t state[STATE_WORDS])
{
	bool good = SHA256_Init(md) == 1;

	memcpy(md->h, state, SHA256_LEN);
	md->Nl = 8 * SHA256_BLOCK;
	return good;
}

enum err
hmac_key_init(struct bytes key, struct hmac_key *ret_key)
{
	uint8_t block[SHA256_BLOCK];
	struct hmac_key made;
	bool good = key_block(key, block);

	xor_block(block, HMAC_IPAD);
	good = good && block_state(block, made.word);
	xor_block(block, HMAC_IPAD ^ HMAC_OPAD);
	good = good && block_state(block, made.word + STATE_WORDS);
	if (good)
		*ret_key = made;
	wipe(block, sizeof(block));
	wipe(&made, sizeof(made));
	return good ? ERR_OK : ERR_CRYPTO;
}

static void
put_u32(uint8_t out[4], uint32_t v)
{
	uint32_t big_endian = htobe32(v);

	memcpy(out, &big_endian, sizeof(big_endian));
}

/*
 * Goes on with len bytes, which are padded where they lie, so that
 * SHA256_Update sees whole blocks and copies none. out may be within data.
 */
static bool
finish_short(const uint32_t state[STATE_WORDS], uint8_t *data, size_t len,
    uint8_t out[SHA256_LEN])
{
	size_t padded = (len + PADDING_MIN + SHA256_BLOCK - 1) / SHA256_BLOCK *
			SHA256_BLOCK;
	SHA256_CTX md;
	bool good;

	memset(data + len, 0, padded - len);
	data[len] = 0x80;
	put_u32(data + padded - 4, (uint32_t)(8 * (SHA256_BLOCK + len)));
	good =
	    block_resume(&md, state) && SHA256_Update(&md, data, padded) == 1;
	for (size_t i = 0; i < STATE_WORDS && good; i++)
		put_u32(out + 4 * i, md.h[i]);
	wipe(&md, sizeof(md));
	return good;
}

/* Goes on with a message of any length. */
static bool
finish_parts(const uint32_t state[STATE_WORDS], const struct bytes *parts,
    size_t count, uint8_t out[SHA256_LEN])
{
	SHA256_CTX md;
	bool good = block_resume(&md, state) &&
		    update_parts(&md, parts, count) &&
		    SHA256_Final(out, &md) == 1;

	wipe(&md, sizeof(md));
	return good;
}

/* Puts the parts in a row; false when that is more than SHORT_MAX bytes. */
static bool
gather(const struct bytes *parts, size_t count, uint8_t *out, size_t *ret_len)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (parts[i].len > SHORT_MAX - len)
			return false;
		if (parts[i].len > 0)
			memcpy(out + len, parts[i].ptr, parts[i].len);
		len += parts[i].len;
	}
	*ret_len = len;
	return true;
}

enum err
hmac_key_make(const struct hmac_key *key, const struct bytes *parts,
    size_t count, uint8_t ret_mac[SHA256_LEN])
{
	uint8_t data[SHORT_MAX + PADDING_MIN];
	size_t len;
	bool good = gather(parts, count, data, &len)
			? finish_short(key->word, data, len, data)
			: finish_parts(key->word, parts, count, data);

	good = good &&
	       finish_short(key->word + STATE_WORDS, data, SHA256_LEN, ret_mac);
	wipe(data, sizeof(data));
	return good ? ERR_OK : ERR_CRYPTO;
}

enum err
hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
    uint8_t ret_mac[SHA256_LEN])
{
	struct hmac_key prepared;
	enum err err = hmac_key_init(key, &prepared);

	if (err == ERR_OK)
		err = hmac_key_make(&prepared, parts, count, ret_mac);
	wipe(&prepared, sizeof(prepared));
	return err;
}
