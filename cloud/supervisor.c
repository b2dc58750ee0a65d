/*
 * One loop over three things: signals, what children say, and the time to
 * start one again. Both ends of the socket pairs stay open here, so that a
 * child that is started anew finds its end as the dead one left it.
 */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backoff.h"
#include "base/limits.h"
#include "cloud/address.h"
#include "cloud/log.h"
#include "cloud/process.h"
#include "file/file.h"

#define STOP_TIMEOUT_MS 10000
#define LOCK_WAIT_MS 5000
#define SOCKET_BUFFER (1 << 20)

enum child_id { CHILD_KEYS, CHILD_DEVICES, CHILD_API, CHILD_COUNT };

static const struct {
	const char *name; /* in the log and the process list */
	int (*main)(const struct process *p);
} kinds[CHILD_COUNT] = {
    [CHILD_KEYS] = {"keys", keys_main},
    [CHILD_DEVICES] = {"devices", devices_main},
    [CHILD_API] = {"api", api_main},
};

struct child {
	pid_t pid; /* 0: not running */
	int notify_fd; /* -1: none */
	bool ready;
	bool was_ready; /* since the daemon was started */
	char address[ADDRESS_TEXT_MAX]; /* empty: has none */
	int64_t started_ms;
	int64_t start_at_ms; /* when to start it again */
	struct backoff backoff;
	char status[32]; /* how it ended the last time */
};

/* Ends of the pairs. */
enum { DEVICES_ASKER, DEVICES_KEYS, API_ASKER, API_KEYS, END_COUNT };

struct supervisor {
	struct config config;
	struct child children[CHILD_COUNT];
	int ends[END_COUNT];
	int signal_fd;
	bool said_ready;
	bool failed;
	bool stop;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static char *
data_path(const struct supervisor *s, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", s->config.data, name) < 0 ? NULL : path;
}

/* --- start: directory, lock, socket pairs, signals --- */

/* The children of a daemon that was killed take a moment to follow it. */
static bool
lock_wait(int fd)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	int64_t deadline = now_ms() + LOCK_WAIT_MS;

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (now_ms() >= deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/*
 * The lock is held by the open file, which the children share: the directory
 * is free again when the last process of the daemon has gone.
 */
static enum err
lock_data(const struct supervisor *s)
{
	char *path = data_path(s, "lock");
	int fd;

	if (path == NULL)
		return ERR_NOMEM;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(path);
	if (fd < 0) {
		log_error("lock-failed", log_text("data", s->config.data),
		    log_errno(errno));
		return ERR_IO;
	}
	if (!lock_wait(fd)) {
		log_error("data-in-use", log_text("data", s->config.data),
		    log_text("error", "another holdfastd holds its lock"));
		close(fd);
		return ERR_EXISTS;
	}
	return ERR_OK;
}

static enum err
make_dir(const char *path)
{
	if (path != NULL && file_make_dir(path) == ERR_OK)
		return ERR_OK;
	log_error("data-failed", log_text("directory", path), log_errno(errno));
	return ERR_IO;
}

/*
 * Makes the directory of a file, and says where it really is: free it.
 * NULL, and it is logged, when it cannot be.
 */
static char *
make_dir_of(const char *file)
{
	char *dir = file_dirname(file), *real = NULL;

	if (make_dir(dir) == ERR_OK)
		real = realpath(dir, NULL);
	free(dir);
	return real;
}

/* Whether a directory is another or lies in it; both as realpath says. */
static bool
dir_within(const char *dir, const char *outer)
{
	size_t len = strlen(outer);

	if (len == 1)
		return true; /* the root */
	return strncmp(dir, outer, len) == 0 &&
	       (dir[len] == '\0' || dir[len] == '/');
}

/*
 * The data directory, the keys' and the database's: nobody can make one
 * later. Everything below the database's is open to devices and api.
 */
static enum err
make_data(const struct supervisor *s)
{
	char *keys = NULL, *database = NULL;
	enum err err = make_dir(s->config.data);

	if (err == ERR_OK) {
		keys = make_dir_of(s->config.key_file);
		database = make_dir_of(s->config.database);
		if (keys == NULL || database == NULL)
			err = ERR_IO;
	}
	if (err == ERR_OK && dir_within(keys, database)) {
		log_error("keys-exposed", log_text("keys", keys),
		    log_text("database", database),
		    log_text("why", "the keys lie in the database's directory,"
				    " which every process may read"));
		err = ERR_DENIED;
	}
	free(keys);
	free(database);
	return err;
}

static enum err
make_pair(int *ret_ends)
{
	int size = SOCKET_BUFFER, i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends) !=
	    0)
		return ERR_IO;
	/* As much as the system gives: it may cap it. */
	for (i = 0; i < 2; i++)
		if (setsockopt(ret_ends[i], SOL_SOCKET, SO_SNDBUF, &size,
			sizeof(size)) != 0)
			return ERR_IO;
	return ERR_OK;
}

static enum err
block_signals(struct supervisor *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return ERR_IO;
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd < 0 ? ERR_IO : ERR_OK;
}

