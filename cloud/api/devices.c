/*
 * Devices of the caller's account: list, get.
 */
#include "base/text.h"
#include "keys/messages.h"
#include "store/devices.h"

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
	}
	return "unknown";
}

static json_t *
text_json(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *
device_json(const struct store_device *d)
{
	char uid[HEX_SIZE(UID_LEN)];
	char profile[BASE64_SIZE(PROFILE_UID_LEN)] = "";

	hex_encode(BYTES_OF(d->uid), uid);
	if (d->has_profile)
		base64url_encode(BYTES_OF(d->profile), profile);
	return json_pack("{s:s, s:o, s:o, s:s, s:I, s:o, s:o, s:o, s:o}",
	    "ROTPublicUID", uid, "DeviceProfileUID", text_json(profile),
	    "DeviceSerialNumber", text_json(d->serial), "Status",
	    status_name(d), "Generation", (json_int_t)d->generation,
	    "FirmwareVersion", text_json(d->firmware), "RegistrationDate",
	    json_date(d->registered), "LastSeen", json_date(d->seen),
	    "Features", features_json_of_device(d));
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

void
devices_get(struct request *r)
{
	uint8_t uid[UID_LEN];
	size_t len = 0;
	struct store_device device;
	enum err err = hex_decode(bytes_str(r->item), uid, sizeof(uid), &len);

	if (err != ERR_OK || len != sizeof(uid)) {
		problem_answer(r, PROBLEM_UNKNOWN_DEVICE, NULL);
		return;
	}
	err = service_read(&r->api->service);
	if (err == ERR_OK)
		err = store_device_by_uid(r->api->service.store, uid, &device);
	/* Somebody else's looks as if it were not there. */
	if (err == ERR_NOT_FOUND ||
	    (err == ERR_OK && device.tenant != r->actor.tenant))
		problem_answer(r, PROBLEM_UNKNOWN_DEVICE, NULL);
	else if (err != ERR_OK)
		problem_err(r, err);
	else
		answer_json_tagged(r, device_json(&device));
}
