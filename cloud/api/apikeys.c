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

void
apikeys_list(struct request *r)
{
	uint8_t last[8];
	struct writer w;
	struct page page;
	size_t count = 0;
	enum err err;

	if (!page_read(r, sizeof(last), &page))
		return;
	/* One more than is shown says whether there is a next page. */
	struct store_apikey *key = calloc(page.limit + 1, sizeof(*key));

	err = key != NULL ? service_read(&r->api->service) : ERR_NOMEM;
	if (err == ERR_OK)
		err = store_apikey_list(r->api->service.store, r->actor.tenant,
		    page_number(&page), key, page.limit + 1, &count);
	if (err != ERR_OK) {
		free(key);
		problem_err(r, err);
		return;
	}
	json_t *items = json_array();

	for (size_t i = 0; i < count && i < page.limit; i++)
		(void)json_array_append_new(
		    items, apikey_json(&key[i], &r->actor));
	writer_init(&w, last, sizeof(last));
	if (count > page.limit)
		writer_u64(&w, key[page.limit - 1].id);
	page_answer(r, items, writer_bytes(&w));
	free(key);
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
