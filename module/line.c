/*
 * The byte carriers of the AT interface. Input is read only when the
 * terminal has taken what was read before, so that a host that sends faster
 * than its commands run is slowed down and never costs memory.
 *
 * A pseudo-terminal outlives its hosts. While none has it open the slave is
 * held open here, or the master would report its end all the time; at the
 * first byte of a host it is let go, so that the end is reported when the
 * host leaves. What is sent while nobody is there is lost, as on a wire.
 */
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/wipe.h"

/* What standard input was like before, for the shell that started us. */
static struct {
	int flags[2];
	bool has_termios;
	struct termios termios;
} stdio_before = {.flags = {-1, -1}};

static enum err
nonblock_set(int fd, int *ret_before)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return ERR_IO;
	*ret_before = flags;
	return ERR_OK;
}

/* --- reading and writing --- */

static void
line_read(struct line *line)
{
	ssize_t n;

	if (line->pos < line->len || line->eof)
		return;
	n = read(line->in.fd, line->chunk, sizeof(line->chunk));
	if (n > 0) {
		line->pos = 0;
		line->len = (size_t)n;
	} else if (n == 0) {
		line->eof = true;
	} else if (errno == EIO && line->kind == LINE_PTY) {
		return; /* the host is gone: EPOLLHUP tells it too */
	} else if (errno != EAGAIN && errno != EINTR) {
		line->broken = true;
	}
}

/* Nobody reads the slave's side. */
static bool
pty_absent(const struct line *line)
{
	return line->kind == LINE_PTY && line->slave_fd >= 0;
}

/* Sends what there is; false when nothing more can be sent now. */
static bool
line_write(struct line *line)
{
	struct bytes out = terminal_output(&line->terminal);
	ssize_t n;

	if (out.len == 0)
		return false;
	if (pty_absent(line)) {
		terminal_sent(&line->terminal, out.len);
		return true;
	}
	if (line->kind == LINE_TCP)
		n = send(line->out.fd, out.ptr, out.len, MSG_NOSIGNAL);
	else
		n = write(line->out.fd, out.ptr, out.len);
	if (n > 0) {
		terminal_sent(&line->terminal, (size_t)n);
		return true;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR &&
	    line->kind != LINE_PTY)
		line->broken = true;
	return false;
}

/* Gives the terminal what was read; true when it took some of it. */
static bool
line_feed(struct line *line, uint64_t now_ms)
{
	size_t taken;

	if (line->pos >= line->len)
		return false;
	taken = terminal_input(&line->terminal, now_ms,
	    bytes_make(line->chunk + line->pos, line->len - line->pos));
	line->pos += taken;
	if (line->pos >= line->len)
		wipe(line->chunk, line->len);
	return taken > 0;
}

/* Which events of the input, and of the output, are worth waking up for. */
static void
line_watch(struct line *line)
{
	bool want_in = !line->eof && line->pos >= line->len;
	bool want_out = terminal_output(&line->terminal).len > 0;
	uint32_t in = want_in ? EPOLLIN : 0;
	uint32_t out = want_out ? EPOLLOUT : 0;

	if (line->kind == LINE_STDIO) {
		loop_change(line->loop, &line->in, in);
		loop_change(line->loop, &line->out, out);
	} else {
		loop_change(line->loop, &line->in, in | out);
	}
}

uint64_t
line_settle(struct line *line, uint64_t now_ms)
{
	bool moved;

	do {
		terminal_poll(&line->terminal, now_ms);
		moved = line_feed(line, now_ms);
		moved = line_write(line) || moved;
	} while (moved && !line->broken);
	line_watch(line);
	return line->terminal.deadline_ms;
}

bool
line_drained(const struct line *line)
{
	int unread = 0;
	int fd;

	if (terminal_output(&line->terminal).len > 0)
		return false;
	if (line->kind != LINE_PTY || pty_absent(line))
		return true;
	/* What a host has not read is lost when the master closes. */
	fd = open(line->slave, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return true;
	if (ioctl(fd, FIONREAD, &unread) != 0)
		unread = 0;
	(void)close(fd);
	return unread == 0;
}

bool
line_ended(const struct line *line)
{
	if (line->broken)
		return true;
	return line->eof && line->pos >= line->len &&
	       terminal_idle(&line->terminal);
}

/* --- making and closing --- */

static void
on_ready(struct loop_source *source, uint32_t events)
{
	struct line *line = source->owner;
	bool end = (events & (EPOLLERR | EPOLLHUP)) != 0;

	if ((events & EPOLLIN) != 0 && source == &line->in)
		line_read(line);
	else if (end && line->kind == LINE_STDIO && source == &line->in)
		line_read(line); /* the end of a pipe, or what is left in it */
	else if (end)
		line->broken = true;
	if (line->eof && line->kind == LINE_STDIO)
		loop_remove(line->loop, &line->in);
}

/* Allocates a line without descriptors. */
static struct line *
line_new(const struct line_config *config, enum line_kind kind)
{
	struct line *line = calloc(1, sizeof(*line));

	if (line == NULL)
		return NULL;
	line->kind = kind;
	line->loop = config->loop;
	line->in.fd = -1;
	line->out.fd = -1;
	line->slave_fd = -1;
	line->in.owner = line;
	line->out.owner = line;
	line->in.on_ready = on_ready;
	line->out.on_ready = on_ready;
	terminal_init(
	    &line->terminal, config->name, config->module, config->idle_ms);
	return line;
}

enum err
line_new_tcp(const struct line_config *config, int fd, struct line **ret_line)
{
	struct line *line = line_new(config, LINE_TCP);
	int one = 1;
	enum err err;

	if (line == NULL)
		return ERR_NOMEM;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	line->in.fd = fd;
	line->out.fd = fd;
	line->in.events = EPOLLIN;
	err = loop_add(line->loop, &line->in);
	if (err != ERR_OK) {
		line->in.fd = -1; /* it stays the caller's */
		line->out.fd = -1;
		line_free(line);
		return err;
	}
	*ret_line = line;
	return ERR_OK;
}

/* Keys one by one and Enter as CR, where standard input is a screen. */
static void
stdio_raw(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &stdio_before.termios) != 0)
		return;
	raw = stdio_before.termios;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0)
		stdio_before.has_termios = true;
}

