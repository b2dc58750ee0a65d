/*
 * What a completed session gives: exported keys, the OSCORE context, and the
 * key update (RFC 9528, section 4.2, appendices A.1 and H).
 */
#include "internal.h"

#include "base/wipe.h"

enum { EXPORT_OSCORE_SECRET = 0, EXPORT_OSCORE_SALT = 1 };

#define OSCORE_SECRET_LEN 16
#define OSCORE_SALT_LEN 8

static bool
is_complete(const struct edhoc *e)
{
	return e->state == EDHOC_COMPLETED || e->state == EDHOC_CONFIRMED;
}

enum err
edhoc_exporter(const struct edhoc *e, uint32_t label, struct bytes context,
    uint8_t *ret_out, size_t len)
{
	if (!is_complete(e))
		return ERR_STATE;
	return edhoc_kdf(e->prk_exporter, label, context, ret_out, len);
}

enum err
edhoc_key_update(struct edhoc *e, struct bytes context)
{
	uint8_t out[SHA256_LEN], exporter[SHA256_LEN];
	enum err err;

	if (!is_complete(e))
		return ERR_STATE;
	err = edhoc_kdf(
	    e->prk_out, EDHOC_PRK_OUT_NEXT, context, out, sizeof(out));
	if (err == ERR_OK)
		err = edhoc_kdf(out, EDHOC_PRK_EXPORTER, BYTES_NONE, exporter,
		    sizeof(exporter));
	if (err == ERR_OK) {
		memcpy(e->prk_out, out, sizeof(out));
		memcpy(e->prk_exporter, exporter, sizeof(exporter));
	}
	wipe(out, sizeof(out));
	wipe(exporter, sizeof(exporter));
	return err;
}

/*
 * Appendix A.1: C_R is the Sender ID of the initiator, C_I that of the
 * responder, whoever is the CoAP client.
 */
static enum err
derive_oscore(const struct edhoc *e, struct bytes secret, struct bytes salt,
    struct oscore_context *ret_context)
{
	struct bytes c_i = bytes_make(e->c_i.id, e->c_i.len);
	struct bytes c_r = bytes_make(e->c_r.id, e->c_r.len);
	bool initiator = e->role == EDHOC_INITIATOR;

	return oscore_derive(ret_context, secret, salt, NULL,
	    initiator ? c_r : c_i, initiator ? c_i : c_r);
}

enum err
edhoc_oscore(const struct edhoc *e, struct oscore_context *ret_context)
{
	uint8_t secret[OSCORE_SECRET_LEN], salt[OSCORE_SALT_LEN];
	enum err err;

	err = edhoc_exporter(
	    e, EXPORT_OSCORE_SECRET, BYTES_NONE, secret, sizeof(secret));
	if (err == ERR_OK)
		err = edhoc_exporter(
		    e, EXPORT_OSCORE_SALT, BYTES_NONE, salt, sizeof(salt));
	if (err == ERR_OK)
		err = derive_oscore(
		    e, BYTES_OF(secret), BYTES_OF(salt), ret_context);
	wipe(secret, sizeof(secret));
	wipe(salt, sizeof(salt));
	return err;
}
