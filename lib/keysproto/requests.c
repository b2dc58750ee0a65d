/*
 * A batch of requests as bytes: one writer and one reader a kind of request,
 * side by side. Readers take what writers make and nothing else; whether the
 * asker may ask, and whether the cryptography is right, is for the keys
 * process to say.
 */
#include "wire.h"

/* Which prior stands in a request for a root. */
enum prior { PRIOR_FACTORY = 1, PRIOR_ROOT = 2 };

static void
prk_write(struct writer *w, const struct keysproto_request *q)
{
	writer_u8(w, q->u.prk.kid);
	wire_array_write(w, q->u.prk.salt, sizeof(q->u.prk.salt));
	wire_point_write(w, &q->u.prk.peer);
}

static void
prk_read(struct reader *r, struct keysproto_request *q)
{
	q->u.prk.kid = reader_u8(r);
	reader_copy(r, q->u.prk.salt, sizeof(q->u.prk.salt));
	wire_point_read(r, &q->u.prk.peer);
}

/* A flag, and the right when it is there. */
static void
right_write(
    struct writer *w, bool has_transfer, const struct keysproto_transfer *t)
{
	writer_u8(w, has_transfer ? 1 : 0);
	if (!has_transfer)
		return;
	wire_array_write(w, t->from, sizeof(t->from));
	wire_array_write(w, t->to, sizeof(t->to));
	writer_u32(w, t->last);
	writer_u8(w, t->readers);
	wire_array_write(w, t->mac, sizeof(t->mac));
}

static void
right_read(struct reader *r, bool *ret_has, struct keysproto_transfer *t)
{
	uint8_t has = reader_u8(r);

	if (has > 1)
		reader_fail(r, ERR_FORMAT);
	*ret_has = has == 1;
	if (!*ret_has)
		return;
	reader_copy(r, t->from, sizeof(t->from));
	reader_copy(r, t->to, sizeof(t->to));
	t->last = reader_u32(r);
	t->readers = reader_u8(r);
	reader_copy(r, t->mac, sizeof(t->mac));
}

/* Exactly one prior: the factory secret with its import key, or a root. */
static void
prior_write(struct writer *w, const struct keysproto_request *q)
{
	if (q->u.root.root.len == 0) {
		if (q->u.root.has_transfer)
			writer_fail(w, ERR_INVALID);
		writer_u8(w, PRIOR_FACTORY);
		wire_blob_write(w, &q->u.root.factory);
		writer_u64(w, q->u.root.import_id);
		wire_blob_write(w, &q->u.root.import_key);
		return;
	}
	if (q->u.root.factory.len != 0 || q->u.root.import_key.len != 0)
		writer_fail(w, ERR_INVALID);
	writer_u8(w, PRIOR_ROOT);
	wire_blob_write(w, &q->u.root.root);
	writer_u32(w, q->u.root.root_generation);
	wire_array_write(
	    w, q->u.root.root_profile, sizeof(q->u.root.root_profile));
	right_write(w, q->u.root.has_transfer, &q->u.root.transfer);
}

static void
prior_read(struct reader *r, struct keysproto_request *q)
{
	switch (reader_u8(r)) {
	case PRIOR_FACTORY:
		wire_blob_read(r, &q->u.root.factory);
		q->u.root.import_id = reader_u64(r);
		wire_blob_read(r, &q->u.root.import_key);
		return;
	case PRIOR_ROOT:
		wire_blob_read(r, &q->u.root.root);
		q->u.root.root_generation = reader_u32(r);
		reader_copy(
		    r, q->u.root.root_profile, sizeof(q->u.root.root_profile));
		right_read(r, &q->u.root.has_transfer, &q->u.root.transfer);
		return;
	default:
		reader_fail(r, ERR_FORMAT);
	}
}

static void
root_write(struct writer *w, const struct keysproto_request *q)
{
	wire_array_write(w, q->u.root.uid, sizeof(q->u.root.uid));
	wire_array_write(w, q->u.root.exporter, sizeof(q->u.root.exporter));
	prior_write(w, q);
	wire_view_write(w, q->u.root.request, BOOTSTRAP_REQUEST_MAX);
	wire_view_write(w, q->u.root.response, BOOTSTRAP_RESPONSE_MAX);
}

