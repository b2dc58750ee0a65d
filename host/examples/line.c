/*
 * The I/O port over a file descriptor: what an MCU does with its UART.
 */
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define NAME_MAX_LEN 256

static int
line_write(void *ctx, const uint8_t *data, size_t len)
{
	const struct line *line = ctx;
	ssize_t n;

	while (len > 0) {
		n = write(line->fd, data, len);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/*
 * Waits for bytes, and takes the time that went by off *timeout_ms: at least
 * one, so that a peer that talks without end runs into the time, too.
 */
static bool
wait_readable(int fd, uint32_t *timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t start = now_ms(), gone;
	int n = poll(&p, 1, (int)(*timeout_ms & 0x7FFFFFFF));

	gone = now_ms() - start + (n > 0);
	*timeout_ms -= gone < *timeout_ms ? (uint32_t)gone : *timeout_ms;
	return n > 0;
}

static int
line_read(void *ctx, uint8_t *data, size_t cap, uint32_t *timeout_ms)
{
	const struct line *line = ctx;
	ssize_t n;

	do {
		if (!wait_readable(line->fd, timeout_ms)) {
			if (*timeout_ms == 0)
				return 0;
			continue;
		}
		n = read(line->fd, data, cap);
		if (n > 0)
			return (int)n;
		if (n == 0 || (errno != EINTR && errno != EAGAIN))
			return -1;
	} while (*timeout_ms > 0);
	return 0;
}

static int
open_tcp(const char *where)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all, *a;
	const char *colon = strrchr(where, ':');
	char host[NAME_MAX_LEN];
	int fd = -1;

	if (colon == NULL || (size_t)(colon - where) >= sizeof(host))
		return -1;
	memcpy(host, where, (size_t)(colon - where));
	host[colon - where] = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &all) != 0)
		return -1;
	for (a = all; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(all);
	return fd;
}

/* A terminal must not change what goes through it. */
static int
open_path(const char *where)
{
	int fd = open(where, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;

	if (fd >= 0 && tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		if (tcsetattr(fd, TCSANOW, &t) != 0) {
			close(fd);
			fd = -1;
		}
	}
	return fd;
}

bool
line_open(struct line *line, const char *where)
{
	errno = 0;
	line->fd =
	    strchr(where, '/') != NULL ? open_path(where) : open_tcp(where);
	if (line->fd < 0) {
		fprintf(stderr, "%s: %s\n", where,
		    errno != 0 ? strerror(errno) : "no such line");
		return false;
	}
	line->port.write = line_write;
	line->port.read = line_read;
	line->port.ctx = line;
	return true;
}

void
line_close(struct line *line)
{
	close(line->fd);
}

static void
print_urc(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	(void)len;
	fprintf(stderr, "module: %s\n", text);
}

bool
host_open(struct hf_host *h, struct line *line, const char *where)
{
	static const struct hf_urc urc = {print_urc, NULL};
	enum hf_err err;

	if (!line_open(line, where))
		return false;
	hf_init(h, &line->port, &urc);
	err = hf_sync(h, 5);
	if (err == HF_OK)
		return true;
	(void)host_failed(h, where, err);
	line_close(line);
	return false;
}

int
host_failed(const struct hf_host *h, const char *what, enum hf_err err)
{
	if (err == HF_ERR_MODULE)
		fprintf(stderr, "%s: the module says: %s\n", what,
		    hf_module_error_text(h));
	else
		fprintf(stderr, "%s: error %d\n", what, (int)err);
	return 1;
}
