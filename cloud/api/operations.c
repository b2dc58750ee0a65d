/*
 * What an operator does to one device: suspend, resume, rotate, release,
 * decommission. Each answers with the device as it stands then.
 *
 * A device that is nobody's, because a ticket has brought it back without its
 * owner and its import, has to be ended by somebody: by the operator. Who
 * imports the name anew then lets the new device in.
 */
#include "service/operations.h"
#include "base/text.h"

#include "api.h"

static void
device_answer(struct request *r, enum err err, const struct store_device *d)
{
	switch (err) {
	case ERR_OK:
		answer_json(r, MHD_HTTP_OK, device_json(d));
		return;
	case ERR_NOT_FOUND:
		problem_answer(r, PROBLEM_UNKNOWN_DEVICE, NULL);
		return;
	case ERR_STATE:
		problem_answer(r, PROBLEM_DEVICE_STATE, NULL);
		return;
	default:
		problem_err(r, err);
		return;
	}
}

static bool
may_act_for_nobody(struct request *r, const struct store_device *d)
{
	uint64_t tenant = 0;

	if (d->tenant != 0)
		return false;
	if (d->import_id == 0 || d->generation > 0)
		return r->actor.is_operator;
	return d->renewed &&
	       store_import_tenant(
		   r->api->service.store, d->import_id, &tenant) == ERR_OK &&
	       tenant == r->actor.tenant;
}

/* The caller; of what is nobody's, nobody in his place where he may. */
static struct actor
actor_of(struct request *r, const uint8_t uid[UID_LEN])
{
	struct service *s = &r->api->service;
	struct actor actor = r->actor;
	struct store_device d;

	if (service_read(s) == ERR_OK &&
	    store_device_by_uid(s->store, uid, &d) == ERR_OK &&
	    may_act_for_nobody(r, &d))
		actor.tenant = 0;
	return actor;
}

static void
suspension_set(struct request *r, bool suspended)
{
	char source[SERVICE_SOURCE_MAX];
	struct store_device device;
	uint8_t uid[UID_LEN];

	if (!device_item_read(r, uid))
		return;
	request_source(r, source, sizeof(source));
	enum err err = operation_suspend(
	    &r->api->service, &r->actor, source, uid, suspended, &device);

	device_answer(r, err, &device);
}

void
device_suspend(struct request *r)
{
	suspension_set(r, true);
}

void
device_resume(struct request *r)
{
	suspension_set(r, false);
}

void
device_rotate(struct request *r)
{
	char source[SERVICE_SOURCE_MAX];
	struct store_device device;
	uint8_t uid[UID_LEN];

	if (!device_item_read(r, uid))
		return;
	request_source(r, source, sizeof(source));
	enum err err =
	    operation_rotate(&r->api->service, &r->actor, source, uid, &device);

	device_answer(r, err, &device);
}

/* Instance or Generation, one of them. */
static bool
wish_read(struct request *r, struct release_wish *ret_wish)
{
	static const struct field fields[] = {
	    {"Instance", FIELD_STRING, false, 2 * (size_t)INSTANCE_LEN},
	    {"Generation", FIELD_NUMBER, false, 0},
	};
	struct field_value v[ARRAY_LEN(fields)];
	struct release_wish wish = {.by_instance = false};
	size_t len = 0;

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return false;
	wish.by_instance = v[0].there;
	if (v[0].there == v[1].there)
		problem_field(r, "", "has to have Instance or Generation");
	else if (v[0].there && (hex_decode(v[0].text, wish.instance,
				    INSTANCE_LEN, &len) != ERR_OK ||
				   len != INSTANCE_LEN))
		problem_field(r, "/Instance", "has to be %d hex digits",
		    2 * INSTANCE_LEN);
	else if (v[1].there && (v[1].number < 1 || v[1].number > UINT32_MAX))
		problem_field(r, "/Generation", "has to be 1 to 4294967295");
	else
		wish.generation = (uint32_t)v[1].number;
	*ret_wish = wish;
	return body_good(r);
}

void
device_release(struct request *r)
{
	char source[SERVICE_SOURCE_MAX];
	struct store_device device;
	struct release_wish wish;
	uint8_t uid[UID_LEN];

	if (!device_item_read(r, uid) || !wish_read(r, &wish))
		return;
	request_source(r, source, sizeof(source));
	const struct actor actor = actor_of(r, uid);
	enum err err = operation_release(
	    &r->api->service, &actor, source, uid, &wish, &device);

	if (err == ERR_INVALID) {
		problem_field(r, wish.by_instance ? "/Instance" : "/Generation",
		    "is none of the device's that can go on");
		(void)!body_good(r);
		return;
	}
	device_answer(r, err, &device);
}

/* For ever: the caller says twice which device he means. */
static bool
decommission_read(struct request *r, const uint8_t uid[UID_LEN], bool *ret_now)
{
	static const struct field fields[] = {
	    {"Confirm", FIELD_STRING, true, 2 * (size_t)UID_LEN},
	    {"Erase", FIELD_STRING, false, 16},
	};
	struct field_value v[ARRAY_LEN(fields)];
	uint8_t confirmed[UID_LEN];
	size_t len = 0;

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return false;
	if (hex_decode(v[0].text, confirmed, UID_LEN, &len) != ERR_OK ||
	    len != UID_LEN || memcmp(confirmed, uid, UID_LEN) != 0)
		problem_field(
		    r, "/Confirm", "has to be the ROTPublicUID of the path");
	*ret_now = bytes_equal(v[1].text, BYTES_LIT("now"));
	if (v[1].there && !*ret_now &&
	    !bytes_equal(v[1].text, BYTES_LIT("confirmed")))
		problem_field(r, "/Erase", "has to be confirmed or now");
	return body_good(r);
}

void
device_decommission(struct request *r)
{
	char source[SERVICE_SOURCE_MAX];
	struct store_device device;
	uint8_t uid[UID_LEN];
	bool now;

	if (!device_item_read(r, uid) || !decommission_read(r, uid, &now))
		return;
	request_source(r, source, sizeof(source));
	const struct actor actor = actor_of(r, uid);
	enum err err = operation_decommission(
	    &r->api->service, &actor, source, uid, now, &device);

	device_answer(r, err, &device);
}
