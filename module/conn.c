/*
 * A connection is a small machine: look the name up, connect, shake hands,
 * be open, and perhaps linger until what was queued has left. Memory is freed
 * by conns_settle alone, so that whoever is on the stack may still look at
 * it.
 */
#include "conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "buffer.h"
#include "log.h"
#include "tls.h"

#define DATAGRAM_MTU 1400 /* of DTLS, with its headers */

enum conn_state {
	CONN_RESOLVING,
	CONN_CONNECTING,
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_LINGERING, /* the owner has gone */
	CONN_DEAD
};

struct conn {
	struct conn *next;
	struct module *module;
	enum conn_state state;
	bool datagram;
	bool disowned; /* conn_close was called: free it */
	bool paused;
	bool ended; /* the peer has closed */
	bool cut; /* and TLS was not told */
	bool abrupt; /* TCP is reset when time is over */
	bool look; /* OpenSSL may hold bytes that epoll knows nothing of */
	bool told_full; /* writable is to come */
	uint16_t local_port;
	struct resolve_name name;
	struct loop_source source;
	SSL_CTX *context; /* NULL: plain */
	SSL *ssl;
	struct buffer output;
	uint64_t deadline_ms;
	const struct conn_events *events;
	void *owner;
};

static void on_resolved(struct loop_source *source, uint32_t events);
static void on_socket(struct loop_source *source, uint32_t events);

/* --- the socket and the loop --- */

static void
source_close(struct conn *c)
{
	if (c->source.fd < 0)
		return;
	loop_remove(c->module->loop, &c->source);
	(void)close(c->source.fd);
	c->source.fd = -1;
}

static enum err
source_open(struct conn *c, int fd, uint32_t events,
    void (*on_ready)(struct loop_source *source, uint32_t events))
{
	c->source.fd = fd;
	c->source.events = events;
	c->source.on_ready = on_ready;
	c->source.owner = c;
	return loop_add(c->module->loop, &c->source);
}

/* What the loop has to watch for. */
static uint32_t
interest(const struct conn *c)
{
	uint32_t events = 0;

	switch (c->state) {
	case CONN_RESOLVING:
		return EPOLLIN;
	case CONN_CONNECTING:
		return EPOLLOUT;
	case CONN_HANDSHAKE:
		return SSL_want_write(c->ssl) ? EPOLLOUT : EPOLLIN;
	case CONN_OPEN:
		if (!c->paused && !c->ended)
			events |= EPOLLIN;
		break;
	case CONN_LINGERING:
	case CONN_DEAD:
		break;
	}
	if (buffer_bytes(&c->output).len > 0)
		events |= EPOLLOUT;
	return events;
}

/* A socket of which nothing is wanted leaves the loop: it may have hung up. */
static void
interest_follow(struct conn *c)
{
	uint32_t events = interest(c);

	if (c->source.fd < 0)
		return;
	if (events == 0) {
		loop_remove(c->module->loop, &c->source);
	} else if (c->source.added) {
		loop_change(c->module->loop, &c->source, events);
	} else {
		c->source.events = events;
		if (loop_add(c->module->loop, &c->source) != ERR_OK)
			c->state = CONN_DEAD;
	}
}

static void
die(struct conn *c)
{
	source_close(c);
	c->state = CONN_DEAD;
	SSL_free(c->ssl);
	SSL_CTX_free(c->context);
	c->ssl = NULL;
	c->context = NULL;
	buffer_done(&c->output);
}

/* It is gone, and the owner is told: from the loop only. */
static void
fail(struct conn *c, enum err err, int system_error)
{
	log_event("connection host=%s port=%s error=%s errno=%d", c->name.host,
	    c->name.port, err_name(err), system_error);
	die(c);
	if (!c->disowned && c->events->closed != NULL)
		c->events->closed(c->owner, err, system_error);
}

/* --- moving bytes --- */

