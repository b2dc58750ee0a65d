/*
 * AES-128-CBC with a context that this thread keeps. OpenSSL computes it;
 * whether the blocks mean anything is for the caller's MAC to say.
 *
 * Spec: NIST SP 800-38A, section 6.2.
 */
#include "ossl.h"

#include "base/wipe.h"

/* Puts a key of zeros in the place of the one that was used. */
static void
forget_key(EVP_CIPHER_CTX *ctx)
{
	static const uint8_t zeros[AES128_KEY_LEN];

	if (EVP_CipherInit_ex2(ctx, NULL, zeros, zeros, 1, NULL) != 1)
		ERR_clear_error();
}

static enum err
crypt(const uint8_t *key, const uint8_t *iv, int encrypt, struct bytes in,
    uint8_t *ret_out)
{
	struct ossl_thread *t = ossl_thread();
	int n = 0;
	bool good;

	if (in.len % AES_BLOCK_LEN != 0 || in.len > INT32_MAX)
		return ERR_INVALID;
	if (t == NULL)
		return ERR_CRYPTO;
	if (in.len == 0)
		return ERR_OK;
	good =
	    EVP_CipherInit_ex2(t->cbc, NULL, key, iv, encrypt, NULL) == 1 &&
	    EVP_CipherUpdate(t->cbc, ret_out, &n, in.ptr, (int)in.len) == 1 &&
	    (size_t)n == in.len;
	forget_key(t->cbc);
	if (good)
		return ERR_OK;
	wipe(ret_out, in.len);
	return ossl_fail(ERR_CRYPTO);
}

enum err
aes128_cbc_encrypt(const uint8_t key[AES128_KEY_LEN],
    const uint8_t iv[AES_BLOCK_LEN], struct bytes in, uint8_t *ret_out)
{
	return crypt(key, iv, 1, in, ret_out);
}

enum err
aes128_cbc_decrypt(const uint8_t key[AES128_KEY_LEN],
    const uint8_t iv[AES_BLOCK_LEN], struct bytes in, uint8_t *ret_out)
{
	return crypt(key, iv, 0, in, ret_out);
}
