/*
 * Sockets on connections of conn.h; only datagrams without a peer, and
 * listeners, have a descriptor of their own here.
 */
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "conn.h"
#include "module.h"
#include "terminal.h"

#define CONNECT_MS 60000 /* with the handshake */
#define CONNECT_DATAGRAM_MS 20000 /* DTLS is silent where TLS refuses */
#define DATAGRAM_READ_MAX 2048 /* a longer one is lost */
#define BACKLOG 4

/* --- options --- */

static const struct {
	uint32_t level, name; /* of +USOSO */
	int system_level, system_name;
	int scale; /* its value is that many of the system's */
	int initial, max;
} options[] = {
    {0, 1, IPPROTO_IP, IP_TOS, 1, 0, 255},
    {0, 2, IPPROTO_IP, IP_TTL, 1, 64, 255},
    {65535, 4, SOL_SOCKET, SO_REUSEADDR, 1, 0, 1},
    {65535, 8, SOL_SOCKET, SO_KEEPALIVE, 1, 0, 1},
    {65535, 32, SOL_SOCKET, SO_BROADCAST, 1, 0, 1},
    {65535, 512, SOL_SOCKET, SO_REUSEPORT, 1, 0, 1},
    {6, 1, IPPROTO_TCP, TCP_NODELAY, 1, 0, 1},
    {6, 2, IPPROTO_TCP, TCP_KEEPIDLE, 1000, 7200000, 32767000},
};

STATIC_ASSERT(ARRAY_LEN(options) == SOCKET_OPTIONS, every_option_has_a_place);

static bool
option_apply(int fd, size_t i, int value)
{
	int system = value / options[i].scale;

	return setsockopt(fd, options[i].system_level, options[i].system_name,
		   &system, sizeof(system)) == 0;
}

static void
on_made(void *owner, int fd)
{
	const struct socket *s = owner;
	size_t i;

	for (i = 0; i < SOCKET_OPTIONS; i++) {
		if (s->options[i].set)
			(void)option_apply(fd, i, s->options[i].value);
	}
}

static int
socket_fd(const struct socket *s)
{
	if (s->source.fd >= 0)
		return s->source.fd;
	return s->conn == NULL ? -1 : conn_fd(s->conn);
}

static enum err
option_find(
    const struct socket *s, uint32_t level, uint32_t name, size_t *ret_place)
{
	size_t i;

	for (i = 0; i < SOCKET_OPTIONS; i++) {
		if (options[i].level == level && options[i].name == name)
			break;
	}
	if (i == SOCKET_OPTIONS || (level == 6 && s->protocol != SOCKET_TCP))
		return ERR_UNSUPPORTED;
	*ret_place = i;
	return ERR_OK;
}

enum err
socket_option_set(
    struct socket *s, uint32_t level, uint32_t name, uint32_t value)
{
	int fd = socket_fd(s);
	size_t i = 0;
	enum err err = option_find(s, level, name, &i);

	if (err != ERR_OK)
		return err;
	if (value > (uint32_t)options[i].max ||
	    value % (uint32_t)options[i].scale != 0)
		return ERR_INVALID;
	if (fd >= 0 && !option_apply(fd, i, (int)value)) {
		s->error = errno;
		return ERR_IO;
	}
	s->options[i].set = true;
	s->options[i].value = (int)value;
	return ERR_OK;
}

enum err
socket_option_get(
    struct socket *s, uint32_t level, uint32_t name, uint32_t *ret_value)
{
	int value, fd = socket_fd(s);
	socklen_t len = sizeof(value);
	size_t i = 0;
	enum err err = option_find(s, level, name, &i);

	if (err != ERR_OK)
		return err;
	if (fd < 0)
		value = s->options[i].set ? s->options[i].value
					  : options[i].initial;
	else if (getsockopt(fd, options[i].system_level, options[i].system_name,
		     &value, &len) == 0)
		value *= options[i].scale;
	else
		return ERR_IO;
	*ret_value = (uint32_t)value;
	return ERR_OK;
}

/* --- addresses --- */

