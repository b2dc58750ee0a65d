/*
 * The calls that hand out keys: GetPSK, which is the busiest of all, the two
 * that open E2E messages, and the one that makes them. Their answers read as
 * the original printed them.
 */
#include "base/text.h"
#include "base/wipe.h"

#include "api.h"
#include "flat.h"

/* Answers for what the rules or keys said against a request for a key. */
static void
refusal_answer(struct request *r, enum err err)
{
	switch (err) {
	case ERR_NOT_FOUND:
		problem_answer(r, PROBLEM_UNKNOWN_DEVICE, NULL);
		return;
	case ERR_DISABLED:
		problem_answer(r, PROBLEM_SERVICE_DISABLED, NULL);
		return;
	case ERR_EXHAUSTED:
		problem_answer(r, PROBLEM_SERVICE_DISABLED,
		    "The device is not active: the plan has no room for it.");
		return;
	case ERR_DENIED:
		problem_answer(r, PROBLEM_DEVICE_SUSPENDED, NULL);
		return;
	case ERR_TOO_SOON:
		problem_answer(r, PROBLEM_TRANSFERRED, NULL);
		return;
	case ERR_STATE:
		problem_answer(r, PROBLEM_DECOMMISSIONED, NULL);
		return;
	default:
		problem_err(r, err);
		return;
	}
}

/* What keys said; a refusal there is no caller's mistake but our state. */
static bool
keys_answered(struct request *r)
{
	enum err err = r->call.err;

	if (err == ERR_OK)
		err = r->call.answer.err;
	if (err == ERR_OK)
		return true;
	if (err == ERR_BUSY || err == ERR_TIMEOUT)
		problem_err(r, err);
	else
		problem_err(r, ERR_INTERNAL);
	return false;
}

/* Decodes hex of a body's field to exactly len bytes, or notes it. */
static void
hex_field(struct request *r, const char *pointer, struct bytes text,
    uint8_t *out, size_t len)
{
	size_t got = 0;

	if (text.len != 2 * len || hex_decode(text, out, len, &got) != ERR_OK)
		problem_field(r, pointer, "has to be %zu hex digits", 2 * len);
}

/* --- GetPSK --- */

static void
psk_finish(struct request *r)
{
	const struct keysproto_answer *answer = &r->call.answer;
	char key[BASE64_SIZE(PSK_MAX)], uid[HEX_SIZE(UID_LEN)];

	if (!keys_answered(r))
		return;
	base64_encode(bytes_make(answer->u.key.key, answer->u.key.len), key);
	hex_encode(BYTES_OF(r->kept.uid), uid);
	int len = snprintf(r->out, sizeof(r->out),
	    "{\n  \"Key\": \"%s\",\n  \"ROTPublicUID\": \"%s\"\n}\n", key, uid);

	wipe(key, sizeof(key));
	r->api->metrics.psk_served++;
	answer_out(r, MHD_HTTP_OK, (size_t)len);
}

/* KeyLength in bits, 128 without one; 0: neither 128 nor 256. */
static unsigned
key_length(struct request *r, struct bytes text)
{
	if (text.len == 0 || bytes_equal(text, BYTES_LIT("128")))
		return 16;
	if (bytes_equal(text, BYTES_LIT("256")))
		return 32;
	problem_field(r, "/KeyLength", "has to be 128 or 256");
	return 0;
}

static void
psk_ask(struct request *r, struct bytes id_text, struct bytes length_text)
{
	struct keysproto_request ask;
	uint8_t id[PSK_ID_LEN];
	unsigned len = key_length(r, length_text);

	hex_field(r, "/KeyID", id_text, id, sizeof(id));
	if (!body_good(r))
		return;
	enum err err = psk_begin(
	    &r->api->service, &r->actor, BYTES_OF(id), len, &ask, r->kept.uid);

	if (err == ERR_FORMAT) {
		problem_field(r, "/KeyID", "is not a PSK identity");
		(void)!body_good(r);
	} else if (err != ERR_OK) {
		refusal_answer(r, err);
	} else {
		request_ask(r, &ask, psk_finish);
	}
}

void
psk_post(struct request *r)
{
	static const char *const names[] = {"KeyID", "KeyLength"};
	static const struct field fields[] = {
	    {"KeyID", FIELD_STRING, true, 64},
	    {"KeyLength", FIELD_STRING_OR_NUMBER, false, 8},
	};
	struct bytes flat[ARRAY_LEN(names)];
	struct field_value v[ARRAY_LEN(fields)];

	/* An empty KeyLength is there: the general reader says what is wrong. */
	if (flat_read(bytes_make(r->body, r->body_len), names, ARRAY_LEN(names),
		flat) &&
	    flat[0].len == 2 * PSK_ID_LEN &&
	    (flat[1].ptr == NULL || flat[1].len > 0)) {
		psk_ask(r, flat[0], flat[1]);
		return;
	}
	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	if (v[1].there && v[1].text.len == 0)
		problem_field(r, "/KeyLength", "has to be 128 or 256");
	psk_ask(r, v[0].text, v[1].text);
}

/* --- E2E --- */

/*
 * Answers with the parameters of a message: head is what stands before them,
 * tail what comes after them.
 */
