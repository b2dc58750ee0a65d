/*
 * The ways to answer. An answer is made when it is known and queued when
 * libmicrohttpd asks for it, which may be later, after a suspension.
 */
#include "base/text.h"
#include "base/wipe.h"
#include "crypto/crypto.h"

#include <time.h>

#include "api.h"

#define ETAG_BYTES 12
#define ETAG_SIZE (2 + BASE64_SIZE(ETAG_BYTES))

static void
response_set(struct request *r, unsigned status, struct MHD_Response *response)
{
	if (r->response != NULL)
		MHD_destroy_response(r->response);
	r->response = response;
	r->status = status;
}

static void
wipe_and_free(void *copy)
{
	/* The length stands in front of the bytes. */
	size_t *len = (size_t *)copy - 1;

	wipe(copy, *len);
	free(len);
}

void
answer_bytes(struct request *r, unsigned status, const char *type,
    const void *body, size_t len)
{
	size_t *copy = malloc(sizeof(size_t) + len + 1);
	struct MHD_Response *response = NULL;

	if (copy != NULL) {
		*copy = len;
		memcpy(copy + 1, body, len);
		response = MHD_create_response_from_buffer_with_free_callback(
		    len, copy + 1, wipe_and_free);
	}
	if (response == NULL) {
		/* No memory for an answer: an empty one needs almost none. */
		free(copy);
		response_set(r, MHD_HTTP_INTERNAL_SERVER_ERROR,
		    MHD_create_response_from_buffer(
			0, NULL, MHD_RESPMEM_PERSISTENT));
		return;
	}
	(void)MHD_add_response_header(
	    response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	response_set(r, status, response);
}

void
answer_out(struct request *r, unsigned status, size_t len)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    len, r->out, MHD_RESPMEM_PERSISTENT);

	if (response == NULL) {
		problem_answer(r, PROBLEM_INTERNAL, NULL);
		return;
	}
	(void)MHD_add_response_header(
	    response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	response_set(r, status, response);
}

/* The text of a JSON value, which is used up; NULL without memory. */
static char *
json_text(json_t *value, size_t *ret_len)
{
	char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);

	json_decref(value);
	if (text == NULL)
		return NULL;
	*ret_len = strlen(text);
	text[(*ret_len)++] = '\n'; /* in place of the NUL */
	return text;
}

json_t *
json_date(uint64_t time)
{
	time_t seconds = (time_t)time;
	struct tm tm;
	char text[32];

	if (time == 0 || gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

void
answer_json(struct request *r, unsigned status, json_t *value)
{
	size_t len;
	char *text = json_text(value, &len);

	if (text == NULL) {
		problem_answer(r, PROBLEM_INTERNAL, NULL);
		return;
	}
	answer_bytes(r, status, "application/json", text, len);
	wipe(text, len);
	free(text);
}

/* "HASH" of a text; false: crypto fails. */
static bool
tag_make(const char *text, size_t len, char tag[ETAG_SIZE])
{
	uint8_t hash[SHA256_LEN];

	if (sha256(&(struct bytes){(const uint8_t *)text, len}, 1, hash) !=
	    ERR_OK)
		return false;
	tag[0] = '"';
	base64url_encode(bytes_make(hash, ETAG_BYTES), tag + 1);
	tag[1 + ETAG_BYTES / 3 * 4] = '"';
	tag[2 + ETAG_BYTES / 3 * 4] = '\0';
	return true;
}

bool
request_matches(const struct request *r, json_t *value)
{
	const char *wanted = MHD_lookup_connection_value(
	    r->http, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_MATCH);
	char tag[ETAG_SIZE];
	size_t len;
	char *text = json_text(value, &len);
	bool good = text != NULL && tag_make(text, len, tag);

	free(text);
	return good && (wanted == NULL || strcmp(wanted, "*") == 0 ||
			   strcmp(wanted, tag) == 0);
}

void
answer_json_tagged(struct request *r, json_t *value)
{
	char tag[ETAG_SIZE];
	size_t len;
	char *text = json_text(value, &len);

	if (text == NULL || !tag_make(text, len, tag)) {
		free(text);
		problem_answer(r, PROBLEM_INTERNAL, NULL);
		return;
	}
	const char *known = MHD_lookup_connection_value(
	    r->http, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);

	if (known != NULL && strcmp(known, tag) == 0)
		answer_bytes(
		    r, MHD_HTTP_NOT_MODIFIED, "application/json", "", 0);
	else
		answer_bytes(r, MHD_HTTP_OK, "application/json", text, len);
	(void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_ETAG, tag);
	free(text);
}
