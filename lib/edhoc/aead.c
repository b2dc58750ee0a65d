/*
 * The AEAD of message_3 and message_4, which differ in their labels, their
 * PRK and their transcript hash only (RFC 9528, sections 5.4.2 and 5.5.2).
 */
#include "internal.h"

#include "base/wipe.h"

/* A_x = [ "Encrypt0", h'', TH_x ], the Enc_structure of RFC 9052. */
static enum err
aad_write(struct edhoc_aead *a, const uint8_t th[SHA256_LEN])
{
	struct bytes aad;
	struct writer w;
	enum err err;

	writer_init(&w, a->aad, sizeof(a->aad));
	cbor_put_array(&w, 3);
	cbor_put_str(&w, "Encrypt0");
	cbor_put_bstr(&w, BYTES_NONE);
	cbor_put_bstr(&w, bytes_make(th, SHA256_LEN));
	err = writer_end(&w, &aad);
	a->aad_len = w.len;
	return err;
}

enum err
edhoc_aead_make(const struct edhoc *e, const uint8_t prk[SHA256_LEN],
    enum edhoc_label label_key, struct edhoc_aead *ret_aead)
{
	const struct edhoc_suite_info *info = edhoc_suite_find(e->suite);
	struct bytes th = BYTES_OF(e->th);
	enum err err;

	if (info == NULL)
		return ERR_INTERNAL;
	ret_aead->aead = info->aead;
	err = aad_write(ret_aead, e->th);
	if (err == ERR_OK)
		err =
		    edhoc_kdf(prk, label_key, th, ret_aead->key, EDHOC_KEY_LEN);
	if (err == ERR_OK) /* The IV's label follows the key's. */
		err = edhoc_kdf(
		    prk, label_key + 1u, th, ret_aead->iv, EDHOC_IV_LEN);
	return err;
}

enum err
edhoc_aead_write(
    const struct edhoc_aead *a, struct bytes plaintext, struct writer *out)
{
	size_t len = plaintext.len + aead_tag_len(a->aead);
	size_t start = out->len;
	uint8_t *ciphertext;

	cbor_put_bstr_head(out, len);
	ciphertext = writer_skip(out, len);
	if (out->err == ERR_OK && out->len - start > EDHOC_MESSAGE_MAX)
		writer_fail(out, ERR_SPACE);
	if (out->err != ERR_OK)
		return out->err;
	return aead_seal(a->aead, BYTES_OF(a->key), BYTES_OF(a->iv),
	    bytes_make(a->aad, a->aad_len), plaintext, ciphertext);
}

enum err
edhoc_aead_read(const struct edhoc_aead *a, struct bytes message,
    uint8_t ret_plaintext[EDHOC_MESSAGE_MAX], size_t *ret_len)
{
	struct bytes ciphertext;
	struct reader r;
	enum err err;

	if (message.len > EDHOC_MESSAGE_MAX)
		return ERR_SPACE;
	reader_init(&r, message);
	ciphertext = cbor_bstr(&r);
	err = reader_end(&r);
	if (err == ERR_OK)
		err = aead_open(a->aead, BYTES_OF(a->key), BYTES_OF(a->iv),
		    bytes_make(a->aad, a->aad_len), ciphertext, ret_plaintext);
	if (err == ERR_OK)
		*ret_len = ciphertext.len - aead_tag_len(a->aead);
	return err;
}