static void
stdio_restore(void)
{
	int fd;

	if (stdio_before.has_termios)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &stdio_before.termios);
	/* Backwards: both may be one screen, whose flags 0 found first. */
	for (fd = 1; fd >= 0; fd--) {
		if (stdio_before.flags[fd] >= 0)
			(void)fcntl(fd, F_SETFL, stdio_before.flags[fd]);
	}
}

static enum err
stdio_open(struct line *line)
{
	enum err err = nonblock_set(STDIN_FILENO, &stdio_before.flags[0]);

	if (err == ERR_OK)
		err = nonblock_set(STDOUT_FILENO, &stdio_before.flags[1]);
	if (err != ERR_OK)
		return err;
	stdio_raw();
	line->in.fd = STDIN_FILENO;
	line->out.fd = STDOUT_FILENO;
	line->in.events = EPOLLIN;
	err = loop_add(line->loop, &line->in);
	if (err == ERR_OK && loop_add(line->loop, &line->out) != ERR_OK)
		line->out.added = false; /* a regular file never waits */
	return err;
}

enum err
line_new_stdio(const struct line_config *config, struct line **ret_line)
{
	struct line *line = line_new(config, LINE_STDIO);
	enum err err;

	if (line == NULL)
		return ERR_NOMEM;
	line->terminal.lf_ends = true;
	err = stdio_open(line);
	if (err != ERR_OK) {
		line_free(line);
		return err;
	}
	*ret_line = line;
	return ERR_OK;
}

/* --- the pseudo-terminal --- */

/* Opens the slave for ourselves, without any processing of bytes. */
static int
slave_open(const char *path)
{
	struct termios raw;
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &raw) == 0) {
		cfmakeraw(&raw);
		(void)tcsetattr(fd, TCSANOW, &raw);
	}
	return fd;
}

static void
on_pty_ready(struct loop_source *source, uint32_t events)
{
	struct line *line = source->owner;

	if ((events & EPOLLIN) != 0) {
		line_read(line);
		if (line->slave_fd >= 0) {
			(void)close(line->slave_fd);
			line->slave_fd = -1;
		}
		return;
	}
	if ((events & EPOLLHUP) == 0)
		return;
	terminal_hangup(&line->terminal);
	line->pos = line->len;
	line->slave_fd = slave_open(line->slave);
	if (line->slave_fd < 0)
		line->broken = true;
	else
		(void)tcflush(line->slave_fd, TCIFLUSH);
}

/* Puts a symbolic link at path; an older link there makes place. */
static enum err
link_make(const char *target, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0) {
		if (!S_ISLNK(st.st_mode))
			return ERR_EXISTS;
		if (unlink(path) != 0)
			return ERR_IO;
	}
	return symlink(target, path) == 0 ? ERR_OK : ERR_IO;
}

/* Removes the link, if it is still ours. */
static void
link_remove(const struct line *line)
{
	char target[sizeof(line->slave)];
	ssize_t len = readlink(line->link, target, sizeof(target));

	if (len > 0 && (size_t)len == strlen(line->slave) &&
	    memcmp(target, line->slave, (size_t)len) == 0)
		(void)unlink(line->link);
}

static enum err
pty_open(struct line *line)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return ERR_IO;
	line->in.fd = fd;
	line->out.fd = fd;
	if (grantpt(fd) != 0 || unlockpt(fd) != 0 ||
	    ptsname_r(fd, line->slave, sizeof(line->slave)) != 0)
		return ERR_IO;
	line->slave_fd = slave_open(line->slave);
	return line->slave_fd < 0 ? ERR_IO : ERR_OK;
}

enum err
line_new_pty(
    const struct line_config *config, const char *link, struct line **ret_line)
{
	struct line *line = line_new(config, LINE_PTY);
	enum err err;

	if (line == NULL)
		return ERR_NOMEM;
	line->in.on_ready = on_pty_ready;
	line->in.events = EPOLLIN;
	err = pty_open(line);
	if (err == ERR_OK)
		err = link_make(line->slave, link);
	if (err == ERR_OK) {
		line->link = link;
		err = loop_add(line->loop, &line->in);
	}
	if (err != ERR_OK) {
		line_free(line);
		return err;
	}
	*ret_line = line;
	return ERR_OK;
}

void
line_free(struct line *line)
{
	loop_remove(line->loop, &line->in);
	loop_remove(line->loop, &line->out);
	if (line->link != NULL)
		link_remove(line);
	if (line->slave_fd >= 0)
		(void)close(line->slave_fd);
	if (line->kind == LINE_STDIO)
		stdio_restore();
	else if (line->in.fd >= 0)
		(void)close(line->in.fd);
	terminal_done(&line->terminal);
	wipe(line, sizeof(*line));
	free(line);
}
