/*
 * Exchanges 1 and 2: EDHOC with the present key, then request 2 together
 * with message_3, and the pending generation that the answer makes. What
 * cannot be verified leaves the exchange as it was, waiting for better.
 */
#include "internal.h"

#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "coap/echo.h"

#define WELL_KNOWN ".well-known/edhoc"
#define ECHOES_MAX 2 /* of one attempt */

/* --- message_1 --- */

/* C_I: one byte that is its own CBOR integer: RFC 9528, section 3.3.2. */
static enum err
c_i_draw(struct device *d, struct edhoc_cid *ret_c_i)
{
	uint8_t raw;
	enum err err;

	do {
		err = random_fill(&d->random, &raw, 1);
	} while (err == ERR_OK && raw >= 240); /* 240 = 5 * 48: no bias */
	if (err != ERR_OK)
		return err;
	raw %= 48;
	ret_c_i->id[0] = (uint8_t)(raw < 24 ? raw : raw + 8);
	ret_c_i->len = 1;
	return ERR_OK;
}

static enum err
session_start(struct device *d)
{
	struct edhoc_ephemeral own;
	struct edhoc_cid c_i;
	enum err err;

	err = c_i_draw(d, &c_i);
	if (err == ERR_OK)
		err = edhoc_ephemeral_make(EDHOC_SUITE_2, &d->random, &own);
	if (err == ERR_OK)
		edhoc_start(&d->edhoc, EDHOC_DH_DH, EDHOC_SUITE_2, &c_i, &own);
	wipe(&own, sizeof(own));
	return err;
}

/* Writes the datagram that carries message_1, with an Echo if asked to. */
static enum err
message_1_frame(
    struct device *d, struct bytes body, struct bytes echo, size_t *ret_len)
{
	struct coap_writer w;
	struct bytes done;
	enum err err;

	coap_write_head(&w, d->exchange.datagram, sizeof(d->exchange.datagram),
	    COAP_CON, COAP_POST, exchange_id(d), BYTES_NONE);
	coap_write_path(&w, d->config.well_known_path ? WELL_KNOWN : "e");
	if (d->config.well_known_path)
		coap_write_option_uint(
		    &w, COAP_OPT_CONTENT_FORMAT, COAP_FORMAT_CID_EDHOC);
	if (echo.len > 0)
		coap_write_echo(&w, echo);
	coap_write_payload(&w, body);
	err = coap_write_end(&w, &done);
	if (err == ERR_OK)
		*ret_len = done.len;
	return err;
}

enum err
bootstrap_start(struct device *d, uint64_t now_ms)
{
	static const enum edhoc_suite suites[] = {EDHOC_SUITE_2};
	struct writer w;
	size_t len;
	enum err err;

	/* Before the first message_1, so that a copy made later is another. */
	err = rot_instance_make(d->rot);
	if (err == ERR_OK)
		err = session_start(d);
	if (err != ERR_OK)
		return err;
	/* d->request is free until request 2: an Echo may ask for this. */
	writer_init(&w, d->request, sizeof(d->request));
	writer_u8(&w, 0xf5); /* true: this is message_1 (RFC 9528, A.2) */
	err = edhoc_message_1(&d->edhoc, suites, ARRAY_LEN(suites), NULL, &w);
	if (err == ERR_OK)
		err = w.err;
	d->request_len = w.len;
	if (err == ERR_OK)
		err = message_1_frame(d, writer_bytes(&w), BYTES_NONE, &len);
	if (err == ERR_OK)
		err = exchange_start(d, DEVICE_MESSAGE_1, len, now_ms);
	if (err != ERR_OK)
		exchange_end(d);
	return err;
}

/* A service under load wants to see that we are where we say: A.2. */
static bool
message_1_echo(struct device *d, uint64_t now_ms, const struct coap_message *m)
{
	struct bytes echo;
	size_t len;

	if (m->code != COAP_UNAUTHORIZED ||
	    !coap_echo_find(m->options, &echo) ||
	    d->exchange.echoes >= ECHOES_MAX)
		return false;
	if (message_1_frame(d, bytes_make(d->request, d->request_len), echo,
		&len) != ERR_OK)
		return false;
	d->exchange.echoes++;
	return exchange_start(d, DEVICE_MESSAGE_1, len, now_ms) == ERR_OK;
}

/* --- message_2 --- */

