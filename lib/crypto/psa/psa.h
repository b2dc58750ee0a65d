/*
 * What the PSA files share. mbedTLS 2.28 keeps its keys in one unlocked table,
 * so that this implementation is for programs with a single thread, as the
 * ones on a module are; and its generator does not notice a fork, after which
 * only one side may go on using it.
 */
#ifndef CRYPTO_PSA_H
#define CRYPTO_PSA_H

#include <psa/crypto.h>

#include "internal.h"

/* What a key may be used for. */
struct key_use {
	psa_key_type_t type;
	psa_algorithm_t algorithm;
	psa_key_usage_t usage;
};

/*
 * Imports material as a volatile key. *ret_key is to be given to
 * psa_destroy_key, also after an error. Errors: ERR_INVALID (material is no
 * such key), ERR_CRYPTO.
 */
MUST_CHECK enum err key_import(
    const struct key_use *use, struct bytes material, psa_key_id_t *ret_key);

/*
 * One of ours for a PSA status: ERR_INVALID for PSA_ERROR_INVALID_ARGUMENT,
 * ERR_AUTH for PSA_ERROR_INVALID_SIGNATURE, else ERR_CRYPTO.
 */
enum err status_err(psa_status_t status);

#endif
