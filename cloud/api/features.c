/*
 * Features and services, switched for a device or a profile: the original's
 * provisioning calls. What is wanted and what a device has confirmed are two
 * answers to two questions, and both are shown.
 */
#include "base/text.h"
#include "keys/messages.h"
#include "service/features.h"
#include "store/certificates.h"

#include "api.h"

json_t *
features_json(uint32_t features)
{
	json_t *object = json_object();

	for (uint32_t bit = 1; (bit & FEATURE_ALL) != 0; bit <<= 1)
		(void)json_object_set_new(object, feature_name(bit),
		    json_pack("{s:b}", "Enabled", (features & bit) != 0));
	return object;
}

json_t *
features_json_of_device(const struct store_device *d)
{
	json_t *object = json_object();

	for (uint32_t bit = 1; (bit & FEATURE_ALL) != 0; bit <<= 1)
		(void)json_object_set_new(object, feature_name(bit),
		    json_pack("{s:b, s:b}", "Enabled", (d->features & bit) != 0,
			"Confirmed", (d->confirmed & bit) != 0));
	return object;
}

/* --- reading --- */

/* The CA that ZTPV1 names beside Enabled; 0: there is none of this name. */
static uint64_t
ca_read(struct request *r, const char *pointer, const json_t *value)
{
	struct service *s = &r->api->service;
	struct bytes name =
	    bytes_make(json_string_value(value), json_string_length(value));
	char inside[64];
	struct store_ca ca;
	enum err err = json_is_string(value) ? service_read(s) : ERR_FORMAT;

	if (err == ERR_OK)
		err = store_ca_get(s->store, r->actor.tenant, name, &ca);
	if (err == ERR_OK)
		return ca.id;
	(void)snprintf(inside, sizeof(inside), "%s/CAName", pointer);
	problem_field(r, inside, "names no CA of this account");
	return 0;
}

/*
 * One feature: {"Enabled": true or false}, for ZTPV1 with the name of a CA
 * beside it.
 */
static bool
feature_read(struct request *r, uint32_t bit, const char *pointer,
    const json_t *value, struct feature_change *change)
{
	const json_t *enabled = json_object_get(value, "Enabled");
	const json_t *ca = json_object_get(value, "CAName");
	size_t known = ca != NULL && bit == FEATURE_ZTP ? 2 : 1;

	if (!json_is_boolean(enabled) || json_object_size(value) != known) {
		problem_field(
		    r, pointer, "has to be {\"Enabled\": true or false}");
		return false;
	}
	if (known == 2)
		change->ca = ca_read(r, pointer, ca);
	return json_is_true(enabled);
}

/* The feature that a name of the body stands for; 0: it may not be there. */
static uint32_t
name_read(struct request *r, const char *name, const char *pointer,
    uint32_t allowed, uint32_t named)
{
	uint32_t bit = feature_bit(bytes_str(name));

	if (bit == 0)
		problem_field(r, pointer, "is not a feature");
	else if ((bit & allowed) == 0)
		problem_field(
		    r, pointer, "is a service: it comes with the plan");
	else if ((bit & named) != 0)
		problem_field(r, pointer, "is named twice");
	else
		return bit;
	return 0;
}

struct feature_change
features_read(struct request *r, const json_t *object, uint32_t allowed)
{
	struct feature_change change = {0};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		char pointer[48];

		pointer_make("/Features", name, pointer, sizeof(pointer));
		uint32_t bit =
		    name_read(r, name, pointer, allowed, change.named);

		if (bit == 0)
			continue;
		change.named |= bit;
		if (feature_read(r, bit, pointer, value, &change))
			change.enabled |= bit;
	}
	return change;
}

/* The same for a call that sets: it has to name something. */
static struct feature_change
change_read(struct request *r, const json_t *object)
{
	if (json_object_size(object) == 0)
		problem_field(r, "/Features", "has to name a feature");
	return features_read(r, object, FEATURE_ALL);
}

static void
uid_read(struct request *r, struct bytes text, uint8_t uid[UID_LEN])
{
	size_t len = 0;

	if (text.len != 2 * (size_t)UID_LEN ||
	    hex_decode(text, uid, UID_LEN, &len) != ERR_OK)
		problem_field(
		    r, "/ROTPublicUID", "has to be %d hex digits", 2 * UID_LEN);
}

static void
profile_uid_read(
    struct request *r, struct bytes text, uint8_t uid[PROFILE_UID_LEN])
{
	size_t len = 0;

	if (base64url_decode(text, uid, PROFILE_UID_LEN, &len) != ERR_OK ||
	    len != PROFILE_UID_LEN)
		problem_field(r, "/DeviceProfileUID",
		    "has to be 22 characters of base64url");
}

/* --- answering --- */

