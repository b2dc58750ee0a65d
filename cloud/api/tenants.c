/*
 * Tenants, for the operator of the installation: make, list, get, change the
 * plan. Every tenant may look at itself.
 */
#include "base/wipe.h"
#include "service/profiles.h"
#include "service/tenants.h"

#include "api.h"

static json_t *
tenant_json(const struct store_tenant *t)
{
	return json_pack("{s:I, s:s, s:s, s:b, s:o}", "TenantID",
	    (json_int_t)t->id, "TenantName", t->name, "Plan", t->plan,
	    "Operator", (int)t->is_operator, "CreateDate",
	    json_date((uint64_t)t->created));
}

static void
refusal_answer(struct request *r, enum err err)
{
	if (err == ERR_DENIED)
		problem_answer(r, PROBLEM_FORBIDDEN,
		    "Only the operator of the installation may do this.");
	else if (err == ERR_EXISTS)
		problem_answer(
		    r, PROBLEM_CONFLICT, "There is a tenant of this name.");
	else
		problem_err(r, err);
}

static void
plan_refuse(struct request *r)
{
	problem_field(r, "/Plan", "is not a plan of this service");
	(void)!body_good(r);
}

void
tenants_post(struct request *r)
{
	static const struct field fields[] = {
	    {"TenantName", FIELD_STRING, true, TENANT_NAME_MAX},
	    {"Plan", FIELD_STRING, true, PLAN_NAME_MAX},
	};
	struct field_value v[ARRAY_LEN(fields)];
	char source[SERVICE_SOURCE_MAX], apikey[APIKEY_NAME_MAX + 1];
	char secret[TOKEN_TEXT_SIZE];
	struct store_tenant t;
	enum err err;

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	if (!name_is_good(v[0].text, TENANT_NAME_MAX))
		problem_field(r, "/TenantName",
		    "has to be 1 to 64 bytes without control characters");
	if (!body_good(r))
		return;
	request_source(r, source, sizeof(source));
	err = tenant_make(&r->api->service, &r->actor, source, v[0].text,
	    v[1].text, &t, apikey, secret);
	if (err == ERR_NOT_FOUND) {
		plan_refuse(r);
		return;
	}
	if (err != ERR_OK) {
		refusal_answer(r, err);
		return;
	}
	json_t *body = tenant_json(&t);

	(void)json_object_set_new(body, "APIKey", json_string(apikey));
	(void)json_object_set_new(body, "APISecret", json_string(secret));
	wipe(secret, sizeof(secret));
	answer_json(r, MHD_HTTP_CREATED, body);
	(void)MHD_add_response_header(
	    r->response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
}

static enum err
tenant_read_page(struct request *r, uint64_t after, void *ret_rows, size_t cap,
    size_t *ret_count)
{
	return store_tenant_list(
	    r->api->service.store, after, ret_rows, cap, ret_count);
}

static json_t *
tenant_show(struct request *r, const void *row)
{
	(void)r;
	return tenant_json(row);
}

void
tenants_list(struct request *r)
{
	static const struct numbered_list list = {sizeof(struct store_tenant),
	    offsetof(struct store_tenant, id), tenant_read_page, tenant_show};

	if (!r->actor.is_operator) {
		refusal_answer(r, ERR_DENIED);
		return;
	}
	numbered_list_answer(r, &list);
}

void
tenants_get(struct request *r)
{
	uint64_t id = item_number(r);
	struct store_tenant t;
	enum err err = service_read(&r->api->service);

	/* Others look to a tenant as if they were not there. */
	if (err == ERR_OK && !r->actor.is_operator && id != r->actor.tenant)
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = store_tenant_get(r->api->service.store, id, &t);
	if (err != ERR_OK)
		problem_err(r, err);
	else
		answer_json_tagged(r, tenant_json(&t));
}

void
tenants_plan(struct request *r)
{
	static const struct field fields[] = {
	    {"Plan", FIELD_STRING, true, PLAN_NAME_MAX},
	};
	char source[SERVICE_SOURCE_MAX];
	struct field_value v;
	struct store_tenant t;
	enum err err;

	if (!body_read(r, fields, ARRAY_LEN(fields), &v))
		return;
	request_source(r, source, sizeof(source));
	err = tenant_set_plan(
	    &r->api->service, &r->actor, source, item_number(r), v.text, &t);
	if (err == ERR_INVALID)
		plan_refuse(r);
	else if (err != ERR_OK)
		refusal_answer(r, err);
	else
		answer_json(r, MHD_HTTP_OK, tenant_json(&t));
}
