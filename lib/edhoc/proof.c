/*
 * Signature_or_MAC_2 and _3: how a role proves who it is. Both are the same
 * but for the label and C_R, which message_2 covers too (RFC 9528, sections
 * 5.3.2 and 5.4.2).
 */
#include "internal.h"

#include "base/wipe.h"

/* M_x has 52 bytes that context_x lacks, which has C_R instead. */
#define SIGNED_MAX (EDHOC_MESSAGE_MAX + 64)

static void
put_ead(struct writer *w, const struct edhoc_proof *p)
{
	if (p->eads != NULL)
		edhoc_eads_write(w, p->eads);
	writer_put(w, p->ead_raw);
}

/* << [C_R,] ID_CRED_x, TH_x, CRED_x, ? EAD_x >> */
void
edhoc_context_write(struct writer *w, const struct edhoc_proof *p)
{
	if (p->c_r != NULL)
		edhoc_cid_write(w, p->c_r);
	writer_put(w, p->id_cred);
	cbor_put_bstr(w, bytes_make(p->th, SHA256_LEN));
	edhoc_cred_write(w, p->cred);
	put_ead(w, p);
}

/* TH_x, CRED_x, ? EAD_x */
static void
external_aad_write(struct writer *w, const struct edhoc_proof *p)
{
	cbor_put_bstr(w, bytes_make(p->th, SHA256_LEN));
	edhoc_cred_write(w, p->cred);
	put_ead(w, p);
}

/*
 * [ "Signature1", << ID_CRED_x >>, << TH_x, CRED_x, ? EAD_x >>, MAC_x ], the
 * Sig_structure of RFC 9052.
 */
void
edhoc_signed_write(
    struct writer *w, const struct edhoc_proof *p, struct bytes mac)
{
	uint8_t buf[EDHOC_MESSAGE_MAX];
	struct bytes aad;
	struct writer inner;
	enum err err;

	writer_init(&inner, buf, sizeof(buf));
	external_aad_write(&inner, p);
	err = writer_end(&inner, &aad);
	if (err != ERR_OK) {
		writer_fail(w, err);
		return;
	}
	cbor_put_array(w, 4);
	cbor_put_str(w, "Signature1");
	cbor_put_bstr(w, p->id_cred);
	cbor_put_bstr(w, aad);
	cbor_put_bstr(w, mac);
}

enum err
edhoc_mac(const struct edhoc_proof *p, uint8_t ret_mac[EDHOC_MAC_MAX],
    size_t *ret_len)
{
	const struct edhoc_suite_info *info = edhoc_suite_find(p->suite);
	uint8_t buf[EDHOC_MESSAGE_MAX];
	struct bytes context;
	struct writer w;
	size_t len;
	enum err err;

	if (info == NULL)
		return ERR_INTERNAL;
	if (p->cred->cred.len > EDHOC_CRED_MAX)
		return ERR_SPACE;
	len = p->by_dh ? info->mac_len : SHA256_LEN;
	writer_init(&w, buf, sizeof(buf));
	edhoc_context_write(&w, p);
	err = writer_end(&w, &context);
	if (err == ERR_OK)
		err = edhoc_kdf(p->prk, p->label, context, ret_mac, len);
	if (err == ERR_OK)
		*ret_len = len;
	return err;
}

static enum err
sign(const struct edhoc_proof *p, const struct edhoc_signer *signer,
    struct bytes mac, uint8_t ret_signature[EDHOC_PROOF_MAX])
{
	uint8_t buf[SIGNED_MAX];
	struct bytes message;
	struct writer w;
	enum err err;

	writer_init(&w, buf, sizeof(buf));
	edhoc_signed_write(&w, p, mac);
	err = writer_end(&w, &message);
	if (err == ERR_OK)
		err = signer->sign(signer->ctx, message, ret_signature);
	wipe(buf, sizeof(buf));
	return err;
}

enum err
edhoc_proof_make(const struct edhoc_proof *p, const struct edhoc_signer *signer,
    uint8_t ret_proof[EDHOC_PROOF_MAX], size_t *ret_len)
{
	uint8_t mac[EDHOC_MAC_MAX];
	size_t len;
	enum err err;

	if ((signer == NULL) != p->by_dh)
		return ERR_INVALID;
	err = edhoc_mac(p, mac, &len);
	if (err == ERR_OK && !p->by_dh)
		err = sign(p, signer, bytes_make(mac, len), ret_proof);
	if (err == ERR_OK && p->by_dh)
		memcpy(ret_proof, mac, len);
	if (err == ERR_OK)
		*ret_len = p->by_dh ? len : EDHOC_PROOF_MAX;
	wipe(mac, sizeof(mac));
	return err;
}

static enum err
verify(const struct edhoc_proof *p, struct bytes mac, struct bytes signature)
{
	const struct p256_point *key = &p->cred->public_key;
	uint8_t buf[SIGNED_MAX];
	struct bytes message;
	struct writer w;
	enum err err;

	if (signature.len != EDHOC_PROOF_MAX)
		return ERR_AUTH;
	writer_init(&w, buf, sizeof(buf));
	edhoc_signed_write(&w, p, mac);
	err = writer_end(&w, &message);
	if (err != ERR_OK)
		return err;
	if (edhoc_suite_find(p->suite)->is_25519)
		err = ed25519_verify(key->x, message, signature.ptr);
	else
		err = p256_verify(key, message, signature.ptr);
	wipe(buf, sizeof(buf));
	return err;
}

enum err
edhoc_proof_check(const struct edhoc_proof *p, struct bytes proof)
{
	uint8_t mac[EDHOC_MAC_MAX];
	size_t len;
	enum err err = edhoc_mac(p, mac, &len);

	if (err != ERR_OK)
		return err;
	if (!p->by_dh)
		err = verify(p, bytes_make(mac, len), proof);
	else if (proof.len != len || !ct_equal(proof.ptr, mac, len))
		err = ERR_AUTH;
	wipe(mac, sizeof(mac));
	return err;
}
