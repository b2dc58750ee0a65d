/*
 * Calls that turn credentials into tokens, and the first set-up.
 */
#include "base/text.h"
#include "base/wipe.h"

#include "api.h"

static void
pair_answer(struct request *r, struct token_pair *pair)
{
	answer_json(r, MHD_HTTP_OK,
	    json_pack("{s:s, s:s, s:I}", "AuthToken", pair->auth,
		"RefreshToken", pair->refresh, "ExpiresIn",
		(json_int_t)pair->expires_s));
	(void)MHD_add_response_header(
	    r->response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	wipe(pair, sizeof(*pair));
}

static void
pair_finish(struct request *r, enum err err, struct token_pair *pair)
{
	if (err == ERR_OK) {
		pair_answer(r, pair);
		return;
	}
	if (err == ERR_AUTH) {
		r->api->metrics.auth_failures++;
		problem_answer(r, PROBLEM_BAD_CREDENTIALS, NULL);
		return;
	}
	problem_err(r, err);
}

void
authenticate_post(struct request *r)
{
	static const struct field fields[] = {
	    {"APIKey", FIELD_STRING, true, 64},
	    {"APISecret", FIELD_STRING, true, 64},
	};
	struct field_value v[ARRAY_LEN(fields)];
	struct token_pair pair;

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	enum err err =
	    tokens_authenticate(&r->api->service, v[0].text, v[1].text, &pair);

	pair_finish(r, err, &pair);
}

void
token_refresh_post(struct request *r)
{
	static const struct field fields[] = {
	    {"RefreshToken", FIELD_STRING, true, 64},
	};
	struct field_value v[ARRAY_LEN(fields)];
	struct token_pair pair;

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	enum err err = tokens_refresh(&r->api->service, v[0].text, &pair);

	pair_finish(r, err, &pair);
}

/* --- the first set-up --- */

static void
init_finish(struct request *r)
{
	struct setup_plan *plan = &r->kept.setup;
	struct setup_result result;
	char source[SERVICE_SOURCE_MAX], uid[BASE64_SIZE(PROFILE_UID_LEN)];
	enum err err = r->call.err;

	if (err == ERR_OK)
		err = r->call.answer.err;
	request_source(r, source, sizeof(source));
	if (err == ERR_OK)
		err = setup_finish(&r->api->service, plan,
		    r->call.answer.u.record, source, &result);
	if (err == ERR_DENIED) {
		problem_answer(r, PROBLEM_SETUP_TOKEN, NULL);
		return;
	}
	if (err != ERR_OK) {
		problem_err(r, err);
		return;
	}
	base64url_encode(BYTES_OF(plan->profile.uid), uid);
	answer_json(r, MHD_HTTP_CREATED,
	    json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
		"TenantID", (json_int_t)plan->tenant.id, "TenantName",
		plan->tenant.name, "Plan", plan->tenant.plan, "AdminEmail",
		plan->user.email, "AdminPassword", plan->password, "APIKey",
		result.apikey, "APISecret", result.secret, "DeviceProfileUID",
		uid, "DeviceProfileName", plan->profile.name));
	(void)MHD_add_response_header(
	    r->response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	wipe(&result, sizeof(result));
}

/* Names the field that setup_begin did not like. */
static void
init_fields_check(struct request *r, const struct setup_wish *wish)
{
	if (!name_is_good(wish->tenant, TENANT_NAME_MAX))
		problem_field(r, "/TenantName",
		    "has to be 1 to 64 bytes without control characters");
	if (!email_is_good(wish->email))
		problem_field(r, "/AdminEmail", "is not an email address");
	if (!name_is_good(wish->profile, PROFILE_NAME_MAX))
		problem_field(r, "/DeviceProfileName",
		    "has to be 1 to 64 bytes without control characters");
}

void
init_post(struct request *r)
{
	static const struct field fields[] = {
	    {"SetupToken", FIELD_STRING, true, 64},
	    {"TenantName", FIELD_STRING, true, TENANT_NAME_MAX},
	    {"AdminEmail", FIELD_STRING, true, EMAIL_MAX},
	    {"DeviceProfileName", FIELD_STRING, true, PROFILE_NAME_MAX},
	    {"Plan", FIELD_STRING, false, PLAN_NAME_MAX},
	};
	struct field_value v[ARRAY_LEN(fields)];

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	const struct setup_wish wish = {.token = v[0].text,
	    .tenant = v[1].text,
	    .email = v[2].text,
	    .profile = v[3].text,
	    .plan = v[4].text};

	init_fields_check(r, &wish);
	if (!body_good(r))
		return;
	struct keysproto_request ask;
	enum err err =
	    setup_begin(&r->api->service, &wish, &r->kept.setup, &ask);

	if (err == ERR_DENIED) {
		r->api->metrics.auth_failures++;
		problem_answer(r, PROBLEM_SETUP_TOKEN, NULL);
	} else if (err == ERR_NOT_FOUND) {
		problem_field(r, "/Plan", "is not a plan of this service");
		(void)!body_good(r);
	} else if (err != ERR_OK) {
		problem_err(r, err);
	} else {
		request_ask(r, &ask, init_finish);
	}
}
