/*
 * Rules of device profiles.
 */
#include "service/profiles.h"

#include "base/text.h"
#include "keys/messages.h"
#include "service/audit.h"

bool
name_is_good(struct bytes name, size_t max)
{
	if (name.len == 0 || name.len > max)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] < 0x20 || name.ptr[i] == 0x7f)
			return false;
	}
	return true;
}

static bool
period_is_good(uint32_t period_s)
{
	return period_s == 0 || (period_s >= PROFILE_PERIOD_MIN &&
				    period_s <= PROFILE_PERIOD_MAX);
}

enum err
profile_begin(struct service *s, uint64_t tenant, uint32_t services,
    struct bytes name, uint32_t features, uint32_t period_s,
    struct store_profile *ret_profile, struct keysproto_request *ret_request)
{
	const uint32_t wanted = features | services;

	if (!name_is_good(name, PROFILE_NAME_MAX) ||
	    !period_is_good(period_s) || (wanted & ~(uint32_t)FEATURE_ALL) != 0)
		return ERR_INVALID;
	struct store_profile p = {.tenant = tenant,
	    .features = wanted,
	    .period_s = period_s,
	    .created = service_now(s)};
	enum err err = random_fill(s->random, p.uid, sizeof(p.uid));

	if (err != ERR_OK)
		return err;
	memcpy(p.name, name.ptr, name.len);
	ret_request->op = KEYSPROTO_PROFILE;
	ret_request->u.profile.tenant = tenant;
	memcpy(ret_request->u.profile.profile, p.uid, sizeof(p.uid));
	*ret_profile = p;
	return ERR_OK;
}

enum err
profile_finish(struct service *s, const struct actor *actor, const char *source,
    struct store_profile *profile, const uint8_t record[KEYSPROTO_RECORD_LEN])
{
	char uid[BASE64_SIZE(PROFILE_UID_LEN)];
	char detail[96];

	memcpy(profile->record, record, sizeof(profile->record));
	base64url_encode(BYTES_OF(profile->uid), uid);
	/* The name is the owner's text: it stays out of the log's JSON. */
	(void)snprintf(detail, sizeof(detail),
	    "{\"Before\":null,\"After\":{\"Features\":%u,\"Period\":%u}}",
	    (unsigned)profile->features, (unsigned)profile->period_s);
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = store_profile_add(s->store, profile);
	if (err == ERR_OK)
		err = audit_add_by(
		    s, actor, source, "profile.create", uid, detail);
	if (err == ERR_OK)
		return store_commit(s->store);
	store_rollback(s->store);
	return err;
}
