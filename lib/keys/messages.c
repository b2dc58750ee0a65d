/*
 * The payloads inside OSCORE, writer and reader of each message side by
 * side. Readers take views of their input and copy only what has a fixed
 * size; none of them decides what a message means.
 */
#include "keys/messages.h"

#include <string.h>

#include "cbor/cbor.h"

static const struct {
	uint32_t bit;
	const char *name;
} features[] = {
    {SERVICE_PSK, "E2ESymmetricKMS"},
    {SERVICE_E2E, "E2EDataProtection"},
    {FEATURE_LOCAL_DATA, "LocalDataProtection"},
    {FEATURE_C2C, "LocalC2C"},
    {FEATURE_C2C_PAIRING, "LocalC2CKeyPairing"},
    {FEATURE_ZTP, "ZTPV1"},
};

const char *
feature_name(uint32_t bit)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(features); i++)
		if (features[i].bit == bit)
			return features[i].name;
	return NULL;
}

uint32_t
feature_bit(struct bytes name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(features); i++)
		if (bytes_equal(name, bytes_str(features[i].name)))
			return features[i].bit;
	/* The documentation of the original spells it both ways. */
	if (bytes_equal(name, BYTES_LIT("LocalDPR")))
		return FEATURE_LOCAL_DATA;
	return 0;
}

bool
bootstrap_status_is_new(unsigned status)
{
	return status <= BOOTSTRAP_INACTIVE;
}

/* Reads a text of min to max printable ASCII characters. */
static struct bytes
text_read(struct reader *r, size_t min, size_t max)
{
	struct bytes text = cbor_tstr(r);
	size_t i;

	if (r->err != ERR_OK)
		return BYTES_NONE;
	if (text.len < min || text.len > max)
		reader_fail(r, ERR_INVALID);
	for (i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e)
			reader_fail(r, ERR_INVALID);
	return text;
}

/* Reads the head of an array that has exactly count items. */
static void
array_read(struct reader *r, size_t count)
{
	if (cbor_array(r) != count)
		reader_fail(r, ERR_FORMAT);
}

/* A request id, or null where none is known. */
static void
request_id_write(struct writer *w, bool has, const uint8_t *id)
{
	if (has)
		cbor_put_bstr(w, bytes_make(id, REQUEST_ID_LEN));
	else
		cbor_put_null(w);
}

static bool
request_id_read(struct reader *r, uint8_t *ret_id)
{
	if (cbor_peek_null(r)) {
		cbor_null(r);
		return false;
	}
	cbor_bstr_copy(r, ret_id, REQUEST_ID_LEN);
	return true;
}

static void
sealing_write(struct writer *w, const struct bootstrap_request *m)
{
	if (!m->sealed) {
		cbor_put_null(w);
		cbor_put_null(w);
		return;
	}
	cbor_put_bstr(w, BYTES_OF(m->profile));
	cbor_put_tstr(w, m->serial);
}

/* Profile and serial are both there or both null. */
static void
sealing_read(struct reader *r, struct bootstrap_request *m)
{
	if (cbor_peek_null(r)) {
		cbor_null(r);
		cbor_null(r);
		return;
	}
	m->sealed = true;
	cbor_bstr_copy(r, m->profile, PROFILE_UID_LEN);
	m->serial = text_read(r, 1, SERIAL_MAX);
}

static void
resume_write(struct writer *w, const struct bootstrap_request *m)
{
	if (!m->has_resume) {
		cbor_put_null(w);
		return;
	}
	cbor_put_array(w, 3);
	cbor_put_bstr(w, BYTES_OF(m->resume.alias));
	cbor_put_bstr(w, BYTES_OF(m->resume.tag));
	request_id_write(w, m->resume.has_request_id, m->resume.request_id);
}

static void
resume_read(struct reader *r, struct bootstrap_request *m)
{
	struct bootstrap_resume *resume = &m->resume;

	if (cbor_peek_null(r)) {
		cbor_null(r);
		return;
	}
	m->has_resume = true;
	array_read(r, 3);
	cbor_bstr_copy(r, resume->alias, ALIAS_LEN);
	cbor_bstr_copy(r, resume->tag, RESUME_LEN);
	resume->has_request_id = request_id_read(r, resume->request_id);
}

static void
claim_write(struct writer *w, const struct bootstrap_request *m)
{
	if (!m->has_claim) {
		cbor_put_null(w);
		return;
	}
	cbor_put_array(w, 5);
	cbor_put_uint(w, m->claim.generation);
	cbor_put_bstr(w, BYTES_OF(m->claim.alias));
	cbor_put_uint(w, m->claim.n);
	cbor_put_bstr(w, BYTES_OF(m->claim.tag));
	request_id_write(w, m->claim.has_request_id, m->claim.request_id);
}

