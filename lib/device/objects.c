/*
 * Objects: what waits for the device at the service and is too long for a
 * check-in. One exchange under a context of its own, made of the present
 * check-in key and eight random bytes, so that no nonce of it is ever that of
 * a check-in. What comes is no secret and is kept outside the root of trust.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"
#include "keys/objects.h"

#define ID_CONTEXT_LEN 8
#define PATH "o"

/* The context of this one exchange. */
static enum err
context_make(struct device *d)
{
	uint8_t secret[16], fresh[ID_CONTEXT_LEN];
	struct bytes id_context = BYTES_OF(fresh);
	struct rot_state s;
	enum err err;

	rot_state(d->rot, &s);
	err = random_fill(&d->random, fresh, sizeof(fresh));
	if (err == ERR_OK)
		err = rot_bulk_secret(d->rot, secret);
	if (err == ERR_OK)
		err = oscore_derive(&d->oscore, BYTES_OF(secret), BYTES_NONE,
		    &id_context, bytes_make(s.alias, ALIAS_LEN), BYTES_NONE);
	wipe(secret, sizeof(secret));
	return err;
}

static enum err
request_write(struct device *d, struct bytes payload, size_t *ret_len)
{
	static const uint8_t first_piv = 0;
	struct oscore_outer outer = {.type = COAP_CON, .id = exchange_id(d)};
	struct oscore_inner inner = {COAP_POST, BYTES_NONE, payload};
	uint8_t options[sizeof(PATH) + 2];
	struct coap_writer inside;
	struct writer w;
	enum err err;

	coap_write_body(&inside, options, sizeof(options));
	coap_write_option(&inside, COAP_OPT_URI_PATH, BYTES_LIT(PATH));
	err = coap_write_end(&inside, &inner.options);
	if (err != ERR_OK)
		return err;
	writer_init(&w, d->exchange.datagram, sizeof(d->exchange.datagram));
	err = oscore_protect_request(&d->oscore, &outer,
	    bytes_make(&first_piv, 1), true, BYTES_NONE, &inner, &w, &d->ref);
	if (err == ERR_OK)
		*ret_len = w.len;
	return err;
}

enum err
objects_start(struct device *d, uint64_t now_ms)
{
	uint8_t payload[OBJECT_REQUEST_MAX];
	struct writer w;
	size_t len = 0;
	enum err err;

	writer_init(&w, payload, sizeof(payload));
	err = rot_ztp_request(d->rot, &w);
	if (err == ERR_OK)
		err = context_make(d);
	if (err == ERR_OK)
		err = request_write(d, writer_bytes(&w), &len);
	if (err == ERR_OK)
		err = exchange_start(d, DEVICE_OBJECTS, len, now_ms);
	if (err != ERR_OK)
		exchange_end(d);
	return err;
}

enum err
device_ztp_check(const struct device *d)
{
	return feature_check(d, FEATURE_ZTP);
}

/* The point stands in a certificate as it is: nothing need be parsed. */
bool
device_certificate_fits(const struct rot_ztp_key *key, struct bytes der)
{
	uint8_t point[P256_POINT_LEN];
	size_t i;

	p256_point_encode(&key->public_key, point);
	for (i = 0; i + sizeof(point) <= der.len; i++)
		if (memcmp(der.ptr + i, point, sizeof(point)) == 0)
			return true;
	return false;
}

/* A certificate of another key than the device's is of no use. */
static enum err
certificate_check(const struct device *d, struct bytes der)
{
	struct rot_ztp_key key;
	enum err err = rot_ztp_key(d->rot, &key);

	if (err == ERR_OK && !device_certificate_fits(&key, der))
		err = ERR_AUTH;
	wipe(&key, sizeof(key));
	return err;
}

/* Keeps what came; that it has come is remembered last. */
static enum err
objects_keep(struct device *d, struct bytes payload)
{
	const struct device_port *port = d->config.port;
	struct ztp_response m;
	enum err err = ztp_response_read(payload, &m);

	if (err == ERR_OK)
		err = certificate_check(d, m.certificate);
	if (err == ERR_OK)
		err = port->object_write(port->ctx, DEVICE_CA, m.ca);
	if (err == ERR_OK)
		err = port->object_write(
		    port->ctx, DEVICE_CERTIFICATE, m.certificate);
	return err == ERR_OK ? rot_objects_done(d->rot) : err;
}

void
objects_answer(struct device *d, uint64_t now_ms, const struct coap_message *m)
{
	struct oscore_inner inner;
	enum err err = answer_open(d, m, &inner);

	/* Without protection it is anybody's: as good as no answer. */
	if (err == ERR_NOT_FOUND)
		attempt_failed(d, now_ms);
	if (err != ERR_OK)
		return;
	if (inner.code == COAP_CHANGED &&
	    objects_keep(d, inner.payload) == ERR_OK)
		attempt_succeeded(d);
	else
		attempt_failed(d, now_ms);
}
