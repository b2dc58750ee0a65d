/*
 * Datagrams between the TEE and the service. What is in them is nobody's
 * business here: the TEE makes them, and judges what comes back. Datagrams
 * that cannot be sent are lost, as on any network; the TEE repeats them.
 */
#include "service.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "log.h"

#define BURST_MAX 8 /* datagrams in or out before others get their turn */
#define RETRY_MS 1000 /* after an error in the TEE that may pass */
#define RESOLVE_RETRY_MS 10000
#define SILENCE_MS 5000 /* of no answer: the service is not reachable */
#define RENEW_MS (10 * 60 * 1000u) /* of it: the name is looked up again */

static void on_socket(struct loop_source *source, uint32_t events);
static void on_resolved(struct loop_source *source, uint32_t events);

enum err
service_init(struct service *s, struct loop *loop, struct module *module,
    const char *uri)
{
	memset(s, 0, sizeof(*s));
	s->loop = loop;
	s->module = module;
	s->socket.fd = -1;
	s->resolver.fd = -1;
	s->silent_ms = UINT64_MAX;
	s->err = ERR_OK;
	return resolve_uri(uri, &s->name);
}

static void
source_close(struct service *s, struct loop_source *source)
{
	if (source->fd < 0)
		return;
	loop_remove(s->loop, source);
	(void)close(source->fd);
	source->fd = -1;
}

void
service_done(struct service *s)
{
	source_close(s, &s->socket);
	source_close(s, &s->resolver);
}

static enum err
source_open(struct service *s, struct loop_source *source, int fd,
    void (*on_ready)(struct loop_source *source, uint32_t events))
{
	source->fd = fd;
	source->events = EPOLLIN;
	source->on_ready = on_ready;
	source->owner = s;
	if (loop_add(s->loop, source) == ERR_OK)
		return ERR_OK;
	(void)close(fd);
	source->fd = -1;
	return ERR_IO;
}

/* A socket that talks to the service alone. */
static void
socket_open(struct service *s, const struct resolve_address *address)
{
	int fd = socket(address->addr.ss_family,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&address->addr,
		address->len) != 0) {
		log_event("service unreachable host=%s errno=%d", s->name.host,
		    errno);
		(void)close(fd);
		return;
	}
	if (source_open(s, &s->socket, fd, on_socket) != ERR_OK)
		return;
	log_event("service host=%s port=%s", s->name.host, s->name.port);
}

/* Looks the service's address up, at once where it is one already. */
static void
resolve(struct service *s, uint64_t now_ms)
{
	struct resolve_address address;
	int fd;

	s->resolve_ms = now_ms + RESOLVE_RETRY_MS;
	if (resolve_numeric(&s->name, &address) == ERR_OK)
		socket_open(s, &address);
	else if (resolve_start(&s->name, &fd) == ERR_OK &&
		 source_open(s, &s->resolver, fd, on_resolved) != ERR_OK)
		log_event("resolve failed host=%s", s->name.host);
}

static void
on_resolved(struct loop_source *source, UNUSED uint32_t events)
{
	struct service *s = source->owner;
	struct resolve_address address;
	int fd = source->fd;

	loop_remove(s->loop, source);
	source->fd = -1;
	if (resolve_end(fd, &address) == ERR_OK)
		socket_open(s, &address);
	else
		log_event("resolve failed host=%s", s->name.host);
}

/* Asks the TEE; what is wrong with the way to it is kept for the end. */
static enum err
ask(struct service *s, const struct tee_request *request,
    struct tee_answer *ret_answer)
{
	enum err err;

	if (s->err != ERR_OK)
		return s->err;
	err = s->module->tee.call(s->module->tee.ctx, request, ret_answer);
	if (err != ERR_OK) {
		s->err = err;
		return err;
	}
	if (ret_answer->err != ERR_OK)
		log_event("tee op=%d error=%s", (int)request->op,
		    err_name(ret_answer->err));
	return ret_answer->err;
}

