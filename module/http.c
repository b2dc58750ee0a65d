/*
 * Requests over libcurl. No connection is used twice, since profiles differ
 * in what they let pass; redirections are the host's business.
 *
 * Names are looked up by resolve.h before libcurl has the request, because
 * libcurl waits for a look-up of its own when a request is given up.
 */
#include "http.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "buffer.h"
#include "curl_loop.h"
#include "log.h"
#include "loop.h"
#include "module.h"
#include "resolve.h"

#define RESOLVED_MAX                                                           \
	(HTTP_SERVER_MAX + 16 + RESOLVE_ADDRESSES_MAX * (INET6_ADDRSTRLEN + 3))

/* A request that is under way. */
struct transfer {
	struct curl_client client; /* first */
	char server[HTTP_SERVER_MAX + 1]; /* its profile may change */
	struct http *http;
	CURL *easy; /* NULL: the place is free */
	struct curl_slist *headers;
	struct curl_slist *resolved; /* the name with its addresses */
	curl_mime *form;
	struct loop_source resolver; /* fd -1: no name is looked up */
	uint64_t deadline_ms; /* of that */
	struct buffer response; /* status line, headers, body */
	unsigned number;
	enum http_command command;
	struct file_name name;
	uint64_t terminal;
	bool full; /* the response is too large */
};

struct http {
	struct curl_loop *cl;
	struct module *module;
	struct transfer transfers[HTTP_PROFILES];
};

/* --- a request --- */

/* Takes what came; all of it, or the request ends. */
static size_t
response_take(struct transfer *x, const char *data, size_t len)
{
	if (buffer_put(&x->response, bytes_make(data, len)) == ERR_OK)
		return len;
	x->full = true;
	return 0;
}

static size_t
on_body(char *data, size_t size, size_t count, void *ctx)
{
	return response_take(ctx, data, size * count);
}

/* A status line begins anew: what came before was provisional. */
static size_t
on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct transfer *x = ctx;
	size_t len = size * count;

	if (len > 5 && memcmp(data, "HTTP/", 5) == 0)
		buffer_drop(&x->response, buffer_bytes(&x->response).len);
	return response_take(x, data, len);
}

