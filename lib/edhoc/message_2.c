/*
 * message_2 = ( G_Y_CIPHERTEXT_2 : bstr )
 * PLAINTEXT_2 = ( C_R, ID_CRED_R / bstr / -24..23, Signature_or_MAC_2,
 *                 ? EAD_2 )
 *
 * CIPHERTEXT_2 is PLAINTEXT_2 xored with a key stream: whoever changes it is
 * found out by Signature_or_MAC_2 only. Spec: RFC 9528, section 5.3.
 */
#include "internal.h"

#include "base/wipe.h"

/* CIPHERTEXT_2 = PLAINTEXT_2 XOR KEYSTREAM_2; its own inverse. */
static enum err
xor_keystream(
    const struct edhoc *e, struct bytes in, uint8_t ret_out[EDHOC_MESSAGE_MAX])
{
	uint8_t keystream[EDHOC_MESSAGE_MAX];
	enum err err;
	size_t i;

	if (in.len > sizeof(keystream))
		return ERR_SPACE;
	err = edhoc_kdf(
	    e->prk_2e, EDHOC_KEYSTREAM_2, BYTES_OF(e->th), keystream, in.len);
	if (err == ERR_OK) {
		for (i = 0; i < in.len; i++)
			ret_out[i] = in.ptr[i] ^ keystream[i];
	}
	wipe(keystream, sizeof(keystream));
	return err;
}

/* What Signature_or_MAC_2 covers, but for EAD_2. */
static struct edhoc_proof
proof_2(const struct edhoc *e, struct bytes id_cred_r,
    const struct edhoc_cred *cred_r, const uint8_t prk_3e2m[SHA256_LEN])
{
	struct edhoc_proof p = {
	    .suite = e->suite,
	    .by_dh = edhoc_by_dh(e->method, EDHOC_RESPONDER),
	    .label = EDHOC_MAC_2,
	    .c_r = &e->c_r,
	    .id_cred = id_cred_r,
	    .th = e->th,
	    .cred = cred_r,
	    .prk = prk_3e2m,
	};

	return p;
}

/* SALT_3e2m: section 4.1.1.2. */
static enum err
salt_3e2m(const struct edhoc *e, uint8_t ret_salt[SHA256_LEN])
{
	return edhoc_kdf(
	    e->prk_2e, EDHOC_SALT_3E2M, BYTES_OF(e->th), ret_salt, SHA256_LEN);
}

/* PRK_2e, and what the responder's static key is wanted for. */
static enum err
respond(struct edhoc *e, const struct p256_agreement *agreed)
{
	enum err err = edhoc_agree(e, agreed);

	if (err != ERR_OK)
		return err;
	if (!edhoc_by_dh(e->method, EDHOC_RESPONDER)) {
		memcpy(e->prk_3e2m, e->prk_2e, SHA256_LEN);
		return ERR_OK;
	}
	err = salt_3e2m(e, e->salt);
	e->needs_prk = err == ERR_OK;
	return err;
}

enum err
edhoc_respond(struct edhoc *e, const struct edhoc_cid *c_r,
    const struct edhoc_ephemeral *own, const struct p256_agreement *agreed)
{
	enum err err;

	if (e->state != EDHOC_GOT_1)
		return ERR_STATE;
	/* Appendix A.1: OSCORE needs two different identifiers. */
	if (c_r->len > EDHOC_CID_MAX || edhoc_cid_equal(c_r, &e->c_i))
		return ERR_INVALID;
	e->c_r = *c_r;
	e->own = *own;
	err = respond(e, agreed);
	if (err == ERR_OK)
		e->state = EDHOC_RESPONDING;
	else
		wipe(&e->own, sizeof(e->own));
	return err;
}

/* Writes G_Y_CIPHERTEXT_2. */
static enum err
message_2_write(
    const struct edhoc *e, struct bytes plaintext, struct writer *out)
{
	uint8_t ciphertext[EDHOC_MESSAGE_MAX];
	size_t start = out->len;
	enum err err = xor_keystream(e, plaintext, ciphertext);

	if (err != ERR_OK)
		return err;
	cbor_put_bstr_head(out, EDHOC_SHARE_LEN + plaintext.len);
	writer_put(out, bytes_make(e->own.public_key.x, EDHOC_SHARE_LEN));
	writer_put(out, bytes_make(ciphertext, plaintext.len));
	if (out->err == ERR_OK && out->len - start > EDHOC_MESSAGE_MAX)
		writer_fail(out, ERR_SPACE);
	return out->err;
}

