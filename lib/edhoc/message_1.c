/*
 * message_1 = ( METHOD : int, SUITES_I : suites, G_X : bstr,
 *               C_I : bstr / -24..23, ? EAD_1 )
 *
 * Spec: RFC 9528, section 5.2.
 */
#include "internal.h"

#include "base/wipe.h"

void
edhoc_done(struct edhoc *e)
{
	wipe(e, sizeof(*e));
}

void
edhoc_start(struct edhoc *e, enum edhoc_method method, enum edhoc_suite suite,
    const struct edhoc_cid *c_i, const struct edhoc_ephemeral *own)
{
	edhoc_done(e);
	e->role = EDHOC_INITIATOR;
	e->state = EDHOC_STARTED;
	e->method = method;
	e->suite = suite;
	e->c_i = *c_i;
	e->own = *own;
}

/* SUITES_I = [ 2* int ] / int: one alone is no array. */
static void
suites_write(struct writer *w, const enum edhoc_suite *suites, size_t count)
{
	size_t i;

	if (count > 1)
		cbor_put_array(w, count);
	for (i = 0; i < count; i++)
		cbor_put_int(w, suites[i]);
}

void
edhoc_message_1_write(struct writer *w, const struct edhoc *e,
    const enum edhoc_suite *suites, size_t count, const struct edhoc_eads *ead)
{
	cbor_put_int(w, e->method);
	suites_write(w, suites, count);
	cbor_put_bstr(w, bytes_make(e->own.public_key.x, EDHOC_SHARE_LEN));
	edhoc_cid_write(w, &e->c_i);
	if (ead != NULL)
		edhoc_eads_write(w, ead);
}

static bool
is_method(int64_t method)
{
	return method >= EDHOC_SIGN_SIGN && method <= EDHOC_DH_DH;
}

enum err
edhoc_message_1(struct edhoc *e, const enum edhoc_suite *suites, size_t count,
    const struct edhoc_eads *ead, struct writer *out)
{
	size_t start = out->len;
	struct bytes message;
	enum err err;

	if (e->state != EDHOC_STARTED)
		return ERR_STATE;
	if (edhoc_suite_find(e->suite) == NULL)
		return ERR_UNSUPPORTED;
	if (count == 0 || count > EDHOC_SUITES_MAX ||
	    suites[count - 1] != e->suite || !is_method(e->method))
		return ERR_INVALID;
	edhoc_message_1_write(out, e, suites, count, ead);
	if (out->err == ERR_OK && out->len - start > EDHOC_MESSAGE_MAX)
		writer_fail(out, ERR_SPACE);
	if (out->err != ERR_OK)
		return out->err;
	message = bytes_make(out->ptr + start, out->len - start);
	err = sha256(&message, 1, e->h_message_1);
	if (err == ERR_OK)
		e->state = EDHOC_SENT_1;
	return err;
}

static bool
is_offered(int64_t suite, const enum edhoc_suite *supported, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if ((int64_t)supported[i] == suite)
			return true;
	}
	return false;
}

/*
 * Section 5.2.3: the selected suite, the last one, has to be supported, and
 * none that the initiator likes better may be. False otherwise.
 */
static bool
suites_read(struct reader *r, const enum edhoc_suite *supported, size_t count,
    enum edhoc_suite *ret_selected)
{
	bool is_array = cbor_peek(r) == CBOR_ARRAY;
	size_t left = is_array ? cbor_array(r) : 1;
	int64_t suite = 0;
	bool before = false, offered = false;

	if (is_array && left < 2)
		reader_fail(r, ERR_FORMAT);
	for (; left > 0 && r->err == ERR_OK; left--) {
		before = before || offered;
		suite = cbor_int(r);
		offered = is_offered(suite, supported, count) &&
			  edhoc_suite_find(suite) != NULL;
	}
	if (r->err != ERR_OK || !offered || before)
		return false;
	*ret_selected = (enum edhoc_suite)suite;
	return true;
}

/* Keeps EAD_1, for edhoc_ead, where later plaintexts will be. */
static void
ead_keep(struct edhoc *e, struct bytes ead)
{
	if (ead.len > 0)
		memcpy(e->plaintext, ead.ptr, ead.len);
	e->plaintext_len = ead.len;
	e->ead_at = 0;
}

static enum err
message_1_read(struct edhoc *e, const enum edhoc_suite *supported, size_t count,
    struct reader *r)
{
	int64_t method = cbor_int(r);
	bool agreed = suites_read(r, supported, count, &e->suite);
	struct bytes g_x = cbor_bstr(r);
	struct bytes ead;
	enum err err, ead_err;

	edhoc_cid_read(r, &e->c_i);
	ead = reader_rest(r);
	if (r->err != ERR_OK)
		return r->err;
	ead_err = edhoc_eads_check(ead);
	if (ead_err != ERR_OK && ead_err != ERR_CRITICAL)
		return ead_err;
	if (!is_method(method))
		return ERR_INVALID;
	if (!agreed)
		return ERR_UNSUPPORTED;
	err = edhoc_share_read(e->suite, g_x, &e->peer);
	if (err != ERR_OK)
		return err;
	e->method = (enum edhoc_method)method;
	ead_keep(e, ead);
	return ead_err;
}

enum err
edhoc_message_1_open(struct edhoc *e, const enum edhoc_suite *supported,
    size_t count, struct bytes message_1)
{
	struct reader r;
	enum err err;

	edhoc_done(e);
	if (message_1.len > EDHOC_MESSAGE_MAX)
		return ERR_SPACE;
	reader_init(&r, message_1);
	err = message_1_read(e, supported, count, &r);
	if (err == ERR_OK)
		err = sha256(&message_1, 1, e->h_message_1);
	if (err != ERR_OK) {
		edhoc_done(e);
		return err;
	}
	e->role = EDHOC_RESPONDER;
	e->state = EDHOC_GOT_1;
	return ERR_OK;
}