/* Reads once; ret_len as conn_read. */
static enum err
take(struct conn *c, uint8_t *out, size_t cap, size_t *ret_len)
{
	enum err err;
	ssize_t n;
	int got;

	if (c->ssl != NULL) {
		ERR_clear_error();
		got = SSL_read_ex(c->ssl, out, cap, ret_len);
		if (got == 1)
			return ERR_OK;
		*ret_len = 0;
		err = tls_failure(c->ssl, got);
		/* A server that hangs up without a word has hung up. */
		c->cut = err == ERR_IO && errno == 0;
		return c->cut ? ERR_OK : err;
	}
	n = recv(c->source.fd, out, cap, 0);
	*ret_len = n > 0 ? (size_t)n : 0;
	if (n == 0 && c->datagram)
		return ERR_BUSY; /* an empty datagram is no end */
	if (n >= 0)
		return ERR_OK;
	return errno == EAGAIN || errno == EINTR ? ERR_BUSY : ERR_IO;
}

/* Sends once; ret_len of it went. */
static enum err
give(struct conn *c, struct bytes data, size_t *ret_len)
{
	ssize_t n;
	int done;

	*ret_len = 0;
	if (c->ssl != NULL) {
		ERR_clear_error();
		done = SSL_write_ex(c->ssl, data.ptr, data.len, ret_len);
		if (done == 1)
			return ERR_OK;
		*ret_len = 0;
		return tls_failure(c->ssl, done) == ERR_BUSY ? ERR_BUSY
							     : ERR_IO;
	}
	n = send(c->source.fd, data.ptr, data.len, MSG_NOSIGNAL);
	if (n >= 0) {
		*ret_len = (size_t)n;
		return ERR_OK;
	}
	return errno == EAGAIN || errno == EINTR ? ERR_BUSY : ERR_IO;
}

/* Sends what is queued, as far as it goes. Error: ERR_IO. */
static enum err
flush(struct conn *c)
{
	struct bytes waiting = buffer_bytes(&c->output);
	enum err err = ERR_OK;
	size_t len;

	while (waiting.len > 0 && err == ERR_OK) {
		err = give(c, waiting, &len);
		buffer_drop(&c->output, len);
		waiting = buffer_bytes(&c->output);
	}
	return err == ERR_BUSY ? ERR_OK : err;
}

enum err
conn_read(struct conn *c, uint8_t *out, size_t cap, size_t *ret_len)
{
	enum err err;

	if (c->state != CONN_OPEN)
		return ERR_STATE;
	if (c->ended) {
		*ret_len = 0;
		return ERR_OK;
	}
	errno = 0;
	err = take(c, out, cap, ret_len);
	if (err == ERR_OK && *ret_len == 0)
		c->ended = true;
	else if (err == ERR_OK)
		traffic_received(
		    &c->module->traffic, c->module->network.session, *ret_len);
	if (err != ERR_OK && err != ERR_BUSY)
		die(c);
	else
		interest_follow(c);
	return err;
}

static enum err
datagram_write(struct conn *c, struct bytes data)
{
	size_t len;
	enum err err = give(c, data, &len);

	/* What the way refuses is lost, as datagrams may be. */
	return err == ERR_IO && c->ssl == NULL ? ERR_OK : err;
}

enum err
conn_write(struct conn *c, struct bytes data)
{
	enum err err;

	if (c->state != CONN_OPEN)
		return ERR_STATE;
	if (c->datagram) {
		err = datagram_write(c, data);
	} else {
		err = buffer_put(&c->output, data);
		if (err == ERR_OK)
			err = flush(c);
		else if (err == ERR_SPACE)
			err = ERR_BUSY;
		c->told_full = buffer_bytes(&c->output).len > 0;
	}
	if (err == ERR_OK)
		traffic_sent(
		    &c->module->traffic, c->module->network.session, data.len);
	if (err != ERR_OK && err != ERR_BUSY)
		die(c);
	else
		interest_follow(c);
	return err;
}

bool
conn_cut(const struct conn *c)
{
	return c->cut;
}

size_t
conn_queued(const struct conn *c)
{
	return buffer_bytes(&c->output).len;
}

void
conn_pause(struct conn *c, bool paused)
{
	c->look = c->look || (c->paused && !paused);
	c->paused = paused;
	if (c->state == CONN_OPEN)
		interest_follow(c);
}

int
conn_fd(const struct conn *c)
{
	return c->state == CONN_RESOLVING ? -1 : c->source.fd;
}

/* --- from one state to the next --- */

static void
opened(struct conn *c)
{
	c->state = CONN_OPEN;
	c->deadline_ms = UINT64_MAX;
	c->look = true;
	interest_follow(c);
	if (c->events->opened != NULL)
		c->events->opened(c->owner);
}

