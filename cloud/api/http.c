/*
 * libmicrohttpd's side of the api process: connections with their clocks,
 * the three calls that make up one request, routing and the caller's token.
 * It knows nothing of what a route does.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/socket.h>

#include "base/wipe.h"
#include "cloud/log.h"
#include "service/tokens.h"

#include "api.h"

#define POOL_MAX 1024 /* requests kept for the next ones */
#define CONNECTION_MEMORY 8192 /* for a header; it is zeroed at each request */

/* --- connections --- */

static void
connection_open(struct api *api, struct MHD_Connection *http, void **socket_ctx)
{
	struct connection *c = calloc(1, sizeof(*c));

	*socket_ctx = c;
	if (c == NULL)
		return;
	c->http = http;
	c->deadline_ms = api->now_ms + API_HEADER_S * 1000;
	c->next = api->connections;
	if (c->next != NULL)
		c->next->prev = c;
	api->connections = c;
	api->connection_count++;
}

static void
connection_close(struct api *api, struct connection *c)
{
	if (c == NULL)
		return;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		api->connections = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	api->connection_count--;
	free(c);
}

static void
on_connection(void *ctx, struct MHD_Connection *http, void **socket_ctx,
    enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		connection_open(ctx, http, socket_ctx);
	else
		connection_close(ctx, *socket_ctx);
}

/*
 * libmicrohttpd only minds silence. A client that sends a byte now and then
 * is cut off here: its socket is shut, and libmicrohttpd sees the end.
 */
void
http_sweep(struct api *api)
{
	for (struct connection *c = api->connections; c != NULL; c = c->next) {
		if (c->busy || c->cut || api->now_ms < c->deadline_ms)
			continue;
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		    c->http, MHD_CONNECTION_INFO_CONNECTION_FD);

		if (info != NULL)
			(void)shutdown(info->connect_fd, SHUT_RDWR);
		c->cut = true;
	}
}

/* --- requests --- */

static struct request *
request_new(struct api *api, struct MHD_Connection *http)
{
	struct request *r = api->pool;

	if (r != NULL) {
		api->pool = r->next;
		api->pool_count--;
	} else {
		r = malloc(sizeof(*r));
		if (r == NULL)
			return NULL;
	}
	r->api = api;
	r->http = http;
	r->connection = NULL;
	r->route = NULL;
	r->state = REQUEST_BODY;
	r->item[0] = '\0';
	r->response = NULL;
	r->status = 0;
	r->body = r->body_small;
	r->body_len = 0;
	r->body_seen = 0;
	r->body_cap = sizeof(r->body_small);
	r->large = false;
	r->problem_count = 0;
	r->called = false;
	r->on_keys = NULL;
	r->import = NULL;
	r->transfer = NULL;
	r->json = NULL;
	api->active++;
	r->id = ++api->request_count;
	return r;
}

/* Wipes and frees what is there of the body. */
static void
body_drop(struct request *r)
{
	wipe(r->body, r->body_len);
	if (r->body != r->body_small)
		free(r->body);
	r->body = r->body_small;
	r->body_len = 0;
	r->body_cap = sizeof(r->body_small);
	if (r->large)
		r->api->large_count--;
	r->large = false;
}

static void
request_free(struct request *r)
{
	struct api *api = r->api;

	if (r->response != NULL)
		MHD_destroy_response(r->response);
	import_job_free(r->import);
	transfer_job_free(r->transfer);
	json_decref(r->json);
	body_drop(r);
	wipe(&r->call.answer, sizeof(r->call.answer));
	wipe(&r->kept, sizeof(r->kept));
	wipe(r->out, sizeof(r->out));
	api->active--;
	if (api->pool_count >= POOL_MAX) {
		free(r);
		return;
	}
	r->next = api->pool;
	api->pool = r;
	api->pool_count++;
}

void
http_orphan_end(struct request *r)
{
	request_free(r);
}

static void
on_completed(void *ctx, struct MHD_Connection *http UNUSED, void **request_ctx,
    enum MHD_RequestTerminationCode code UNUSED)
{
	struct api *api = ctx;
	struct request *r = *request_ctx;

	if (r == NULL)
		return;
	*request_ctx = NULL;
	if (r->connection != NULL) {
		r->connection->busy = false;
		r->connection->deadline_ms = api->now_ms + API_HEADER_S * 1000;
	}
	if (r->state == REQUEST_WAITING && r->response == NULL)
		api->waiting--;
	if (r->called)
		r->state = REQUEST_ORPHANED;
	else
		request_free(r);
}

/* Gives libmicrohttpd the answer that is ready. */
static enum MHD_Result
request_send(struct request *r)
{
	unsigned class = r->status / 100;

	if (class < ARRAY_LEN(r->api->metrics.requests))
		r->api->metrics.requests[class]++;
	if (r->api->stopping)
		(void)MHD_add_response_header(
		    r->response, MHD_HTTP_HEADER_CONNECTION, "close");
	enum MHD_Result result =
	    MHD_queue_response(r->http, r->status, r->response);

	MHD_destroy_response(r->response);
	r->response = NULL;
	r->state = REQUEST_ANSWERED;
	return result;
}

