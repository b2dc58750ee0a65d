/*
 * Device profiles: create, list, get, change.
 */
#include "base/text.h"
#include "keys/messages.h"
#include "service/profiles.h"

#include "api.h"

static const char *const policy_names[] = {
    [CLONES_ALERT] = "alert",
    [CLONES_QUARANTINE] = "quarantine",
};

static json_t *
seconds_json(uint32_t seconds)
{
	return seconds != 0 ? json_integer(seconds) : json_null();
}

static json_t *
profile_json(const struct store_profile *p)
{
	char uid[BASE64_SIZE(PROFILE_UID_LEN)];

	base64url_encode(BYTES_OF(p->uid), uid);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:o}",
	    "DeviceProfileUID", uid, "Name", p->name, "Features",
	    features_json(p->features), "HeartbeatPeriod",
	    seconds_json(p->period_s), "RotationPeriod",
	    seconds_json(p->rotation_s), "ClonePolicy", policy_names[p->clones],
	    "CreateDate", json_date((uint64_t)p->created));
}

/* --- what a body says --- */

enum { NAME, PERIOD, ROTATION, POLICY, CHANGEABLE };

/* clang-format off */
#define TERMS_FIELDS                                                           \
	{"HeartbeatPeriod", FIELD_NUMBER, false, 0},                           \
	{"RotationPeriod", FIELD_NUMBER, false, 0},                            \
	{"ClonePolicy", FIELD_STRING, false, 16}
/* clang-format on */

/* Seconds in a range, or 0 for the service's own. */
static void
seconds_take(struct request *r, const char *pointer,
    const struct field_value *v, uint32_t min, uint32_t max,
    uint32_t *ret_seconds)
{
	if (!v->there)
		return;
	if (v->number != 0 && (v->number < min || v->number > max))
		problem_field(
		    r, pointer, "has to be %u to %u seconds", min, max);
	else
		*ret_seconds = (uint32_t)v->number;
}

static void
policy_take(struct request *r, const struct field_value *v,
    enum store_clones *ret_policy)
{
	if (!v->there)
		return;
	for (size_t i = 0; i < ARRAY_LEN(policy_names); i++) {
		if (!bytes_equal(v->text, bytes_str(policy_names[i])))
			continue;
		*ret_policy = (enum store_clones)i;
		return;
	}
	problem_field(r, "/ClonePolicy", "has to be alert or quarantine");
}

/* Takes what the fields NAME to POLICY say, and notes what is wrong. */
static void
profile_take(
    struct request *r, const struct field_value *v, struct store_profile *p)
{
	if (v[NAME].there && !name_is_good(v[NAME].text, PROFILE_NAME_MAX))
		problem_field(r, "/Name",
		    "has to be 1 to 64 bytes without control characters");
	else if (v[NAME].there)
		(void)snprintf(p->name, sizeof(p->name), "%.*s",
		    (int)v[NAME].text.len, (const char *)v[NAME].text.ptr);
	seconds_take(r, "/HeartbeatPeriod", &v[PERIOD], PROFILE_PERIOD_MIN,
	    PROFILE_PERIOD_MAX, &p->period_s);
	seconds_take(r, "/RotationPeriod", &v[ROTATION], PROFILE_ROTATION_MIN,
	    PROFILE_ROTATION_MAX, &p->rotation_s);
	policy_take(r, &v[POLICY], &p->clones);
}

/* --- create --- */

static void
profiles_post_finish(struct request *r)
{
	struct store_profile *p = &r->kept.profile;
	char source[SERVICE_SOURCE_MAX], place[64];
	char uid[BASE64_SIZE(PROFILE_UID_LEN)];
	enum err err = r->call.err;

	if (err == ERR_OK)
		err = r->call.answer.err;
	request_source(r, source, sizeof(source));
	if (err == ERR_OK)
		err = profile_finish(&r->api->service, &r->actor, source, p,
		    r->call.answer.u.record);
	if (err != ERR_OK) {
		problem_err(r, err);
		return;
	}
	answer_json(r, MHD_HTTP_CREATED, profile_json(p));
	base64url_encode(BYTES_OF(p->uid), uid);
	(void)snprintf(place, sizeof(place), "/v1/deviceprofiles/%s", uid);
	(void)MHD_add_response_header(
	    r->response, MHD_HTTP_HEADER_LOCATION, place);
}

