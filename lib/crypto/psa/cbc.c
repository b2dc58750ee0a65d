/*
 * AES-128-CBC, in several parts: only so does PSA take an IV of ours.
 *
 * Spec: NIST SP 800-38A, section 6.2.
 */
#include "psa.h"

#include "base/wipe.h"

typedef psa_status_t cipher_setup(
    psa_cipher_operation_t *op, psa_key_id_t key, psa_algorithm_t algorithm);

static psa_status_t
run(cipher_setup *setup, psa_key_id_t key, const uint8_t *iv, struct bytes in,
    uint8_t *out)
{
	psa_cipher_operation_t op = PSA_CIPHER_OPERATION_INIT;
	psa_status_t status = setup(&op, key, PSA_ALG_CBC_NO_PADDING);
	size_t len = 0, rest = 0;

	if (status == PSA_SUCCESS)
		status = psa_cipher_set_iv(&op, iv, AES_BLOCK_LEN);
	if (status == PSA_SUCCESS)
		status =
		    psa_cipher_update(&op, in.ptr, in.len, out, in.len, &len);
	if (status == PSA_SUCCESS)
		status = psa_cipher_finish(&op, out + len, in.len - len, &rest);
	psa_cipher_abort(&op);
	if (status == PSA_SUCCESS && len + rest != in.len)
		return PSA_ERROR_CORRUPTION_DETECTED;
	return status;
}

static enum err
crypt(cipher_setup *setup, psa_key_usage_t usage, const uint8_t *key,
    const uint8_t *iv, struct bytes in, uint8_t *ret_out)
{
	const struct key_use use = {
	    PSA_KEY_TYPE_AES, PSA_ALG_CBC_NO_PADDING, usage};
	psa_key_id_t id;
	enum err err;

	if (in.len % AES_BLOCK_LEN != 0)
		return ERR_INVALID;
	if (in.len == 0)
		return ERR_OK;
	err = key_import(&use, bytes_make(key, AES128_KEY_LEN), &id);
	if (err == ERR_OK && run(setup, id, iv, in, ret_out) != PSA_SUCCESS)
		err = ERR_CRYPTO;
	if (err != ERR_OK)
		wipe(ret_out, in.len);
	psa_destroy_key(id);
	return err == ERR_OK ? ERR_OK : ERR_CRYPTO;
}

enum err
aes128_cbc_encrypt(const uint8_t key[AES128_KEY_LEN],
    const uint8_t iv[AES_BLOCK_LEN], struct bytes in, uint8_t *ret_out)
{
	return crypt(psa_cipher_encrypt_setup, PSA_KEY_USAGE_ENCRYPT, key, iv,
	    in, ret_out);
}

enum err
aes128_cbc_decrypt(const uint8_t key[AES128_KEY_LEN],
    const uint8_t iv[AES_BLOCK_LEN], struct bytes in, uint8_t *ret_out)
{
	return crypt(psa_cipher_decrypt_setup, PSA_KEY_USAGE_DECRYPT, key, iv,
	    in, ret_out);
}
