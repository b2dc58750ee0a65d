/*
 * A batch of answers as bytes. An answer has no mark of its kind: its request
 * says what it must look like, so that no answer is ever taken for another.
 * What has been read is wiped when the message turns out to be bad.
 */
#include "wire.h"

#include "base/wipe.h"

/* An answer's error is one byte: the error's number without its sign. */
#define ERR_LAST ERR_CRITICAL

static void
info_write(struct writer *w, const struct keysproto_answer *a)
{
	size_t i;

	if (a->u.info.credential_count == 0 ||
	    a->u.info.credential_count > KEYSPROTO_CREDENTIALS_MAX) {
		writer_fail(w, ERR_INVALID);
		return;
	}
	wire_point_write(w, &a->u.info.import_key);
	writer_u8(w, (uint8_t)a->u.info.credential_count);
	for (i = 0; i < a->u.info.credential_count; i++) {
		writer_u8(w, a->u.info.credential[i].kid);
		wire_point_write(w, &a->u.info.credential[i].public_key);
	}
}

static void
info_read(struct reader *r, struct keysproto_answer *a)
{
	size_t i;

	wire_point_read(r, &a->u.info.import_key);
	a->u.info.credential_count = reader_u8(r);
	if (a->u.info.credential_count == 0 ||
	    a->u.info.credential_count > KEYSPROTO_CREDENTIALS_MAX) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	for (i = 0; i < a->u.info.credential_count; i++) {
		a->u.info.credential[i].kid = reader_u8(r);
		wire_point_read(r, &a->u.info.credential[i].public_key);
	}
}

static void
root_write(struct writer *w, const struct keysproto_answer *a)
{
	wire_blob_write(w, &a->u.root.root);
	wire_blob_write(w, &a->u.root.ck);
	wire_array_write(w, a->u.root.resume, sizeof(a->u.root.resume));
	wire_array_write(w, a->u.root.profile, sizeof(a->u.root.profile));
}

static void
root_read(struct reader *r, struct keysproto_answer *a)
{
	wire_blob_read(r, &a->u.root.root);
	wire_blob_read(r, &a->u.root.ck);
	reader_copy(r, a->u.root.resume, sizeof(a->u.root.resume));
	reader_copy(r, a->u.root.profile, sizeof(a->u.root.profile));
}

/* The length of a key follows from what was asked. */
static size_t
key_len(const struct keysproto_request *q)
{
	return q->op == KEYSPROTO_PSK ? q->u.derive.key_len : E2E_KEY_LEN;
}

static void
key_write(struct writer *w, const struct keysproto_request *q,
    const struct keysproto_answer *a)
{
	if (a->u.key.len != key_len(q) || a->u.key.len > PSK_MAX) {
		writer_fail(w, ERR_INVALID);
		return;
	}
	wire_array_write(w, a->u.key.key, a->u.key.len);
}

static void
key_read(struct reader *r, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	size_t len = key_len(q);

	if (len > PSK_MAX) {
		reader_fail(r, ERR_INVALID);
		return;
	}
	reader_copy(r, a->u.key.key, len);
	a->u.key.len = len;
}

static void
certificate_write(struct writer *w, const struct keysproto_request *q,
    const struct keysproto_answer *a)
{
	if (a->u.certificate.len > PKI_CERTIFICATE_MAX) {
		writer_fail(w, ERR_INVALID);
		return;
	}
	if (q->op == KEYSPROTO_CA)
		wire_blob_write(w, &a->u.certificate.key);
	wire_view_write(w,
	    bytes_make(a->u.certificate.der, a->u.certificate.len),
	    PKI_CERTIFICATE_MAX);
}

static void
certificate_read(struct reader *r, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	struct bytes der;

	if (q->op == KEYSPROTO_CA)
		wire_blob_read(r, &a->u.certificate.key);
	der = wire_view_read(r, PKI_CERTIFICATE_MAX);
	if (der.len > 0)
		memcpy(a->u.certificate.der, der.ptr, der.len);
	a->u.certificate.len = der.len;
}