/* --- routing --- */

/* HEAD is GET whose body libmicrohttpd leaves out. */
static bool
method_matches(const struct route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (strcmp(method, "HEAD") == 0 &&
		   strcmp(route->method, "GET") == 0);
}

/* Finds the route, or answers 404 or 405. */
static void
request_route(struct request *r, const char *url, const char *method)
{
	char allow[64];
	size_t allow_len = 0;

	for (size_t i = 0; i < api_route_count; i++) {
		const struct route *route = &api_routes[i];

		if (!route_takes(route, url, r->item, sizeof(r->item)))
			continue;
		if (method_matches(route, method)) {
			r->route = route;
			return;
		}
		int n = snprintf(allow + allow_len, sizeof(allow) - allow_len,
		    "%s%s", allow_len == 0 ? "" : ", ", route->method);

		if (n > 0 && (size_t)n < sizeof(allow) - allow_len)
			allow_len += (size_t)n;
	}
	if (allow_len == 0) {
		problem_answer(r, PROBLEM_NOT_FOUND, "There is no such path.");
		return;
	}
	problem_answer(r, PROBLEM_METHOD, NULL);
	(void)MHD_add_response_header(
	    r->response, MHD_HTTP_HEADER_ALLOW, allow);
}

/* Whether the Content-Type is one of the route's, parameters aside. */
static bool
media_matches(const char *allowed, const char *given)
{
	size_t len = strcspn(given, "; \t");

	while (*allowed != '\0') {
		size_t n = strcspn(allowed, " ");

		if (n == len && strncasecmp(allowed, given, n) == 0)
			return true;
		allowed += n + (allowed[n] == ' ');
	}
	return false;
}

static void
request_check_media(struct request *r)
{
	const char *type = MHD_lookup_connection_value(
	    r->http, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);

	if (r->route->media == NULL || type == NULL ||
	    media_matches(r->route->media, type))
		return;
	char detail[160];

	(void)snprintf(detail, sizeof(detail),
	    "The body has to be %s, by its Content-Type.", r->route->media);
	problem_answer(r, PROBLEM_MEDIA_TYPE, detail);
}

