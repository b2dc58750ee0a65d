/*
 * The key schedule of RFC 9528, section 4.1: from G_XY by way of the PRKs to
 * PRK_out. Functions that move a session forward compute everything first
 * and change it last, so that after an error it is as it was.
 */
#include "internal.h"

#include "base/wipe.h"

#define INFO_MAX (EDHOC_MESSAGE_MAX + 16)

/* info = ( info_label : int, context : bstr, length : uint ) */
void
edhoc_info_write(
    struct writer *w, uint32_t label, struct bytes context, size_t len)
{
	cbor_put_uint(w, label);
	cbor_put_bstr(w, context);
	cbor_put_uint(w, len);
}

enum err
edhoc_kdf(const uint8_t prk[SHA256_LEN], uint32_t label, struct bytes context,
    uint8_t *ret_out, size_t len)
{
	uint8_t buf[INFO_MAX];
	struct bytes info;
	struct writer w;
	enum err err;

	if (context.len > EDHOC_MESSAGE_MAX)
		return ERR_SPACE;
	writer_init(&w, buf, sizeof(buf));
	edhoc_info_write(&w, label, context, len);
	err = writer_end(&w, &info);
	if (err == ERR_OK)
		err = hkdf_expand(
		    bytes_make(prk, SHA256_LEN), info, ret_out, len);
	wipe(buf, sizeof(buf));
	return err;
}

/* EDHOC_KDF with a transcript hash as its context. */
static enum err
kdf_th(const uint8_t prk[SHA256_LEN], enum edhoc_label label,
    const uint8_t th[SHA256_LEN], uint8_t *ret_out, size_t len)
{
	return edhoc_kdf(prk, label, bytes_make(th, SHA256_LEN), ret_out, len);
}

struct p256_agreement
edhoc_agreement_2(const struct edhoc *e, const struct edhoc_ephemeral *own)
{
	return (struct p256_agreement){
	    .secret = &own->secret, .peer = &e->peer, .err = ERR_STATE};
}

struct p256_agreement
edhoc_agreement_3(const struct edhoc *e, const struct p256_point *static_i)
{
	return (struct p256_agreement){
	    .secret = &e->own.secret, .peer = static_i, .err = ERR_STATE};
}

static enum err
take_agreed(enum edhoc_suite suite, const struct p256_agreement *agreed,
    uint8_t ret_shared[P256_LEN])
{
	const struct edhoc_suite_info *info = edhoc_suite_find(suite);

	if (info == NULL || info->is_25519)
		return ERR_UNSUPPORTED;
	memcpy(ret_shared, agreed->shared, P256_LEN);
	return agreed->err;
}

enum err
edhoc_dh_prk(enum edhoc_suite suite, const uint8_t salt[SHA256_LEN],
    const struct p256_secret *secret, const struct p256_point *peer,
    const struct p256_agreement *agreed, uint8_t ret_prk[SHA256_LEN])
{
	uint8_t shared[P256_LEN];
	enum err err = agreed != NULL ? take_agreed(suite, agreed, shared)
				      : edhoc_ecdh(suite, secret, peer, shared);

	if (err == ERR_OK)
		err = hkdf_extract(
		    bytes_make(salt, SHA256_LEN), BYTES_OF(shared), ret_prk);
	wipe(shared, sizeof(shared));
	return err;
}

enum err
edhoc_static_prk(enum edhoc_suite suite, const uint8_t salt[SHA256_LEN],
    const struct p256_secret *static_key, const struct p256_point *peer,
    uint8_t ret_prk[SHA256_LEN])
{
	return edhoc_dh_prk(suite, salt, static_key, peer, NULL, ret_prk);
}

bool
edhoc_need(const struct edhoc *e, uint8_t ret_salt[SHA256_LEN],
    struct p256_point *ret_peer)
{
	if (!e->needs_prk)
		return false;
	memcpy(ret_salt, e->salt, SHA256_LEN);
	*ret_peer = e->peer;
	return true;
}