static void
e2e_format(struct request *r, const char *head, const char *tail)
{
	const struct keysproto_answer *answer = &r->call.answer;
	const struct e2e_parameters *p = &r->kept.e2e;
	char key[BASE64_SIZE(PSK_MAX)], nonce[BASE64_SIZE(E2E_NONCE_LEN)];

	base64_encode(bytes_make(answer->u.key.key, answer->u.key.len), key);
	base64_encode(BYTES_OF(p->nonce), nonce);
	int len = snprintf(r->out, sizeof(r->out),
	    "{\n%s  \"CipherSuite\": \"%s\",\n  \"Key\": \"%s\",\n"
	    "  \"MACLength\": %u,\n  \"Nonce\": \"%s\"%s\n}\n",
	    head, p->version == ENVELOPE_V1 ? "AES_128_CCM" : "AES_128_CCM_8",
	    key, p->mac_bits, nonce, tail);

	wipe(key, sizeof(key));
	r->api->metrics.e2e_served++;
	answer_out(r, MHD_HTTP_OK, (size_t)len);
}

static void
e2e_decryption_finish(struct request *r)
{
	if (keys_answered(r))
		e2e_format(r, "", "");
}

static void
e2e_uplink_finish(struct request *r)
{
	char tail[sizeof(",\n  \"ROTPublicUID\": \"\"") + 2 * UID_LEN];
	char uid[HEX_SIZE(UID_LEN)];

	if (!keys_answered(r))
		return;
	hex_encode(BYTES_OF(r->kept.e2e.uid), uid);
	(void)snprintf(
	    tail, sizeof(tail), ",\n  \"ROTPublicUID\": \"%s\"", uid);
	e2e_format(r, "", tail);
}

/* Decodes a header of either version; its bytes go to out. */
static struct bytes
header_field(
    struct request *r, struct bytes text, uint8_t out[E2E_V1_HEADER_LEN])
{
	size_t len = 0;

	if ((text.len == 2 * E2E_V1_HEADER_LEN ||
		text.len == 2 * E2E_V2_HEADER_LEN) &&
	    hex_decode(text, out, E2E_V1_HEADER_LEN, &len) == ERR_OK)
		return bytes_make(out, len);
	problem_field(r, "/EncryptedHeader", "has to be 32 or 22 hex digits");
	return BYTES_NONE;
}

static void
e2e_ask(struct request *r, struct bytes text, void (*finish)(struct request *r))
{
	struct keysproto_request ask;
	uint8_t raw[E2E_V1_HEADER_LEN];
	struct bytes header = header_field(r, text, raw);

	if (header.len == 0) {
		(void)!body_good(r);
		return;
	}
	enum err err =
	    e2e_begin(&r->api->service, &r->actor, header, &ask, &r->kept.e2e);

	if (err == ERR_FORMAT) {
		problem_field(r, "/EncryptedHeader",
		    "is not the header of a message from a device");
		(void)!body_good(r);
	} else if (err != ERR_OK) {
		refusal_answer(r, err);
	} else {
		request_ask(r, &ask, finish);
	}
}

static void
e2e_post(struct request *r, void (*finish)(struct request *r))
{
	static const char *const names[] = {"EncryptedHeader"};
	static const struct field fields[] = {
	    {"EncryptedHeader", FIELD_STRING, true, 64},
	};
	struct bytes flat;
	struct field_value v;

	if (flat_read(bytes_make(r->body, r->body_len), names, 1, &flat) &&
	    flat.len >= 2 * E2E_V2_HEADER_LEN)
		e2e_ask(r, flat, finish);
	else if (body_read(r, fields, 1, &v))
		e2e_ask(r, v.text, finish);
}

void
e2e_decryption_post(struct request *r)
{
	e2e_post(r, e2e_decryption_finish);
}

void
e2e_uplink_post(struct request *r)
{
	e2e_post(r, e2e_uplink_finish);
}

/* --- messages to a device --- */

static void
e2e_downlink_finish(struct request *r)
{
	const struct e2e_parameters *p = &r->kept.e2e;
	char head[48 + 2 * E2E_V1_HEADER_LEN];
	char header[HEX_SIZE(E2E_V1_HEADER_LEN)];

	if (!keys_answered(r))
		return;
	hex_encode_lower(bytes_make(p->header, p->header_len), header);
	(void)snprintf(
	    head, sizeof(head), "  \"EncryptedHeader\": \"%s\",\n", header);
	e2e_format(r, head, "");
}

/* Version as 1 or 2; 1 without one. */
static enum envelope_version
version_field(struct request *r, const struct field_value *v)
{
	if (!v->there || bytes_equal(v->text, BYTES_LIT("1")))
		return ENVELOPE_V1;
	if (!bytes_equal(v->text, BYTES_LIT("2")))
		problem_field(r, "/Version", "has to be 1 or 2");
	return ENVELOPE_V2;
}

void
e2e_downlink_post(struct request *r)
{
	static const struct field fields[] = {
	    {"ROTPublicUID", FIELD_STRING, true, 2 * UID_LEN},
	    {"Version", FIELD_STRING_OR_NUMBER, false, 8},
	};
	struct field_value v[ARRAY_LEN(fields)];
	struct keysproto_request ask;
	enum envelope_version version;
	uint8_t uid[UID_LEN];

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	hex_field(r, "/ROTPublicUID", v[0].text, uid, sizeof(uid));
	version = version_field(r, &v[1]);
	if (!body_good(r))
		return;
	enum err err = downlink_begin(
	    &r->api->service, &r->actor, uid, version, &ask, &r->kept.e2e);

	if (err == ERR_TOO_SOON)
		problem_answer(r, PROBLEM_UNAVAILABLE,
		    "Counters for messages to this device have run ahead of "
		    "the clock: wait, or use Version 1.");
	else if (err != ERR_OK)
		refusal_answer(r, err);
	else
		request_ask(r, &ask, e2e_downlink_finish);
}
