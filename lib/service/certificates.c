/*
 * When a device gets a certificate, and from which CA. One device has one
 * good certificate of a CA for each generation; asking again gives it again.
 * A CA that has expired gives none, and devices are not asked to try.
 */
#include "service/certificates.h"

#include "keys/messages.h"
#include "service/cas.h"
#include "store/rights.h"

#define DAY_S UINT64_C(86400)
#define SLACK_S 3600u /* clocks of clouds may be behind */

static bool
may_have_one(const struct store_device *d)
{
	return (d->features & FEATURE_ZTP) != 0 && d->tenant != 0 &&
	       d->has_profile && d->status == DEVICE_ACTIVE && !d->suspended &&
	       !d->quarantined && d->resync == 0;
}

/*
 * Not so near its end that it has to be renewed; one that lasts as long as
 * its CA cannot get any better.
 */
static bool
is_good(const struct service_certificate *c, uint64_t time)
{
	const struct store_certificate *row = &c->certificate;
	uint64_t margin = (row->expires - row->created) / 3;

	if (margin > CERTIFICATE_RENEW_S)
		margin = CERTIFICATE_RENEW_S;
	if (row->expires >= ca_end(&c->ca))
		margin = 0;
	return c->is_there && row->expires > time + margin;
}

/*
 * Finds the CA, and the last certificate if there is one. Errors: ERR_DENIED
 * (no CA was chosen, or it has expired).
 */
static enum err
find(struct store *store, const struct store_device *d, uint64_t time,
    struct service_certificate *c)
{
	enum err err =
	    store_device_ca(store, d->uid, d->profile, d->tenant, &c->ca);

	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_DENIED : err;
	if (ca_end(&c->ca) <= time)
		return ERR_DENIED;
	err = store_certificate_get(
	    store, d->uid, d->alias, c->ca.id, &c->certificate);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	c->is_there = err == ERR_OK;
	return ERR_OK;
}

enum err
service_certificate_waits(struct store *store,
    const struct store_device *device, uint64_t time, bool *ret_waits)
{
	struct service_certificate c;
	enum err err;

	*ret_waits = false;
	if (!may_have_one(device))
		return ERR_OK;
	err = find(store, device, time, &c);
	if (err == ERR_OK)
		*ret_waits = !is_good(&c, time);
	return err == ERR_DENIED ? ERR_OK : err;
}

/* No certificate outlives its CA. */
static uint64_t
expiry(const struct store_ca *ca, uint64_t time)
{
	uint64_t own = time + ca->device_days * DAY_S;

	return own < ca_end(ca) ? own : ca_end(ca);
}

static enum err
row_start(const struct random_source *random, const struct store_device *d,
    const struct ztp_request *ask, uint64_t time, struct service_certificate *c)
{
	struct store_certificate *row = &c->certificate;

	*row = (struct store_certificate){
	    .ca = c->ca.id, .created = time, .expires = expiry(&c->ca, time)};
	memcpy(row->uid, d->uid, UID_LEN);
	memcpy(row->alias, d->alias, ALIAS_LEN);
	memcpy(row->public_key, ask->key, sizeof(row->public_key));
	return random_fill(random, row->serial, sizeof(row->serial));
}

static enum err
request_fill(struct store *store, const struct store_device *d,
    const struct ztp_request *ask, const struct service_certificate *c,
    struct keysproto_request *q)
{
	struct store_rights rights;
	uint8_t alias[ALIAS_LEN];
	enum err err =
	    store_rights_of_device(store, d->tenant, d->uid, &rights, alias);

	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_DENIED : err;
	*q = (struct keysproto_request){.op = KEYSPROTO_ZTP};
	q->u.ztp.owner.tenant = d->tenant;
	memcpy(q->u.ztp.owner.profile, rights.profile, PROFILE_UID_LEN);
	memcpy(q->u.ztp.owner.record, rights.record, PROFILE_RECORD_LEN);
	memcpy(q->u.ztp.uid, d->uid, UID_LEN);
	q->u.ztp.generation = rights.generation;
	q->u.ztp.root.len = rights.root.len;
	memcpy(q->u.ztp.root.b, rights.root.b, rights.root.len);
	memcpy(q->u.ztp.key, ask->key, sizeof(q->u.ztp.key));
	memcpy(q->u.ztp.tag, ask->tag, sizeof(q->u.ztp.tag));
	q->u.ztp.ca_id = c->ca.id;
	q->u.ztp.ca_key.len = c->ca.key.len;
	memcpy(q->u.ztp.ca_key.b, c->ca.key.b, c->ca.key.len);
	q->u.ztp.issuer = bytes_make(c->ca.certificate, c->ca.certificate_len);
	memcpy(q->u.ztp.serial, c->certificate.serial, PKI_SERIAL_LEN);
	q->u.ztp.not_before = c->certificate.created - SLACK_S;
	q->u.ztp.not_after = c->certificate.expires;
	return ERR_OK;
}

enum err
service_certificate_begin(struct store *store,
    const struct random_source *random, const struct store_device *device,
    const struct ztp_request *ask, uint64_t time,
    struct service_certificate *ret, struct keysproto_request *ret_request)
{
	enum err err;

	if (!may_have_one(device))
		return ERR_DENIED;
	err = find(store, device, time, ret);
	if (err != ERR_OK)
		return err;
	/* A generation has one key: another is not this device's. */
	if (ret->is_there && memcmp(ret->certificate.public_key, ask->key,
				 sizeof(ask->key)) != 0)
		return ERR_DENIED;
	ret->is_there = is_good(ret, time);
	if (ret->is_there)
		return ERR_OK;
	err = row_start(random, device, ask, time, ret);
	if (err == ERR_OK)
		err = request_fill(store, device, ask, ret, ret_request);
	return err;
}

void
service_certificate_take(
    struct service_certificate *ret, const struct keysproto_answer *answer)
{
	ret->certificate.der_len = answer->u.certificate.len;
	memcpy(ret->certificate.der, answer->u.certificate.der,
	    answer->u.certificate.len);
}
