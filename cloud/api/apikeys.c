/*
 * API keys of the caller's account: make, list, end.
 */
#include "base/wipe.h"
#include "service/apikeys.h"

#include "api.h"

void
apikeys_post(struct request *r)
{
	char source[SERVICE_SOURCE_MAX], name[APIKEY_NAME_MAX + 1];
	char secret[TOKEN_TEXT_SIZE];
	enum err err;

	request_source(r, source, sizeof(source));
	err = apikey_add(&r->api->service, &r->actor, source, name, secret);
	if (err == ERR_EXHAUSTED) {
		problem_answer(r, PROBLEM_CONFLICT,
		    "The account has five API keys: end one first.");
		return;
	}
	if (err != ERR_OK) {
		problem_err(r, err);
		return;
	}
	answer_json(r, MHD_HTTP_CREATED,
	    json_pack("{s:s, s:s}", "APIKey", name, "APISecret", secret));
	(void)MHD_add_response_header(
	    r->response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	wipe(secret, sizeof(secret));
}

static json_t *
apikey_json(const struct store_apikey *key, const struct actor *actor)
{
	return json_pack("{s:s, s:o, s:b, s:b}", "APIKey", key->name,
	    "CreateDate", json_date((uint64_t)key->created), "Ended",
	    (int)key->revoked, "Current", (int)(key->id == actor->apikey));
}

static enum err
apikey_read_page(struct request *r, uint64_t after, void *ret_rows, size_t cap,
    size_t *ret_count)
{
	return store_apikey_list(r->api->service.store, r->actor.tenant, after,
	    ret_rows, cap, ret_count);
}

static json_t *
apikey_show(struct request *r, const void *row)
{
	return apikey_json(row, &r->actor);
}

void
apikeys_list(struct request *r)
{
	static const struct numbered_list list = {sizeof(struct store_apikey),
	    offsetof(struct store_apikey, id), apikey_read_page, apikey_show};

	numbered_list_answer(r, &list);
}

void
apikeys_end(struct request *r)
{
	char source[SERVICE_SOURCE_MAX];
	enum err err;

	request_source(r, source, sizeof(source));
	err =
	    apikey_end(&r->api->service, &r->actor, source, bytes_str(r->item));
	if (err == ERR_STATE)
		problem_answer(r, PROBLEM_CONFLICT,
		    "It is the account's last API key: make another first.");
	else if (err != ERR_OK)
		problem_err(r, err);
	else
		answer_json(r, MHD_HTTP_OK,
		    json_pack("{s:s, s:b}", "APIKey", r->item, "Ended", 1));
}
