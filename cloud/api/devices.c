/*
 * Devices of the caller's account, and their generations: list, get.
 */
#include "base/text.h"
#include "keys/messages.h"
#include "service/operations.h"
#include "store/generations.h"

#include "api.h"

static const char *
status_name(const struct store_device *d)
{
	if (d->quarantined)
		return "quarantined";
	if (d->suspended)
		return "suspended";
	switch (d->status) {
	case DEVICE_PRODUCED:
		return "produced";
	case DEVICE_REGISTERED:
		return "registered";
	case DEVICE_ACTIVE:
		return "active";
	case DEVICE_INACTIVE:
		return "inactive";
	case DEVICE_DECOMMISSIONED:
		return d->erased != 0 ? "decommissioned" : "decommissioning";
	}
	return "unknown";
}

static json_t *
text_json(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

/* What an operator wants, and whether the device has been told. */
static json_t *
flag_json(const struct store_device *d, bool wanted, uint32_t flag)
{
	bool told = (d->flags & flag) != 0;

	return json_pack("{s:b, s:b}", "Wanted", wanted, "Told", told);
}

static json_t *
instance_json(const struct store_device *d)
{
	char instance[HEX_SIZE(INSTANCE_LEN)];

	if (!d->has_instance)
		return json_null();
	hex_encode(BYTES_OF(d->instance), instance);
	return json_string(instance);
}

/* What operators do to a device, and how far that has come. */
static void
operations_add(json_t *object, const struct store_device *d)
{
	bool rotate = d->rotate || (d->flags & CHECKIN_ROTATE) != 0;

	(void)json_object_set_new(object, "Instance", instance_json(d));
	(void)json_object_set_new(object, "RootDate", json_date(d->rooted));
	(void)json_object_set_new(
	    object, "Rotation", flag_json(d, rotate, CHECKIN_ROTATE));
	(void)json_object_set_new(object, "Suspension",
	    flag_json(d, d->suspended, CHECKIN_SUSPENDED));
	(void)json_object_set_new(object, "EraseDate", json_date(d->erased));
}

json_t *
device_json(const struct store_device *d)
{
	char uid[HEX_SIZE(UID_LEN)];
	char profile[BASE64_SIZE(PROFILE_UID_LEN)] = "";

	hex_encode(BYTES_OF(d->uid), uid);
	if (d->has_profile)
		base64url_encode(BYTES_OF(d->profile), profile);
	json_t *object =
	    json_pack("{s:s, s:o, s:o, s:s, s:I, s:o, s:o, s:o, s:o}",
		"ROTPublicUID", uid, "DeviceProfileUID", text_json(profile),
		"DeviceSerialNumber", text_json(d->serial), "Status",
		status_name(d), "Generation", (json_int_t)d->generation,
		"FirmwareVersion", text_json(d->firmware), "RegistrationDate",
		json_date(d->registered), "LastSeen", json_date(d->seen),
		"Features", features_json_of_device(d));

	operations_add(object, d);
	return object;
}

struct device_list {
	json_t *items;
	size_t limit;
	bool more;
	uint8_t last[UID_LEN];
};

static bool
device_visit(void *ctx, const struct store_device *device)
{
	struct device_list *list = ctx;

	if (json_array_size(list->items) == list->limit) {
		list->more = true;
		return false;
	}
	(void)json_array_append_new(list->items, device_json(device));
	memcpy(list->last, device->uid, sizeof(list->last));
	return true;
}

void
devices_list(struct request *r)
{
	struct page page;

	if (!page_read(r, UID_LEN, &page))
		return;
	struct device_list list = {.items = json_array(), .limit = page.limit};
	enum err err = service_read(&r->api->service);

	/* One more than is shown says whether there is a next page. */
	if (err == ERR_OK)
		err = store_device_list(r->api->service.store, r->actor.tenant,
		    page.after_len > 0 ? page.after : NULL, page.limit + 1,
		    device_visit, &list);
	if (err != ERR_OK) {
		json_decref(list.items);
		problem_err(r, err);
		return;
	}
	page_answer(
	    r, list.items, list.more ? BYTES_OF(list.last) : BYTES_NONE);
}

bool
device_item_read(struct request *r, uint8_t uid[UID_LEN])
{
	size_t len = 0;

	if (hex_decode(bytes_str(r->item), uid, UID_LEN, &len) == ERR_OK &&
	    len == UID_LEN)
		return true;
	problem_answer(r, PROBLEM_UNKNOWN_DEVICE, NULL);
	return false;
}

/* Reads the device of the path; false: it is answered why not. */
static bool
device_find(struct request *r, struct store_device *ret_device)
{
	uint8_t uid[UID_LEN];

	if (!device_item_read(r, uid))
		return false;
	enum err err = service_read(&r->api->service);

	if (err == ERR_OK)
		err = operation_device(
		    &r->api->service, &r->actor, uid, ret_device);
	if (err == ERR_NOT_FOUND)
		problem_answer(r, PROBLEM_UNKNOWN_DEVICE, NULL);
	else if (err != ERR_OK)
		problem_err(r, err);
	return err == ERR_OK;
}

void
devices_get(struct request *r)
{
	struct store_device device;

	if (device_find(r, &device))
		answer_json_tagged(r, device_json(&device));
}

/* --- generations --- */

struct generation_list {
	json_t *items;
	size_t limit;
	bool more;
	uint32_t last;
};

static json_t *
generation_json(const struct store_generation *g)
{
	char alias[HEX_SIZE(ALIAS_LEN)];

	hex_encode(BYTES_OF(g->alias), alias);
	return json_pack("{s:I, s:s, s:o, s:o, s:b}", "Generation",
	    (json_int_t)g->generation, "Alias", alias, "CreateDate",
	    json_date(g->created), "EndDate", json_date(g->ended), "Erased",
	    g->root.len == 0);
}

static bool
generation_visit(void *ctx, const struct store_generation *generation)
{
	struct generation_list *list = ctx;

	if (json_array_size(list->items) == list->limit) {
		list->more = true;
		return false;
	}
	(void)json_array_append_new(list->items, generation_json(generation));
	list->last = generation->generation;
	return true;
}

void
device_generations_list(struct request *r)
{
	struct store_device device;
	struct page page;
	uint8_t last[8];
	struct writer w;

	if (!page_read(r, sizeof(last), &page) || !device_find(r, &device))
		return;
	struct generation_list list = {
	    .items = json_array(), .limit = page.limit};
	/* One more than is shown says whether there is a next page. */
	enum err err = store_generation_list(r->api->service.store,
	    r->actor.tenant, device.uid, page_number(&page), page.limit + 1,
	    generation_visit, &list);

	if (err != ERR_OK) {
		json_decref(list.items);
		problem_err(r, err);
		return;
	}
	writer_init(&w, last, sizeof(last));
	if (list.more)
		writer_u64(&w, list.last);
	page_answer(r, list.items, writer_bytes(&w));
}
