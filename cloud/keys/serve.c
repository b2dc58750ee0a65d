/*
 * Messages in, messages out, one of each asker in turn, so that neither
 * starves the other. An asker that does not take its answers is not read
 * from until it does; nobody waits for it.
 */
#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/wipe.h"
#include "cloud/log.h"

#define FORGET_MS 1000

static void
asker_init(struct asker *a, enum keysproto_asker id, const char *name, int fd,
    long budget)
{
	a->id = id;
	a->name = name;
	a->fd = fd;
	a->out_len = 0;
	a->gone = false;
	budget_init(&a->budget, budget);
}

void
server_init(struct server *s, const struct keys_state *state, int devices_fd,
    long devices_budget, int api_fd, long api_budget)
{
	s->state = state;
	asker_init(&s->askers[0], KEYSPROTO_DEVICES, "devices", devices_fd,
	    devices_budget);
	asker_init(&s->askers[1], KEYSPROTO_API, "api", api_fd, api_budget);
}

static void
complain(struct asker *a, int64_t second, const char *event, enum err err)
{
	if (budget_complain(&a->budget, second))
		log_warn(event, log_text("asker", a->name), log_err(err),
		    log_int("budget", a->budget.per_second));
}

/* Sends what waits in out, if there is room for it. */
static void
asker_flush(struct asker *a)
{
	ssize_t n;

	if (a->out_len == 0)
		return;
	n = send(a->fd, a->out, a->out_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return;
	if (n < 0)
		a->gone = true;
	wipe(a->out, a->out_len);
	a->out_len = 0;
}

void
server_hello(struct server *s)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(s->askers); i++) {
		struct asker *a = &s->askers[i];
		struct writer w;

		writer_init(&w, a->out, sizeof(a->out));
		if (keysproto_answers_encode(0, NULL, NULL, 0, &w) != ERR_OK)
			abort();
		a->out_len = w.len;
		asker_flush(a);
	}
}

/* Answers each request of a batch, or refuses it over the budget. */
static void
answer_all(struct server *s, struct asker *a, size_t count, int64_t second)
{
	size_t granted = 0;

	while (granted < count && budget_take(&a->budget, second))
		granted++;
	keys_answer_many(s->state, a->id, s->requests, granted, s->answers);
	for (size_t i = 0; i < granted; i++) {
		enum err err = s->answers[i].err;

		if (err == ERR_DENIED || err == ERR_UNSUPPORTED)
			complain(a, second, "request-refused", err);
	}
	for (size_t i = granted; i < count; i++) {
		memset(&s->answers[i], 0, sizeof(s->answers[i]));
		s->answers[i].err = ERR_BUSY;
		complain(a, second, "budget-exceeded", ERR_BUSY);
	}
}

static void
serve_message(
    struct server *s, struct asker *a, struct bytes message, int64_t second)
{
	uint64_t batch;
	size_t count;
	struct writer w;
	enum err err;

	err = keysproto_requests_decode(
	    message, &batch, s->requests, KEYSPROTO_BATCH_MAX, &count);
	if (err != ERR_OK) {
		complain(a, second, "bad-message", err);
		return;
	}
	answer_all(s, a, count, second);
	writer_init(&w, a->out, sizeof(a->out));
	err =
	    keysproto_answers_encode(batch, s->requests, s->answers, count, &w);
	a->out_len = err == ERR_OK ? w.len : 0;
	wipe(s->requests, count * sizeof(s->requests[0]));
	wipe(s->answers, count * sizeof(s->answers[0]));
	if (err != ERR_OK)
		log_error(
		    "answer-failed", log_text("asker", a->name), log_err(err));
	asker_flush(a);
}

/* Reads one message, if there is one and its answer will have a place. */
static void
asker_turn(struct server *s, struct asker *a, int64_t second)
{
	ssize_t n;

	asker_flush(a);
	if (a->gone || a->out_len != 0)
		return;
	n = recv(a->fd, s->in, sizeof(s->in), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		a->gone = true;
		return;
	}
	if ((size_t)n > sizeof(s->in)) {
		complain(a, second, "bad-message", ERR_SPACE);
		return;
	}
	serve_message(s, a, bytes_make(s->in, (size_t)n), second);
	wipe(s->in, (size_t)n);
}

void
server_turn(struct server *s, int64_t second)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(s->askers); i++)
		asker_turn(s, &s->askers[i], second);
}

static int64_t
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* What to wait for on an asker: room for its answer, or its next message. */
static struct pollfd
asker_poll(const struct asker *a)
{
	struct pollfd p = {.fd = a->gone ? -1 : a->fd};

	p.events = a->out_len != 0 ? POLLOUT : POLLIN;
	return p;
}

/* Milliseconds to wait for a question; -1: for ever. */
static int
patience(const struct server *s)
{
	const struct keys_memo *memo = s->state->memo;

	return memo != NULL && memo->used ? FORGET_MS : -1;
}

/* Opened keys that no question came for live for a second, or two. */
static void
forget(struct server *s, int64_t second)
{
	struct keys_memo *memo = s->state->memo;

	if (memo != NULL && memo->used && second != s->forgotten)
		keys_memo_wipe(memo);
	s->forgotten = second;
}

void
server_run(struct server *s, int stop_fd)
{
	struct pollfd fds[3];
	int64_t second;

	while (!s->askers[0].gone || !s->askers[1].gone) {
		fds[0] = asker_poll(&s->askers[0]);
		fds[1] = asker_poll(&s->askers[1]);
		fds[2] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
		if (poll(fds, ARRAY_LEN(fds), patience(s)) < 0)
			continue;
		if (fds[2].revents != 0)
			return;
		second = now_s();
		forget(s, second);
		server_turn(s, second);
	}
}