static void
address_of(const struct sockaddr_storage *addr, struct socket_address *ret)
{
	const struct sockaddr_in *four = (const void *)addr;
	const struct sockaddr_in6 *six = (const void *)addr;

	ret->ip[0] = '\0';
	if (addr->ss_family == AF_INET6) {
		(void)inet_ntop(
		    AF_INET6, &six->sin6_addr, ret->ip, sizeof(ret->ip));
		ret->port = ntohs(six->sin6_port);
	} else {
		(void)inet_ntop(
		    AF_INET, &four->sin_addr, ret->ip, sizeof(ret->ip));
		ret->port = ntohs(four->sin_port);
	}
}

/* --- what is told --- */

static struct terminal *
host_of(const struct socket *s)
{
	return terminal_find(s->module, s->terminal);
}

/* There is something to read; said once until the host reads. */
static void
input_tell(struct socket *s)
{
	struct terminal *t = host_of(s);
	bool any_peer = s->protocol == SOCKET_UDP && s->state == SOCKET_IDLE;

	if (t == NULL || s->told || socket_waiting(s) == 0)
		return;
	s->told = true;
	terminal_urc(t, "%s: %u,%zu", any_peer ? "+UUSORF" : "+UUSORD",
	    s->number, socket_waiting(s));
}

static void
error_note(struct socket *s, enum err err, int system_error)
{
	if (system_error == 0 && err == ERR_BUSY)
		system_error = EAGAIN; /* too many names are looked up */
	if (system_error == 0)
		system_error =
		    err == ERR_NOT_FOUND ? EHOSTUNREACH : ECONNABORTED;
	s->error = system_error;
	s->module->sockets.error = system_error;
}

/* --- life --- */

static void
source_close(struct socket *s)
{
	if (s->source.fd < 0)
		return;
	loop_remove(s->module->loop, &s->source);
	(void)close(s->source.fd);
	s->source.fd = -1;
}

static void
input_clear(struct socket *s)
{
	buffer_done(&s->input);
	s->datagram_count = 0;
	s->told = false;
}

void
socket_close(struct socket *s)
{
	source_close(s);
	if (s->linger.on)
		conn_close_within(s->conn, s->linger.ms);
	else
		conn_close(s->conn);
	s->conn = NULL;
	input_clear(s);
	s->protocol = SOCKET_FREE;
}

/* It closes by itself: the host is told, if it is there. */
static void
socket_end(struct socket *s)
{
	struct terminal *t = host_of(s);

	socket_close(s);
	if (t != NULL)
		terminal_urc(t, "+UUSOCL: %u", s->number);
}

void
sockets_drop(struct module *module)
{
	size_t i;

	for (i = 0; i < SOCKETS_MAX; i++) {
		if (module->sockets.all[i].protocol != SOCKET_FREE)
			socket_close(&module->sockets.all[i]);
	}
	module->sockets.error = 0;
	module->sockets.hex = false;
}

void
sockets_settle(struct module *module)
{
	struct socket *s;
	size_t i;

	for (i = 0; i < SOCKETS_MAX; i++) {
		s = &module->sockets.all[i];
		if (s->protocol != SOCKET_FREE && s->conn == NULL &&
		    (host_of(s) == NULL || !network_up(&module->network)))
			socket_end(s);
		else if (s->protocol != SOCKET_FREE && host_of(s) == NULL)
			socket_close(s);
	}
}

/* Takes a free socket, clean. */
static struct socket *
socket_take(struct module *module, uint64_t terminal, int protocol)
{
	struct socket *s = module->sockets.all;
	unsigned number = 0;

	while (number < SOCKETS_MAX && s->protocol != SOCKET_FREE) {
		s++;
		number++;
	}
	if (number == SOCKETS_MAX)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->module = module;
	s->number = number;
	s->protocol = protocol;
	s->terminal = terminal;
	s->source.fd = -1;
	buffer_init(&s->input, SOCKET_INPUT_MAX);
	return s;
}

struct socket *
socket_find(const struct terminal *t, uint32_t number)
{
	struct socket *s;

	if (number >= SOCKETS_MAX)
		return NULL;
	s = &t->module->sockets.all[number];
	return s->protocol != SOCKET_FREE && s->terminal == t->number ? s
								      : NULL;
}

