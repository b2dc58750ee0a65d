/*
 * A socket of libcurl's is a source of the loop for as long as libcurl says
 * so; it may end in the middle of its own event.
 */
#include "curl_loop.h"

#include <sys/epoll.h>

#include "http.h"
#include "log.h"
#include "loop.h"
#include "module.h"
#include "tls.h"

#define URL_MAX (HTTP_SERVER_MAX + 32)

struct curl_socket {
	struct curl_loop *cl;
	struct loop_source source;
};

static void
on_ready(struct loop_source *source, uint32_t events)
{
	struct curl_socket *s = source->owner;
	int what = 0, running;

	if ((events & EPOLLIN) != 0)
		what |= CURL_CSELECT_IN;
	if ((events & EPOLLOUT) != 0)
		what |= CURL_CSELECT_OUT;
	if ((events & (EPOLLERR | EPOLLHUP)) != 0)
		what |= CURL_CSELECT_ERR;
	/* It may free s: nothing of it is touched any more. */
	(void)curl_multi_socket_action(
	    s->cl->multi, source->fd, what, &running);
}

static void
socket_forget(struct curl_loop *cl, curl_socket_t fd, struct curl_socket *s)
{
	loop_remove(cl->loop, &s->source);
	free(s);
	(void)curl_multi_assign(cl->multi, fd, NULL);
}

static int
socket_watch(struct curl_loop *cl, curl_socket_t fd, uint32_t events)
{
	struct curl_socket *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	s->cl = cl;
	s->source.fd = fd;
	s->source.events = events;
	s->source.on_ready = on_ready;
	s->source.owner = s;
	if (loop_add(cl->loop, &s->source) != ERR_OK) {
		free(s);
		return -1;
	}
	(void)curl_multi_assign(cl->multi, fd, s);
	return 0;
}

static int
on_socket(UNUSED CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
	struct curl_loop *cl = ctx;
	struct curl_socket *s = known;
	uint32_t events = 0;

	if (what == CURL_POLL_REMOVE) {
		if (s != NULL)
			socket_forget(cl, fd, s);
		return 0;
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	if (s == NULL)
		return socket_watch(cl, fd, events);
	loop_change(cl->loop, &s->source, events);
	return 0;
}

static int
on_timer(UNUSED CURLM *multi, long timeout_ms, void *ctx)
{
	struct curl_loop *cl = ctx;

	cl->timer_ms =
	    timeout_ms < 0 ? UINT64_MAX : loop_now_ms() + (uint64_t)timeout_ms;
	return 0;
}

static void
ended_take(struct curl_loop *cl)
{
	struct curl_client *client;
	CURLMsg *message;
	CURLcode result;
	int left;

	while ((message = curl_multi_info_read(cl->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
			&client) != CURLE_OK)
			continue;
		result = message->data.result;
		client->on_done(client, result);
	}
}

void
curl_loop_settle(struct curl_loop *cl, uint64_t now_ms)
{
	int running;

	if (now_ms >= cl->timer_ms) {
		cl->timer_ms = UINT64_MAX;
		(void)curl_multi_socket_action(
		    cl->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	ended_take(cl);
}

uint64_t
curl_loop_due(const struct curl_loop *cl)
{
	return cl->timer_ms;
}

static bool
multi_set(struct curl_loop *cl)
{
	CURLM *m = cl->multi;

	return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_socket) ==
		   CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_SOCKETDATA, cl) == CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_timer) ==
		   CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_TIMERDATA, cl) == CURLM_OK;
}

enum err
curl_loop_init(struct curl_loop *cl, struct loop *loop)
{
	cl->loop = loop;
	cl->timer_ms = UINT64_MAX;
	cl->multi = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_NOMEM;
	cl->multi = curl_multi_init();
	if (cl->multi != NULL && multi_set(cl))
		return ERR_OK;
	curl_loop_done(cl);
	return ERR_NOMEM;
}

void
curl_loop_done(struct curl_loop *cl)
{
	if (cl->multi != NULL)
		(void)curl_multi_cleanup(cl->multi);
	cl->multi = NULL;
	curl_global_cleanup();
}

#define SET(easy, option, value)                                               \
	(curl_easy_setopt(easy, option, value) == CURLE_OK)

/*
 * The security profile decides over the SSL_CTX; libcurl's own checks, which
 * know no pre-shared keys, are off.
 */
static CURLcode
on_context(UNUSED CURL *easy, void *context, void *ctx)
{
	const struct curl_target *target = ctx;
	struct tls_wish wish = {.module = target->module,
	    .profile = target->security_profile,
	    .host = target->server,
	    .port = (uint16_t)target->port};
	enum err err = tls_context_configure(&wish, context);

	if (err == ERR_OK)
		return CURLE_OK;
	log_event("tls profile=%u: %s", wish.profile, err_name(err));
	return CURLE_SSL_CERTPROBLEM;
}

static bool
secure_set(CURL *e, struct curl_target *target)
{
	return SET(e, CURLOPT_SSL_VERIFYPEER, 0L) &&
	       SET(e, CURLOPT_SSL_VERIFYHOST, 0L) &&
	       SET(e, CURLOPT_SSL_SESSIONID_CACHE, 0L) &&
	       SET(e, CURLOPT_SSL_CTX_FUNCTION, on_context) &&
	       SET(e, CURLOPT_SSL_CTX_DATA, target);
}

enum err
curl_loop_prepare(CURL *e, struct curl_client *client)
{
	struct curl_target *target = &client->target;
	bool v6 = strchr(target->server, ':') != NULL;
	char url[URL_MAX];
	bool good;

	(void)snprintf(url, sizeof(url), "%s://%s%s%s:%u/",
	    target->secure ? "https" : "http", v6 ? "[" : "", target->server,
	    v6 ? "]" : "", target->port);
	good = SET(e, CURLOPT_URL, url) &&
	       SET(e, CURLOPT_PROTOCOLS_STR, "http,https") &&
	       SET(e, CURLOPT_PROXY, "") && SET(e, CURLOPT_NOSIGNAL, 1L) &&
	       SET(e, CURLOPT_FRESH_CONNECT, 1L) &&
	       SET(e, CURLOPT_FORBID_REUSE, 1L) &&
	       SET(e, CURLOPT_QUICK_EXIT, 1L) &&
	       SET(e, CURLOPT_CONNECTTIMEOUT, (long)target->timeout_s) &&
	       SET(e, CURLOPT_PRIVATE, client) && secure_set(e, target);
	return good ? ERR_OK : ERR_NOMEM;
}
