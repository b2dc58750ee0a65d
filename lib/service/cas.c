/*
 * Rules of certificate authorities.
 */
#include "service/cas.h"

#include <jansson.h>

#include "service/audit.h"
#include "service/profiles.h"
#include "store/events.h"

#define DAY_S INT64_C(86400)
/* Clocks differ: what is made now is good since an hour. */
#define SLACK_S 3600
#define TELL_MAX 100 /* expired CAs in one transaction */

uint64_t
ca_end(const struct store_ca *ca)
{
	return (uint64_t)(ca->created + ca->days * DAY_S);
}

static enum err
request_fill(struct service *s, enum keysproto_op op, const struct store_ca *ca,
    struct bytes name, uint32_t days, struct keysproto_request *ret_request)
{
	struct keysproto_request q = {.op = op};
	int64_t now = service_now(s);
	enum err err;

	err = random_fill(
	    s->random, q.u.certificate.serial, sizeof(q.u.certificate.serial));
	if (err != ERR_OK)
		return err;
	q.u.certificate.ca_id = ca->id;
	q.u.certificate.tenant = ca->tenant;
	q.u.certificate.name = name;
	q.u.certificate.not_before = (uint64_t)(now - SLACK_S);
	q.u.certificate.not_after = (uint64_t)(now + days * DAY_S);
	*ret_request = q;
	return ERR_OK;
}

static bool
days_are_good(uint32_t days, uint32_t device_days)
{
	return days >= 1 && days <= CA_DAYS_MAX && device_days >= 1 &&
	       device_days <= days;
}

static enum err
has_room(struct service *s, uint64_t tenant)
{
	uint64_t count = 0;
	enum err err = store_ca_count(s->store, tenant, &count);

	return err == ERR_OK && count >= CAS_MAX ? ERR_EXHAUSTED : err;
}

static enum err
name_is_free(struct service *s, uint64_t tenant, struct bytes name)
{
	struct store_ca other;
	enum err err = service_read(s);

	if (err == ERR_OK)
		err = store_ca_get(s->store, tenant, name, &other);
	if (err == ERR_OK)
		return ERR_EXISTS;
	return err == ERR_NOT_FOUND ? has_room(s, tenant) : err;
}

/* Numbers of the table's rows are positive. */
static enum err
id_draw(struct service *s, uint64_t *ret_id)
{
	uint8_t raw[8];
	struct reader r;
	enum err err = random_fill(s->random, raw, sizeof(raw));

	if (err != ERR_OK)
		return err;
	reader_init(&r, BYTES_OF(raw));
	*ret_id = reader_u64(&r) >> 1 | 1;
	return ERR_OK;
}

enum err
ca_begin(struct service *s, const struct actor *actor, struct bytes name,
    uint32_t days, uint32_t device_days, struct store_ca *ret_ca,
    struct keysproto_request *ret_request)
{
	struct store_ca ca = {.tenant = actor->tenant,
	    .days = days,
	    .device_days = device_days,
	    .created = service_now(s)};
	enum err err;

	if (!name_is_good(name, PKI_NAME_MAX) ||
	    !days_are_good(days, device_days))
		return ERR_INVALID;
	err = name_is_free(s, actor->tenant, name);
	if (err == ERR_OK)
		err = id_draw(s, &ca.id);
	if (err != ERR_OK)
		return err;
	memcpy(ca.name, name.ptr, name.len);
	*ret_ca = ca;
	return request_fill(s, KEYSPROTO_CA, ret_ca, bytes_str(ret_ca->name),
	    days, ret_request);
}

enum err
ca_finish(struct service *s, const struct actor *actor, const char *source,
    struct store_ca *ca, const struct keysproto_answer *answer)
{
	char detail[96];
	enum err err;

