/*
 * Kept keys where nothing can be kept of them but themselves: mbedTLS sets
 * its keys up for every message. For builds of the host programs on PSA.
 */
#include "crypto/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "internal.h"

struct kept_cbc {
	uint8_t key[AES128_KEY_LEN];
};

struct kept_hmac {
	uint8_t key[SHA256_BLOCK];
	size_t len;
};

enum err
kept_cbc_new(const uint8_t key[AES128_KEY_LEN], struct kept_cbc **ret_key)
{
	struct kept_cbc *k = malloc(sizeof(*k));

	if (k == NULL)
		return ERR_NOMEM;
	memcpy(k->key, key, sizeof(k->key));
	*ret_key = k;
	return ERR_OK;
}

void
kept_cbc_free(struct kept_cbc *k)
{
	if (k != NULL)
		wipe(k, sizeof(*k));
	free(k);
}

enum err
kept_cbc_encrypt(struct kept_cbc *k, const uint8_t iv[AES_BLOCK_LEN],
    uint8_t *data, size_t len)
{
	return aes128_cbc_encrypt(k->key, iv, bytes_make(data, len), data);
}

enum err
kept_cbc_decrypt(struct kept_cbc *k, const uint8_t iv[AES_BLOCK_LEN],
    uint8_t *data, size_t len)
{
	return aes128_cbc_decrypt(k->key, iv, bytes_make(data, len), data);
}

enum err
kept_hmac_new(struct bytes key, struct kept_hmac **ret_key)
{
	struct kept_hmac *k;

	if (key.len == 0 || key.len > SHA256_BLOCK)
		return ERR_INVALID;
	k = malloc(sizeof(*k));
	if (k == NULL)
		return ERR_NOMEM;
	memcpy(k->key, key.ptr, key.len);
	k->len = key.len;
	*ret_key = k;
	return ERR_OK;
}

void
kept_hmac_free(struct kept_hmac *k)
{
	if (k != NULL)
		wipe(k, sizeof(*k));
	free(k);
}

enum err
kept_hmac_make(
    struct kept_hmac *k, struct bytes data, uint8_t ret_mac[SHA256_LEN])
{
	return hmac_sha256(bytes_make(k->key, k->len), &data, 1, ret_mac);
}
