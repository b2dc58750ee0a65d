/*
 * Asks the TEE over the socket, one request at a time, and waits. The TEE
 * answers within milliseconds (a second for the largest data), so that the
 * loop may stand still for it.
 */
#include "tee_client.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wipe.h"
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
	return ERR_OK;
}

void
tee_client_stop(struct tee_client *client)
{
	int status;

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
answer_wait(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ANSWER_MS) == 1 ? ERR_OK : ERR_TIMEOUT;
}

static enum err
answer_receive(
    struct tee_client *client, enum tee_op op, struct tee_answer *ret_answer)
{
	uint8_t packet[TEE_MESSAGE_MAX];
	size_t len;
	int fd;
	enum err err = answer_wait(client->fd);

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
	return answer_receive(client, request->op, ret_answer);
}

struct tee
tee_client_port(struct tee_client *client)
{
	return (struct tee){
	    .call = client_call, .ctx = client, .fd = client->fd};
}
