/*
 * The api process: opens what it needs, gives up all other powers, and then
 * is one loop. A turn of it takes keys' answers, lets libmicrohttpd do what
 * it can, and sends all that was asked meanwhile to keys as one batch.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/wipe.h"
#include "cloud/address.h"
#include "cloud/log.h"
#include "cloud/sandbox.h"
#include "crypto/crypto.h"
#include "file/file.h"
#include "service/setup.h"
#include "service/tokens.h"

#include "api.h"

#define BACKLOG 4096
#define SWEEP_MS 1000
#define MINUTE_MS 60000 /* how often what need not be at once is done */
#define KEYS_PATIENCE_MS 20
#define SPARE_FILES 64 /* besides one a connection */

static int64_t
monotonic_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
wall_clock(void *ctx UNUSED)
{
	return (int64_t)time(NULL);
}

/* --- what handlers ask of the loop --- */

static void
request_call_done(struct keys_call *call)
{
	struct request *r = call->owner;

	r->called = false;
	if (r->state == REQUEST_ORPHANED) {
		http_orphan_end(r);
		return;
	}
	r->on_keys(r);
	if (r->response != NULL)
		request_resume(r);
}

void
request_ask(struct request *r, const struct keysproto_request *ask,
    void (*on_keys)(struct request *r))
{
	struct api *api = r->api;

	r->on_keys = on_keys;
	r->call.owner = r;
	r->call.done = request_call_done;
	struct keysproto_request *slot =
	    keys_queue_ask(&api->keys, &r->call, api->now_ms);

	if (slot == NULL) {
		problem_err(r, ERR_BUSY);
		return;
	}
	*slot = *ask;
	r->called = true;
}

void
request_resume(struct request *r)
{
	if (r->state == REQUEST_SUSPENDED)
		MHD_resume_connection(r->http);
	else if (r->state == REQUEST_WAITING)
		r->api->waiting--;
}

void
request_source(const struct request *r, char *out, size_t cap)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    r->http, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct address a = {0};
	char text[ADDRESS_TEXT_MAX] = "unknown";

	if (info != NULL && info->client_addr != NULL) {
		a.len = info->client_addr->sa_family == AF_INET6
			    ? sizeof(struct sockaddr_in6)
			    : sizeof(struct sockaddr_in);
		memcpy(&a.sa, info->client_addr, a.len);
		if (address_format(&a, text) != ERR_OK)
			text[0] = '\0';
	}
	(void)snprintf(out, cap, "%s", text);
}

/* --- the start --- */

static enum err
listen_open(const char *text, int *ret_fd)
{
	struct address a;
	enum err err = address_parse(text, &a);

	if (err != ERR_OK)
		return err;
	int fd = socket(
	    a.sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd < 0)
		return ERR_IO;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Accepted sockets inherit it: an answer leaves at once. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&a.sa, a.len) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		(void)close(fd);
		return ERR_IO;
	}
	*ret_fd = fd;
	return ERR_OK;
}

