/*
 * Device profiles: create, list, get.
 */
#include "base/text.h"
#include "keys/messages.h"
#include "service/profiles.h"

#include "api.h"

static json_t *
profile_json(const struct store_profile *p)
{
	char uid[BASE64_SIZE(PROFILE_UID_LEN)];
	json_t *period =
	    p->period_s != 0 ? json_integer(p->period_s) : json_null();

	base64url_encode(BYTES_OF(p->uid), uid);
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "DeviceProfileUID", uid,
	    "Name", p->name, "Features", features_json(p->features),
	    "HeartbeatPeriod", period, "CreateDate",
	    json_date((uint64_t)p->created));
}

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
	    {"Features", FIELD_OBJECT, false, 0},
	    {"HeartbeatPeriod", FIELD_NUMBER, false, 0},
	};
	struct field_value v[ARRAY_LEN(fields)];

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	struct feature_change features = features_read(
	    r, v[1].object, ~(uint32_t)(SERVICE_PSK | SERVICE_E2E));

	if (!name_is_good(v[0].text, PROFILE_NAME_MAX))
		problem_field(r, "/Name",
		    "has to be 1 to 64 bytes without control characters");
	if (v[2].there && (v[2].number < PROFILE_PERIOD_MIN ||
			      v[2].number > PROFILE_PERIOD_MAX))
		problem_field(r, "/HeartbeatPeriod",
		    "has to be %u to %u seconds", PROFILE_PERIOD_MIN,
		    PROFILE_PERIOD_MAX);
	if (!body_good(r))
		return;
	struct keysproto_request ask;
	enum err err = profile_begin(&r->api->service, r->actor.tenant,
	    r->actor.services, v[0].text, features.enabled,
	    (uint32_t)v[2].number, &r->kept.profile, &ask);

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

void
profiles_get(struct request *r)
{
	uint8_t uid[PROFILE_UID_LEN];
	size_t len = 0;
	struct store_profile p;
	enum err err =
	    base64url_decode(bytes_str(r->item), uid, sizeof(uid), &len);

	if (err != ERR_OK || len != sizeof(uid)) {
		problem_answer(r, PROBLEM_NOT_FOUND, NULL);
		return;
	}
	err = service_read(&r->api->service);
	if (err == ERR_OK)
		err = store_profile_get(
		    r->api->service.store, r->actor.tenant, uid, &p);
	if (err != ERR_OK)
		problem_err(r, err);
	else
		answer_json_tagged(r, profile_json(&p));
}