static void
claim_read(struct reader *r, struct bootstrap_request *m)
{
	struct bootstrap_claim *claim = &m->claim;

	if (cbor_peek_null(r)) {
		cbor_null(r);
		return;
	}
	m->has_claim = true;
	array_read(r, 5);
	claim->generation = (uint32_t)cbor_uint_max(r, UINT32_MAX);
	cbor_bstr_copy(r, claim->alias, ALIAS_LEN);
	claim->n = cbor_uint(r);
	cbor_bstr_copy(r, claim->tag, STATE_TAG_LEN);
	claim->has_request_id = request_id_read(r, claim->request_id);
}

static void
ticket_write(struct writer *w, const struct bootstrap_request *m)
{
	if (m->ticket.len > 0)
		cbor_put_bstr(w, m->ticket);
	else
		cbor_put_null(w);
}

static void
ticket_read(struct reader *r, struct bootstrap_request *m)
{
	if (cbor_peek_null(r)) {
		cbor_null(r);
		return;
	}
	m->ticket = cbor_bstr(r);
	if (m->ticket.len != TICKET_LEN)
		reader_fail(r, ERR_INVALID);
}

void
bootstrap_request_write(struct writer *w, const struct bootstrap_request *m)
{
	bool proofs = m->has_resume || m->has_claim || m->ticket.len > 0;

	cbor_put_array(w, proofs ? 8 : m->sealed ? 5 : 3);
	cbor_put_bstr(w, BYTES_OF(m->instance));
	cbor_put_bstr(w, BYTES_OF(m->key));
	cbor_put_tstr(w, m->firmware);
	if (proofs || m->sealed)
		sealing_write(w, m);
	if (!proofs)
		return;
	resume_write(w, m);
	claim_write(w, m);
	ticket_write(w, m);
}

enum err
bootstrap_request_read(struct bytes in, struct bootstrap_request *ret_m)
{
	struct bootstrap_request m;
	struct reader r;
	size_t count;
	enum err err;

	memset(&m, 0, sizeof(m));
	if (in.len > BOOTSTRAP_REQUEST_MAX)
		return ERR_SPACE;
	reader_init(&r, in);
	count = cbor_array(&r);
	if (count != 3 && count != 5 && count != 8)
		reader_fail(&r, ERR_FORMAT);
	cbor_bstr_copy(&r, m.instance, INSTANCE_LEN);
	cbor_bstr_copy(&r, m.key, P256_COMPRESSED_LEN);
	if (m.key[0] != 2 && m.key[0] != 3)
		reader_fail(&r, ERR_INVALID);
	m.firmware = text_read(&r, 0, FIRMWARE_MAX);
	if (count >= 5)
		sealing_read(&r, &m);
	if (count == 8) {
		resume_read(&r, &m);
		claim_read(&r, &m);
		ticket_read(&r, &m);
	}
	err = reader_end(&r);
	if (err == ERR_OK)
		*ret_m = m;
	return err;
}

void
bootstrap_response_write(struct writer *w, const struct bootstrap_response *m)
{
	bool is_new = bootstrap_status_is_new(m->status);

	cbor_put_array(w, is_new ? 4 : 1);
	cbor_put_uint(w, m->status);
	if (!is_new)
		return;
	cbor_put_bstr(w, BYTES_OF(m->alias));
	cbor_put_uint(w, m->generation);
	cbor_put_uint(w, m->features);
}

enum err
bootstrap_response_read(struct bytes in, struct bootstrap_response *ret_m)
{
	struct bootstrap_response m;
	struct reader r;
	size_t count;
	enum err err;

	memset(&m, 0, sizeof(m));
	reader_init(&r, in);
	count = cbor_array(&r);
	m.status = (unsigned)cbor_uint_max(&r, 23);
	if (count != (bootstrap_status_is_new(m.status) ? 4u : 1u))
		reader_fail(&r, ERR_FORMAT);
	if (count == 4) {
		cbor_bstr_copy(&r, m.alias, ALIAS_LEN);
		m.generation = (uint32_t)cbor_uint_max(&r, UINT32_MAX);
		m.features = (uint32_t)cbor_uint_max(&r, UINT32_MAX);
		/* Generation 0 is the factory: nobody can give it. */
		if (m.generation == 0)
			reader_fail(&r, ERR_INVALID);
	}
	err = reader_end(&r);
	if (err == ERR_OK)
		*ret_m = m;
	return err;
}

/*
 * Walks a map whose keys are unsigned and ascend, as deterministic encoding
 * demands: gives the next key, or false at the end or after an error.
 */
struct map_walk {
	size_t left;
	uint64_t last;
	bool started;
};

static bool
map_next(struct reader *r, struct map_walk *walk, uint64_t *ret_key)
{
	uint64_t key;

	if (walk->left == 0 || r->err != ERR_OK)
		return false;
	key = cbor_uint(r);
	if (r->err == ERR_OK && walk->started && key <= walk->last)
		reader_fail(r, ERR_FORMAT);
	walk->left--;
	walk->last = key;
	walk->started = true;
	*ret_key = key;
	return r->err == ERR_OK;
}