static void
root_read(struct reader *r, struct keysproto_request *q)
{
	reader_copy(r, q->u.root.uid, sizeof(q->u.root.uid));
	reader_copy(r, q->u.root.exporter, sizeof(q->u.root.exporter));
	prior_read(r, q);
	q->u.root.request = wire_view_read(r, BOOTSTRAP_REQUEST_MAX);
	q->u.root.response = wire_view_read(r, BOOTSTRAP_RESPONSE_MAX);
}

/* CHECKIN and ADVANCE, which alone has a request id and a payload. */
static void
checkin_write(struct writer *w, const struct keysproto_request *q)
{
	wire_array_write(w, q->u.checkin.uid, sizeof(q->u.checkin.uid));
	writer_u32(w, q->u.checkin.generation);
	wire_blob_write(w, &q->u.checkin.ck);
	if (q->op != KEYSPROTO_ADVANCE)
		return;
	wire_array_write(
	    w, q->u.checkin.request_id, sizeof(q->u.checkin.request_id));
	wire_view_write(w, q->u.checkin.payload, CHECKIN_REQUEST_MAX);
}

static void
checkin_read(struct reader *r, struct keysproto_request *q)
{
	reader_copy(r, q->u.checkin.uid, sizeof(q->u.checkin.uid));
	q->u.checkin.generation = reader_u32(r);
	wire_blob_read(r, &q->u.checkin.ck);
	if (q->op != KEYSPROTO_ADVANCE)
		return;
	reader_copy(
	    r, q->u.checkin.request_id, sizeof(q->u.checkin.request_id));
	q->u.checkin.payload = wire_view_read(r, CHECKIN_REQUEST_MAX);
}

/*
 * A ticket comes from a device: any length that request 2 can carry. The root
 * that one is made of comes from the database.
 */
static void
ticket_write(struct writer *w, const struct keysproto_request *q)
{
	wire_array_write(w, q->u.ticket.uid, sizeof(q->u.ticket.uid));
	if (q->op == KEYSPROTO_TICKET)
		wire_view_write(w, q->u.ticket.ticket, BOOTSTRAP_REQUEST_MAX);
	else
		wire_blob_write(w, &q->u.ticket.root);
	wire_array_write(w, q->u.ticket.alias, sizeof(q->u.ticket.alias));
	writer_u32(w, q->u.ticket.generation);
	wire_array_write(w, q->u.ticket.profile, sizeof(q->u.ticket.profile));
	wire_point_write(w, &q->u.ticket.public_key);
}

static void
ticket_read(struct reader *r, struct keysproto_request *q)
{
	reader_copy(r, q->u.ticket.uid, sizeof(q->u.ticket.uid));
	if (q->op == KEYSPROTO_TICKET)
		q->u.ticket.ticket = wire_view_read(r, BOOTSTRAP_REQUEST_MAX);
	else
		wire_blob_read(r, &q->u.ticket.root);
	reader_copy(r, q->u.ticket.alias, sizeof(q->u.ticket.alias));
	q->u.ticket.generation = reader_u32(r);
	reader_copy(r, q->u.ticket.profile, sizeof(q->u.ticket.profile));
	wire_point_read(r, &q->u.ticket.public_key);
}

/* An identity has 14 bytes and a header 11 or 16: the length tells which. */
static bool
id_len_fits(enum keysproto_op op, size_t len)
{
	if (op == KEYSPROTO_PSK)
		return len == PSK_ID_LEN;
	return len == E2E_V1_HEADER_LEN || len == E2E_V2_HEADER_LEN;
}

static bool
psk_len_fits(size_t len)
{
	return len == 16 || len == 32;
}

static void
owner_write(struct writer *w, const struct keysproto_owner *owner)
{
	writer_u64(w, owner->tenant);
	wire_array_write(w, owner->profile, sizeof(owner->profile));
	wire_array_write(w, owner->record, sizeof(owner->record));
}

