/*
 * AES-CCM and AES-GCM, in one shot: mbedTLS 2.28 has no multi-part AEAD. A
 * short tag is part of the algorithm that the key is imported for.
 *
 * Spec: NIST SP 800-38C and SP 800-38D.
 */
#include "psa.h"

#include "base/wipe.h"

static psa_algorithm_t
aead_algorithm(enum aead aead)
{
	if (aead == AEAD_GCM_256)
		return PSA_ALG_GCM;
	return PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, aead_tag_len(aead));
}

static enum err
import_aes(enum aead aead, struct bytes key, psa_key_usage_t usage,
    psa_key_id_t *ret_key)
{
	const struct key_use use = {
	    PSA_KEY_TYPE_AES, aead_algorithm(aead), usage};

	return key_import(&use, key, ret_key) == ERR_OK ? ERR_OK : ERR_CRYPTO;
}

enum err
aead_seal(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes plaintext, uint8_t *ret_out)
{
	size_t len, size = plaintext.len + aead_tag_len(aead);
	psa_key_id_t id;
	enum err err;

	if (aead_check(aead, key, nonce, aad, plaintext.len) != ERR_OK)
		return ERR_INVALID;
	err = import_aes(aead, key, PSA_KEY_USAGE_ENCRYPT, &id);
	if (err == ERR_OK &&
	    psa_aead_encrypt(id, aead_algorithm(aead), nonce.ptr, nonce.len,
		aad.ptr, aad.len, plaintext.ptr, plaintext.len, ret_out, size,
		&len) != PSA_SUCCESS)
		err = ERR_CRYPTO;
	if (err != ERR_OK)
		wipe(ret_out, size);
	psa_destroy_key(id);
	return err;
}

enum err
aead_open(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes ciphertext, uint8_t *ret_out)
{
	size_t len, text_len;
	psa_key_id_t id;
	enum err err;

	if (ciphertext.len < aead_tag_len(aead))
		return ERR_TRUNCATED;
	text_len = ciphertext.len - aead_tag_len(aead);
	if (aead_check(aead, key, nonce, aad, text_len) != ERR_OK)
		return ERR_INVALID;
	err = import_aes(aead, key, PSA_KEY_USAGE_DECRYPT, &id);
	if (err == ERR_OK)
		err = status_err(psa_aead_decrypt(id, aead_algorithm(aead),
		    nonce.ptr, nonce.len, aad.ptr, aad.len, ciphertext.ptr,
		    ciphertext.len, ret_out, text_len, &len));
	psa_destroy_key(id);
	if (err == ERR_OK)
		return ERR_OK;
	wipe(ret_out, text_len);
	return err == ERR_AUTH ? ERR_AUTH : ERR_CRYPTO;
}

/* Each call makes its key anew, and the library forgets it. */
void
aead_batch(void)
{
}

void
aead_batch_end(void)
{
}