	ca->key.len = answer->u.certificate.key.len;
	memcpy(ca->key.b, answer->u.certificate.key.b, ca->key.len);
	ca->certificate_len = answer->u.certificate.len;
	memcpy(ca->certificate, answer->u.certificate.der, ca->certificate_len);
	(void)snprintf(detail, sizeof(detail),
	    "{\"Before\":null,\"After\":{\"Days\":%u,\"DeviceDays\":%u}}",
	    (unsigned)ca->days, (unsigned)ca->device_days);
	err = service_write(s);
	if (err != ERR_OK)
		return err;
	/* Others may have been made while keys made this one. */
	err = has_room(s, actor->tenant);
	if (err == ERR_OK)
		err = store_ca_add(s->store, ca);
	if (err == ERR_OK)
		err = audit_add_by(
		    s, actor, source, "ca.create", ca->name, detail);
	return service_write_end(s, err);
}

enum err
ca_pop_begin(struct service *s, const struct actor *actor, struct bytes name,
    struct bytes code, struct store_ca *ret_ca,
    struct keysproto_request *ret_request)
{
	enum err err;

	if (!name_is_good(code, PKI_NAME_MAX))
		return ERR_INVALID;
	err = service_read(s);
	if (err == ERR_OK)
		err = store_ca_get(s->store, actor->tenant, name, ret_ca);
	if (err == ERR_OK)
		err = request_fill(
		    s, KEYSPROTO_POP, ret_ca, code, POP_DAYS, ret_request);
	if (err != ERR_OK)
		return err;
	ret_request->u.certificate.key.len = ret_ca->key.len;
	memcpy(
	    ret_request->u.certificate.key.b, ret_ca->key.b, ret_ca->key.len);
	ret_request->u.certificate.issuer =
	    bytes_make(ret_ca->certificate, ret_ca->certificate_len);
	return ERR_OK;
}

/* --- the end of a CA --- */

static enum err
remove_write(struct service *s, const struct actor *actor, const char *source,
    struct bytes name)
{
	char detail[96];
	struct store_ca ca;
	bool used = true;
	enum err err = store_ca_get(s->store, actor->tenant, name, &ca);

	if (err == ERR_OK)
		err = store_ca_used(s->store, ca.id, &used);
	if (err == ERR_OK && used)
		err = ERR_STATE;
	if (err == ERR_OK)
		err = store_ca_remove(s->store, ca.id, service_now(s));
	if (err != ERR_OK)
		return err;
	(void)snprintf(detail, sizeof(detail),
	    "{\"Before\":{\"Days\":%u,\"DeviceDays\":%u},\"After\":null}",
	    (unsigned)ca.days, (unsigned)ca.device_days);
	return audit_add_by(s, actor, source, "ca.remove", ca.name, detail);
}

enum err
ca_remove(struct service *s, const struct actor *actor, const char *source,
    struct bytes name)
{
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	return service_write_end(s, remove_write(s, actor, source, name));
}

static enum err
tell(struct service *s, const struct store_ca *ca)
{
	json_t *fields = json_pack("{s:s}", "CAName", ca->name);
	char *detail = json_dumps(fields, JSON_COMPACT | JSON_ENSURE_ASCII);
	enum err err = ERR_NOMEM;

	if (detail != NULL)
		err = store_event_add(s->store,
		    &(struct store_event){.time = (uint64_t)service_now(s),
			.tenant = ca->tenant,
			.kind = BYTES_LIT("ca_expired"),
			.detail = bytes_str(detail)});
	free(detail);
	json_decref(fields);
	return err == ERR_OK ? store_ca_told(s->store, ca->id, service_now(s))
			     : err;
}

/* ERR_NOT_FOUND: there is no other. */
static enum err
tell_next(struct service *s)
{
	struct store_ca ca;
	enum err err = store_ca_expired(s->store, service_now(s), &ca);

	return err == ERR_OK ? tell(s, &ca) : err;
}

enum err
cas_tell_expired(struct service *s)
{
	struct store_ca ca;
	enum err err = service_read(s);

	/* Mostly there is nothing to write. */
	if (err == ERR_OK)
		err = store_ca_expired(s->store, service_now(s), &ca);
	service_read_end(s);
	if (err == ERR_OK)
		err = service_write(s);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	for (unsigned i = 0; i < TELL_MAX && err == ERR_OK; i++)
		err = tell_next(s);
	return service_write_end(s, err == ERR_NOT_FOUND ? ERR_OK : err);
}