/* Verifies message_2 against the service's credential that it names. */
static enum err
message_2_verify(struct device *d, struct bytes message_2)
{
	uint8_t ccs[EDHOC_CRED_MAX];
	struct edhoc_cred cred_r;
	struct bytes id_cred, kid;
	struct writer w;
	enum err err;

	err = edhoc_message_2_open(&d->edhoc, message_2, &id_cred);
	if (err != ERR_OK)
		return err;
	if (!edhoc_kid_read(id_cred, &kid) || kid.len != 1)
		return ERR_AUTH;
	err = rot_credential(d->rot, kid.ptr[0], &cred_r.public_key);
	if (err != ERR_OK)
		return err;
	writer_init(&w, ccs, sizeof(ccs));
	edhoc_ccs_write(&w, BYTES_LIT("holdfast"), kid, &cred_r.public_key);
	if (w.err != ERR_OK)
		return w.err;
	cred_r.cred = writer_bytes(&w);
	cred_r.is_der = false;
	return edhoc_message_2_verify(&d->edhoc, &cred_r);
}

/* --- message_3 and request 2 --- */

/*
 * CRED_I and ID_CRED_I of this device: its name, or all of the credential for
 * a service that may know neither name nor key (D4).
 */
static enum err
cred_i_make(const struct device *d, uint8_t ccs[EDHOC_CRED_MAX],
    struct edhoc_cred *ret_cred, struct writer *id_cred)
{
	char subject[HEX_SIZE(UID_LEN)];
	struct rot_state s;
	struct bytes uid;
	struct writer w;
	enum err err;

	rot_state(d->rot, &s);
	uid = bytes_make(s.uid, UID_LEN);
	err = rot_public_key(d->rot, &ret_cred->public_key);
	if (err != ERR_OK)
		return err;
	hex_encode(uid, subject);
	writer_init(&w, ccs, EDHOC_CRED_MAX);
	edhoc_ccs_write(&w, bytes_str(subject), uid, &ret_cred->public_key);
	ret_cred->is_der = false;
	err = writer_end(&w, &ret_cred->cred);
	if (err != ERR_OK)
		return err;
	if (d->by_value)
		edhoc_kccs_write(id_cred, ret_cred->cred);
	else
		edhoc_kid_write(id_cred, uid);
	return id_cred->err;
}

/* The root of trust's part: the static DH with d(g). */
static enum err
prk_make(const struct device *d, uint8_t ret_prk[SHA256_LEN])
{
	uint8_t salt[SHA256_LEN];
	struct p256_point peer;
	enum err err;

	if (!edhoc_need(&d->edhoc, salt, &peer))
		return ERR_INTERNAL;
	err = rot_static_prk(d->rot, salt, &peer, ret_prk);
	wipe(salt, sizeof(salt));
	return err;
}

static enum err
message_3_write(struct device *d, struct writer *out)
{
	uint8_t ccs[EDHOC_CRED_MAX], id[EDHOC_ID_CRED_MAX], prk[SHA256_LEN];
	struct edhoc_cred cred_i;
	struct writer id_cred;
	enum err err;

	writer_init(&id_cred, id, sizeof(id));
	err = cred_i_make(d, ccs, &cred_i, &id_cred);
	if (err == ERR_OK)
		err = prk_make(d, prk);
	if (err == ERR_OK)
		err = edhoc_message_3(&d->edhoc, writer_bytes(&id_cred),
		    &cred_i, prk, NULL, NULL, out);
	wipe(prk, sizeof(prk));
	return err != ERR_OK ? err : out->err;
}

/* Request 2 as the device stands, kept for the root. */
static enum err
request_2_write(struct device *d)
{
	struct writer w;
	enum err err;

	writer_init(&w, d->request, sizeof(d->request));
	err = rot_request_write(d->rot, bytes_str(d->firmware),
	    d->by_value ? ticket_bytes(d) : BYTES_NONE, &w);
	d->request_len = w.len;
	return err;
}

/* Both in one datagram: RFC 9668. */
static enum err
combined_write(struct device *d, struct bytes message_3, size_t *ret_len)
{
	static const uint8_t piv = 0;
	struct oscore_outer outer = {.type = COAP_CON, .id = exchange_id(d)};
	struct oscore_inner inner = {
	    COAP_POST, BYTES_NONE, bytes_make(d->request, d->request_len)};
	struct writer w;
	enum err err;

	err = edhoc_oscore(&d->edhoc, &d->oscore);
	if (err != ERR_OK)
		return err;
	writer_init(&w, d->exchange.datagram, sizeof(d->exchange.datagram));
	err = oscore_protect_request(&d->oscore, &outer, bytes_make(&piv, 1),
	    false, message_3, &inner, &w, &d->ref);
	if (err == ERR_OK)
		err = w.err;
	if (err == ERR_OK)
		*ret_len = w.len;
	return err;
}

