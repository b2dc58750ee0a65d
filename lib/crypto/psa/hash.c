/*
 * SHA-256 and HMAC-SHA-256. PSA refuses an empty HMAC key, which RFC 2104
 * pads with zeros anyway.
 */
#include "psa.h"

#include <string.h>

#include "base/wipe.h"

static const uint8_t empty_key[SHA256_LEN];

enum err
sha256(const struct bytes *parts, size_t count, uint8_t ret_hash[SHA256_LEN])
{
	psa_hash_operation_t op = PSA_HASH_OPERATION_INIT;
	psa_status_t status = psa_hash_setup(&op, PSA_ALG_SHA_256);
	uint8_t hash[SHA256_LEN];
	size_t i, len;

	for (i = 0; i < count && status == PSA_SUCCESS; i++)
		status = psa_hash_update(&op, parts[i].ptr, parts[i].len);
	if (status == PSA_SUCCESS)
		status = psa_hash_finish(&op, hash, sizeof(hash), &len);
	psa_hash_abort(&op);
	if (status == PSA_SUCCESS)
		memcpy(ret_hash, hash, sizeof(hash));
	wipe(hash, sizeof(hash));
	return status == PSA_SUCCESS ? ERR_OK : ERR_CRYPTO;
}

static psa_status_t
mac_parts(psa_key_id_t key, const struct bytes *parts, size_t count,
    uint8_t mac[SHA256_LEN])
{
	psa_mac_operation_t op = PSA_MAC_OPERATION_INIT;
	psa_status_t status =
	    psa_mac_sign_setup(&op, key, PSA_ALG_HMAC(PSA_ALG_SHA_256));
	size_t i, len;

	for (i = 0; i < count && status == PSA_SUCCESS; i++)
		status = psa_mac_update(&op, parts[i].ptr, parts[i].len);
	if (status == PSA_SUCCESS)
		status = psa_mac_sign_finish(&op, mac, SHA256_LEN, &len);
	psa_mac_abort(&op);
	return status;
}

enum err
hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
    uint8_t ret_mac[SHA256_LEN])
{
	static const struct key_use use = {PSA_KEY_TYPE_HMAC,
	    PSA_ALG_HMAC(PSA_ALG_SHA_256), PSA_KEY_USAGE_SIGN_MESSAGE};
	uint8_t mac[SHA256_LEN];
	psa_key_id_t id;
	enum err err;

	if (key.len == 0)
		key = BYTES_OF(empty_key);
	err = key_import(&use, key, &id);
	if (err == ERR_OK && mac_parts(id, parts, count, mac) != PSA_SUCCESS)
		err = ERR_CRYPTO;
	if (err == ERR_OK)
		memcpy(ret_mac, mac, sizeof(mac));
	wipe(mac, sizeof(mac));
	psa_destroy_key(id);
	return err == ERR_OK ? ERR_OK : ERR_CRYPTO;
}

/* mbedTLS sets a key up for every message: what is prepared is its block. */
enum err
hmac_key_init(struct bytes key, struct hmac_key *ret_key)
{
	uint8_t block[SHA256_BLOCK] = {0};
	enum err err = ERR_OK;

	_Static_assert(sizeof(block) == sizeof(*ret_key), "a key is a block");
	if (key.len > sizeof(block))
		err = sha256(&key, 1, block);
	else if (key.len > 0)
		memcpy(block, key.ptr, key.len);
	if (err == ERR_OK)
		memcpy(ret_key, block, sizeof(block));
	wipe(block, sizeof(block));
	return err;
}

enum err
hmac_key_make(const struct hmac_key *key, const struct bytes *parts,
    size_t count, uint8_t ret_mac[SHA256_LEN])
{
	return hmac_sha256(
	    bytes_make(key, sizeof(*key)), parts, count, ret_mac);
}