/* PRK_2e = EDHOC_Extract( TH_2, G_XY ): section 4.1.1.1. */
enum err
edhoc_agree(struct edhoc *e, const struct p256_agreement *agreed)
{
	const struct p256_point *g_y =
	    e->role == EDHOC_INITIATOR ? &e->peer : &e->own.public_key;
	uint8_t th[SHA256_LEN];
	enum err err = edhoc_th_2(g_y->x, e->h_message_1, th);

	if (err == ERR_OK)
		err = edhoc_dh_prk(
		    e->suite, th, &e->own.secret, &e->peer, agreed, e->prk_2e);
	if (err == ERR_OK)
		memcpy(e->th, th, sizeof(th));
	return err;
}

enum err
edhoc_prk_choose(const struct edhoc *e, const uint8_t *given,
    const uint8_t held[SHA256_LEN], uint8_t ret_prk[SHA256_LEN])
{
	if ((given != NULL) != e->needs_prk)
		return ERR_INVALID;
	memcpy(ret_prk, given != NULL ? given : held, SHA256_LEN);
	return ERR_OK;
}

enum err
edhoc_advance_3(struct edhoc *e, const uint8_t prk_3e2m[SHA256_LEN],
    struct bytes plaintext_2, const struct edhoc_cred *cred_r)
{
	bool by_dh = edhoc_by_dh(e->method, EDHOC_INITIATOR);
	uint8_t th[SHA256_LEN], salt[SHA256_LEN] = {0};
	enum err err = edhoc_th_next(e->th, plaintext_2, cred_r, th);

	if (err == ERR_OK && by_dh)
		err = kdf_th(prk_3e2m, EDHOC_SALT_4E3M, th, salt, sizeof(salt));
	if (err == ERR_OK) {
		memcpy(e->th, th, sizeof(th));
		memcpy(e->salt, salt, sizeof(salt));
		memmove(e->prk_3e2m, prk_3e2m, SHA256_LEN);
		e->needs_prk = by_dh && e->role == EDHOC_INITIATOR;
	}
	wipe(salt, sizeof(salt));
	return err;
}

/* PRK_out and PRK_exporter: sections 4.1.3 and 4.2.1. */
static enum err
derive_out(const uint8_t prk_4e3m[SHA256_LEN], const uint8_t th_4[SHA256_LEN],
    uint8_t ret_out[SHA256_LEN], uint8_t ret_exporter[SHA256_LEN])
{
	enum err err =
	    kdf_th(prk_4e3m, EDHOC_PRK_OUT, th_4, ret_out, SHA256_LEN);

	if (err != ERR_OK)
		return err;
	return edhoc_kdf(
	    ret_out, EDHOC_PRK_EXPORTER, BYTES_NONE, ret_exporter, SHA256_LEN);
}

/* What only led to PRK_out is of no more use; message_4 needs PRK_4e3m. */
static void
wipe_steps(struct edhoc *e)
{
	wipe(&e->own, sizeof(e->own));
	wipe(e->prk_2e, sizeof(e->prk_2e));
	wipe(e->prk_3e2m, sizeof(e->prk_3e2m));
	wipe(e->salt, sizeof(e->salt));
	e->needs_prk = false;
}

enum err
edhoc_complete(struct edhoc *e, const uint8_t prk_4e3m[SHA256_LEN],
    struct bytes plaintext_3, const struct edhoc_cred *cred_i)
{
	uint8_t th[SHA256_LEN], out[SHA256_LEN], exporter[SHA256_LEN];
	enum err err = edhoc_th_next(e->th, plaintext_3, cred_i, th);

	if (err == ERR_OK)
		err = derive_out(prk_4e3m, th, out, exporter);
	if (err == ERR_OK) {
		memcpy(e->th, th, sizeof(th));
		memcpy(e->prk_4e3m, prk_4e3m, SHA256_LEN);
		memcpy(e->prk_out, out, sizeof(out));
		memcpy(e->prk_exporter, exporter, sizeof(exporter));
		wipe_steps(e);
		e->state = EDHOC_COMPLETED;
	}
	wipe(out, sizeof(out));
	wipe(exporter, sizeof(exporter));
	return err;
}
