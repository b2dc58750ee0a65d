/*
 * Who may switch which feature, and what is written of it. When a device
 * runs what it shall is for the device path to say: nothing here touches
 * what was confirmed.
 */
#include "service/features.h"

#include "base/text.h"
#include "keys/messages.h"
#include "service/audit.h"
#include "service/operations.h"
#include "store/certificates.h"

static const uint32_t services = SERVICE_PSK | SERVICE_E2E;

/* Services follow the plan; one that it lost may still be switched off. */
static bool
in_plan(const struct actor *actor, const struct feature_change *change)
{
	return (change->enabled & services & ~actor->services) == 0;
}

static uint32_t
changed(uint32_t before, const struct feature_change *change)
{
	return (before & ~change->named) | (change->enabled & change->named);
}

static enum err
audit_change_of(struct service *s, const struct actor *actor,
    const char *source, const char *action, const char *object, uint32_t before,
    uint32_t after, uint64_t ca)
{
	char detail[112], chosen[32] = "";

	if (ca != 0)
		(void)snprintf(chosen, sizeof(chosen), ",\"CA\":%llu",
		    (unsigned long long)ca);
	(void)snprintf(detail, sizeof(detail),
	    "{\"Before\":{\"Features\":%u},\"After\":{\"Features\":%u%s}}",
	    (unsigned)before, (unsigned)after, chosen);
	return audit_add_by(s, actor, source, action, object, detail);
}

enum err
features_of_device(struct service *s, const struct actor *actor,
    const uint8_t uid[UID_LEN], struct store_device *ret_device)
{
	enum err err = service_read(s);

	return err == ERR_OK ? operation_device(s, actor, uid, ret_device)
			     : err;
}

static enum err
device_write(struct service *s, const struct actor *actor, const char *source,
    const struct feature_change *change, struct store_device *device)
{
	uint32_t before = device->features, after = changed(before, change);
	char uid[HEX_SIZE(UID_LEN)];
	enum err err;

	if (device->status != DEVICE_ACTIVE)
		return ERR_STATE;
	if (!in_plan(actor, change))
		return ERR_DISABLED;
	if (after == before && change->ca == 0)
		return ERR_OK;
	err = store_device_set_features(
	    s->store, device->uid, after, (uint64_t)service_now(s));
	if (err == ERR_OK && change->ca != 0)
		err = store_device_ca_set(s->store, device->uid, change->ca);
	hex_encode(BYTES_OF(device->uid), uid);
	if (err == ERR_OK)
		err = audit_change_of(s, actor, source, "device.features", uid,
		    before, after, change->ca);
	device->features = after;
	return err;
}

enum err
features_set_device(struct service *s, const struct actor *actor,
    const char *source, const uint8_t uid[UID_LEN],
    const struct feature_change *change, struct store_device *ret_device)
{
	struct store_device device;
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = operation_device(s, actor, uid, &device);
	if (err == ERR_OK)
		err = device_write(s, actor, source, change, &device);
	err = service_write_end(s, err);
	if (err == ERR_OK)
		*ret_device = device;
	return err;
}

static enum err
profile_write(struct service *s, const struct actor *actor, const char *source,
    const struct feature_change *change, struct store_profile *profile)
{
	uint32_t before = profile->features, after = changed(before, change);
	char uid[BASE64_SIZE(PROFILE_UID_LEN)];
	enum err err;

	if (!in_plan(actor, change))
		return ERR_DISABLED;
	if (after == before && change->ca == 0)
		return ERR_OK;
	err = store_profile_set_features(
	    s->store, actor->tenant, profile->uid, after);
	if (err == ERR_OK && change->ca != 0)
		err = store_profile_ca_set(s->store, profile->uid, change->ca);
	base64url_encode(BYTES_OF(profile->uid), uid);
	if (err == ERR_OK)
		err = audit_change_of(s, actor, source, "profile.features", uid,
		    before, after, change->ca);
	profile->features = after;
	return err;
}

enum err
features_set_profile(struct service *s, const struct actor *actor,
    const char *source, const uint8_t uid[PROFILE_UID_LEN],
    const struct feature_change *change, struct store_profile *ret_profile)
{
	struct store_profile profile;
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = store_profile_get(s->store, actor->tenant, uid, &profile);
	if (err == ERR_OK)
		err = profile_write(s, actor, source, change, &profile);
	err = service_write_end(s, err);
	if (err == ERR_OK)
		*ret_profile = profile;
	return err;
}