/* The length that the body has by its header; 0 when that does not say. */
static unsigned long long
body_declared(const struct request *r)
{
	const char *text = MHD_lookup_connection_value(
	    r->http, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

/*
 * Whether a refused request has a body to read away. An answer before its end
 * closes the connection, and to a client that is still sending the reset may
 * come first: so only if it waits to be asked, or the body is very long.
 */
static bool
body_comes(const struct request *r)
{
	return body_declared(r) <= API_AWAIT_MAX &&
	       MHD_lookup_connection_value(
		   r->http, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT) == NULL;
}

static void
request_check_length(struct request *r)
{
	if (body_declared(r) > r->route->body_max)
		problem_answer(r, PROBLEM_TOO_LARGE, NULL);
}

/* --- the caller --- */

/* Takes the token out of "TOKEN" or "Bearer TOKEN". */
static struct bytes
token_text(const char *header)
{
	if (strncasecmp(header, "Bearer ", 7) == 0) {
		header += 7;
		while (*header == ' ')
			header++;
	}
	return bytes_str(header);
}

static void
request_check_token(struct request *r)
{
	const char *header = MHD_lookup_connection_value(
	    r->http, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	struct api *api = r->api;

	if (header == NULL) {
		api->metrics.auth_failures++;
		problem_answer(r, PROBLEM_UNAUTHENTICATED,
		    "An Authorization header with an AuthToken is needed.");
		return;
	}
	enum err err =
	    tokens_check(&api->service, token_text(header), &r->actor);

	if (err == ERR_OK)
		return;
	if (err == ERR_AUTH || err == ERR_FORMAT) {
		api->metrics.auth_failures++;
		problem_answer(r, PROBLEM_UNAUTHENTICATED,
		    "The AuthToken is unknown, revoked or expired.");
		return;
	}
	problem_err(r, err);
}

/* --- one request, in at least two calls --- */

/* The header is here: what can be refused now is. */
static void
request_begin(struct request *r, const char *url, const char *method)
{
	request_route(r, url, method);
	if (r->response == NULL && r->route->access == ROUTE_TENANT)
		request_check_token(r);
	if (r->response == NULL)
		request_check_media(r);
	if (r->response == NULL)
		request_check_length(r);
}

static bool
body_grow(struct request *r, size_t need)
{
	size_t cap = r->body_cap;

	while (cap < need)
		cap *= 4;
	if (cap > r->route->body_max)
		cap = r->route->body_max;
	uint8_t *body = malloc(cap);

	if (body == NULL)
		return false;
	memcpy(body, r->body, r->body_len);
	wipe(r->body, r->body_len);
	if (r->body != r->body_small)
		free(r->body);
	r->body = body;
	r->body_cap = cap;
	return true;
}

/* Whether the body may be as long as it is now: few may be very long. */
static bool
body_allowed(struct request *r)
{
	if (r->large || r->body_seen <= API_BODY_MAX)
		return true;
	if (r->api->large_count >= API_LARGE_MAX)
		return false;
	r->large = true;
	r->api->large_count++;
	return true;
}

/* Forgets the body for a problem, but reads on. */
static void
body_refuse(struct request *r, enum problem problem, const char *detail)
{
	problem_answer(r, problem, detail);
	body_drop(r);
	r->state = REQUEST_REFUSED;
}

/*
 * More of the body. A body that is too long without having said so is read
 * on, for libmicrohttpd takes no answer before its end, but not for ever.
 */
static enum MHD_Result
request_more(struct request *r, const char *data, size_t *len)
{
	size_t more = *len;

	*len = 0;
	r->body_seen += more;
	if (r->state == REQUEST_BODY && r->body_seen > r->route->body_max)
		body_refuse(r, PROBLEM_TOO_LARGE, NULL);
	else if (r->state == REQUEST_BODY && !body_allowed(r))
		body_refuse(r, PROBLEM_UNAVAILABLE,
		    "Too many long bodies are being read: try again.");
	if (r->state == REQUEST_REFUSED)
		return r->body_seen > API_REFUSED_MAX ? MHD_NO : MHD_YES;
	if (r->body_seen > r->body_cap && !body_grow(r, r->body_seen))
		return MHD_NO;
	memcpy(r->body + r->body_len, data, more);
	r->body_len += more;
	return MHD_YES;
}

/*
 * Nothing to say yet. libmicrohttpd asks again in the next turn, when most
 * answers are there; a second time, and for an import, it is to wait.
 */
static void
request_wait(struct request *r)
{
	if (r->state == REQUEST_BODY && r->import == NULL) {
		r->state = REQUEST_WAITING;
		r->api->waiting++;
	} else if (r->state == REQUEST_BODY || r->state == REQUEST_WAITING) {
		r->api->waiting -= r->state == REQUEST_WAITING;
		r->state = REQUEST_SUSPENDED;
		MHD_suspend_connection(r->http);
	}
}

/* The body is whole, or has been for a turn. */
static enum MHD_Result
request_end(struct request *r)
{
	if (r->response == NULL && r->state == REQUEST_BODY) {
		r->connection->busy = true;
		r->route->handle(r);
	}
	if (r->response != NULL)
		return request_send(r);
	request_wait(r);
	return MHD_YES;
}

static struct connection *
connection_of(struct MHD_Connection *http)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *http, const char *url,
    const char *method, const char *version, const char *data, size_t *len,
    void **request_ctx)
{
	struct api *api = ctx;
	struct request *r = *request_ctx;

	if (r != NULL)
		return *len > 0 ? request_more(r, data, len) : request_end(r);
	struct connection *c = connection_of(http);

	if (c == NULL)
		return MHD_NO;
	r = request_new(api, http);
	if (r == NULL)
		return MHD_NO;
	*request_ctx = r;
	r->connection = c;
	const char *wrong = framing_wrong(http, version);

	if (wrong != NULL) {
		problem_answer(r, PROBLEM_BAD_REQUEST, wrong);
		(void)MHD_add_response_header(
		    r->response, MHD_HTTP_HEADER_CONNECTION, "close");
		return request_send(r);
	}
	request_begin(r, url, method);
	if (r->response != NULL && !body_comes(r))
		return request_send(r);
	if (r->response != NULL) {
		r->state = REQUEST_REFUSED;
		return MHD_YES;
	}
	c->deadline_ms =
	    api->now_ms +
	    API_BODY_S * (r->route->body_max > API_BODY_MAX ? 10 : 1) * 1000;
	return MHD_YES;
}

/* --- the daemon --- */

/* One line a second: clients may not fill the log by what they do. */
PRINTF(2, 0)
static void
on_log(void *ctx, const char *fmt, va_list ap)
{
	struct api *api = ctx;
	char text[256];

	if (api->now_ms < api->next_log_ms)
		return;
	api->next_log_ms = api->now_ms + 1000;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	log_warn("http", log_text("detail", text));
}

/* A panic inside libmicrohttpd: the supervisor starts us again. */
static void
on_panic(void *ctx UNUSED, const char *file, unsigned line, const char *reason)
{
	log_error("http-panic", log_text("file", file), log_int("line", line),
	    log_text("reason", reason));
	abort();
}

enum err
http_start(struct api *api)
{
	unsigned flags =
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

	MHD_set_panic_func(on_panic, NULL);
	api->http = MHD_start_daemon(flags, 0, NULL, NULL, on_request, api,
	    MHD_OPTION_EXTERNAL_LOGGER, on_log, api, MHD_OPTION_LISTEN_SOCKET,
	    api->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)api->config->api_connections,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)API_IDLE_S,
	    MHD_OPTION_UNESCAPE_CALLBACK, framing_unescape, NULL,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, api,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, api, MHD_OPTION_END);
	return api->http != NULL ? ERR_OK : ERR_IO;
}

void
http_quiesce(struct api *api)
{
	(void)MHD_quiesce_daemon(api->http);
}

void
http_stop(struct api *api)
{
	MHD_stop_daemon(api->http);
	while (api->pool != NULL) {
		struct request *r = api->pool;

		api->pool = r->next;
		free(r);
	}
}
