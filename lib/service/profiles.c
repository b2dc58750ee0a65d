/*
 * Rules of device profiles.
 */
#include "service/profiles.h"

#include <jansson.h>

#include "base/text.h"
#include "keys/messages.h"
#include "service/audit.h"

#define TERMS_MAX 640 /* of a profile, as JSON */

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

/* A text that is no UTF-8, which a name cannot be by the API, is null. */
static void
terms_text(const struct store_profile *p, char out[TERMS_MAX])
{
	json_t *value =
	    json_pack("{s:s, s:I, s:I, s:I, s:s}", "Name", p->name, "Features",
		(json_int_t)p->features, "Period", (json_int_t)p->period_s,
		"Rotation", (json_int_t)p->rotation_s, "ClonePolicy",
		p->clones == CLONES_QUARANTINE ? "quarantine" : "alert");
	size_t len = 0;

	if (value != NULL)
		len = json_dumpb(value, out, TERMS_MAX - 1,
		    JSON_COMPACT | JSON_ENSURE_ASCII);
	if (len == 0 || len >= TERMS_MAX)
		len = (size_t)snprintf(out, TERMS_MAX, "null");
	out[len] = '\0';
	json_decref(value);
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
	enum err err = service_draw(s, p.uid, sizeof(p.uid));

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
	char terms[TERMS_MAX], detail[TERMS_MAX + 40];

	memcpy(profile->record, record, sizeof(profile->record));
	base64url_encode(BYTES_OF(profile->uid), uid);
	terms_text(profile, terms);
	(void)snprintf(
	    detail, sizeof(detail), "{\"Before\":null,\"After\":%s}", terms);
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = store_profile_add(s->store, profile);
	if (err == ERR_OK)
		err = audit_add_by(
		    s, actor, source, "profile.create", uid, detail);
	return service_write_end(s, err);
}

static bool
terms_are_good(const struct store_profile *p)
{
	return name_is_good(bytes_str(p->name), PROFILE_NAME_MAX) &&
	       period_is_good(p->period_s) &&
	       (p->rotation_s == 0 ||
		   (p->rotation_s >= PROFILE_ROTATION_MIN &&
		       p->rotation_s <= PROFILE_ROTATION_MAX)) &&
	       p->clones <= CLONES_QUARANTINE;
}

static bool
terms_equal(const struct store_profile *a, const struct store_profile *b)
{
	return strcmp(a->name, b->name) == 0 && a->period_s == b->period_s &&
	       a->rotation_s == b->rotation_s && a->clones == b->clones;
}

static enum err
change_write(struct service *s, const struct actor *actor, const char *source,
    const struct store_profile *before, const struct store_profile *after)
{
	char uid[BASE64_SIZE(PROFILE_UID_LEN)];
	char was[TERMS_MAX], is[TERMS_MAX], detail[2 * TERMS_MAX + 40];
	struct store_profile now;
	enum err err =
	    store_profile_get(s->store, actor->tenant, before->uid, &now);

	if (err != ERR_OK)
		return err;
	if (!terms_equal(&now, before))
		return ERR_CONFLICT;
	if (terms_equal(&now, after))
		return ERR_OK;
	err = store_profile_set(s->store, after);
	terms_text(before, was);
	terms_text(after, is);
	(void)snprintf(
	    detail, sizeof(detail), "{\"Before\":%s,\"After\":%s}", was, is);
	base64url_encode(BYTES_OF(before->uid), uid);
	return err == ERR_OK ? audit_add_by(s, actor, source, "profile.change",
				   uid, detail)
			     : err;
}

enum err
profile_change(struct service *s, const struct actor *actor, const char *source,
    const struct store_profile *before, const struct store_profile *after)
{
	enum err err;

	if (!terms_are_good(after) || after->tenant != before->tenant ||
	    memcmp(after->uid, before->uid, PROFILE_UID_LEN) != 0)
		return ERR_INVALID;
	err = service_write(s);
	if (err != ERR_OK)
		return err;
	return service_write_end(
	    s, change_write(s, actor, source, before, after));
}