static void
owner_read(struct reader *r, struct keysproto_owner *owner)
{
	owner->tenant = reader_u64(r);
	reader_copy(r, owner->profile, sizeof(owner->profile));
	reader_copy(r, owner->record, sizeof(owner->record));
}

static void
derive_write(struct writer *w, const struct keysproto_request *q)
{
	if (!id_len_fits(q->op, q->u.derive.id_len)) {
		writer_fail(w, ERR_INVALID);
		return;
	}
	owner_write(w, &q->u.derive.owner);
	wire_array_write(w, q->u.derive.uid, sizeof(q->u.derive.uid));
	writer_u32(w, q->u.derive.generation);
	wire_blob_write(w, &q->u.derive.root);
	writer_u8(w, (uint8_t)q->u.derive.id_len);
	wire_array_write(w, q->u.derive.id, q->u.derive.id_len);
	if (q->op != KEYSPROTO_PSK) {
		right_write(w, q->u.derive.has_transfer, &q->u.derive.transfer);
		return;
	}
	if (!psk_len_fits(q->u.derive.key_len))
		writer_fail(w, ERR_INVALID);
	writer_u8(w, q->u.derive.key_len);
}

static void
derive_read(struct reader *r, struct keysproto_request *q)
{
	owner_read(r, &q->u.derive.owner);
	reader_copy(r, q->u.derive.uid, sizeof(q->u.derive.uid));
	q->u.derive.generation = reader_u32(r);
	wire_blob_read(r, &q->u.derive.root);
	q->u.derive.id_len = reader_u8(r);
	if (!id_len_fits(q->op, q->u.derive.id_len)) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	reader_copy(r, q->u.derive.id, q->u.derive.id_len);
	if (q->op != KEYSPROTO_PSK) {
		right_read(r, &q->u.derive.has_transfer, &q->u.derive.transfer);
		return;
	}
	q->u.derive.key_len = reader_u8(r);
	if (!psk_len_fits(q->u.derive.key_len))
		reader_fail(r, ERR_FORMAT);
}

/* The right is asked for with what proves whose the device is. */
static void
transfer_write(struct writer *w, const struct keysproto_request *q)
{
	owner_write(w, &q->u.transfer.from);
	owner_write(w, &q->u.transfer.to);
	wire_array_write(w, q->u.transfer.uid, sizeof(q->u.transfer.uid));
	writer_u32(w, q->u.transfer.generation);
	wire_blob_write(w, &q->u.transfer.root);
	writer_u32(w, q->u.transfer.last);
	writer_u8(w, q->u.transfer.readers);
}

static void
transfer_read(struct reader *r, struct keysproto_request *q)
{
	owner_read(r, &q->u.transfer.from);
	owner_read(r, &q->u.transfer.to);
	reader_copy(r, q->u.transfer.uid, sizeof(q->u.transfer.uid));
	q->u.transfer.generation = reader_u32(r);
	wire_blob_read(r, &q->u.transfer.root);
	q->u.transfer.last = reader_u32(r);
	q->u.transfer.readers = reader_u8(r);
}

static void
profile_write(struct writer *w, const struct keysproto_request *q)
{
	writer_u64(w, q->u.profile.tenant);
	wire_array_write(w, q->u.profile.profile, sizeof(q->u.profile.profile));
}

static void
profile_read(struct reader *r, struct keysproto_request *q)
{
	q->u.profile.tenant = reader_u64(r);
	reader_copy(r, q->u.profile.profile, sizeof(q->u.profile.profile));
}

/* IMPORT names a new import; FACTORY brings a record of it. */
static void
factory_write(struct writer *w, const struct keysproto_request *q)
{
	writer_u64(w, q->u.factory.import_id);
	if (q->op == KEYSPROTO_IMPORT)
		return;
	wire_blob_write(w, &q->u.factory.import_key);
	wire_array_write(w, q->u.factory.uid, sizeof(q->u.factory.uid));
	wire_array_write(
	    w, q->u.factory.public_key, sizeof(q->u.factory.public_key));
	wire_array_write(w, q->u.factory.enc, sizeof(q->u.factory.enc));
	wire_array_write(w, q->u.factory.sealed, sizeof(q->u.factory.sealed));
}

