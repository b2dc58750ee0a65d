/*
 * Kept keys as contexts of OpenSSL that are never set up again. A new IV
 * would cost EVP half as much as a key: as CBC only ever adds IV and first
 * block, the first block is given with both the IV and the block that the
 * context remembers added to it, and the latter cancels out.
 *
 * Spec: NIST SP 800-38A, section 6.2.
 */
#include "ossl.h"

#include "base/wipe.h"
#include "crypto/kept.h"

/* One direction of CBC, and the last block of ciphertext that it saw. */
struct chain {
	EVP_CIPHER_CTX *ctx;
	uint8_t last[AES_BLOCK_LEN];
};

struct kept_cbc {
	struct chain encrypt, decrypt;
};

static bool
chain_start(struct chain *c, const uint8_t *key, int encrypt)
{
	c->ctx = EVP_CIPHER_CTX_new();
	return c->ctx != NULL &&
	       EVP_CipherInit_ex2(
		   c->ctx, ossl.cbc, key, c->last, encrypt, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(c->ctx, 0) == 1;
}

enum err
kept_cbc_new(const uint8_t key[AES128_KEY_LEN], struct kept_cbc **ret_key)
{
	struct kept_cbc *k;

	if (ossl_thread() == NULL)
		return ERR_CRYPTO;
	k = OPENSSL_zalloc(sizeof(*k));
	if (k == NULL)
		return ossl_fail(ERR_NOMEM);
	if (!chain_start(&k->encrypt, key, 1) ||
	    !chain_start(&k->decrypt, key, 0)) {
		kept_cbc_free(k);
		return ossl_fail(ERR_CRYPTO);
	}
	*ret_key = k;
	return ERR_OK;
}

void
kept_cbc_free(struct kept_cbc *k)
{
	if (k == NULL)
		return;
	EVP_CIPHER_CTX_free(k->encrypt.ctx);
	EVP_CIPHER_CTX_free(k->decrypt.ctx);
	OPENSSL_clear_free(k, sizeof(*k));
}

/* Adds IV and remembered block to a first block. */
static void
chain_turn(const struct chain *c, const uint8_t *iv, uint8_t *block)
{
	for (size_t i = 0; i < AES_BLOCK_LEN; i++)
		block[i] ^= iv[i] ^ c->last[i];
}

static enum err
chain_run(struct chain *c, uint8_t *data, size_t len)
{
	int n = 0;

	if (EVP_CipherUpdate(c->ctx, data, &n, data, (int)len) == 1 &&
	    (size_t)n == len)
		return ERR_OK;
	/* Nobody knows what it remembers now: without a key all will fail. */
	(void)EVP_CIPHER_CTX_reset(c->ctx);
	wipe(data, len);
	return ossl_fail(ERR_CRYPTO);
}

enum err
kept_cbc_encrypt(struct kept_cbc *k, const uint8_t iv[AES_BLOCK_LEN],
    uint8_t *data, size_t len)
{
	struct chain *c = &k->encrypt;
	enum err err;

	if (len % AES_BLOCK_LEN != 0 || len > INT32_MAX)
		return ERR_INVALID;
	if (len == 0)
		return ERR_OK;
	chain_turn(c, iv, data);
	err = chain_run(c, data, len);
	if (err == ERR_OK)
		memcpy(c->last, data + len - AES_BLOCK_LEN, AES_BLOCK_LEN);
	return err;
}

enum err
kept_cbc_decrypt(struct kept_cbc *k, const uint8_t iv[AES_BLOCK_LEN],
    uint8_t *data, size_t len)
{
	struct chain *c = &k->decrypt;
	uint8_t last[AES_BLOCK_LEN];
	enum err err;

	if (len % AES_BLOCK_LEN != 0 || len > INT32_MAX)
		return ERR_INVALID;
	if (len == 0)
		return ERR_OK;
	memcpy(last, data + len - AES_BLOCK_LEN, AES_BLOCK_LEN);
	err = chain_run(c, data, len);
	if (err != ERR_OK)
		return err;
	chain_turn(c, iv, data);
	memcpy(c->last, last, AES_BLOCK_LEN);
	return ERR_OK;
}
