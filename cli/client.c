/*
 * Calls to the service with libcurl. Every failure is said here, so that a
 * sub-command only passes on the status.
 */
#include <curl/curl.h>
#include <errno.h>
#include <unistd.h>

#include "base/wipe.h"

#include "cli.h"

#define TIMEOUT_S 300L
#define CONNECT_TIMEOUT_S 10L

const char *
json_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* --- the service and its token --- */

static int
service_set(struct client *client, const char *url)
{
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	if (len == 0 || len >= sizeof(client->service))
		return cli_fail(CLI_USAGE, "no URL of a service: \"%s\"", url);
	memcpy(client->service, url, len);
	client->service[len] = '\0';
	return CLI_OK;
}

/* --service, then HOLDFAST_URL, then the credentials, then this machine. */
static const char *
service_choose(const struct cli_common *common, const char *known)
{
	const char *url = common->service;

	if (url == NULL)
		url = getenv("HOLDFAST_URL");
	if (url == NULL || url[0] == '\0')
		url = known;
	return url != NULL ? url : "http://127.0.0.1:8080";
}

static int
open_at(struct client *client, const char *url)
{
	*client = (struct client){.curl = curl_easy_init()};
	if (client->curl == NULL)
		return cli_fail(CLI_FAILED, "libcurl does not start");
	return service_set(client, url);
}

int
client_open(struct client *client, const struct cli_common *common)
{
	return open_at(client, service_choose(common, NULL));
}

static int
token_get(struct client *client, const struct credentials *c)
{
	struct answer answer;
	int status = client_json(client, "POST", "/v1/authenticate",
	    json_pack(
		"{s:s, s:s}", "APIKey", c->apikey, "APISecret", c->secret),
	    &answer);

	if (status != CLI_OK)
		return status;
	const char *token = json_text(answer.json, "AuthToken");

	if (token[0] == '\0' || strlen(token) >= sizeof(client->token))
		status = cli_fail(CLI_FAILED, "the service gave no AuthToken");
	else
		memcpy(client->token, token, strlen(token) + 1);
	answer_free(&answer);
	return status;
}

int
client_login(struct client *client, const struct cli_common *common)
{
	struct credentials c;
	char path[4096];
	enum err err = credentials_path(common, path, sizeof(path));

	*client = (struct client){0};
	if (err != ERR_OK)
		return cli_fail(CLI_USAGE, "no home: give --credentials FILE");
	err = credentials_read(path, &c);
	if (err == ERR_NOT_FOUND)
		return cli_fail(CLI_FAILED,
		    "%s: no credentials (holdfast init makes them)", path);
	if (err == ERR_FORMAT)
		return cli_fail(CLI_FAILED,
		    "%s: not credentials (Service, APIKey, APISecret)", path);
	if (err != ERR_OK)
		return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
	int status = open_at(client, service_choose(common, c.service));

	if (status == CLI_OK)
		status = token_get(client, &c);
	wipe(&c, sizeof(c));
	if (status != CLI_OK)
		client_close(client);
	return status;
}

void
client_close(struct client *client)
{
	curl_easy_cleanup(client->curl);
	wipe(client, sizeof(*client));
}

/* --- one call --- */

static size_t
on_data(char *data, size_t size, size_t count, void *ctx)
{
	struct answer *a = ctx;
	size_t len = size * count;

	if (len > CLI_ANSWER_MAX - a->len)
		return 0;
	char *text = realloc(a->text, a->len + len + 1);

	if (text == NULL)
		return 0;
	memcpy(text + a->len, data, len);
	a->text = text;
	a->len += len;
	a->text[a->len] = '\0';
	return len;
}

static struct curl_slist *
headers_make(const struct client *client, const char *type)
{
	struct curl_slist *list = NULL;
	char line[192];

	list = curl_slist_append(list, "Accept: application/json");
	if (type != NULL) {
		(void)snprintf(line, sizeof(line), "Content-Type: %s", type);
		list = curl_slist_append(list, line);
	}
	if (client->token[0] != '\0') {
		(void)snprintf(line, sizeof(line), "Authorization: Bearer %s",
		    client->token);
		list = curl_slist_append(list, line);
		wipe(line, sizeof(line));
	}
	return list;
}

static void
options_set(struct client *client, const char *method, const char *url,
    struct curl_slist *headers, struct answer *answer)
{
	CURL *curl = client->curl;