static void
factory_read(struct reader *r, struct keysproto_request *q)
{
	q->u.factory.import_id = reader_u64(r);
	if (q->op == KEYSPROTO_IMPORT)
		return;
	wire_blob_read(r, &q->u.factory.import_key);
	reader_copy(r, q->u.factory.uid, sizeof(q->u.factory.uid));
	reader_copy(
	    r, q->u.factory.public_key, sizeof(q->u.factory.public_key));
	reader_copy(r, q->u.factory.enc, sizeof(q->u.factory.enc));
	reader_copy(r, q->u.factory.sealed, sizeof(q->u.factory.sealed));
}

/* A CA makes its own key; only a proof brings the CA's. */
static void
certificate_write(struct writer *w, const struct keysproto_request *q)
{
	writer_u64(w, q->u.certificate.ca_id);
	writer_u64(w, q->u.certificate.tenant);
	wire_view_write(w, q->u.certificate.name, PKI_NAME_MAX);
	wire_array_write(
	    w, q->u.certificate.serial, sizeof(q->u.certificate.serial));
	writer_u64(w, q->u.certificate.not_before);
	writer_u64(w, q->u.certificate.not_after);
	if (q->op == KEYSPROTO_CA)
		return;
	wire_blob_write(w, &q->u.certificate.key);
	wire_view_write(w, q->u.certificate.issuer, PKI_CERTIFICATE_MAX);
}

static void
certificate_read(struct reader *r, struct keysproto_request *q)
{
	q->u.certificate.ca_id = reader_u64(r);
	q->u.certificate.tenant = reader_u64(r);
	q->u.certificate.name = wire_view_read(r, PKI_NAME_MAX);
	reader_copy(
	    r, q->u.certificate.serial, sizeof(q->u.certificate.serial));
	q->u.certificate.not_before = reader_u64(r);
	q->u.certificate.not_after = reader_u64(r);
	if (q->op == KEYSPROTO_CA)
		return;
	wire_blob_read(r, &q->u.certificate.key);
	q->u.certificate.issuer = wire_view_read(r, PKI_CERTIFICATE_MAX);
}

static void
ztp_write(struct writer *w, const struct keysproto_request *q)
{
	owner_write(w, &q->u.ztp.owner);
	wire_array_write(w, q->u.ztp.uid, sizeof(q->u.ztp.uid));
	writer_u32(w, q->u.ztp.generation);
	wire_blob_write(w, &q->u.ztp.root);
	wire_array_write(w, q->u.ztp.key, sizeof(q->u.ztp.key));
	wire_array_write(w, q->u.ztp.tag, sizeof(q->u.ztp.tag));
	writer_u64(w, q->u.ztp.ca_id);
	wire_blob_write(w, &q->u.ztp.ca_key);
	wire_view_write(w, q->u.ztp.issuer, PKI_CERTIFICATE_MAX);
	wire_array_write(w, q->u.ztp.serial, sizeof(q->u.ztp.serial));
	writer_u64(w, q->u.ztp.not_before);
	writer_u64(w, q->u.ztp.not_after);
}

static void
ztp_read(struct reader *r, struct keysproto_request *q)
{
	owner_read(r, &q->u.ztp.owner);
	reader_copy(r, q->u.ztp.uid, sizeof(q->u.ztp.uid));
	q->u.ztp.generation = reader_u32(r);
	wire_blob_read(r, &q->u.ztp.root);
	reader_copy(r, q->u.ztp.key, sizeof(q->u.ztp.key));
	reader_copy(r, q->u.ztp.tag, sizeof(q->u.ztp.tag));
	q->u.ztp.ca_id = reader_u64(r);
	wire_blob_read(r, &q->u.ztp.ca_key);
	q->u.ztp.issuer = wire_view_read(r, PKI_CERTIFICATE_MAX);
	reader_copy(r, q->u.ztp.serial, sizeof(q->u.ztp.serial));
	q->u.ztp.not_before = reader_u64(r);
	q->u.ztp.not_after = reader_u64(r);
}