/* --- receiving --- */

size_t
socket_waiting(const struct socket *s)
{
	return buffer_bytes(&s->input).len;
}

static bool
keeps_datagrams(const struct socket *s)
{
	return s->protocol == SOCKET_UDP;
}

/* Room for what one read may bring. */
static bool
has_room(const struct socket *s)
{
	size_t room = SOCKET_INPUT_MAX - socket_waiting(s);

	if (keeps_datagrams(s))
		return room >= DATAGRAM_READ_MAX &&
		       s->datagram_count < SOCKET_DATAGRAMS_MAX;
	return room > 0;
}

static void
input_put(
    struct socket *s, struct bytes data, const struct socket_address *from)
{
	struct socket_datagram *d;

	if (data.len == 0 || buffer_put(&s->input, data) != ERR_OK)
		return; /* without memory a datagram is lost; TCP ends below */
	s->received += data.len;
	if (!keeps_datagrams(s))
		return;
	d = &s->datagrams[s->datagram_count++];
	d->from = *from;
	d->len = data.len;
}

static void
input_follow(struct socket *s)
{
	bool room = has_room(s);

	if (s->conn != NULL && s->state == SOCKET_CONNECTED)
		conn_pause(s->conn, !room);
	if (s->conn == NULL && s->source.fd >= 0 &&
	    s->state != SOCKET_LISTENING)
		loop_change(s->module->loop, &s->source, room ? EPOLLIN : 0);
}

struct bytes
socket_peek(const struct socket *s, size_t len, struct socket_address *ret_from)
{
	struct bytes waiting = buffer_bytes(&s->input);

	*ret_from = s->peer;
	if (keeps_datagrams(s) && s->datagram_count > 0) {
		*ret_from = s->datagrams[0].from;
		waiting.len = s->datagrams[0].len;
	}
	if (waiting.len > len)
		waiting.len = len;
	return waiting;
}

static void
datagram_drop(struct socket *s, size_t len)
{
	s->datagrams[0].len -= len;
	if (s->datagrams[0].len > 0)
		return;
	s->datagram_count--;
	memmove(&s->datagrams[0], &s->datagrams[1],
	    s->datagram_count * sizeof(s->datagrams[0]));
}

void
socket_read(struct socket *s, size_t len)
{
	buffer_drop(&s->input, len);
	if (keeps_datagrams(s) && s->datagram_count > 0)
		datagram_drop(s, len);
	s->told = false;
	if (s->state == SOCKET_ENDED && socket_waiting(s) == 0) {
		socket_end(s);
		return;
	}
	input_tell(s);
	input_follow(s);
}

/* --- connected --- */

static void
on_opened(void *owner)
{
	struct socket *s = owner;
	struct terminal *t = host_of(s);
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	if (getpeername(conn_fd(s->conn), (struct sockaddr *)&addr, &len) == 0)
		address_of(&addr, &s->peer);
	s->state = SOCKET_CONNECTED;
	if (s->asynchronous && t != NULL)
		terminal_urc(t, "+UUSOCO: %u,0", s->number);
	s->asynchronous = false;
}

static void
on_closed(void *owner, enum err err, int system_error)
{
	struct socket *s = owner;
	struct terminal *t = host_of(s);

	error_note(s, err, system_error);
	conn_close(s->conn);
	s->conn = NULL;
	if (s->state == SOCKET_CONNECTING) {
		s->state = SOCKET_IDLE;
		s->failed = err;
		if (s->asynchronous && t != NULL)
			terminal_urc(t, "+UUSOCO: %u,%d", s->number, s->error);
		s->asynchronous = false;
		return;
	}
	s->state = SOCKET_ENDED;
	if (socket_waiting(s) == 0 || err == ERR_STATE)
		socket_end(s);
}

/* The peer has closed: what has come may be read, then it ends. */
static void
peer_ended(struct socket *s)
{
	s->state = SOCKET_ENDED;
	if (conn_cut(s->conn))
		error_note(s, ERR_IO, EPROTO);
	conn_close(s->conn);
	s->conn = NULL;
	input_tell(s);
	if (socket_waiting(s) == 0)
		socket_end(s);
}