	curl_easy_reset(curl);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

int
client_call(struct client *client, const char *method, const char *path,
    const char *type, struct bytes body, struct answer *ret_answer)
{
	struct answer answer = {0};
	char url[2048];

	(void)snprintf(url, sizeof(url), "%s%s", client->service, path);
	struct curl_slist *headers = headers_make(client, type);

	options_set(client, method, url, headers, &answer);
	if (type != NULL) {
		(void)curl_easy_setopt(client->curl,
		    CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
		(void)curl_easy_setopt(
		    client->curl, CURLOPT_POSTFIELDS, body.ptr);
	}
	CURLcode code = curl_easy_perform(client->curl);

	(void)curl_easy_getinfo(
	    client->curl, CURLINFO_RESPONSE_CODE, &answer.status);
	curl_slist_free_all(headers);
	if (code != CURLE_OK) {
		answer_free(&answer);
		return cli_fail(
		    CLI_FAILED, "%s: %s", url, curl_easy_strerror(code));
	}
	if (answer.text != NULL)
		answer.json = json_loadb(answer.text, answer.len, 0, NULL);
	*ret_answer = answer;
	return CLI_OK;
}

int
client_json(struct client *client, const char *method, const char *path,
    json_t *body, struct answer *ret_answer)
{
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	struct answer answer;

	json_decref(body);
	int status = client_call(client, method, path,
	    text != NULL ? "application/json" : NULL,
	    text != NULL ? bytes_str(text) : BYTES_NONE, &answer);

	if (text != NULL)
		wipe(text, strlen(text));
	free(text);
	if (status != CLI_OK)
		return status;
	if (answer.status >= 200 && answer.status < 300 &&
	    answer.json != NULL) {
		*ret_answer = answer;
		return CLI_OK;
	}
	status = answer_problem(&answer, 0);
	answer_free(&answer);
	return status;
}

int
client_ask(const struct cli_common *common, const char *method,
    const char *path, json_t *body, struct answer *ret_answer)
{
	struct client client;
	int status = client_login(&client, common);

	if (status != CLI_OK) {
		json_decref(body);
		return status;
	}
	status = client_json(&client, method, path, body, ret_answer);
	client_close(&client);
	return status;
}

int
answer_show(struct answer *answer)
{
	(void)fputs(answer->text, stdout);
	answer_free(answer);
	return CLI_OK;
}

void
answer_free(struct answer *answer)
{
	json_decref(answer->json);
	if (answer->text != NULL)
		wipe(answer->text, answer->len);
	free(answer->text);
	*answer = (struct answer){0};
}

/* --- problems --- */

static void
problem_fields(const json_t *json)
{
	const json_t *list = json_object_get(json, "errors");
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)(void) fprintf(stderr, "  %s %s\n",
	    json_text(item, "pointer"), json_text(item, "detail"));
}

static void
problem_lines(const json_t *json, long line_base)
{
	const json_t *list = json_object_get(json, "lines");
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		json_int_t line =
		    json_integer_value(json_object_get(item, "line"));

		(void)fprintf(stderr, "  line %lld: %s\n",
		    (long long)line + line_base, json_text(item, "detail"));
	}
}

int
answer_problem(const struct answer *answer, long line_base)
{
	const char *title = json_text(answer->json, "title");

	if (title[0] == '\0')
		return cli_fail(CLI_REFUSED,
		    "the service answered %ld without saying why",
		    answer->status);
	(void)cli_fail(
	    CLI_REFUSED, "%s: %s", title, json_text(answer->json, "detail"));
	problem_fields(answer->json);
	problem_lines(answer->json, line_base);
	if (answer->status >= 500)
		(void)fprintf(stderr, "  request id %s\n",
		    json_text(answer->json, "requestId"));
	return CLI_REFUSED;
}

int
client_list(struct client *client, const char *path,
    void (*each)(const json_t *item, void *ctx), void *ctx)
{
	char page[256], cursor[64] = "";

	do {
		struct answer answer;
		const json_t *item;
		size_t i;

		(void)snprintf(page, sizeof(page), "%s%climit=1000%s%s", path,
		    strchr(path, '?') != NULL ? '&' : '?',
		    cursor[0] != '\0' ? "&cursor=" : "", cursor);
		int status = client_json(client, "GET", page, NULL, &answer);

		if (status != CLI_OK)
			return status;
		json_array_foreach(json_object_get(answer.json, "Items"), i,
		    item) each(item, ctx);
		(void)snprintf(cursor, sizeof(cursor), "%s",
		    json_text(answer.json, "NextCursor"));
		answer_free(&answer);
	} while (cursor[0] != '\0');
	return CLI_OK;
}
