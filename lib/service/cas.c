/*
 * Rules of certificate authorities.
 */
#include "service/cas.h"

#include "service/audit.h"
#include "service/profiles.h"

#define DAY_S INT64_C(86400)
/* Clocks differ: what is made now is good since an hour. */
#define SLACK_S 3600

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
name_is_free(struct service *s, uint64_t tenant, struct bytes name)
{
	struct store_ca other;
	uint64_t count;
	enum err err = service_read(s);

	if (err == ERR_OK)
		err = store_ca_get(s->store, tenant, name, &other);
	if (err == ERR_OK)
		return ERR_EXISTS;
	if (err != ERR_NOT_FOUND)
		return err;
	err = store_ca_count(s->store, tenant, &count);
	if (err == ERR_OK && count >= CAS_MAX)
		return ERR_EXHAUSTED;
	return err;
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
	err = store_ca_add(s->store, ca);
	if (err == ERR_OK)
		err = audit_add_by(
		    s, actor, source, "ca.create", ca->name, detail);
	if (err == ERR_OK)
		return store_commit(s->store);
	store_rollback(s->store);
	return err;
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