static void
refusal_answer(struct request *r, enum err err, enum problem unknown)
{
	switch (err) {
	case ERR_NOT_FOUND:
		problem_answer(r, unknown, NULL);
		return;
	case ERR_STATE:
		problem_answer(r, PROBLEM_DEVICE_INACTIVE, NULL);
		return;
	case ERR_DISABLED:
		problem_answer(r, PROBLEM_NOT_IN_PLAN, NULL);
		return;
	default:
		problem_err(r, err);
		return;
	}
}

/* Beside ZTPV1: the CA that a device's certificate comes from. */
static json_t *
ca_name(struct request *r, json_t *features, const uint8_t uid[UID_LEN],
    const uint8_t profile[PROFILE_UID_LEN])
{
	struct store_ca ca;
	enum err err = service_read(&r->api->service);

	if (err == ERR_OK)
		err = store_device_ca(
		    r->api->service.store, uid, profile, r->actor.tenant, &ca);
	if (err == ERR_OK)
		(void)json_object_set_new(
		    json_object_get(features, feature_name(FEATURE_ZTP)),
		    "CAName", json_string(ca.name));
	return features;
}

static void
device_answer(struct request *r, enum err err, const struct store_device *d)
{
	char uid[HEX_SIZE(UID_LEN)];

	if (err != ERR_OK) {
		refusal_answer(r, err, PROBLEM_UNKNOWN_DEVICE);
		return;
	}
	hex_encode(BYTES_OF(d->uid), uid);
	answer_json(r, MHD_HTTP_OK,
	    json_pack("{s:s, s:o}", "ROTPublicUID", uid, "Features",
		ca_name(r, features_json_of_device(d), d->uid, d->profile)));
}

static void
profile_answer(struct request *r, enum err err, const struct store_profile *p)
{
	static const uint8_t no_device[UID_LEN];
	char uid[BASE64_SIZE(PROFILE_UID_LEN)];

	if (err != ERR_OK) {
		refusal_answer(r, err, PROBLEM_NOT_FOUND);
		return;
	}
	base64url_encode(BYTES_OF(p->uid), uid);
	answer_json(r, MHD_HTTP_OK,
	    json_pack("{s:s, s:o}", "DeviceProfileUID", uid, "Features",
		ca_name(r, features_json(p->features), no_device, p->uid)));
}

/* --- the calls --- */

void
device_features_set(struct request *r)
{
	static const struct field fields[] = {
	    {"ROTPublicUID", FIELD_STRING, true, 2 * (size_t)UID_LEN},
	    {"Features", FIELD_OBJECT, true, 0},
	};
	struct field_value v[ARRAY_LEN(fields)];
	char source[SERVICE_SOURCE_MAX];
	uint8_t uid[UID_LEN];
	struct store_device device;

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	struct feature_change change = change_read(r, v[1].object);

	uid_read(r, v[0].text, uid);
	if (!body_good(r))
		return;
	request_source(r, source, sizeof(source));
	enum err err = features_set_device(
	    &r->api->service, &r->actor, source, uid, &change, &device);

	device_answer(r, err, &device);
}

void
device_features_get(struct request *r)
{
	static const struct field field = {
	    "ROTPublicUID", FIELD_STRING, true, 2 * (size_t)UID_LEN};
	struct field_value v;
	uint8_t uid[UID_LEN];
	struct store_device device;

	if (!body_read(r, &field, 1, &v))
		return;
	uid_read(r, v.text, uid);
	if (!body_good(r))
		return;
	enum err err =
	    features_of_device(&r->api->service, &r->actor, uid, &device);

	device_answer(r, err, &device);
}

void
profile_features_set(struct request *r)
{
	static const struct field fields[] = {
	    {"DeviceProfileUID", FIELD_STRING, true, 22},
	    {"Features", FIELD_OBJECT, true, 0},
	};
	struct field_value v[ARRAY_LEN(fields)];
	char source[SERVICE_SOURCE_MAX];
	uint8_t uid[PROFILE_UID_LEN];
	struct store_profile profile;

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	struct feature_change change = change_read(r, v[1].object);

	profile_uid_read(r, v[0].text, uid);
	if (!body_good(r))
		return;
	request_source(r, source, sizeof(source));
	enum err err = features_set_profile(
	    &r->api->service, &r->actor, source, uid, &change, &profile);

	profile_answer(r, err, &profile);
}

void
profile_features_get(struct request *r)
{
	static const struct field field = {
	    "DeviceProfileUID", FIELD_STRING, true, 22};
	struct field_value v;
	uint8_t uid[PROFILE_UID_LEN];
	struct store_profile profile;

	if (!body_read(r, &field, 1, &v))
		return;
	profile_uid_read(r, v.text, uid);
	if (!body_good(r))
		return;
	enum err err = service_read(&r->api->service);

	if (err == ERR_OK)
		err = store_profile_get(
		    r->api->service.store, r->actor.tenant, uid, &profile);
	profile_answer(r, err, &profile);
}
