/*
 * Security contexts: keys and Common IV from a master secret. Intermediate
 * secrets are wiped on every way out.
 */
#include "base/wipe.h"
#include "cbor/cbor.h"
#include "cose.h"

#define INFO_MAX 32 /* heads 5, ID 7, ID Context 8, algorithm 1, "Key", L 1 */

/* What a context is derived from, checked. */
struct source {
	uint8_t prk[SHA256_LEN];
	const struct bytes *id_context;
};

/*
 * HKDF-Expand with info = [id, id_context / nil, alg_aead, type, L].
 * Spec: RFC 8613, section 3.2.1.
 */
static enum err
expand(const struct source *source, struct bytes id, const char *type,
    uint8_t *ret_out, size_t len)
{
	uint8_t buf[INFO_MAX];
	struct writer w;
	struct bytes info;
	enum err err;

	writer_init(&w, buf, sizeof(buf));
	cbor_put_array(&w, 5);
	cbor_put_bstr(&w, id);
	if (source->id_context == NULL)
		cbor_put_null(&w);
	else
		cbor_put_bstr(&w, *source->id_context);
	cbor_put_uint(&w, OSCORE_ALG);
	cbor_put_str(&w, type);
	cbor_put_uint(&w, len);
	err = writer_end(&w, &info);
	if (err != ERR_OK)
		return err;
	return hkdf_expand(BYTES_OF(source->prk), info, ret_out, len);
}

/* Derives the three secrets into c, whose IDs are set. */
static enum err
secrets_derive(const struct source *source, struct oscore_context *c)
{
	enum err err;

	err = expand(source, oscore_id_bytes(&c->sender), "Key", c->sender_key,
	    OSCORE_KEY_LEN);
	if (err != ERR_OK)
		return err;
	err = expand(source, oscore_id_bytes(&c->recipient), "Key",
	    c->recipient_key, OSCORE_KEY_LEN);
	if (err != ERR_OK)
		return err;
	return expand(source, BYTES_NONE, "IV", c->common_iv, OSCORE_IV_LEN);
}

static void
id_set(struct oscore_id *id, struct bytes value)
{
	if (value.len > 0)
		memcpy(id->id, value.ptr, value.len);
	id->len = value.len;
}

static void
id_context_set(struct oscore_context *c, const struct bytes *id_context)
{
	if (id_context == NULL)
		return;
	if (id_context->len > 0)
		memcpy(c->id_context, id_context->ptr, id_context->len);
	c->id_context_len = id_context->len;
	c->has_id_context = true;
}

enum err
oscore_derive(struct oscore_context *ret_context, struct bytes master_secret,
    struct bytes master_salt, const struct bytes *id_context,
    struct bytes sender_id, struct bytes recipient_id)
{
	struct oscore_context c = {0};
	struct source source = {.id_context = id_context};
	enum err err;

	if (sender_id.len > OSCORE_ID_MAX || recipient_id.len > OSCORE_ID_MAX)
		return ERR_INVALID;
	/* Equal IDs would give both directions one key: 3.3. */
	if (bytes_equal(sender_id, recipient_id))
		return ERR_INVALID;
	if (id_context != NULL && id_context->len > OSCORE_ID_CONTEXT_MAX)
		return ERR_INVALID;

	id_set(&c.sender, sender_id);
	id_set(&c.recipient, recipient_id);
	id_context_set(&c, id_context);
	err = hkdf_extract(master_salt, master_secret, source.prk);
	if (err == ERR_OK)
		err = secrets_derive(&source, &c);
	if (err == ERR_OK)
		*ret_context = c;
	wipe(&source, sizeof(source));
	wipe(&c, sizeof(c));
	return err;
}

void
oscore_done(struct oscore_context *context)
{
	wipe(context, sizeof(*context));
}
