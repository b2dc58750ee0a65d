/*
 * Opens and makes E2E messages with OpenSSL, from what the service says about them and
 * nothing else: a customer's back end would do the same.
 *
 * Spec: PROTOCOL.md, "PSK identity and E2E envelope".
 */
/* OpenSSL has a type of this name, which it uses nowhere in its own API. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/evp.h>
#undef ERR_STATE

#include "base/text.h"
#include "base/wipe.h"

#include "cli.h"

size_t
envelope_header(struct bytes message)
{
	if (message.len == 0)
		return 0;
	size_t len = message.ptr[0] >> 4 == 1   ? 16
		     : message.ptr[0] >> 4 == 2 ? 11
						: 0;

	return len <= message.len ? len : 0;
}

static bool
base64_exactly(const char *text, uint8_t *out, size_t len)
{
	size_t got = 0;

	return base64_decode(bytes_str(text), out, len, &got) == ERR_OK &&
	       got == len;
}

enum err
envelope_key_read(const json_t *answer, struct envelope_key *ret_key)
{
	struct envelope_key k;
	json_int_t bits =
	    json_integer_value(json_object_get(answer, "MACLength"));

	if ((bits != 128 && bits != 64) ||
	    !base64_exactly(json_text(answer, "Key"), k.key, sizeof(k.key)) ||
	    !base64_exactly(
		json_text(answer, "Nonce"), k.nonce, sizeof(k.nonce)))
		return ERR_FORMAT;
	k.tag_len = (size_t)bits / 8;
	*ret_key = k;
	wipe(&k, sizeof(k));
	return ERR_OK;
}

/* CCM wants the tag, then all lengths, before the first byte. */
static enum err
ccm_open(EVP_CIPHER_CTX *ctx, const struct envelope_key *k, struct bytes sealed,
    uint8_t *out)
{
	size_t len = sealed.len - k->tag_len;
	uint8_t tag[16];
	int n = 0;

	memcpy(tag, sealed.ptr + len, k->tag_len);
	if (EVP_DecryptInit_ex(ctx, EVP_aes_128_ccm(), NULL, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_SET_IVLEN, sizeof(k->nonce), NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_SET_TAG, (int)k->tag_len, tag) != 1 ||
	    EVP_DecryptInit_ex(ctx, NULL, NULL, k->key, k->nonce) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, NULL, (int)len) != 1)
		return ERR_CRYPTO;
	return EVP_DecryptUpdate(ctx, out, &n, sealed.ptr, (int)len) == 1
		   ? ERR_OK
		   : ERR_AUTH;
}

enum err
envelope_decrypt(const struct envelope_key *key, struct bytes message,
    uint8_t *ret_out, size_t *ret_len)
{
	size_t header = envelope_header(message);

	if (header == 0 || message.len < header + key->tag_len)
		return ERR_TRUNCATED;
	struct bytes sealed =
	    bytes_make(message.ptr + header, message.len - header);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx == NULL)
		return ERR_NOMEM;
	enum err err = ccm_open(ctx, key, sealed, ret_out);

	EVP_CIPHER_CTX_free(ctx);
	if (err == ERR_OK)
		*ret_len = sealed.len - key->tag_len;
	else
		wipe(ret_out, sealed.len - key->tag_len);
	return err;
}

static enum err
ccm_seal(EVP_CIPHER_CTX *ctx, const struct envelope_key *k, struct bytes plain,
    uint8_t *out)
{
	/* No pointer would mean something else than no bytes. */
	const uint8_t *in = plain.len > 0 ? plain.ptr : out;
	int n = 0;

	if (EVP_EncryptInit_ex(ctx, EVP_aes_128_ccm(), NULL, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_SET_IVLEN, sizeof(k->nonce), NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_SET_TAG, (int)k->tag_len, NULL) != 1 ||
	    EVP_EncryptInit_ex(ctx, NULL, NULL, k->key, k->nonce) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)plain.len) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &n, in, (int)plain.len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)k->tag_len,
		out + plain.len) != 1)
		return ERR_CRYPTO;
	return ERR_OK;
}

enum err
envelope_encrypt(const struct envelope_key *key, struct bytes header,
    struct bytes plaintext, uint8_t *ret_out, size_t *ret_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx == NULL)
		return ERR_NOMEM;
	memcpy(ret_out, header.ptr, header.len);
	enum err err = ccm_seal(ctx, key, plaintext, ret_out + header.len);

	EVP_CIPHER_CTX_free(ctx);
	if (err == ERR_OK)
		*ret_len = header.len + plaintext.len + key->tag_len;
	return err;
}