static void
handshake(struct conn *c)
{
	int done;
	enum err err;

	ERR_clear_error();
	errno = 0;
	done = SSL_do_handshake(c->ssl);
	if (done == 1) {
		log_event("tls open host=%s version=%s suite=%s resumed=%d",
		    c->name.host, SSL_get_version(c->ssl),
		    SSL_get_cipher_name(c->ssl), SSL_session_reused(c->ssl));
		opened(c);
		return;
	}
	err = tls_failure(c->ssl, done);
	if (err == ERR_BUSY)
		interest_follow(c);
	else
		fail(c, err == ERR_AUTH ? ERR_AUTH : ERR_IO,
		    err == ERR_AUTH ? 0 : errno);
}

/* OpenSSL on the socket, which stays ours to close. */
static enum err
ssl_make(struct conn *c)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	BIO *bio;

	c->ssl = SSL_new(c->context);
	if (c->ssl == NULL)
		return ERR_NOMEM;
	SSL_set_connect_state(c->ssl);
	if (!c->datagram)
		return SSL_set_fd(c->ssl, c->source.fd) == 1 ? ERR_OK
							     : ERR_NOMEM;
	bio = BIO_new_dgram(c->source.fd, BIO_NOCLOSE);
	if (bio == NULL)
		return ERR_NOMEM;
	if (getpeername(c->source.fd, (struct sockaddr *)&peer, &len) == 0)
		(void)BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &peer);
	SSL_set_bio(c->ssl, bio, bio);
	return DTLS_set_link_mtu(c->ssl, DATAGRAM_MTU) == 1 ? ERR_OK
							    : ERR_CRYPTO;
}

static void
connected(struct conn *c)
{
	int system_error = 0;
	socklen_t len = sizeof(system_error);
	enum err err;

	if (getsockopt(
		c->source.fd, SOL_SOCKET, SO_ERROR, &system_error, &len) != 0)
		system_error = errno;
	if (system_error != 0) {
		fail(c, ERR_IO, system_error);
		return;
	}
	if (c->context == NULL) {
		opened(c);
		return;
	}
	err = ssl_make(c);
	if (err != ERR_OK) {
		fail(c, err, 0);
		return;
	}
	c->state = CONN_HANDSHAKE;
	handshake(c);
}

static bool
local_bind(const struct conn *c, int fd, int family)
{
	struct sockaddr_in6 six = {
	    .sin6_family = AF_INET6, .sin6_port = htons(c->local_port)};
	struct sockaddr_in four = {
	    .sin_family = AF_INET, .sin_port = htons(c->local_port)};

	if (c->local_port == 0)
		return true;
	if (family == AF_INET6)
		return bind(fd, (const struct sockaddr *)&six, sizeof(six)) ==
		       0;
	return bind(fd, (const struct sockaddr *)&four, sizeof(four)) == 0;
}