static void
good_write(struct writer *w, const struct keysproto_request *q,
    const struct keysproto_answer *a)
{
	switch (q->op) {
	case KEYSPROTO_INFO:
		info_write(w, a);
		return;
	case KEYSPROTO_PRK:
		wire_array_write(w, a->u.prk, sizeof(a->u.prk));
		return;
	case KEYSPROTO_ROOT:
		root_write(w, a);
		return;
	case KEYSPROTO_CHECKIN:
		wire_array_write(w, a->u.ck.k, sizeof(a->u.ck.k));
		return;
	case KEYSPROTO_ADVANCE:
	case KEYSPROTO_TICKET:
	case KEYSPROTO_TICKET_MAKE:
	case KEYSPROTO_IMPORT:
	case KEYSPROTO_FACTORY:
		wire_blob_write(w, &a->u.blob);
		return;
	case KEYSPROTO_PSK:
	case KEYSPROTO_E2E:
		key_write(w, q, a);
		return;
	case KEYSPROTO_PROFILE:
	case KEYSPROTO_TRANSFER:
		wire_array_write(w, a->u.record, sizeof(a->u.record));
		return;
	case KEYSPROTO_CA:
	case KEYSPROTO_POP:
	case KEYSPROTO_ZTP:
		certificate_write(w, q, a);
		return;
	}
	writer_fail(w, ERR_INVALID);
}

static void
good_read(struct reader *r, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	switch (q->op) {
	case KEYSPROTO_INFO:
		info_read(r, a);
		return;
	case KEYSPROTO_PRK:
		reader_copy(r, a->u.prk, sizeof(a->u.prk));
		return;
	case KEYSPROTO_ROOT:
		root_read(r, a);
		return;
	case KEYSPROTO_CHECKIN:
		reader_copy(r, a->u.ck.k, sizeof(a->u.ck.k));
		return;
	case KEYSPROTO_ADVANCE:
	case KEYSPROTO_TICKET:
	case KEYSPROTO_TICKET_MAKE:
	case KEYSPROTO_IMPORT:
	case KEYSPROTO_FACTORY:
		wire_blob_read(r, &a->u.blob);
		return;
	case KEYSPROTO_PSK:
	case KEYSPROTO_E2E:
		key_read(r, q, a);
		return;
	case KEYSPROTO_PROFILE:
	case KEYSPROTO_TRANSFER:
		reader_copy(r, a->u.record, sizeof(a->u.record));
		return;
	case KEYSPROTO_CA:
	case KEYSPROTO_POP:
	case KEYSPROTO_ZTP:
		certificate_read(r, q, a);
		return;
	}
	reader_fail(r, ERR_INVALID);
}

static void
answer_write(struct writer *w, const struct keysproto_request *q,
    const struct keysproto_answer *a)
{
	if (a->err > ERR_OK || a->err < ERR_LAST) {
		writer_fail(w, ERR_INVALID);
		return;
	}
	writer_u8(w, (uint8_t)-a->err);
	if (a->err == ERR_OK)
		good_write(w, q, a);
}

static void
answer_read(struct reader *r, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	int err;

	memset(a, 0, sizeof(*a));
	err = -(int)reader_u8(r);
	if (err < ERR_LAST) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	a->err = (enum err)err;
	if (a->err == ERR_OK)
		good_read(r, q, a);
}

enum err
keysproto_answers_encode(uint64_t batch,
    const struct keysproto_request *requests,
    const struct keysproto_answer *answers, size_t count, struct writer *out)
{
	size_t i;

	if ((batch == 0) != (count == 0))
		writer_fail(out, ERR_INVALID);
	wire_header_write(out, batch, count);
	for (i = 0; i < count && out->err == ERR_OK; i++)
		answer_write(out, &requests[i], &answers[i]);
	return out->err;
}

enum err
keysproto_answers_decode(struct bytes in, uint64_t *ret_batch,
    const struct keysproto_request *requests, size_t count,
    struct keysproto_answer *answers)
{
	struct reader r;
	uint64_t batch;
	size_t said, i;
	enum err err;

	reader_init(&r, in);
	wire_header_read(&r, &batch, &said);
	if (r.err == ERR_OK && (said != count || (batch == 0) != (said == 0)))
		reader_fail(&r, ERR_FORMAT);
	for (i = 0; i < count && r.err == ERR_OK; i++)
		answer_read(&r, &requests[i], &answers[i]);
	err = reader_end(&r);
	if (err != ERR_OK) {
		wipe(answers, count * sizeof(*answers));
		return err;
	}
	*ret_batch = batch;
	return ERR_OK;
}