static enum err
supervisor_init(struct supervisor *s, const struct config *config)
{
	enum err err;
	size_t i;

	memset(s, 0, sizeof(*s));
	s->config = *config;
	for (i = 0; i < CHILD_COUNT; i++)
		s->children[i].notify_fd = -1;
	err = make_data(s);
	if (err == ERR_OK)
		err = lock_data(s);
	if (err != ERR_OK)
		return err;
	err = make_pair(&s->ends[DEVICES_ASKER]);
	if (err == ERR_OK)
		err = make_pair(&s->ends[API_ASKER]);
	if (err == ERR_OK)
		err = block_signals(s);
	if (err != ERR_OK)
		log_error("start-failed", log_errno(errno));
	return err;
}

/* --- a child --- */

/* A signalfd for SIGTERM alone, and everything else as a child needs it. */
static int
child_signals(void)
{
	sigset_t set;

	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Closes what belongs to the supervisor or to another child. */
static void
child_close(struct supervisor *s, enum child_id id)
{
	size_t i;

	close(s->signal_fd);
	for (i = 0; i < CHILD_COUNT; i++)
		if (s->children[i].notify_fd >= 0)
			close(s->children[i].notify_fd);
	if (id != CHILD_KEYS) {
		close(s->ends[DEVICES_KEYS]);
		close(s->ends[API_KEYS]);
	}
	if (id != CHILD_DEVICES)
		close(s->ends[DEVICES_ASKER]);
	if (id != CHILD_API)
		close(s->ends[API_ASKER]);
}

_Noreturn static void
child_run(struct supervisor *s, enum child_id id, int notify_fd, pid_t parent)
{
	struct process p = {.config = &s->config, .notify_fd = notify_fd};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	prctl(PR_SET_NAME, kinds[id].name);
	log_init(kinds[id].name);
	child_close(s, id);
	p.stop_fd = child_signals();
	if (p.stop_fd < 0)
		_exit(1);
	p.keys_fd =
	    id == CHILD_DEVICES ? s->ends[DEVICES_ASKER] : s->ends[API_ASKER];
	p.devices_fd = s->ends[DEVICES_KEYS];
	p.api_fd = s->ends[API_KEYS];
	exit(kinds[id].main(&p));
}

static void
child_start(struct supervisor *s, enum child_id id)
{
	struct child *c = &s->children[id];
	pid_t parent = getpid();
	int fds[2];

	c->started_ms = now_ms();
	if (pipe2(fds, O_CLOEXEC) != 0) {
		log_error("fork-failed", log_text("name", kinds[id].name),
		    log_errno(errno));
		c->start_at_ms = c->started_ms + BACKOFF_MAX_MS;
		return;
	}
	c->pid = fork();
	if (c->pid == 0) {
		close(fds[0]);
		child_run(s, id, fds[1], parent);
	}
	close(fds[1]);
	c->notify_fd = fds[0];
	if (c->pid > 0)
		return;
	log_error(
	    "fork-failed", log_text("name", kinds[id].name), log_errno(errno));
	close(c->notify_fd);
	c->notify_fd = -1;
	c->pid = 0;
	c->start_at_ms = c->started_ms + BACKOFF_MAX_MS;
}

/* --- what children say --- */

/* Writes DATA/endpoints: where to reach the daemon that runs now. */
static void
write_endpoints(struct supervisor *s)
{
	char text[256];
	char *path = data_path(s, "endpoints");
	int len = snprintf(text, sizeof(text), "api=%s\ndevices=%s\npid=%ld\n",
	    s->children[CHILD_API].address, s->children[CHILD_DEVICES].address,
	    (long)getpid());

	if (path == NULL ||
	    file_replace(path, bytes_make(text, (size_t)len), 0600) != ERR_OK)
		log_error("endpoints-failed", log_errno(errno));
	free(path);
}

static void
remove_endpoints(const struct supervisor *s)
{
	char *path = data_path(s, "endpoints");

	if (path != NULL)
		unlink(path);
	free(path);
}

/* The keys stand first; the others start when keys serves. */
static void
after_ready(struct supervisor *s)
{
	const struct child *c = s->children;

	if (s->said_ready || s->stop)
		return;
	if (!c[CHILD_DEVICES].was_ready && c[CHILD_DEVICES].pid == 0 &&
	    c[CHILD_DEVICES].start_at_ms == 0) {
		child_start(s, CHILD_DEVICES);
		child_start(s, CHILD_API);
		return;
	}
	if (!c[CHILD_DEVICES].was_ready || !c[CHILD_API].was_ready)
		return;
	s->said_ready = true;
	write_endpoints(s);
	log_info("ready", log_text("api", c[CHILD_API].address),
	    log_text("devices", c[CHILD_DEVICES].address));
}

/* Takes "ready" or "ready NAME=ADDRESS". */
static void
child_said(struct supervisor *s, enum child_id id, char *line)
{
	struct child *c = &s->children[id];
	const char *equals = strchr(line, '=');

	if (strncmp(line, "ready", 5) != 0)
		return;
	if (equals != NULL && strlen(equals + 1) < sizeof(c->address))
		memcpy(c->address, equals + 1, strlen(equals + 1) + 1);
	if (c->address[0] != '\0' && id == CHILD_DEVICES)
		s->config.devices_listen = c->address;
	if (c->address[0] != '\0' && id == CHILD_API)
		s->config.api_listen = c->address;
	c->ready = true;
	c->was_ready = true;
	after_ready(s);
}

static void
child_read(struct supervisor *s, enum child_id id)
{
	struct child *c = &s->children[id];
	char line[128];
	ssize_t n = read(c->notify_fd, line, sizeof(line) - 1);

	if (n <= 0) {
		/* It is gone, or says no more: the signal tells. */
		close(c->notify_fd);
		c->notify_fd = -1;
		return;
	}
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	child_said(s, id, line);
}

/* --- deaths --- */

static void
child_note_status(struct child *c, int status)
{
	if (WIFSIGNALED(status))
		snprintf(c->status, sizeof(c->status), "signal %d",
		    WTERMSIG(status));
	else
		snprintf(c->status, sizeof(c->status), "exit %d",
		    WEXITSTATUS(status));
}

static void
child_restart(struct supervisor *s, enum child_id id)
{
	child_start(s, id);
	log_warn("child-restarted", log_text("name", kinds[id].name),
	    log_int("pid", s->children[id].pid),
	    log_text("status", s->children[id].status));
}

static void
child_died(struct supervisor *s, enum child_id id, int status)
{
	struct child *c = &s->children[id];
	pid_t pid = c->pid;

	c->pid = 0;
	c->ready = false;
	if (c->notify_fd >= 0)
		close(c->notify_fd);
	c->notify_fd = -1;
	if (s->stop)
		return;
	child_note_status(c, status);
	if (!c->was_ready && WIFEXITED(status)) {
		log_error("start-failed", log_text("name", kinds[id].name),
		    log_int("pid", pid), log_text("status", c->status));
		s->failed = true;
		s->stop = true;
		return;
	}
	log_warn("child-died", log_text("name", kinds[id].name),
	    log_int("pid", pid), log_text("status", c->status));
	c->start_at_ms =
	    now_ms() + backoff_after(&c->backoff, now_ms() - c->started_ms);
	if (c->start_at_ms <= now_ms())
		child_restart(s, id);
}

static void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < CHILD_COUNT; i++)
			if (s->children[i].pid == pid)
				child_died(s, (enum child_id)i, status);
}