enum err
edhoc_message_2(struct edhoc *e, struct bytes id_cred_r,
    const struct edhoc_cred *cred_r, const uint8_t *prk_3e2m,
    const struct edhoc_signer *signer, const struct edhoc_eads *ead,
    struct writer *out)
{
	uint8_t prk[SHA256_LEN], plaintext[EDHOC_MESSAGE_MAX];
	struct edhoc_proof p = proof_2(e, id_cred_r, cred_r, prk);
	struct writer w;
	enum err err;

	if (e->state != EDHOC_RESPONDING)
		return ERR_STATE;
	writer_init(&w, plaintext, sizeof(plaintext));
	p.eads = ead;
	err = edhoc_prk_choose(e, prk_3e2m, e->prk_3e2m, prk);
	if (err == ERR_OK)
		err = edhoc_plaintext_write(&w, &p, signer);
	if (err == ERR_OK)
		err = message_2_write(e, writer_bytes(&w), out);
	if (err == ERR_OK)
		err = edhoc_advance_3(e, prk, writer_bytes(&w), cred_r);
	if (err == ERR_OK)
		e->state = EDHOC_SENT_2;
	wipe(prk, sizeof(prk));
	wipe(plaintext, sizeof(plaintext));
	return err;
}

/* Splits G_Y_CIPHERTEXT_2. */
static enum err
message_2_read(
    struct edhoc *e, struct bytes message_2, struct bytes *ret_ciphertext)
{
	struct bytes both, g_y;
	struct reader r;
	enum err err;

	if (message_2.len > EDHOC_MESSAGE_MAX)
		return ERR_SPACE;
	reader_init(&r, message_2);
	both = cbor_bstr(&r);
	err = reader_end(&r);
	if (err != ERR_OK)
		return err;
	reader_init(&r, both);
	g_y = reader_take(&r, EDHOC_SHARE_LEN);
	*ret_ciphertext = reader_rest(&r);
	if (r.err != ERR_OK)
		return r.err;
	return edhoc_share_read(e->suite, g_y, &e->peer);
}

/* What an error leaves behind is written anew by the next message_2. */
enum err
edhoc_message_2_open(
    struct edhoc *e, struct bytes message_2, struct bytes *ret_id_cred)
{
	uint8_t plaintext[EDHOC_MESSAGE_MAX];
	struct bytes ciphertext;
	enum err err;

	if (e->state != EDHOC_SENT_1)
		return ERR_STATE;
	err = message_2_read(e, message_2, &ciphertext);
	if (err == ERR_OK)
		err = edhoc_agree(e, NULL);
	if (err == ERR_OK)
		err = xor_keystream(e, ciphertext, plaintext);
	if (err == ERR_OK)
		err = edhoc_plaintext_read(
		    e, bytes_make(plaintext, ciphertext.len), true);
	wipe(plaintext, sizeof(plaintext));
	if (err != ERR_OK)
		return err;
	e->state = EDHOC_GOT_2;
	*ret_id_cred = edhoc_plaintext_id_cred(e);
	return ERR_OK;
}

/* PRK_3e2m as the initiator has it, from G_RX = ECDH(X, static key of R). */
static enum err
prk_3e2m_of(const struct edhoc *e, const struct edhoc_cred *cred_r,
    uint8_t ret_prk[SHA256_LEN])
{
	uint8_t salt[SHA256_LEN];
	enum err err;

	if (!edhoc_by_dh(e->method, EDHOC_RESPONDER)) {
		memcpy(ret_prk, e->prk_2e, SHA256_LEN);
		return ERR_OK;
	}
	err = salt_3e2m(e, salt);
	if (err == ERR_OK)
		err = edhoc_static_prk(e->suite, salt, &e->own.secret,
		    &cred_r->public_key, ret_prk);
	wipe(salt, sizeof(salt));
	return err;
}

enum err
edhoc_message_2_verify(struct edhoc *e, const struct edhoc_cred *cred_r)
{
	uint8_t prk[SHA256_LEN];
	struct edhoc_proof p =
	    proof_2(e, edhoc_plaintext_id_cred(e), cred_r, prk);
	enum err err;

	if (e->state != EDHOC_GOT_2)
		return ERR_STATE;
	p.ead_raw = edhoc_plaintext_ead(e);
	err = prk_3e2m_of(e, cred_r, prk);
	if (err == ERR_OK)
		err = edhoc_proof_check(&p, edhoc_plaintext_proof(e));
	if (err == ERR_OK)
		err = edhoc_advance_3(e, prk, edhoc_plaintext(e), cred_r);
	wipe(prk, sizeof(prk));
	if (err == ERR_OK)
		e->state = EDHOC_VERIFIED_2;
	if (err == ERR_AUTH)
		edhoc_done(e);
	return err;
}