static void
transfer_free(struct transfer *x)
{
	if (x->easy == NULL)
		return;
	if (x->resolver.fd >= 0) {
		loop_remove(x->http->module->loop, &x->resolver);
		(void)close(x->resolver.fd);
		x->resolver.fd = -1;
	}
	(void)curl_multi_remove_handle(x->http->cl->multi, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	curl_slist_free_all(x->resolved);
	curl_mime_free(x->form);
	buffer_done(&x->response);
	x->easy = NULL;
	x->headers = x->resolved = NULL;
	x->form = NULL;
}

#define SET(easy, option, value)                                               \
	(curl_easy_setopt(easy, option, value) == CURLE_OK)

/* What all requests have in common. */
static bool
request_base(struct transfer *x, const struct http_job *job)
{
	const struct http_profile *p = job->profile;
	CURL *e = x->easy;

	(void)snprintf(x->server, sizeof(x->server), "%s", p->server);
	x->client.target = (struct curl_target){.module = x->http->module,
	    .server = x->server,
	    .port = http_profile_port(p),
	    .secure = p->secure == 1,
	    .security_profile = p->security_profile,
	    .timeout_s = p->timeout_s};
	return curl_loop_prepare(e, &x->client) == ERR_OK &&
	       SET(e, CURLOPT_REQUEST_TARGET, job->path) &&
	       SET(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(e, CURLOPT_LOW_SPEED_TIME, (long)p->timeout_s) &&
	       SET(e, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
	       SET(e, CURLOPT_TIMEOUT, (long)HTTP_LONGEST_S) &&
	       SET(e, CURLOPT_HEADERFUNCTION, on_header) &&
	       SET(e, CURLOPT_HEADERDATA, x) &&
	       SET(e, CURLOPT_WRITEFUNCTION, on_body) &&
	       SET(e, CURLOPT_WRITEDATA, x);
}

static bool
request_credentials(struct transfer *x, const struct http_profile *p)
{
	if (p->authentication == 0)
		return true;
	return SET(x->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) &&
	       SET(x->easy, CURLOPT_USERNAME, p->user) &&
	       SET(x->easy, CURLOPT_PASSWORD, p->password);
}

static bool
header_add(struct transfer *x, const char *name, const char *value)
{
	char line[HTTP_TYPE_MAX + 48];
	struct curl_slist *more;

	(void)snprintf(line, sizeof(line), "%s:%s%s", name,
	    value[0] == '\0' ? "" : " ", value);
	more = curl_slist_append(x->headers, line);
	if (more == NULL)
		return false;
	x->headers = more;
	return true;
}

/* The file as a part of a form, as real modules wrap it. */
static bool
request_form(struct transfer *x, const struct http_job *job)
{
	curl_mimepart *part;

	x->form = curl_mime_init(x->easy);
	part = x->form == NULL ? NULL : curl_mime_addpart(x->form);
	return part != NULL && curl_mime_name(part, "file_post") == CURLE_OK &&
	       curl_mime_filename(part, job->form_name) == CURLE_OK &&
	       curl_mime_type(part, "application/octet-stream") == CURLE_OK &&
	       curl_mime_data(part, (const char *)job->body.ptr,
		   job->body.len) == CURLE_OK &&
	       SET(x->easy, CURLOPT_MIMEPOST, x->form);
}

static bool
request_body(struct transfer *x, const struct http_job *job)
{
	const char *body = job->body.len > 0 ? (const char *)job->body.ptr : "";

	if (!header_add(x, "Expect", "")) /* nobody waits for a 100 */
		return false;
	if (job->form_name != NULL)
		return request_form(x, job);
	return header_add(x, "Content-Type", job->type) &&
	       SET(x->easy, CURLOPT_POST, 1L) &&
	       SET(x->easy, CURLOPT_POSTFIELDSIZE_LARGE,
		   (curl_off_t)job->body.len) &&
	       SET(x->easy, CURLOPT_COPYPOSTFIELDS, body);
}

static bool
request_method(struct transfer *x, const struct http_job *job)
{
	switch (job->command) {
	case HTTP_HEAD:
		return SET(x->easy, CURLOPT_NOBODY, 1L);
	case HTTP_GET:
		return SET(x->easy, CURLOPT_HTTPGET, 1L);
	case HTTP_DELETE:
		return SET(x->easy, CURLOPT_CUSTOMREQUEST, "DELETE");
	case HTTP_PUT:
		return request_body(x, job) &&
		       SET(x->easy, CURLOPT_CUSTOMREQUEST, "PUT");
	default:
		return request_body(x, job);
	}
}

/* --- its end --- */

static enum http_code
code_of(const struct transfer *x, CURLcode result)
{
	switch (result) {
	case CURLE_OK:
		return HTTP_CODE_NONE;
	case CURLE_WRITE_ERROR:
		return x->full ? HTTP_CODE_FILE : HTTP_CODE_PROTOCOL;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_CODE_TIMEOUT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ENGINE_INITFAILED:
	case CURLE_ABORTED_BY_CALLBACK:
		return HTTP_CODE_SECURE;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return HTTP_CODE_PROTOCOL;
	default:
		return HTTP_CODE_CONNECT;
	}
}

static void
traffic_count(const struct transfer *x)
{
	struct module *m = x->http->module;
	curl_off_t up = 0, down = 0;
	long request = 0, header = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	(void)curl_easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
	(void)curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &request);
	(void)curl_easy_getinfo(x->easy, CURLINFO_HEADER_SIZE, &header);
	traffic_sent(
	    &m->traffic, m->network.session, (size_t)up + (size_t)request);
	traffic_received(
	    &m->traffic, m->network.session, (size_t)down + (size_t)header);
}

static void
transfer_end(struct transfer *x, enum http_code code)
{
	struct module *m = x->http->module;

	traffic_count(x);
	if (code == HTTP_CODE_NONE && files_write(&m->files, &x->name,
					  buffer_bytes(&x->response)) != ERR_OK)
		code = HTTP_CODE_FILE;
	log_event("http profile=%u code=%d", x->number, (int)code);
	transfer_free(x);
	at_http_ended(m, x->number, x->command, x->terminal, code);
}

static void
on_done(struct curl_client *client, CURLcode result)
{
	struct transfer *x = (struct transfer *)client;

	log_event("http profile=%u: %s", x->number, curl_easy_strerror(result));
	transfer_end(x, code_of(x, result));
}

/* --- the server's name --- */

static enum err
transfer_go(struct transfer *x)
{
	return curl_multi_add_handle(x->http->cl->multi, x->easy) == CURLM_OK
		   ? ERR_OK
		   : ERR_NOMEM;
}

/*
 * An address as CURLOPT_RESOLVE wants it behind what stands there. One that
 * has a scope cannot be written.
 */
static size_t
address_add(const struct resolve_address *address, bool first, char *text,
    size_t len, size_t size)
{
	bool v6 = address->addr.ss_family == AF_INET6;
	char ip[NI_MAXHOST];
	int n;

	if (getnameinfo((const struct sockaddr *)&address->addr, address->len,
		ip, sizeof(ip), NULL, 0, NI_NUMERICHOST) != 0 ||
	    strchr(ip, '%') != NULL)
		return len;
	n = snprintf(text + len, size - len, "%s%s%s%s", first ? "" : ",",
	    v6 ? "[" : "", ip, v6 ? "]" : "");
	return n < 0 || (size_t)n >= size - len ? len : len + (size_t)n;
}

/* HOST:PORT:ADDRESS,...; the plus lets libcurl forget it in time. */
static enum err
resolved_set(struct transfer *x, const struct resolve_list *list)
{
	char text[RESOLVED_MAX];
	size_t head, len, i;

	len = head = (size_t)snprintf(
	    text, sizeof(text), "+%s:%u:", x->server, x->client.target.port);
	for (i = 0; i < list->count; i++)
		len = address_add(
		    &list->all[i], len == head, text, len, sizeof(text));
	if (len == head)
		return ERR_NOT_FOUND;
	text[len] = '\0';
	x->resolved = curl_slist_append(NULL, text);
	return x->resolved != NULL && SET(x->easy, CURLOPT_RESOLVE, x->resolved)
		   ? ERR_OK
		   : ERR_NOMEM;
}

static void
on_resolved(struct loop_source *source, UNUSED uint32_t events)
{
	struct transfer *x = source->owner;
	struct resolve_list list;
	int fd = source->fd;
	enum err err;

	loop_remove(x->http->module->loop, source);
	source->fd = -1;
	err = resolve_end_list(fd, &list);
	if (err == ERR_OK)
		err = resolved_set(x, &list);
	if (err == ERR_OK)
		err = transfer_go(x);
	if (err != ERR_OK)
		transfer_end(x, HTTP_CODE_CONNECT);
}

/* Looks the server's name up first, where it is one. */
static enum err
server_find(struct transfer *x)
{
	struct loop *loop = x->http->module->loop;
	struct resolve_name name = {.port = "0"};
	struct resolve_address address;
	enum err err;

	if (strlen(x->server) > RESOLVE_HOST_MAX)
		return ERR_INVALID;
	memcpy(name.host, x->server, strlen(x->server) + 1);
	if (resolve_numeric(&name, &address) == ERR_OK)
		return transfer_go(x);
	x->resolver =
	    (struct loop_source){.fd = -1, .on_ready = on_resolved, .owner = x};
	err = resolve_start(&name, &x->resolver.fd);
	if (err != ERR_OK)
		return err;
	x->resolver.events = EPOLLIN;
	x->deadline_ms =
	    loop_now_ms() + (uint64_t)x->client.target.timeout_s * 1000;
	return loop_add(loop, &x->resolver);
}

/* --- its beginning --- */

static enum err
http_start(void *ctx, const struct http_job *job)
{
	struct http *http = ctx;
	struct transfer *x = &http->transfers[job->number];
	enum err err = ERR_NOMEM;

	if (x->easy != NULL)
		return ERR_STATE;
	x->easy = curl_easy_init();
	if (x->easy == NULL)
		return ERR_NOMEM;
	x->client.on_done = on_done;
	x->http = http;
	x->number = job->number;
	x->command = job->command;
	x->name = *job->response;
	x->terminal = job->terminal;
	x->full = false;
	buffer_init(&x->response, FILE_SIZE_MAX);
	if (request_base(x, job) && request_credentials(x, job->profile) &&
	    request_method(x, job) &&
	    SET(x->easy, CURLOPT_HTTPHEADER, x->headers))
		err = server_find(x);
	if (err != ERR_OK) {
		transfer_free(x);
		return err;
	}
	log_event("http profile=%u command=%d", x->number, (int)x->command);
	return ERR_OK;
}

/* When the look-up of its name has lasted too long. */
static uint64_t
transfer_due(const struct transfer *x)
{
	return x->easy != NULL && x->resolver.fd >= 0 ? x->deadline_ms
						      : UINT64_MAX;
}

void
http_settle(struct http *http, uint64_t now_ms)
{
	struct transfer *x;
	size_t i;

	for (i = 0; i < HTTP_PROFILES; i++) {
		x = &http->transfers[i];
		if (x->easy != NULL && !network_up(&http->module->network))
			transfer_end(x, HTTP_CODE_NETWORK);
		else if (now_ms >= transfer_due(x))
			transfer_end(x, HTTP_CODE_TIMEOUT);
	}
}

uint64_t
http_due(const struct http *http)
{
	uint64_t due_ms, next_ms = UINT64_MAX;
	size_t i;

	for (i = 0; i < HTTP_PROFILES; i++) {
		due_ms = transfer_due(&http->transfers[i]);
		if (due_ms < next_ms)
			next_ms = due_ms;
	}
	return next_ms;
}

void
http_reset(struct http *http)
{
	size_t i;

	for (i = 0; i < HTTP_PROFILES; i++)
		transfer_free(&http->transfers[i]);
}

/* --- beginning and end --- */

enum err
http_new(struct curl_loop *cl, struct module *module, struct http **ret_http)
{
	struct http *http = calloc(1, sizeof(*http));
	size_t i;

	if (http == NULL)
		return ERR_NOMEM;
	for (i = 0; i < HTTP_PROFILES; i++)
		http->transfers[i].resolver.fd = -1;
	http->cl = cl;
	http->module = module;
	*ret_http = http;
	return ERR_OK;
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	http_reset(http);
	free(http);
}

struct http_port
http_port(struct http *http)
{
	return (struct http_port){http_start, http};
}
