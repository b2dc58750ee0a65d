/*
 * message_3 = ( CIPHERTEXT_3 : bstr )
 * PLAINTEXT_3 = ( ID_CRED_I / bstr / -24..23, Signature_or_MAC_3, ? EAD_3 )
 *
 * The responder stays as it was until one has been verified, because anybody
 * who saw C_R can send one. Spec: RFC 9528, sections 5.4 and 9.7.
 */
#include "internal.h"

#include "base/wipe.h"

/* What Signature_or_MAC_3 covers, but for EAD_3. */
static struct edhoc_proof
proof_3(const struct edhoc *e, struct bytes id_cred_i,
    const struct edhoc_cred *cred_i, const uint8_t prk_4e3m[SHA256_LEN])
{
	struct edhoc_proof p = {
	    .suite = e->suite,
	    .by_dh = edhoc_by_dh(e->method, EDHOC_INITIATOR),
	    .label = EDHOC_MAC_3,
	    .id_cred = id_cred_i,
	    .th = e->th,
	    .cred = cred_i,
	    .prk = prk_4e3m,
	};

	return p;
}

static enum err
message_3_write(
    const struct edhoc *e, struct bytes plaintext, struct writer *out)
{
	struct edhoc_aead aead;
	enum err err = edhoc_aead_make(e, e->prk_3e2m, EDHOC_K_3, &aead);

	if (err == ERR_OK)
		err = edhoc_aead_write(&aead, plaintext, out);
	wipe(&aead, sizeof(aead));
	return err;
}

enum err
edhoc_message_3(struct edhoc *e, struct bytes id_cred_i,
    const struct edhoc_cred *cred_i, const uint8_t *prk_4e3m,
    const struct edhoc_signer *signer, const struct edhoc_eads *ead,
    struct writer *out)
{
	uint8_t prk[SHA256_LEN], plaintext[EDHOC_MESSAGE_MAX];
	struct edhoc_proof p = proof_3(e, id_cred_i, cred_i, prk);
	struct writer w;
	enum err err;

	if (e->state != EDHOC_VERIFIED_2)
		return ERR_STATE;
	writer_init(&w, plaintext, sizeof(plaintext));
	p.eads = ead;
	err = edhoc_prk_choose(e, prk_4e3m, e->prk_3e2m, prk);
	if (err == ERR_OK)
		err = edhoc_plaintext_write(&w, &p, signer);
	if (err == ERR_OK)
		err = message_3_write(e, writer_bytes(&w), out);
	if (err == ERR_OK)
		err = edhoc_complete(e, prk, writer_bytes(&w), cred_i);
	wipe(prk, sizeof(prk));
	wipe(plaintext, sizeof(plaintext));
	return err;
}

static enum err
message_3_read(const struct edhoc *e, struct bytes message_3,
    uint8_t ret_plaintext[EDHOC_MESSAGE_MAX], size_t *ret_len)
{
	struct edhoc_aead aead;
	enum err err = edhoc_aead_make(e, e->prk_3e2m, EDHOC_K_3, &aead);

	if (err == ERR_OK)
		err = edhoc_aead_read(&aead, message_3, ret_plaintext, ret_len);
	wipe(&aead, sizeof(aead));
	return err;
}

enum err
edhoc_message_3_open(
    struct edhoc *e, struct bytes message_3, struct bytes *ret_id_cred)
{
	uint8_t plaintext[EDHOC_MESSAGE_MAX];
	size_t len;
	enum err err;

	if (e->state != EDHOC_SENT_2 && e->state != EDHOC_GOT_3)
		return ERR_STATE;
	err = message_3_read(e, message_3, plaintext, &len);
	if (err == ERR_OK)
		err =
		    edhoc_plaintext_read(e, bytes_make(plaintext, len), false);
	wipe(plaintext, sizeof(plaintext));
	if (err != ERR_OK)
		return err;
	e->state = EDHOC_GOT_3;
	*ret_id_cred = edhoc_plaintext_id_cred(e);
	return ERR_OK;
}

/* PRK_4e3m as the responder has it, from G_IY = ECDH(Y, static key of I). */
static enum err
prk_4e3m_of(const struct edhoc *e, const struct edhoc_cred *cred_i,
    const struct p256_agreement *agreed, uint8_t ret_prk[SHA256_LEN])
{
	if (edhoc_by_dh(e->method, EDHOC_INITIATOR))
		return edhoc_dh_prk(e->suite, e->salt, &e->own.secret,
		    &cred_i->public_key, agreed, ret_prk);
	memcpy(ret_prk, e->prk_3e2m, SHA256_LEN);
	return ERR_OK;
}

enum err
edhoc_message_3_verify(struct edhoc *e, const struct edhoc_cred *cred_i,
    const struct p256_agreement *agreed)
{
	uint8_t prk[SHA256_LEN];
	struct edhoc_proof p =
	    proof_3(e, edhoc_plaintext_id_cred(e), cred_i, prk);
	enum err err;

	if (e->state != EDHOC_GOT_3)
		return ERR_STATE;
	p.ead_raw = edhoc_plaintext_ead(e);
	err = prk_4e3m_of(e, cred_i, agreed, prk);
	if (err == ERR_OK)
		err = edhoc_proof_check(&p, edhoc_plaintext_proof(e));
	if (err == ERR_OK)
		err = edhoc_complete(e, prk, edhoc_plaintext(e), cred_i);
	wipe(prk, sizeof(prk));
	return err;
}
