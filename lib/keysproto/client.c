/*
 * The asker's end of the socket to the keys process. The one buffer holds
 * what was sent or received last; answers carry keys, so it is wiped before
 * it is used again.
 */
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "base/wipe.h"

#define CALL_TIMEOUT_MS 10000

enum err
keysproto_client_init(struct keysproto_client *client, int fd)
{
	uint64_t first;

	/*
	 * A process that was started anew may find answers to the one before
	 * it: a random first number makes them answers to nobody.
	 */
	if (getrandom(&first, sizeof(first), 0) != (ssize_t)sizeof(first))
		return ERR_RANDOM;
	client->buf = malloc(KEYSPROTO_MESSAGE_MAX);
	if (client->buf == NULL)
		return ERR_NOMEM;
	client->fd = fd;
	client->next_batch = first >> 1 | 1;
	client->used = 0;
	client->timeout_ms = CALL_TIMEOUT_MS;
	return ERR_OK;
}

static void
client_wipe(struct keysproto_client *client)
{
	wipe(client->buf, client->used);
	client->used = 0;
}

void
keysproto_client_done(struct keysproto_client *client)
{
	if (client->buf == NULL)
		return;
	client_wipe(client);
	free(client->buf);
	client->buf = NULL;
}

/* What a failed send or recv means to the caller. */
static enum err
socket_err(void)
{
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
		return ERR_BUSY;
	case EMSGSIZE:
		return ERR_SPACE;
	default:
		return ERR_IO;
	}
}

enum err
keysproto_client_send(struct keysproto_client *client,
    const struct keysproto_request *requests, size_t count, uint64_t *ret_batch)
{
	struct writer w;
	enum err err;

	client_wipe(client);
	writer_init(&w, client->buf, KEYSPROTO_MESSAGE_MAX);
	err =
	    keysproto_requests_encode(client->next_batch, requests, count, &w);
	client->used = w.len;
	if (err != ERR_OK)
		return err;
	if (send(client->fd, client->buf, w.len, MSG_DONTWAIT | MSG_NOSIGNAL) !=
	    (ssize_t)w.len)
		return socket_err();
	*ret_batch = client->next_batch++;
	return ERR_OK;
}

enum err
keysproto_client_receive(struct keysproto_client *client, uint64_t *ret_batch,
    struct bytes *ret_message)
{
	struct reader r;
	uint64_t batch;
	size_t count;
	ssize_t n;

	client_wipe(client);
	n = recv(client->fd, client->buf, KEYSPROTO_MESSAGE_MAX,
	    MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0)
		return socket_err();
	if (n == 0)
		return ERR_IO;
	if (n > KEYSPROTO_MESSAGE_MAX)
		return ERR_FORMAT;
	client->used = (size_t)n;
	reader_init(&r, bytes_make(client->buf, client->used));
	wire_header_read(&r, &batch, &count);
	if (r.err != ERR_OK)
		return r.err;
	*ret_batch = batch;
	*ret_message = bytes_make(client->buf, client->used);
	return ERR_OK;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until the socket is ready for events, until the deadline at most. */
static enum err
client_wait(
    const struct keysproto_client *client, short events, int64_t deadline)
{
	struct pollfd p = {.fd = client->fd, .events = events};
	int64_t left = deadline - now_ms();
	int n;

	if (left <= 0)
		return ERR_TIMEOUT;
	n = poll(&p, 1, (int)left);
	if (n < 0 && errno != EINTR)
		return ERR_IO;
	return ERR_OK;
}

/* Sends the batch, waiting for room. */
static enum err
call_send(struct keysproto_client *client,
    const struct keysproto_request *requests, size_t count, int64_t deadline,
    uint64_t *ret_batch)
{
	enum err err;

	for (;;) {
		err = keysproto_client_send(client, requests, count, ret_batch);
		if (err != ERR_BUSY)
			return err;
		err = client_wait(client, POLLOUT, deadline);
		if (err != ERR_OK)
			return err;
	}
}

/* Waits for the next message, whatever it is. */
static enum err
call_receive(struct keysproto_client *client, int64_t deadline,
    uint64_t *ret_batch, struct bytes *ret_message)
{
	enum err err;

	/* The keys have to compute first: it is never there at once. */
	do {
		err = client_wait(client, POLLIN, deadline);
		if (err != ERR_OK)
			return err;
		err = keysproto_client_receive(client, ret_batch, ret_message);
	} while (err == ERR_BUSY);
	return err;
}

static enum err
client_call(void *ctx, const struct keysproto_request *requests, size_t count,
    struct keysproto_answer *ret_answers)
{
	struct keysproto_client *client = ctx;
	int64_t deadline = now_ms() + client->timeout_ms;
	struct bytes message;
	uint64_t batch, got = 0;
	enum err err;

	/* A hello (0) means that the batch may have been lost: send it anew. */
	do {
		if (got == 0) {
			err = call_send(
			    client, requests, count, deadline, &batch);
			if (err != ERR_OK)
				return err;
		}
		err = call_receive(client, deadline, &got, &message);
		if (err != ERR_OK)
			return err;
	} while (got != batch);
	err = keysproto_answers_decode(
	    message, &got, requests, count, ret_answers);
	client_wipe(client);
	return err;
}

struct keysproto_port
keysproto_client_port(struct keysproto_client *client)
{
	struct keysproto_port port = {client_call, client};

	return port;
}