void
profiles_post(struct request *r)
{
	static const struct field fields[] = {
	    {"Name", FIELD_STRING, true, PROFILE_NAME_MAX},
	    TERMS_FIELDS,
	    {"Features", FIELD_OBJECT, false, 0},
	};
	struct store_profile wish = {.period_s = 0};
	struct field_value v[ARRAY_LEN(fields)];

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	struct feature_change features = features_read(
	    r, v[CHANGEABLE].object, ~(uint32_t)(SERVICE_PSK | SERVICE_E2E));

	profile_take(r, v, &wish);
	if (!body_good(r))
		return;
	struct keysproto_request ask;
	enum err err = profile_begin(&r->api->service, r->actor.tenant,
	    r->actor.services, v[NAME].text, features.enabled, wish.period_s,
	    &r->kept.profile, &ask);

	r->kept.profile.rotation_s = wish.rotation_s;
	r->kept.profile.clones = wish.clones;
	r->kept.profile.ca = features.ca;
	if (err != ERR_OK)
		problem_err(r, err);
	else
		request_ask(r, &ask, profiles_post_finish);
}

void
profiles_list(struct request *r)
{
	struct page page;

	if (!page_read(r, PROFILE_UID_LEN, &page))
		return;
	/* One more than is shown says whether there is a next page. */
	struct store_profile *p = calloc(page.limit + 1, sizeof(*p));
	size_t count = 0;
	enum err err = p != NULL ? service_read(&r->api->service) : ERR_NOMEM;

	if (err == ERR_OK)
		err = store_profile_list(r->api->service.store, r->actor.tenant,
		    bytes_make(page.after, page.after_len), p, page.limit + 1,
		    &count);
	if (err != ERR_OK) {
		free(p);
		problem_err(r, err);
		return;
	}
	json_t *items = json_array();
	bool more = count > page.limit;

	for (size_t i = 0; i < count && i < page.limit; i++)
		(void)json_array_append_new(items, profile_json(&p[i]));
	page_answer(
	    r, items, more ? BYTES_OF(p[page.limit - 1].uid) : BYTES_NONE);
	free(p);
}

/* Reads the profile of the path; false: it is answered why not. */
static bool
profile_find(struct request *r, struct store_profile *ret_profile)
{
	uint8_t uid[PROFILE_UID_LEN];
	size_t len = 0;
	enum err err =
	    base64url_decode(bytes_str(r->item), uid, sizeof(uid), &len);

	if (err != ERR_OK || len != sizeof(uid)) {
		problem_answer(r, PROBLEM_NOT_FOUND, NULL);
		return false;
	}
	err = service_read(&r->api->service);
	if (err == ERR_OK)
		err = store_profile_get(
		    r->api->service.store, r->actor.tenant, uid, ret_profile);
	if (err != ERR_OK)
		problem_err(r, err);
	return err == ERR_OK;
}

void
profiles_get(struct request *r)
{
	struct store_profile p;

	if (profile_find(r, &p))
		answer_json_tagged(r, profile_json(&p));
}

void
profiles_patch(struct request *r)
{
	static const struct field fields[] = {
	    {"Name", FIELD_STRING, false, PROFILE_NAME_MAX},
	    TERMS_FIELDS,
	};
	struct field_value v[ARRAY_LEN(fields)];
	char source[SERVICE_SOURCE_MAX];
	struct store_profile before, after;

	if (!body_read(r, fields, ARRAY_LEN(fields), v) ||
	    !profile_find(r, &before))
		return;
	if (!request_matches(r, profile_json(&before))) {
		problem_answer(r, PROBLEM_PRECONDITION, NULL);
		return;
	}
	after = before;
	profile_take(r, v, &after);
	if (!body_good(r))
		return;
	request_source(r, source, sizeof(source));
	enum err err = profile_change(
	    &r->api->service, &r->actor, source, &before, &after);

	if (err == ERR_CONFLICT)
		problem_answer(r, PROBLEM_PRECONDITION, NULL);
	else if (err != ERR_OK)
		problem_err(r, err);
	else
		answer_json_tagged(r, profile_json(&after));
}