/* Every connection is a file: the soft limit is usually too low. */
static void
files_raise(long connections)
{
	struct rlimit limit;
	rlim_t need = (rlim_t)connections + SPARE_FILES;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
		return;
	limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
	if (limit.rlim_cur < need || setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warn("few-files", log_int("need", (int64_t)need),
		    log_int("have", (int64_t)limit.rlim_cur));
}

/*
 * Without a tenant there is a set-up token in DATA, which whoever may read
 * that directory can use once. With one, no such file is left behind.
 */
static enum err
setup_token_write(struct api *api)
{
	char token[TOKEN_TEXT_SIZE], path[STORE_PATH_MAX];
	enum err err = setup_prepare(&api->service, token);

	if (err != ERR_OK)
		return err;
	(void)snprintf(path, sizeof(path), "%s/setup-token", api->config->data);
	if (token[0] == '\0') {
		(void)unlink(path);
		return ERR_OK;
	}
	token[TOKEN_TEXT_LEN] = '\n';
	err = file_replace(
	    path, bytes_make(token, TOKEN_TEXT_LEN + 1), S_IRUSR | S_IWUSR);
	wipe(token, sizeof(token));
	if (err == ERR_OK)
		log_info("setup-token", log_text("path", path));
	return err;
}

static enum err
service_open(struct api *api)
{
	struct store *store = NULL;
	const char *why = NULL;
	enum err err = store_open(api->config->database, &store, &why);

	if (err != ERR_OK) {
		log_error("no-store", log_err(err), log_text("why", why));
		return err;
	}
	err = service_init(
	    &api->service, store, &crypto_random_source, wall_clock, NULL);
	api->service.token_s = api->config->token_s;
	if (err == ERR_OK)
		err = setup_token_write(api);
	if (err != ERR_OK)
		log_error("no-service", log_err(err),
		    log_text("why", store_why(store)));
	return err;
}

static enum err
epoll_add(struct api *api, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(api->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0
		   ? ERR_OK
		   : ERR_IO;
}

static int
http_fd(const struct api *api)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(api->http, MHD_DAEMON_INFO_EPOLL_FD);

	return info != NULL ? info->epoll_fd : -1;
}

static enum err
loop_open(struct api *api, const struct process *p)
{
	enum err err = http_start(api);

	if (err != ERR_OK)
		return err;
	api->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (api->epoll_fd < 0)
		return ERR_IO;
	err = epoll_add(api, http_fd(api));
	if (err == ERR_OK)
		err = epoll_add(api, p->keys_fd);
	if (err == ERR_OK)
		err = epoll_add(api, p->stop_fd);
	return err;
}

static enum err
api_open(struct api *api, const struct process *p)
{
	enum err err = crypto_init();

	api->config = p->config;
	api->listen_fd = -1;
	api->epoll_fd = -1;
	api->now_ms = monotonic_ms();
	files_raise(p->config->api_connections);
	if (err == ERR_OK)
		err = crypto_random((uint8_t *)&api->boot, sizeof(api->boot));
	if (err == ERR_OK)
		err = service_open(api);
	if (err == ERR_OK)
		err = listen_open(p->config->api_listen, &api->listen_fd);
	if (err != ERR_OK)
		return err;
	err = keys_queue_init(&api->keys, p->keys_fd,
	    (size_t)p->config->api_connections + IMPORT_WINDOW);
	if (err == ERR_OK)
		err = loop_open(api, p);
	return err;
}

/* --- the loop --- */

static int
turn_timeout(const struct api *api)
{
	MHD_UNSIGNED_LONG_LONG http_ms;

	if (MHD_get_timeout(api->http, &http_ms) == MHD_YES &&
	    http_ms < SWEEP_MS)
		return (int)http_ms;
	return SWEEP_MS;
}

/* Asks to be told when the socket to keys takes more, only while it is full. */
static void
keys_watch(struct api *api, int keys_fd, bool *blocked)
{
	if (api->keys.blocked == *blocked)
		return;
	*blocked = api->keys.blocked;
	struct epoll_event event = {
	    .events = EPOLLIN | (*blocked ? (uint32_t)EPOLLOUT : 0),
	    .data.fd = keys_fd};

	(void)epoll_ctl(api->epoll_fd, EPOLL_CTL_MOD, keys_fd, &event);
}

static void
loop_stop(struct api *api, int stop_fd)
{
	log_info("stopping", log_int("requests", (int64_t)api->active));
	api->stopping = true;
	api->stop_ms = api->now_ms + API_STOP_S * 1000;
	(void)epoll_ctl(api->epoll_fd, EPOLL_CTL_DEL, stop_fd, NULL);
	http_quiesce(api);
}

/* What could not be done because others were at work is done next time. */
static void
sweep_check(const struct api *api, const char *event, enum err err)
{
	if (err != ERR_OK && err != ERR_BUSY)
		log_error(event, log_err(err),
		    log_text("why", store_why(api->service.store)));
}

static void
minute_sweep(struct api *api)
{
	if (api->now_ms < api->next_minute_ms)
		return;
	api->next_minute_ms = api->now_ms + MINUTE_MS;
	sweep_check(api, "cas-tell", cas_tell_expired(&api->service));
	/* What was erased shall not live on in the log. */
	sweep_check(api, "store-tidy", store_tidy(api->service.store));
}

static void
loop_sweep(struct api *api)
{
	if (api->now_ms < api->next_sweep_ms)
		return;
	api->next_sweep_ms = api->now_ms + SWEEP_MS;
	http_sweep(api);
	keys_queue_expire(&api->keys, api->now_ms);
	minute_sweep(api);
}

/*
 * Waits for what keys has been asked in this turn: that takes less than to
 * suspend connections and to resume them. Once keys was late it is not waited
 * for until it answers again, so that it cannot hold up those who do not
 * need it.
 */
static enum err
loop_wait_keys(struct api *api, const struct process *p)
{
	struct pollfd fds[] = {{.fd = p->keys_fd, .events = POLLIN},
	    {.fd = p->stop_fd, .events = POLLIN}};
	int64_t until_ms = monotonic_ms() + KEYS_PATIENCE_MS;
	enum err err = ERR_OK;

	while (err == ERR_OK && api->waiting > 0 && !api->keys_late) {
		int64_t left_ms = until_ms - monotonic_ms();

		if (left_ms <= 0 ||
		    poll(fds, ARRAY_LEN(fds), (int)left_ms) <= 0)
			api->keys_late = true;
		else if (fds[0].revents == 0)
			break;
		else
			err = keys_queue_receive(&api->keys, api->now_ms);
		if (err == ERR_OK)
			err = keys_queue_flush(&api->keys);
	}
	return err;
}

static enum err
loop_turn(struct api *api, const struct process *p)
{
	struct epoll_event events[4];
	enum err err = ERR_OK;
	int n = epoll_wait(
	    api->epoll_fd, events, ARRAY_LEN(events), turn_timeout(api));

	if (n < 0 && errno != EINTR)
		return ERR_IO;
	api->now_ms = monotonic_ms();
	for (int i = 0; i < n && err == ERR_OK; i++) {
		if (events[i].data.fd == p->stop_fd)
			loop_stop(api, p->stop_fd);
		else if (events[i].data.fd == p->keys_fd) {
			api->keys_late = false;
			err = keys_queue_receive(&api->keys, api->now_ms);
		}
	}
	if (err == ERR_OK && MHD_run(api->http) != MHD_YES)
		err = ERR_IO;
	service_read_end(&api->service);
	if (err == ERR_OK)
		err = keys_queue_flush(&api->keys);
	if (err == ERR_OK)
		err = loop_wait_keys(api, p);
	loop_sweep(api);
	return err;
}

static bool
loop_done(const struct api *api)
{
	return api->stopping &&
	       (api->active == 0 || api->now_ms >= api->stop_ms);
}

static int
loop_run(struct api *api, const struct process *p)
{
	bool blocked = false;

	while (!loop_done(api)) {
		enum err err = loop_turn(api, p);

		if (err != ERR_OK) {
			log_error("loop", log_err(err));
			return 1;
		}
		keys_watch(api, p->keys_fd, &blocked);
	}
	if (api->active > 0) {
		/* A suspended connection cannot be closed: the end will. */
		log_warn(
		    "stopped-early", log_int("requests", (int64_t)api->active));
		return 0;
	}
	http_stop(api);
	keys_queue_done(&api->keys);
	service_done(&api->service);
	store_close(api->service.store);
	(void)close(api->epoll_fd);
	return 0;
}

static void
ready_say(const struct api *api, const struct process *p)
{
	char text[ADDRESS_TEXT_MAX];
	struct address a;
	enum err err = address_of_socket(api->listen_fd, &a);

	if (err == ERR_OK)
		err = address_format(&a, text);
	process_ready(p, "api", err == ERR_OK ? text : p->config->api_listen);
}

int
api_main(const struct process *p)
{
	static struct api api;
	enum err err = api_open(&api, p);

	if (err == ERR_OK)
		err = sandbox_api(p->config);
	if (err != ERR_OK) {
		log_error("no-start", log_err(err), log_errno(errno));
		return 1;
	}
	ready_say(&api, p);
	return loop_run(&api, p);
}