static void
on_readable(void *owner)
{
	struct socket *s = owner;
	uint8_t data[DATAGRAM_READ_MAX];
	size_t cap, len;
	enum err err = ERR_OK;

	while (has_room(s)) {
		cap = SOCKET_INPUT_MAX - socket_waiting(s);
		if (cap > sizeof(data))
			cap = sizeof(data);
		err = conn_read(s->conn, data, cap, &len);
		if (err != ERR_OK || len == 0)
			break;
		input_put(s, bytes_make(data, len), &s->peer);
	}
	if (has_room(s) && err == ERR_OK) {
		peer_ended(s);
	} else if (err != ERR_OK && err != ERR_BUSY) {
		on_closed(s, ERR_IO, ECONNRESET);
	} else {
		input_tell(s);
		input_follow(s);
	}
}

static const struct conn_events events = {
    .made = on_made,
    .opened = on_opened,
    .readable = on_readable,
    .closed = on_closed,
};

enum err
socket_connect(
    struct socket *s, const char *host, uint16_t port, bool asynchronous)
{
	struct conn_config config = {.module = s->module,
	    .host = host,
	    .port = port,
	    .local_port = s->local_port,
	    .datagram = s->protocol == SOCKET_UDP,
	    .secure = s->secure,
	    .profile = s->profile,
	    .timeout_ms =
		s->protocol == SOCKET_UDP ? CONNECT_DATAGRAM_MS : CONNECT_MS,
	    .events = &events,
	    .owner = s};
	enum err err;

	if (s->state != SOCKET_IDLE)
		return ERR_STATE;
	source_close(s);
	input_clear(s);
	err = conn_open(&config, &s->conn);
	if (err != ERR_OK) {
		error_note(s, err, err == ERR_IO ? errno : 0);
		return err;
	}
	s->state = SOCKET_CONNECTING;
	s->failed = ERR_OK;
	s->asynchronous = asynchronous;
	s->peer = (struct socket_address){"", port};
	return ERR_OK;
}

enum err
socket_write(struct socket *s, struct bytes data, size_t *ret_len)
{
	enum err err;

	*ret_len = 0;
	if (s->state != SOCKET_CONNECTED)
		return ERR_STATE;
	err = conn_write(s->conn, data);
	if (err == ERR_OK) {
		*ret_len = data.len;
		s->sent += data.len;
	} else if (err != ERR_BUSY) {
		on_closed(s, ERR_IO, EPIPE);
		return err;
	}
	return ERR_OK;
}

/* --- datagrams without a peer, and listeners --- */

/* A socket at a port of all our addresses, in the loop; the errno, or 0. */
static int
source_open(struct socket *s, int family, int type, uint16_t port,
    void (*on_ready)(struct loop_source *source, uint32_t events))
{
	struct sockaddr_in6 six = {
	    .sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in four = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	const void *addr = &four;
	socklen_t len = sizeof(four);
	int failed;

	if (family == AF_INET6) {
		addr = &six;
		len = sizeof(six);
	}
	s->source.fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->source.fd < 0)
		return errno;
	on_made(s, s->source.fd);
	s->source.events = EPOLLIN;
	s->source.on_ready = on_ready;
	s->source.owner = s;
	s->source.added = false;
	if (bind(s->source.fd, addr, len) == 0 &&
	    (type != SOCK_STREAM || listen(s->source.fd, BACKLOG) == 0) &&
	    loop_add(s->module->loop, &s->source) == ERR_OK)
		return 0;
	failed = errno;
	(void)close(s->source.fd);
	s->source.fd = -1;
	return failed;
}

static void
on_datagrams(struct loop_source *source, UNUSED uint32_t ready)
{
	struct socket *s = source->owner;
	uint8_t data[DATAGRAM_READ_MAX + 1];
	struct sockaddr_storage addr;
	struct socket_address from;
	socklen_t len;
	ssize_t n;
	int i;

	/* Empty and longer ones take no room, but time. */
	for (i = 0; i < SOCKET_DATAGRAMS_MAX && has_room(s); i++) {
		len = sizeof(addr);
		n = recvfrom(source->fd, data, sizeof(data), 0,
		    (struct sockaddr *)&addr, &len);
		if (n < 0)
			break; /* none, or an ICMP error of another's */
		if (n > DATAGRAM_READ_MAX)
			continue;
		address_of(&addr, &from);
		traffic_received(
		    &s->module->traffic, s->module->network.session, (size_t)n);
		input_put(s, bytes_make(data, (size_t)n), &from);
	}
	input_tell(s);
	input_follow(s);
}

