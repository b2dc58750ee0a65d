/*
 * Requests over libcurl's multi interface, whose sockets and one timer are
 * the module's loop's. Nothing blocks: names are looked up in a thread of
 * libcurl's. No connection is used twice, since profiles differ in what they
 * let pass; redirections are the host's business.
 */
#include "http.h"

#include <curl/curl.h>
#include <sys/epoll.h>

#include "buffer.h"
#include "log.h"
#include "loop.h"
#include "module.h"

#define URL_MAX (HTTP_SERVER_MAX + 32)

/* A request that is under way. */
struct transfer {
	struct http *http;
	CURL *easy; /* NULL: the place is free */
	struct curl_slist *headers;
	curl_mime *form;
	struct buffer response; /* status line, headers, body */
	unsigned number;
	enum http_command command;
	struct file_name name;
	uint64_t terminal;
	bool full; /* the response is too large */
};

/* A socket of libcurl's in the loop. */
struct http_socket {
	struct http *http;
	struct loop_source source;
};

struct http {
	struct loop *loop;
	struct module *module;
	CURLM *multi;
	uint64_t timer_ms; /* UINT64_MAX: off */
	struct transfer transfers[HTTP_PROFILES];
};

/* --- libcurl's view of the loop --- */

static void
on_ready(struct loop_source *source, uint32_t events)
{
	struct http_socket *s = source->owner;
	int what = 0, running;

	if ((events & EPOLLIN) != 0)
		what |= CURL_CSELECT_IN;
	if ((events & EPOLLOUT) != 0)
		what |= CURL_CSELECT_OUT;
	if ((events & (EPOLLERR | EPOLLHUP)) != 0)
		what |= CURL_CSELECT_ERR;
	/* It may free s: nothing of it is touched any more. */
	(void)curl_multi_socket_action(
	    s->http->multi, source->fd, what, &running);
}

static void
socket_forget(struct http *http, curl_socket_t fd, struct http_socket *s)
{
	loop_remove(http->loop, &s->source);
	free(s);
	(void)curl_multi_assign(http->multi, fd, NULL);
}

static int
socket_watch(struct http *http, curl_socket_t fd, uint32_t events)
{
	struct http_socket *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	s->http = http;
	s->source.fd = fd;
	s->source.events = events;
	s->source.on_ready = on_ready;
	s->source.owner = s;
	if (loop_add(http->loop, &s->source) != ERR_OK) {
		free(s);
		return -1;
	}
	(void)curl_multi_assign(http->multi, fd, s);
	return 0;
}