void
checkin_request_write(struct writer *w, const struct checkin_request *m)
{
	bool has_firmware = m->firmware.len > 0;
	size_t count = (m->has_features_version ? 1u : 0) +
		       (has_firmware ? 1u : 0) + (m->wants_ticket ? 1u : 0);

	if (count == 0)
		return;
	cbor_put_map(w, count);
	if (m->has_features_version) {
		cbor_put_uint(w, 1);
		cbor_put_uint(w, m->features_version);
	}
	if (has_firmware) {
		cbor_put_uint(w, 2);
		cbor_put_tstr(w, m->firmware);
	}
	if (m->wants_ticket) {
		cbor_put_uint(w, 3);
		cbor_put_bool(w, true);
	}
}

/* Reads the value of one key; keys of a later version are passed over. */
static void
checkin_request_value(struct reader *r, uint64_t key, struct checkin_request *m)
{
	if (key == 1) {
		m->has_features_version = true;
		m->features_version = cbor_uint(r);
	} else if (key == 2) {
		m->firmware = text_read(r, 1, FIRMWARE_MAX);
	} else if (key == 3) {
		m->wants_ticket = cbor_bool(r);
		/* Who asks for none leaves it out. */
		if (!m->wants_ticket)
			reader_fail(r, ERR_FORMAT);
	} else {
		cbor_skip(r);
	}
}

enum err
checkin_request_read(struct bytes in, struct checkin_request *ret_m)
{
	struct checkin_request m;
	struct map_walk walk = {0, 0, false};
	struct reader r;
	uint64_t key;
	enum err err;

	memset(&m, 0, sizeof(m));
	if (in.len > CHECKIN_REQUEST_MAX)
		return ERR_SPACE;
	reader_init(&r, in);
	if (in.len > 0)
		walk.left = cbor_map(&r);
	while (map_next(&r, &walk, &key))
		checkin_request_value(&r, key, &m);
	err = reader_end(&r);
	if (err == ERR_OK)
		*ret_m = m;
	return err;
}

void
checkin_response_write(struct writer *w, const struct checkin_response *m)
{
	size_t count = (m->has_period ? 1u : 0) + (m->has_flags ? 1u : 0) +
		       (m->has_features ? 1u : 0) +
		       (m->ticket.len > 0 ? 1u : 0);

	if (count > 0)
		cbor_put_array(w, 2);
	cbor_put_uint(w, m->time);
	if (count > 0)
		cbor_put_map(w, count);
	if (m->has_period) {
		cbor_put_uint(w, 1);
		cbor_put_uint(w, m->period);
	}
	if (m->has_flags) {
		cbor_put_uint(w, 2);
		cbor_put_uint(w, m->flags);
	}
	if (m->has_features) {
		cbor_put_uint(w, 3);
		cbor_put_array(w, 2);
		cbor_put_uint(w, m->features);
		cbor_put_uint(w, m->features_version);
	}
	if (m->ticket.len > 0) {
		cbor_put_uint(w, 4);
		cbor_put_bstr(w, m->ticket);
	}
}

static void
checkin_response_value(
    struct reader *r, uint64_t key, struct checkin_response *m)
{
	if (key == 1) {
		m->has_period = true;
		m->period = (uint32_t)cbor_uint_max(r, UINT32_MAX);
	} else if (key == 2) {
		m->has_flags = true;
		m->flags = (uint32_t)cbor_uint_max(r, UINT32_MAX);
	} else if (key == 3) {
		m->has_features = true;
		array_read(r, 2);
		m->features = (uint32_t)cbor_uint_max(r, UINT32_MAX);
		m->features_version = cbor_uint(r);
	} else if (key == 4) {
		m->ticket = cbor_bstr(r);
		if (m->ticket.len != TICKET_LEN)
			reader_fail(r, ERR_INVALID);
	} else {
		cbor_skip(r);
	}
}

enum err
checkin_response_read(struct bytes in, struct checkin_response *ret_m)
{
	struct checkin_response m;
	struct map_walk walk = {0, 0, false};
	struct reader r;
	bool plain;
	uint64_t key;
	enum err err;

	memset(&m, 0, sizeof(m));
	if (in.len > CHECKIN_RESPONSE_MAX)
		return ERR_SPACE;
	reader_init(&r, in);
	plain = cbor_peek(&r) == CBOR_UINT;
	if (!plain)
		array_read(&r, 2);
	m.time = cbor_uint(&r);
	if (!plain)
		walk.left = cbor_map(&r);
	while (map_next(&r, &walk, &key))
		checkin_response_value(&r, key, &m);
	err = reader_end(&r);
	if (err == ERR_OK)
		*ret_m = m;
	return err;
}
