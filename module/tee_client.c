/*
 * Asks the TEE over the socket, one request at a time, and waits. The TEE
 * answers within milliseconds (a second for the largest data), so that the
 * loop may stand still for it. Answers have no numbers: where one is missing
 * no other is waited for.
 */
#include "tee_client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wipe.h"
#include "log.h"
#include "tee_main.h"
#include "tee_socket.h"

#define ANSWER_MS 30000 /* after it the TEE counts as broken */

enum err
tee_client_start(struct tee_client *client, const struct tee_config *config)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_IO;
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		_exit(tee_main(pair[1], config));
	}
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return ERR_IO;
	}
	client->fd = pair[0];
	client->pid = pid;
	client->answer_ms = ANSWER_MS;
	return ERR_OK;
}

/* Waits for the other end: something to read, or its end. */
static enum err
answer_wait(const struct tee_client *client)
{
	struct pollfd p = {.fd = client->fd, .events = POLLIN};
	int got;

	do {
		got = poll(&p, 1, client->answer_ms);
	} while (got < 0 && errno == EINTR);
	return got == 1 ? ERR_OK : ERR_TIMEOUT;
}

void
tee_client_stop(struct tee_client *client)
{
	uint8_t packet[TEE_MESSAGE_MAX];
	int status;
	enum err err;

	/* It ends when it sees that nobody asks any more. */
	(void)shutdown(client->fd, SHUT_WR);
	do {
		err = answer_wait(client);
	} while (err == ERR_OK && read(client->fd, packet, sizeof(packet)) > 0);
	wipe(packet, sizeof(packet));
	if (err != ERR_OK)
		(void)kill(client->pid, SIGKILL);
	(void)close(client->fd);
	(void)waitpid(client->pid, &status, 0);
}

/* Puts data into a memory file; fd stays -1 where there is none. */
static enum err
attachment_make(const struct tee_request *request, int *ret_fd)
{
	struct tee_memory memory;
	struct bytes data = request->data;
	enum err err;

	*ret_fd = -1;
	if (!tee_op_has_data(request->op))
		return ERR_OK;
	err = tee_memory_make(data.len, &memory);
	if (err != ERR_OK)
		return err;
	if (data.len > 0)
		memcpy(memory.ptr, data.ptr, data.len);
	err = tee_memory_seal(&memory, data.len);
	if (err != ERR_OK) {
		tee_memory_free(&memory);
		return err;
	}
	*ret_fd = memory.fd;
	return ERR_OK;
}

/* Takes what came beside the answer. */
static enum err
attachment_take(int fd, struct tee_answer *answer)
{
	struct tee_memory memory;
	size_t len = answer->u.data.len;
	enum err err = tee_memory_map(fd, len, &memory);

	if (err != ERR_OK) {
		(void)close(fd);
		return err;
	}
	answer->u.data.ptr = malloc(len == 0 ? 1 : len);
	if (answer->u.data.ptr == NULL)
		err = ERR_NOMEM;
	else if (len > 0)
		memcpy(answer->u.data.ptr, memory.ptr, len);
	tee_memory_free(&memory);
	return err;
}

static enum err
answer_receive(
    struct tee_client *client, enum tee_op op, struct tee_answer *ret_answer)
{
	uint8_t packet[TEE_MESSAGE_MAX];
	size_t len;
	int fd;
	enum err err = answer_wait(client);

	if (err == ERR_OK)
		err = tee_socket_receive(
		    client->fd, packet, sizeof(packet), &len, &fd);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_IO : err;
	err = tee_answer_decode(op, bytes_make(packet, len), ret_answer);
	wipe(packet, len);
	if (err == ERR_OK && ret_answer->err == ERR_OK && tee_op_has_data(op))
		return attachment_take(fd, ret_answer);
	if (fd >= 0)
		(void)close(fd);
	return err;
}

/* The end of a TEE that hangs or talks nonsense. */
static void
client_end(struct tee_client *client, enum err err)
{
	if (err == ERR_TIMEOUT)
		log_always("the TEE does not answer any more");
	(void)shutdown(client->fd, SHUT_RDWR);
	(void)kill(client->pid, SIGKILL);
}

static enum err
client_call(
    void *ctx, const struct tee_request *request, struct tee_answer *ret_answer)
{
	struct tee_client *client = ctx;
	uint8_t packet[TEE_MESSAGE_MAX];
	struct writer w;
	enum err err;
	int fd = -1;

	writer_init(&w, packet, sizeof(packet));
	err = tee_request_encode(request, &w);
	if (err == ERR_OK)
		err = attachment_make(request, &fd);
	if (err == ERR_OK)
		err = tee_socket_send(client->fd, writer_bytes(&w), fd);
	if (fd >= 0)
		(void)close(fd);
	if (err != ERR_OK)
		return err;
	err = answer_receive(client, request->op, ret_answer);
	if (err == ERR_TIMEOUT || err == ERR_FORMAT || err == ERR_TRUNCATED)
		client_end(client, err);
	return err;
}

struct tee
tee_client_port(struct tee_client *client)
{
	return (struct tee){
	    .call = client_call, .ctx = client, .fd = client->fd};
}