static int
on_socket(UNUSED CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
	struct http *http = ctx;
	struct http_socket *s = known;
	uint32_t events = 0;

	if (what == CURL_POLL_REMOVE) {
		if (s != NULL)
			socket_forget(http, fd, s);
		return 0;
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	if (s == NULL)
		return socket_watch(http, fd, events);
	loop_change(http->loop, &s->source, events);
	return 0;
}

static int
on_timer(UNUSED CURLM *multi, long timeout_ms, void *ctx)
{
	struct http *http = ctx;

	http->timer_ms =
	    timeout_ms < 0 ? UINT64_MAX : loop_now_ms() + (uint64_t)timeout_ms;
	return 0;
}

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
	(void)curl_multi_remove_handle(x->http->multi, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	curl_mime_free(x->form);
	buffer_done(&x->response);
	x->easy = NULL;
	x->headers = NULL;
	x->form = NULL;
}

/* Where the request goes; an IPv6 address has brackets. */
static void
url_make(const struct http_profile *p, char url[URL_MAX])
{
	bool v6 = p->address && strchr(p->server, ':') != NULL;
	unsigned port = p->port;

	if (port == 0)
		port = p->secure ? 443 : 80;
	(void)snprintf(url, URL_MAX, "%s://%s%s%s:%u/",
	    p->secure ? "https" : "http", v6 ? "[" : "", p->server,
	    v6 ? "]" : "", port);
}

#define SET(easy, option, value)                                               \
	(curl_easy_setopt(easy, option, value) == CURLE_OK)

/* What all requests have in common. */
static bool
request_base(struct transfer *x, const struct http_job *job)
{
	const struct http_profile *p = job->profile;
	CURL *e = x->easy;
	char url[URL_MAX];

	url_make(p, url);
	return SET(e, CURLOPT_URL, url) &&
	       SET(e, CURLOPT_REQUEST_TARGET, job->path) &&
	       SET(e, CURLOPT_PROTOCOLS_STR, "http,https") &&
	       SET(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(e, CURLOPT_PROXY, "") && SET(e, CURLOPT_NOSIGNAL, 1L) &&
	       SET(e, CURLOPT_FRESH_CONNECT, 1L) &&
	       SET(e, CURLOPT_FORBID_REUSE, 1L) &&
	       SET(e, CURLOPT_CONNECTTIMEOUT, (long)p->timeout_s) &&
	       SET(e, CURLOPT_LOW_SPEED_TIME, (long)p->timeout_s) &&
	       SET(e, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
	       SET(e, CURLOPT_TIMEOUT, (long)HTTP_LONGEST_S) &&
	       SET(e, CURLOPT_HEADERFUNCTION, on_header) &&
	       SET(e, CURLOPT_HEADERDATA, x) &&
	       SET(e, CURLOPT_WRITEFUNCTION, on_body) &&
	       SET(e, CURLOPT_WRITEDATA, x) && SET(e, CURLOPT_PRIVATE, x);
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

static enum err
http_start(void *ctx, const struct http_job *job)
{
	struct http *http = ctx;
	struct transfer *x = &http->transfers[job->number];
	bool good;

	if (job->profile->secure)
		return ERR_UNSUPPORTED;
	if (x->easy != NULL)
		return ERR_STATE;
	x->easy = curl_easy_init();
	if (x->easy == NULL)
		return ERR_NOMEM;
	x->http = http;
	x->number = job->number;
	x->command = job->command;
	x->name = *job->response;
	x->terminal = job->terminal;
	x->full = false;
	buffer_init(&x->response, FILE_SIZE_MAX);
	good = request_base(x, job) && request_credentials(x, job->profile) &&
	       request_method(x, job) &&
	       SET(x->easy, CURLOPT_HTTPHEADER, x->headers) &&
	       curl_multi_add_handle(http->multi, x->easy) == CURLM_OK;
	if (!good) {
		transfer_free(x);
		return ERR_NOMEM;
	}
	log_event("http profile=%u command=%d", x->number, (int)x->command);
	return ERR_OK;
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

/* Ends those that libcurl has done with. */
static void
ended_take(struct http *http)
{
	struct transfer *x;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		if (curl_easy_getinfo(
			message->easy_handle, CURLINFO_PRIVATE, &x) != CURLE_OK)
			continue;
		log_event("http profile=%u: %s", x->number,
		    curl_easy_strerror(message->data.result));
		transfer_end(x, code_of(x, message->data.result));
	}
}

void
http_settle(struct http *http, uint64_t now_ms)
{
	size_t i;
	int running;

	if (now_ms >= http->timer_ms) {
		http->timer_ms = UINT64_MAX;
		(void)curl_multi_socket_action(
		    http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	ended_take(http);
	for (i = 0; i < HTTP_PROFILES; i++) {
		if (http->transfers[i].easy != NULL &&
		    !network_up(&http->module->network))
			transfer_end(&http->transfers[i], HTTP_CODE_NETWORK);
	}
}

uint64_t
http_due(const struct http *http)
{
	return http->timer_ms;
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
http_new(struct loop *loop, struct module *module, struct http **ret_http)
{
	struct http *http = calloc(1, sizeof(*http));

	if (http == NULL)
		return ERR_NOMEM;
	http->loop = loop;
	http->module = module;
	http->timer_ms = UINT64_MAX;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(http);
		return ERR_NOMEM;
	}
	http->multi = curl_multi_init();
	if (http->multi == NULL ||
	    curl_multi_setopt(
		http->multi, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) !=
		CURLM_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer) !=
		CURLM_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) !=
		CURLM_OK) {
		http_free(http);
		return ERR_NOMEM;
	}
	*ret_http = http;
	return ERR_OK;
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	http_reset(http);
	if (http->multi != NULL)
		(void)curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	free(http);
}

struct http_port
http_port(struct http *http)
{
	return (struct http_port){http_start, http};
}
