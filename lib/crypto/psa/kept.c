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