/* Starts connecting; the errno of what went wrong, or 0. */
static int
socket_start(struct conn *c, const struct resolve_address *address)
{
	int family = address->addr.ss_family, failed;
	int fd = socket(family,
	    (c->datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK |
		SOCK_CLOEXEC,
	    0);

	if (fd < 0)
		return errno;
	if (c->events->made != NULL)
		c->events->made(c->owner, fd);
	if (!local_bind(c, fd, family) ||
	    (connect(fd, (const struct sockaddr *)&address->addr,
		 address->len) != 0 &&
		errno != EINPROGRESS)) {
		failed = errno;
		(void)close(fd);
		return failed;
	}
	c->state = CONN_CONNECTING;
	return source_open(c, fd, EPOLLOUT, on_socket) == ERR_OK ? 0 : EIO;
}

static void
on_resolved(struct loop_source *source, UNUSED uint32_t events)
{
	struct conn *c = source->owner;
	struct resolve_address address;
	int failed, fd = source->fd;

	loop_remove(c->module->loop, source);
	source->fd = -1;
	if (resolve_end(fd, &address) != ERR_OK) {
		fail(c, ERR_NOT_FOUND, 0);
		return;
	}
	failed = socket_start(c, &address);
	if (failed != 0)
		fail(c, ERR_IO, failed);
}

/* The peer may be told, and perhaps hears it. */
static void
bye(struct conn *c)
{
	if (c->ssl != NULL && SSL_is_init_finished(c->ssl)) {
		ERR_clear_error();
		(void)SSL_shutdown(c->ssl);
		ERR_clear_error();
	}
	die(c);
}

static void
linger(struct conn *c)
{
	if (flush(c) != ERR_OK || buffer_bytes(&c->output).len == 0)
		bye(c);
	else
		interest_follow(c);
}

static void
output_work(struct conn *c)
{
	if (flush(c) != ERR_OK) {
		fail(c, ERR_IO, errno);
		return;
	}
	interest_follow(c);
	if (!c->told_full || buffer_bytes(&c->output).len > 0)
		return;
	c->told_full = false;
	if (c->events->writable != NULL)
		c->events->writable(c->owner);
}

static void
input_work(struct conn *c)
{
	c->look = false;
	if (c->state == CONN_OPEN && !c->paused && !c->ended &&
	    c->events->readable != NULL)
		c->events->readable(c->owner);
	if (c->state == CONN_OPEN && c->ssl != NULL && !c->paused &&
	    SSL_pending(c->ssl) > 0)
		c->look = true;
}

static void
on_socket(struct loop_source *source, uint32_t events)
{
	struct conn *c = source->owner;

	switch (c->state) {
	case CONN_CONNECTING:
		connected(c);
		break;
	case CONN_HANDSHAKE:
		handshake(c);
		break;
	case CONN_OPEN:
		output_work(c);
		if (c->state == CONN_OPEN &&
		    (events & ~(uint32_t)EPOLLOUT) != 0)
			input_work(c);
		break;
	case CONN_LINGERING:
		linger(c);
		break;
	case CONN_RESOLVING:
	case CONN_DEAD:
		break;
	}
}

/* --- beginning and end --- */

static struct conn *
conn_new(const struct conn_config *config)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->module = config->module;
	c->events = config->events;
	c->owner = config->owner;
	c->datagram = config->datagram;
	c->local_port = config->local_port;
	c->source.fd = -1;
	c->deadline_ms = UINT64_MAX;
	buffer_init(&c->output, CONN_OUTPUT_MAX);
	return c;
}

/* From now on conns_settle knows it. */
static void
conn_link(struct conn *c)
{
	c->next = c->module->conns;
	c->module->conns = c;
}

static enum err
start(struct conn *c)
{
	struct resolve_address address;
	enum err err;
	int fd;

	if (resolve_numeric(&c->name, &address) == ERR_OK)
		return socket_start(c, &address) == 0 ? ERR_OK : ERR_IO;
	c->state = CONN_RESOLVING;
	err = resolve_start(&c->name, &fd);
	return err == ERR_OK ? source_open(c, fd, EPOLLIN, on_resolved) : err;
}

static enum err
secure(struct conn *c, const struct conn_config *config)
{
	const struct tls_wish wish = {.module = config->module,
	    .profile = config->profile,
	    .host = config->host,
	    .port = config->port,
	    .datagram = config->datagram};

	return config->secure ? tls_context_new(&wish, &c->context) : ERR_OK;
}

enum err
conn_open(const struct conn_config *config, struct conn **ret_conn)
{
	size_t len = strlen(config->host);
	struct conn *c;
	enum err err;

	if (config->module->loop == NULL ||
	    !network_up(&config->module->network))
		return ERR_STATE;
	if (len == 0 || len > RESOLVE_HOST_MAX)
		return ERR_INVALID;
	c = conn_new(config);
	if (c == NULL)
		return ERR_NOMEM;
	memcpy(c->name.host, config->host, len + 1);
	(void)snprintf(c->name.port, sizeof(c->name.port), "%u", config->port);
	c->deadline_ms = loop_now_ms() + config->timeout_ms;
	err = secure(c, config);
	if (err == ERR_OK)
		err = start(c);
	if (err != ERR_OK) {
		die(c);
		free(c);
		return err;
	}
	conn_link(c);
	*ret_conn = c;
	return ERR_OK;
}

