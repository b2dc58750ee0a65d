/*
 * Packets and memory files. A memory file is sealed before it is passed, and
 * its seals are checked before it is read: whoever made it can neither
 * change nor shorten it while the other end works on it.
 */
#include "tee_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/*
 * Room for one descriptor, aligned as CMSG wants it; the alignment makes it
 * room for two.
 */
union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int))];
};

enum err
tee_socket_send(int socket, struct bytes packet, int fd)
{
	struct iovec iov = {(void *)(uintptr_t)packet.ptr, packet.len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control;
	struct cmsghdr *c;
	ssize_t n;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control.space);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do {
		n = sendmsg(socket, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)packet.len ? ERR_OK : ERR_IO;
}

/* The descriptors of one control message: keeps the first, closes others. */
static size_t
fds_take(const struct cmsghdr *c, int *fd)
{
	size_t i, count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int one;

	for (i = 0; i < count; i++) {
		memcpy(&one, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		if (*fd < 0)
			*fd = one;
		else
			(void)close(one);
	}
	return count;
}

/* The one descriptor beside a packet, or -1. Error: ERR_FORMAT (more). */
static enum err
control_fd(struct msghdr *msg, int *ret_fd)
{
	struct cmsghdr *c;
	size_t count = 0;
	int fd = -1;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			count += fds_take(c, &fd);
	}
	if (count <= 1 && (msg->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) {
		*ret_fd = fd;
		return ERR_OK;
	}
	if (fd >= 0)
		(void)close(fd);
	return ERR_FORMAT;
}

enum err
tee_socket_receive(
    int socket, uint8_t *out, size_t cap, size_t *ret_len, int *ret_fd)
{
	struct iovec iov = {out, cap};
	union control control;
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control.space)};
	enum err err;
	ssize_t n;

	do {
		n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return ERR_IO;
	if (n == 0)
		return ERR_NOT_FOUND;
	err = control_fd(&msg, ret_fd);
	if (err == ERR_OK)
		*ret_len = (size_t)n;
	return err;
}

/* Maps memory->fd; len 0 needs no mapping. */
static enum err
memory_map(struct tee_memory *memory, int protection)
{
	void *ptr;

	memory->ptr = NULL;
	if (memory->len == 0)
		return ERR_OK;
	ptr = mmap(NULL, memory->len, protection, MAP_SHARED, memory->fd, 0);
	if (ptr == MAP_FAILED)
		return ERR_NOMEM;
	memory->ptr = ptr;
	return ERR_OK;
}

static void
memory_unmap(struct tee_memory *memory)
{
	if (memory->ptr != NULL)
		(void)munmap(memory->ptr, memory->len);
	memory->ptr = NULL;
}

enum err
tee_memory_make(size_t len, struct tee_memory *ret_memory)
{
	struct tee_memory memory = {.len = len};
	enum err err = ERR_IO;

	memory.fd = memfd_create("tee", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memory.fd < 0)
		return ERR_IO;
	if (ftruncate(memory.fd, (off_t)len) == 0)
		err = memory_map(&memory, PROT_READ | PROT_WRITE);
	if (err != ERR_OK) {
		(void)close(memory.fd);
		return err;
	}
	*ret_memory = memory;
	return ERR_OK;
}

enum err
tee_memory_seal(struct tee_memory *memory, size_t len)
{
	memory_unmap(memory);
	if (ftruncate(memory->fd, (off_t)len) != 0 ||
	    fcntl(memory->fd, F_ADD_SEALS, SEALS) != 0)
		return ERR_IO;
	memory->len = len;
	return ERR_OK;
}

enum err
tee_memory_map(int fd, size_t len, struct tee_memory *ret_memory)
{
	struct tee_memory memory = {.fd = fd, .len = len};
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	enum err err;

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) != 0 ||
	    st.st_size != (off_t)len)
		return ERR_FORMAT;
	err = memory_map(&memory, PROT_READ);
	if (err == ERR_OK)
		*ret_memory = memory;
	return err;
}

void
tee_memory_free(struct tee_memory *memory)
{
	memory_unmap(memory);
	(void)close(memory->fd);
}