enum err
socket_make(struct terminal *t, int protocol, uint16_t local_port,
    struct socket **ret_socket)
{
	struct socket *s;
	int failed = 0;

	if (t->module->loop == NULL)
		return ERR_STATE;
	s = socket_take(t->module, t->number, protocol);
	if (s == NULL)
		return ERR_SPACE;
	s->local_port = local_port;
	if (protocol == SOCKET_UDP && local_port != 0)
		failed = source_open(
		    s, AF_INET, SOCK_DGRAM, local_port, on_datagrams);
	if (failed != 0) {
		error_note(s, ERR_IO, failed);
		socket_close(s);
		return ERR_IO;
	}
	*ret_socket = s;
	return ERR_OK;
}

enum err
socket_send_to(
    struct socket *s, const char *host, uint16_t port, struct bytes data)
{
	struct resolve_address to;
	struct resolve_name name;
	int failed = 0;

	if (s->protocol != SOCKET_UDP || s->state != SOCKET_IDLE || s->secure)
		return ERR_STATE;
	if (strlen(host) > RESOLVE_HOST_MAX)
		return ERR_FORMAT;
	memcpy(name.host, host, strlen(host) + 1);
	(void)snprintf(name.port, sizeof(name.port), "%u", port);
	if (resolve_numeric(&name, &to) != ERR_OK)
		return ERR_FORMAT;
	if (s->source.fd < 0)
		failed = source_open(s, to.addr.ss_family, SOCK_DGRAM,
		    s->local_port, on_datagrams);
	if (failed == 0 &&
	    sendto(s->source.fd, data.ptr, data.len, MSG_NOSIGNAL,
		(const struct sockaddr *)&to.addr, to.len) < 0 &&
	    errno != EAGAIN)
		failed = errno;
	if (failed != 0) {
		error_note(s, ERR_IO, failed);
		return ERR_IO;
	}
	s->sent += data.len;
	traffic_sent(&s->module->traffic, s->module->network.session, data.len);
	return ERR_OK;
}

/* Tells of a connection that was made to a listener. */
static void
accepted_tell(const struct socket *s, const struct socket *listener, int fd)
{
	struct terminal *t = host_of(s);
	struct socket_address here = {"", 0};
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) == 0)
		address_of(&addr, &here);
	if (t != NULL)
		terminal_urc(t, "+UUSOLI: %u,\"%s\",%u,%u,\"%s\",%u", s->number,
		    s->peer.ip, s->peer.port, listener->number, here.ip,
		    here.port);
}

static void
on_accept(struct loop_source *source, UNUSED uint32_t ready)
{
	struct socket *listener = source->owner, *s;
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	struct conn_config config = {
	    .module = listener->module, .events = &events};
	int fd = accept4(source->fd, (struct sockaddr *)&addr, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	s = socket_take(listener->module, listener->terminal, SOCKET_TCP);
	if (s == NULL) {
		(void)close(fd); /* all are in use: the peer sees it close */
		return;
	}
	address_of(&addr, &s->peer);
	config.owner = s;
	if (conn_take(&config, fd, &s->conn) != ERR_OK) {
		socket_close(s);
		return;
	}
	s->state = SOCKET_CONNECTED;
	accepted_tell(s, listener, fd);
}

enum err
socket_listen(struct socket *s, uint16_t port)
{
	int failed;

	if (s->state != SOCKET_IDLE || s->protocol != SOCKET_TCP)
		return ERR_STATE;
	failed = source_open(s, AF_INET, SOCK_STREAM, port, on_accept);
	if (failed != 0) {
		error_note(s, ERR_IO, failed);
		return ERR_IO;
	}
	s->state = SOCKET_LISTENING;
	return ERR_OK;
}