enum err
conn_take(const struct conn_config *config, int fd, struct conn **ret_conn)
{
	struct conn *c = config->module->loop == NULL ? NULL : conn_new(config);

	if (c == NULL) {
		(void)close(fd);
		return config->module->loop == NULL ? ERR_STATE : ERR_NOMEM;
	}
	if (source_open(c, fd, EPOLLIN, on_socket) != ERR_OK) {
		die(c);
		free(c);
		return ERR_IO;
	}
	c->state = CONN_OPEN;
	conn_link(c);
	*ret_conn = c;
	return ERR_OK;
}

/* Without a word: what the kernel has not sent is lost too. */
static void
reset(struct conn *c)
{
	const struct linger none = {.l_onoff = 1};

	if (c->source.fd >= 0 && !c->datagram)
		(void)setsockopt(
		    c->source.fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	die(c);
}

static void
close_within(struct conn *c, uint64_t linger_ms, bool abrupt)
{
	c->disowned = true;
	if (c->state != CONN_OPEN) {
		die(c);
		return;
	}
	c->state = CONN_LINGERING;
	c->abrupt = abrupt;
	c->deadline_ms = loop_now_ms() + linger_ms;
	if (abrupt && linger_ms == 0)
		reset(c);
	else
		linger(c);
}

void
conn_close(struct conn *c)
{
	if (c != NULL)
		close_within(c, CONN_LINGER_MS, false);
}

void
conn_close_within(struct conn *c, uint64_t linger_ms)
{
	if (c != NULL)
		close_within(c, linger_ms, true);
}

/* --- time --- */

static bool
is_live(const struct conn *c)
{
	return c->state != CONN_DEAD;
}

/* When DTLS repeats what was lost; UINT64_MAX: never. */
static uint64_t
repeat_ms(const struct conn *c, uint64_t now_ms)
{
	struct timeval left;

	if (c->ssl == NULL || !c->datagram ||
	    DTLSv1_get_timeout(c->ssl, &left) != 1)
		return UINT64_MAX;
	if (left.tv_sec == 0 && left.tv_usec == 0)
		return now_ms;
	return now_ms + (uint64_t)left.tv_sec * 1000 +
	       (uint64_t)left.tv_usec / 1000 + 1;
}

static void
conn_settle(struct conn *c, uint64_t now_ms)
{
	if (is_live(c) && !network_up(&c->module->network))
		fail(c, ERR_STATE, ENETDOWN);
	if (is_live(c) && now_ms >= c->deadline_ms && c->abrupt)
		reset(c);
	if (is_live(c) && now_ms >= c->deadline_ms)
		fail(c, ERR_TIMEOUT, ETIMEDOUT);
	if (is_live(c) && c->ssl != NULL)
		tls_tick(c->ssl, now_ms);
	if (is_live(c) && c->look)
		input_work(c);
	if (!is_live(c) || repeat_ms(c, now_ms) > now_ms)
		return;
	ERR_clear_error();
	if (DTLSv1_handle_timeout(c->ssl) < 0)
		fail(c, ERR_TIMEOUT, ETIMEDOUT);
}

/* Frees what is gone and nobody's. */
static void
conns_free(struct module *module)
{
	struct conn **at = &module->conns, *c;

	while ((c = *at) != NULL) {
		if (c->disowned && !is_live(c)) {
			*at = c->next;
			free(c);
		} else {
			at = &c->next;
		}
	}
}

void
conns_settle(struct module *module, uint64_t now_ms)
{
	struct conn *c;

	for (c = module->conns; c != NULL; c = c->next)
		conn_settle(c, now_ms);
	conns_free(module);
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
conn_due_ms(const struct conn *c, uint64_t now_ms)
{
	uint64_t due_ms;

	if (!is_live(c))
		return UINT64_MAX;
	if (c->look)
		return now_ms;
	due_ms = earlier(c->deadline_ms, repeat_ms(c, now_ms));
	return c->ssl == NULL ? due_ms : earlier(due_ms, tls_due_ms(c->ssl));
}

uint64_t
conns_due_ms(const struct module *module, uint64_t now_ms)
{
	uint64_t due_ms, next_ms = UINT64_MAX;
	const struct conn *c;

	for (c = module->conns; c != NULL; c = c->next) {
		due_ms = conn_due_ms(c, now_ms);
		if (due_ms < next_ms)
			next_ms = due_ms;
	}
	return next_ms;
}

void
conns_drop(struct module *module)
{
	struct conn *c;

	for (c = module->conns; c != NULL; c = c->next)
		die(c);
	conns_free(module);
}