static void
on_socket(struct loop_source *source, UNUSED uint32_t events)
{
	struct service *s = source->owner;
	struct tee_request request = {.op = TEE_RECEIVE};
	struct tee_answer answer;
	uint8_t datagram[DATAGRAM_MAX + 1];
	ssize_t n;
	int i;

	for (i = 0; i < BURST_MAX && s->err == ERR_OK; i++) {
		n = recv(source->fd, datagram, sizeof(datagram), 0);
		if (n < 0)
			return; /* none, or an ICMP error: both mean wait */
		s->silent_ms = UINT64_MAX;
		traffic_received(
		    &s->module->traffic, s->module->network.session, (size_t)n);
		if (n > DATAGRAM_MAX)
			continue;
		log_event("received len=%zd", n);
		request.u.datagram = bytes_make(datagram, (size_t)n);
		(void)ask(s, &request, &answer);
		s->poll_ms = 0;
	}
}

static void
datagram_send(struct service *s, struct bytes datagram, uint64_t now_ms)
{
	log_event("send len=%zu", datagram.len);
	if (s->socket.fd < 0)
		return;
	if (send(s->socket.fd, datagram.ptr, datagram.len, 0) < 0)
		log_event("send errno=%d", errno);
	else
		traffic_sent(&s->module->traffic, s->module->network.session,
		    datagram.len);
	if (s->silent_ms == UINT64_MAX) {
		s->silent_ms = now_ms;
		s->renew_ms = now_ms + RENEW_MS;
	}
}

/* Sends what the TEE wants sent, and learns when to ask it again. */
static void
poll_tee(struct service *s, uint64_t now_ms)
{
	struct tee_request request = {.op = TEE_POLL};
	struct tee_answer answer;
	int i;

	s->module->tee_changed = false;
	for (i = 0; i < BURST_MAX; i++) {
		if (ask(s, &request, &answer) != ERR_OK) {
			s->poll_ms = now_ms + RETRY_MS;
			return;
		}
		if (answer.u.poll.len == 0)
			break;
		datagram_send(s,
		    bytes_make(answer.u.poll.datagram, answer.u.poll.len),
		    now_ms);
	}
	s->poll_ms = now_ms;
	if (i == BURST_MAX)
		return;
	if (answer.u.poll.delay_ms > UINT64_MAX - now_ms)
		s->poll_ms = UINT64_MAX;
	else
		s->poll_ms += answer.u.poll.delay_ms;
}

/* Opens and closes the socket as the network comes and goes. */
static void
socket_follow(struct service *s, bool up, uint64_t now_ms)
{
	if (!up) {
		service_done(s);
		s->resolve_ms = 0;
		s->silent_ms = UINT64_MAX;
		return;
	}
	if (s->silent_ms != UINT64_MAX && now_ms >= s->renew_ms) {
		source_close(s, &s->socket);
		s->renew_ms = now_ms + RENEW_MS;
	}
	if (s->socket.fd < 0 && s->resolver.fd < 0 && now_ms >= s->resolve_ms)
		resolve(s, now_ms);
}

/* Tells the TEE of the network, which is there with the socket. */
static void
network_follow(struct service *s, bool up)
{
	struct tee_request request = {.op = TEE_NETWORK};
	struct tee_answer answer;

	if (up && !s->up && s->socket.fd < 0)
		return;
	if (up == s->up)
		return;
	request.u.up = up;
	if (ask(s, &request, &answer) != ERR_OK)
		return;
	log_event("network up=%d", up);
	s->up = up;
	s->poll_ms = 0;
}

void
service_reset(struct service *s)
{
	s->up = false;
	s->poll_ms = 0;
}

/* Says whether the service has been silent for too long, or when it will. */
static uint64_t
silence_follow(struct service *s, uint64_t now_ms)
{
	bool due = s->silent_ms != UINT64_MAX;

	s->module->service_silent = due && now_ms - s->silent_ms >= SILENCE_MS;
	if (!due || s->module->service_silent)
		return UINT64_MAX;
	return s->silent_ms + SILENCE_MS;
}

uint64_t
service_settle(struct service *s, uint64_t now_ms)
{
	bool up = network_up(&s->module->network) &&
		  !s->module->settings.security_off;
	uint64_t next_ms, silent_ms;

	socket_follow(s, up, now_ms);
	network_follow(s, up);
	if (s->module->tee_changed || now_ms >= s->poll_ms)
		poll_tee(s, now_ms);
	silent_ms = silence_follow(s, now_ms);
	next_ms = silent_ms < s->poll_ms ? silent_ms : s->poll_ms;
	if (up && s->socket.fd < 0 && s->resolver.fd < 0 &&
	    s->resolve_ms < next_ms)
		next_ms = s->resolve_ms;
	return next_ms;
}
