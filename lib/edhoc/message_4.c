/*
 * message_4 = ( CIPHERTEXT_4 : bstr ), PLAINTEXT_4 = ( ? EAD_4 )
 *
 * It confirms the keys to the initiator where no OSCORE message from the
 * responder does. Spec: RFC 9528, section 5.5.
 */
#include "internal.h"

#include "base/wipe.h"

enum err
edhoc_message_4(struct edhoc *e, struct writer *out)
{
	struct edhoc_aead aead;
	enum err err;

	if (e->role != EDHOC_RESPONDER || e->state != EDHOC_COMPLETED)
		return ERR_STATE;
	err = edhoc_aead_make(e, e->prk_4e3m, EDHOC_K_4, &aead);
	if (err == ERR_OK)
		err = edhoc_aead_write(&aead, BYTES_NONE, out);
	wipe(&aead, sizeof(aead));
	return err;
}

static enum err
message_4_read(const struct edhoc *e, struct bytes message_4,
    uint8_t ret_plaintext[EDHOC_MESSAGE_MAX], size_t *ret_len)
{
	struct edhoc_aead aead;
	enum err err = edhoc_aead_make(e, e->prk_4e3m, EDHOC_K_4, &aead);

	if (err == ERR_OK)
		err = edhoc_aead_read(&aead, message_4, ret_plaintext, ret_len);
	wipe(&aead, sizeof(aead));
	return err;
}

enum err
edhoc_message_4_open(struct edhoc *e, struct bytes message_4)
{
	uint8_t plaintext[EDHOC_MESSAGE_MAX];
	size_t len = 0;
	enum err err;

	if (e->role != EDHOC_INITIATOR || e->state != EDHOC_COMPLETED)
		return ERR_STATE;
	err = message_4_read(e, message_4, plaintext, &len);
	if (err == ERR_OK)
		err = edhoc_eads_check(bytes_make(plaintext, len));
	if (err == ERR_OK) {
		memcpy(e->plaintext, plaintext, len);
		e->plaintext_len = len;
		e->ead_at = 0;
		wipe(e->prk_4e3m, sizeof(e->prk_4e3m));
		e->state = EDHOC_CONFIRMED;
	}
	wipe(plaintext, sizeof(plaintext));
	return err;
}
