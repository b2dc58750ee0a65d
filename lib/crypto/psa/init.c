/*
 * Start, random source and key import of the PSA side.
 */
#include "psa.h"

enum err
status_err(psa_status_t status)
{
	switch (status) {
	case PSA_SUCCESS:
		return ERR_OK;
	case PSA_ERROR_INVALID_ARGUMENT:
		return ERR_INVALID;
	case PSA_ERROR_INVALID_SIGNATURE:
		return ERR_AUTH;
	default:
		return ERR_CRYPTO;
	}
}

enum err
key_import(
    const struct key_use *use, struct bytes material, psa_key_id_t *ret_key)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t key = 0;
	psa_status_t status;

	psa_set_key_type(&attributes, use->type);
	psa_set_key_algorithm(&attributes, use->algorithm);
	psa_set_key_usage_flags(&attributes, use->usage);
	status = psa_import_key(&attributes, material.ptr, material.len, &key);
	psa_reset_key_attributes(&attributes);
	*ret_key = key;
	return status_err(status);
}

enum err
crypto_init(void)
{
	return psa_crypto_init() == PSA_SUCCESS ? ERR_OK : ERR_CRYPTO;
}

enum err
crypto_random(uint8_t *out, size_t len)
{
	return psa_generate_random(out, len) == PSA_SUCCESS ? ERR_OK
							    : ERR_RANDOM;
}

static enum err
source_fill(void *ctx UNUSED, uint8_t *out, size_t len)
{
	return crypto_random(out, len);
}

const struct random_source crypto_random_source = {source_fill, NULL};