static enum err
message_3_start(struct device *d, uint64_t now_ms)
{
	uint8_t message_3[EDHOC_MESSAGE_MAX];
	struct writer w;
	size_t len;
	enum err err;

	writer_init(&w, message_3, sizeof(message_3));
	err = rot_next_key_make(d->rot);
	if (err == ERR_OK)
		err = message_3_write(d, &w);
	if (err == ERR_OK)
		err = request_2_write(d);
	if (err == ERR_OK)
		err = combined_write(d, writer_bytes(&w), &len);
	if (err == ERR_OK)
		err = exchange_start(d, DEVICE_MESSAGE_3, len, now_ms);
	return err;
}

void
bootstrap_message_2(
    struct device *d, uint64_t now_ms, const struct coap_message *m)
{
	if (message_1_echo(d, now_ms, m))
		return;
	if (m->code != COAP_CHANGED) {
		attempt_failed(d, now_ms);
		return;
	}
	d->edhoc_kept = d->edhoc;
	if (message_2_verify(d, m->payload) != ERR_OK) {
		/* Somebody else's: the service's own may still come. */
		d->edhoc = d->edhoc_kept;
		edhoc_done(&d->edhoc_kept);
		return;
	}
	edhoc_done(&d->edhoc_kept);
	if (message_3_start(d, now_ms) != ERR_OK)
		attempt_failed(d, now_ms);
}

/* --- response 2 --- */

/* W2, then the confirm at once. */
static void
pend_take(struct device *d, uint64_t now_ms, struct bytes response)
{
	uint8_t exporter[32];
	enum err err;

	err = edhoc_exporter(&d->edhoc, KEYS_EXPORTER_LABEL, BYTES_NONE,
	    exporter, sizeof(exporter));
	if (err == ERR_OK)
		err = rot_pend_make(d->rot, exporter,
		    bytes_make(d->request, d->request_len), response);
	wipe(exporter, sizeof(exporter));
	/* Not written: as if the answer had been lost, it will be repeated. */
	if (err == ERR_IO)
		return;
	if (err == ERR_OK)
		attempt_succeeded(d);
	else
		attempt_failed(d, now_ms);
}

/* "Decommissioned": the service has erased already. */
static void
erase_take(struct device *d, uint64_t now_ms)
{
	if (device_erase(d) == ERR_OK)
		attempt_succeeded(d);
	else
		attempt_failed(d, now_ms);
}

/* "Again": the service knows what is pending here. */
static void
again_take(struct device *d, uint64_t now_ms)
{
	struct rot_state s;

	rot_state(d->rot, &s);
	if (s.pending)
		attempt_succeeded(d);
	else
		attempt_failed(d, now_ms);
}

/* It was heard, and not understood or not now: the same again, later. */
static void
not_now(struct device *d, uint64_t now_ms)
{
	bool by_value = d->by_value;

	attempt_failed(d, now_ms);
	d->by_value = by_value;
}

/* Who is unknown has one more thing to say, if it has a ticket (D4). */
static void
refused_take(struct device *d, unsigned status, uint64_t now_ms)
{
	if (status == BOOTSTRAP_UNKNOWN && !d->by_value &&
	    ticket_bytes(d).len > 0)
		attempt_failed(d, now_ms);
	else
		attempt_refused(d, status, now_ms);
}

void
bootstrap_response(
    struct device *d, uint64_t now_ms, const struct coap_message *m)
{
	struct bootstrap_response a;
	struct oscore_inner inner;
	enum err err;

	err = answer_open(d, m, &inner);
	if (err == ERR_NOT_FOUND)
		attempt_failed(d, now_ms);
	if (err != ERR_OK)
		return;
	if (bootstrap_response_read(inner.payload, &a) != ERR_OK) {
		not_now(d, now_ms);
		return;
	}
	if (bootstrap_status_is_new(a.status) && inner.code == COAP_CHANGED)
		pend_take(d, now_ms, inner.payload);
	else if (a.status == BOOTSTRAP_AGAIN && inner.code == COAP_CHANGED)
		again_take(d, now_ms);
	else if (a.status == BOOTSTRAP_DECOMMISSIONED &&
		 inner.code == COAP_FORBIDDEN)
		erase_take(d, now_ms);
	else if (a.status >= BOOTSTRAP_MALFORMED &&
		 a.status <= BOOTSTRAP_UNKNOWN)
		refused_take(d, a.status, now_ms);
	else
		not_now(d, now_ms); /* stale, busy, or of a later day */
}