static void
request_write(struct writer *w, const struct keysproto_request *q)
{
	writer_u8(w, (uint8_t)q->op);
	switch (q->op) {
	case KEYSPROTO_INFO:
		return;
	case KEYSPROTO_PRK:
		prk_write(w, q);
		return;
	case KEYSPROTO_ROOT:
		root_write(w, q);
		return;
	case KEYSPROTO_CHECKIN:
	case KEYSPROTO_ADVANCE:
		checkin_write(w, q);
		return;
	case KEYSPROTO_TICKET:
	case KEYSPROTO_TICKET_MAKE:
		ticket_write(w, q);
		return;
	case KEYSPROTO_PSK:
	case KEYSPROTO_E2E:
		derive_write(w, q);
		return;
	case KEYSPROTO_PROFILE:
		profile_write(w, q);
		return;
	case KEYSPROTO_TRANSFER:
		transfer_write(w, q);
		return;
	case KEYSPROTO_IMPORT:
	case KEYSPROTO_FACTORY:
		factory_write(w, q);
		return;
	case KEYSPROTO_CA:
	case KEYSPROTO_POP:
		certificate_write(w, q);
		return;
	case KEYSPROTO_ZTP:
		ztp_write(w, q);
		return;
	}
	writer_fail(w, ERR_INVALID);
}

static void
request_read(struct reader *r, struct keysproto_request *q)
{
	memset(q, 0, sizeof(*q));
	q->op = (enum keysproto_op)reader_u8(r);
	switch (q->op) {
	case KEYSPROTO_INFO:
		return;
	case KEYSPROTO_PRK:
		prk_read(r, q);
		return;
	case KEYSPROTO_ROOT:
		root_read(r, q);
		return;
	case KEYSPROTO_CHECKIN:
	case KEYSPROTO_ADVANCE:
		checkin_read(r, q);
		return;
	case KEYSPROTO_TICKET:
	case KEYSPROTO_TICKET_MAKE:
		ticket_read(r, q);
		return;
	case KEYSPROTO_PSK:
	case KEYSPROTO_E2E:
		derive_read(r, q);
		return;
	case KEYSPROTO_PROFILE:
		profile_read(r, q);
		return;
	case KEYSPROTO_TRANSFER:
		transfer_read(r, q);
		return;
	case KEYSPROTO_IMPORT:
	case KEYSPROTO_FACTORY:
		factory_read(r, q);
		return;
	case KEYSPROTO_CA:
	case KEYSPROTO_POP:
		certificate_read(r, q);
		return;
	case KEYSPROTO_ZTP:
		ztp_read(r, q);
		return;
	}
	reader_fail(r, ERR_FORMAT);
}

enum err
keysproto_requests_encode(uint64_t batch,
    const struct keysproto_request *requests, size_t count, struct writer *out)
{
	size_t i;

	if (batch == 0 || count == 0)
		writer_fail(out, ERR_INVALID);
	wire_header_write(out, batch, count);
	for (i = 0; i < count && out->err == ERR_OK; i++)
		request_write(out, &requests[i]);
	return out->err;
}

enum err
keysproto_requests_decode(struct bytes in, uint64_t *ret_batch,
    struct keysproto_request *requests, size_t cap, size_t *ret_count)
{
	struct reader r;
	uint64_t batch;
	size_t count, i;
	enum err err;

	reader_init(&r, in);
	wire_header_read(&r, &batch, &count);
	if (r.err == ERR_OK && (batch == 0 || count == 0))
		reader_fail(&r, ERR_FORMAT);
	if (r.err == ERR_OK && count > cap)
		reader_fail(&r, ERR_SPACE);
	for (i = 0; i < count && r.err == ERR_OK; i++)
		request_read(&r, &requests[i]);
	err = reader_end(&r);
	if (err != ERR_OK)
		return err;
	*ret_batch = batch;
	*ret_count = count;
	return ERR_OK;
}
