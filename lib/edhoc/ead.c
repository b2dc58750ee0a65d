/*
 * External authorization data: a sequence of labels, each with an optional
 * byte string (RFC 9528, section 3.8). No label is known in this room: what
 * is critical ends the exchange, what is not is handed on or ignored.
 */
#include "internal.h"

#define LABEL_PADDING 0 /* section 3.8.1 */

static void
ead_write(struct writer *w, const struct edhoc_ead *ead)
{
	cbor_put_int(w, ead->label);
	if (ead->has_value)
		cbor_put_bstr(w, ead->value);
}

void
edhoc_eads_write(struct writer *w, const struct edhoc_eads *eads)
{
	size_t i;

	if (eads->count > EDHOC_EAD_MAX) {
		writer_fail(w, ERR_INVALID);
		return;
	}
	for (i = 0; i < eads->count; i++)
		ead_write(w, &eads->item[i]);
}

void
edhoc_ead_read(struct reader *r, struct edhoc_ead *ret_ead)
{
	ret_ead->label = cbor_int(r);
	ret_ead->has_value = cbor_peek(r) == CBOR_BSTR;
	ret_ead->value = ret_ead->has_value ? cbor_bstr(r) : BYTES_NONE;
}

enum err
edhoc_eads_check(struct bytes raw)
{
	struct edhoc_ead ead;
	struct reader r;
	bool critical = false;
	enum err err;

	reader_init(&r, raw);
	while (reader_left(&r) > 0) {
		edhoc_ead_read(&r, &ead);
		critical = critical || ead.label < 0;
	}
	err = reader_end(&r);
	if (err != ERR_OK)
		return err;
	return critical ? ERR_CRITICAL : ERR_OK;
}

static bool
has_opened(const struct edhoc *e)
{
	if (e->role == EDHOC_RESPONDER)
		return e->state >= EDHOC_GOT_1;
	return e->state >= EDHOC_GOT_2;
}

enum err
edhoc_ead(const struct edhoc *e, struct edhoc_eads *ret)
{
	struct edhoc_eads eads;
	struct edhoc_ead ead;
	struct reader r;

	if (!has_opened(e))
		return ERR_STATE;
	memset(&eads, 0, sizeof(eads));
	reader_init(&r, edhoc_plaintext_ead(e));
	while (reader_left(&r) > 0) {
		edhoc_ead_read(&r, &ead);
		if (ead.label == LABEL_PADDING)
			continue;
		if (eads.count == EDHOC_EAD_MAX)
			return ERR_SPACE;
		eads.item[eads.count++] = ead;
	}
	if (r.err != ERR_OK)
		return ERR_INTERNAL; /* was checked when it was opened */
	*ret = eads;
	return ERR_OK;
}
