/*
 * AES-CCM and AES-GCM with contexts that this thread keeps, one for each
 * algorithm, because the lengths of nonce and tag are set once in it.
 *
 * Spec: NIST SP 800-38C and SP 800-38D.
 */
#include "ossl.h"

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

enum err
aead_seal(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes plaintext, uint8_t *ret_out)
{
	struct ossl_thread *t = ossl_thread();
	EVP_CIPHER_CTX *ctx;
	int n;

	if (aead_check(aead, key, nonce, plaintext.len) != ERR_OK ||
	    aad.len > INT32_MAX)
		return ERR_INVALID;
	if (t == NULL)
		return ERR_CRYPTO;
	ctx = t->aead[aead];
	if (EVP_CipherInit_ex2(ctx, NULL, key.ptr, nonce.ptr, 1, NULL) != 1 ||
	    !feed_aad(ctx, aead, aad, plaintext.len) ||
	    !feed_text(ctx, plaintext, ret_out) ||
	    EVP_CipherFinal_ex(ctx, ret_out + plaintext.len, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
		(int)aead_tag_len(aead), ret_out + plaintext.len) != 1)
		return ossl_fail(ERR_CRYPTO);
	return ERR_OK;
}

/* CCM finds a wrong tag while it is fed the text, GCM at the end. */
static enum err
open_text(EVP_CIPHER_CTX *ctx, struct bytes text, uint8_t *out)
{
	uint8_t unused[1], *to = text.len == 0 ? unused : out;
	int n;

	if (feed_text(ctx, text, to) &&
	    EVP_CipherFinal_ex(ctx, unused, &n) == 1)
		return ERR_OK;
	wipe(out, text.len);
	return ossl_fail(ERR_AUTH);
}

enum err
aead_open(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes ciphertext, uint8_t *ret_out)
{
	struct ossl_thread *t = ossl_thread();
	size_t tag_len = aead_tag_len(aead);
	struct bytes text = ciphertext;
	uint8_t tag[AEAD_TAG_MAX];
	EVP_CIPHER_CTX *ctx;

	if (ciphertext.len < tag_len)
		return ERR_TRUNCATED;
	text.len -= tag_len;
	if (aead_check(aead, key, nonce, text.len) != ERR_OK ||
	    aad.len > INT32_MAX)
		return ERR_INVALID;
	if (t == NULL)
		return ERR_CRYPTO;
	memcpy(tag, text.ptr + text.len, tag_len);
	ctx = t->aead[aead];
	if (EVP_CipherInit_ex2(ctx, NULL, NULL, NULL, 0, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_SET_TAG, (int)tag_len, tag) != 1 ||
	    EVP_CipherInit_ex2(ctx, NULL, key.ptr, nonce.ptr, 0, NULL) != 1 ||
	    !feed_aad(ctx, aead, aad, text.len))
		return ossl_fail(ERR_CRYPTO);
	return open_text(ctx, text, ret_out);
}
