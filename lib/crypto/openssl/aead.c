/*
 * AES-CCM and AES-GCM with contexts that this thread keeps, one for each
 * algorithm, because the lengths of nonce and tag are set once in it.
 *
 * Spec: NIST SP 800-38C and SP 800-38D.
 */
#include "ossl.h"

#include <string.h>

#include "base/wipe.h"

/* Stands for empty text: OpenSSL takes NULL for "this is the aad". */
static const uint8_t nothing[1];

/* Feeds the length (CCM wants it first) and the additional data. */
static bool
feed_aad(EVP_CIPHER_CTX *ctx, enum aead aead, struct bytes aad, size_t text_len)
{
	int n;

	if (aead != AEAD_GCM_256 &&
	    EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)text_len) != 1)
		return false;
	return aad.len == 0 ||
	       EVP_CipherUpdate(ctx, NULL, &n, aad.ptr, (int)aad.len) == 1;
}

static bool
feed_text(EVP_CIPHER_CTX *ctx, struct bytes text, uint8_t *out)
{
	const uint8_t *in = text.len == 0 ? nothing : text.ptr;
	int n;

	return EVP_CipherUpdate(ctx, out, &n, in, (int)text.len) == 1 &&
	       (size_t)n == text.len;
}

/* Puts a key of zeros in the place of the one that was used. */
static void
forget_key(EVP_CIPHER_CTX *ctx)
{
	static const uint8_t zeros[32];

	if (EVP_CipherInit_ex2(ctx, NULL, zeros, NULL, -1, NULL) != 1)
		ERR_clear_error();
}

static enum err
seal_text(EVP_CIPHER_CTX *ctx, enum aead aead, struct bytes aad,
    struct bytes plaintext, uint8_t *out)
{
	uint8_t *tag = out + plaintext.len;
	int n;

	if (feed_aad(ctx, aead, aad, plaintext.len) &&
	    feed_text(ctx, plaintext, out) &&
	    EVP_CipherFinal_ex(ctx, tag, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_GET_TAG, (int)aead_tag_len(aead), tag) == 1)
		return ERR_OK;
	wipe(out, plaintext.len + aead_tag_len(aead));
	return ossl_fail(ERR_CRYPTO);
}

enum err
aead_seal(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes plaintext, uint8_t *ret_out)
{
	struct ossl_thread *t = ossl_thread();
	EVP_CIPHER_CTX *ctx;
	enum err err;

	if (aead_check(aead, key, nonce, aad, plaintext.len) != ERR_OK)
		return ERR_INVALID;
	if (t == NULL)
		return ERR_CRYPTO;
	ctx = t->aead[aead];
	if (EVP_CipherInit_ex2(ctx, NULL, key.ptr, nonce.ptr, 1, NULL) != 1)
		return ossl_fail(ERR_CRYPTO);
	err = seal_text(ctx, aead, aad, plaintext, ret_out);
	forget_key(ctx);
	return err;
}

/* CCM finds a wrong tag while it is fed the text, GCM at the end. */
static enum err
open_text(EVP_CIPHER_CTX *ctx, enum aead aead, struct bytes aad,
    struct bytes text, uint8_t *out)
{
	uint8_t unused[1], *to = text.len == 0 ? unused : out;
	int n;

	if (!feed_aad(ctx, aead, aad, text.len))
		return ossl_fail(ERR_CRYPTO);
	if (feed_text(ctx, text, to) &&
	    EVP_CipherFinal_ex(ctx, unused, &n) == 1)
		return ERR_OK;
	wipe(out, text.len);
	return ossl_fail(ERR_AUTH);
}

/* Starts decryption; the tag has to be there before CCM sees its key. */
static bool
open_start(EVP_CIPHER_CTX *ctx, struct bytes key, struct bytes nonce,
    const uint8_t *tag, size_t tag_len)
{
	uint8_t copy[AEAD_TAG_MAX];

	memcpy(copy, tag, tag_len);
	return EVP_CipherInit_ex2(ctx, NULL, NULL, NULL, 0, NULL) == 1 &&
	       EVP_CIPHER_CTX_ctrl(
		   ctx, EVP_CTRL_AEAD_SET_TAG, (int)tag_len, copy) == 1 &&
	       EVP_CipherInit_ex2(ctx, NULL, key.ptr, nonce.ptr, 0, NULL) == 1;
}

enum err
aead_open(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes ciphertext, uint8_t *ret_out)
{
	struct ossl_thread *t = ossl_thread();
	size_t tag_len = aead_tag_len(aead);
	struct bytes text = ciphertext;
	EVP_CIPHER_CTX *ctx;
	enum err err;

	if (ciphertext.len < tag_len)
		return ERR_TRUNCATED;
	text.len -= tag_len;
	if (aead_check(aead, key, nonce, aad, text.len) != ERR_OK)
		return ERR_INVALID;
	if (t == NULL)
		return ERR_CRYPTO;
	ctx = t->aead[aead];
	if (!open_start(ctx, key, nonce, text.ptr + text.len, tag_len))
		return ossl_fail(ERR_CRYPTO);
	err = open_text(ctx, aead, aad, text, ret_out);
	forget_key(ctx);
	return err;
}