static void
read_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (
	    read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(s);
		else
			s->stop = true;
	}
}

/* --- the loop --- */

/* Starts those whose time has come; returns how long to wait, or -1. */
static int
start_due(struct supervisor *s)
{
	int64_t now = now_ms(), wait = -1;
	size_t i;

	for (i = 0; i < CHILD_COUNT; i++) {
		struct child *c = &s->children[i];

		if (c->pid != 0 || c->start_at_ms == 0)
			continue;
		if (c->start_at_ms <= now) {
			child_restart(s, (enum child_id)i);
		} else if (wait < 0 || c->start_at_ms - now < wait) {
			wait = c->start_at_ms - now;
		}
	}
	return (int)wait;
}

static void
turn(struct supervisor *s, int timeout_ms)
{
	struct pollfd fds[1 + CHILD_COUNT];
	size_t i;

	fds[0] = (struct pollfd){.fd = s->signal_fd, .events = POLLIN};
	for (i = 0; i < CHILD_COUNT; i++)
		fds[1 + i] = (struct pollfd){
		    .fd = s->children[i].notify_fd, .events = POLLIN};
	if (poll(fds, ARRAY_LEN(fds), timeout_ms) < 0)
		return;
	/* First what a child said, then that it died. */
	for (i = 0; i < CHILD_COUNT; i++)
		if (fds[1 + i].revents != 0)
			child_read(s, (enum child_id)i);
	if (fds[0].revents != 0)
		read_signals(s);
}

/* Asks a child to end and waits for it; one that does not is killed. */
static void
child_stop(struct supervisor *s, enum child_id id)
{
	struct child *c = &s->children[id];
	int64_t deadline = now_ms() + STOP_TIMEOUT_MS;

	if (c->pid > 0)
		kill(c->pid, SIGTERM);
	while (c->pid > 0) {
		int64_t left = deadline - now_ms();

		if (left <= 0) {
			log_warn("child-killed",
			    log_text("name", kinds[id].name),
			    log_int("pid", c->pid));
			kill(c->pid, SIGKILL);
			left = STOP_TIMEOUT_MS;
		}
		turn(s, (int)left);
	}
}

int
supervisor_run(const struct config *config)
{
	struct supervisor s;

	if (supervisor_init(&s, config) != ERR_OK)
		return 1;
	log_info(
	    "start", log_int("pid", getpid()), log_text("data", config->data));
	child_start(&s, CHILD_KEYS);
	while (!s.stop)
		turn(&s, start_due(&s));
	/* Who asks for keys goes before the keys. */
	child_stop(&s, CHILD_API);
	child_stop(&s, CHILD_DEVICES);
	child_stop(&s, CHILD_KEYS);
	remove_endpoints(&s);
	log_info("stop", log_int("status", s.failed ? 1 : 0));
	return s.failed ? 1 : 0;
}
