/*
 * Landlock says which files, seccomp which system calls. Both are lists of
 * what is allowed: what nobody thought of is refused.
 */
#include "cloud/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cloud/log.h"
#include "file/file.h"
#include "sandbox/calls.h"
#include "sandbox/files.h"

/* What every process needs: descriptors that it has, time, an end. */
static const char *const calls_common[] = {"clock_getres", "clock_gettime",
    "clock_nanosleep", "close", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
    "epoll_wait", "exit", "exit_group", "futex", "getpid", "getppid",
    "getrandom", "gettid", "gettimeofday", "nanosleep", "poll", "ppoll", "read",
    "readv", "recvfrom", "recvmsg", "restart_syscall", "rseq", "rt_sigaction",
    "rt_sigprocmask", "rt_sigreturn", "sched_yield", "sendmsg", "sendto",
    "set_robust_list", "sigaltstack", "time", "write", "writev", NULL};

/* What SQLite, libmicrohttpd and the C library's threads need besides. */
static const char *const calls_server[] = {"accept", "accept4", "access", "dup",
    "epoll_create", "epoll_create1", "eventfd2", "faccessat", "faccessat2",
    "fallocate", "fchmod", "fchown", "fcntl", "fdatasync", "flock", "fstat",
    "fstatfs", "fsync", "ftruncate", "getcwd", "getdents64", "getegid",
    "geteuid", "getgid", "getpeername", "getrlimit", "getrusage", "getsockname",
    "getsockopt", "getuid", "lseek", "lstat", "membarrier", "mkdir", "mlock",
    "munlock", "newfstatat", "open", "openat", "pipe2", "pread64", "pselect6",
    "pwrite64", "readlink", "recvmmsg", "rename", "renameat", "renameat2",
    "sched_getaffinity", "select", "sendfile", "sendmmsg", "setsockopt",
    "shutdown", "signalfd4", "stat", "statfs", "statx", "sync_file_range",
    "sysinfo", "timerfd_create", "timerfd_gettime", "timerfd_settime", "uname",
    "unlink", "unlinkat", NULL};

/* What a process keeps. */
struct sandbox {
	bool server; /* files, sockets that exist, threads */
	const struct sandbox_place *places;
	size_t count;
};

static enum err
restrict_files(const struct sandbox *s)
{
	enum err err = sandbox_files(s->places, s->count, 0);

	if (err != ERR_UNSUPPORTED && err != ERR_DENIED)
		return err;
	log_warn("no-landlock", log_errno(errno));
	return ERR_OK;
}

/* Of some calls only a part is harmless. */
static void
allow_server(struct sandbox_calls *calls)
{
	static const char *const hidden[] = {"clone3", NULL};

	sandbox_allow(calls, calls_server);
	sandbox_allow_if(calls, "prctl", 0, SANDBOX_WHOLE_INT, PR_SET_NAME);
	/* Limits may be read, not set. */
	sandbox_allow_if(calls, "prlimit64", 2, UINT64_MAX, 0);
	/*
	 * Threads, no processes. clone3 hides its flags from us: ENOSYS makes
	 * the C library fall back on clone.
	 */
	sandbox_allow_if(calls, "clone", 0, CLONE_THREAD, CLONE_THREAD);
	sandbox_refuse(calls, hidden, ENOSYS);
}

static enum err
restrict_calls(const struct sandbox *s)
{
	struct sandbox_calls calls;

	sandbox_calls_none(&calls);
	sandbox_allow(&calls, calls_common);
	sandbox_allow_memory(&calls, s->server); /* SQLite maps files */
	sandbox_allow_own_signals(&calls);
	sandbox_allow_if(&calls, "prctl", 0, SANDBOX_WHOLE_INT, PR_GET_SECCOMP);
	if (s->server)
		allow_server(&calls);
	return sandbox_calls_enter(&calls);
}

static enum err
sandbox_enter(const struct sandbox *s)
{
	struct rlimit no_core = {0, 0};
	enum err err;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &no_core) != 0)
		return ERR_IO;
	err = restrict_files(s);
	return err == ERR_OK ? restrict_calls(s) : err;
}

enum err
sandbox_keys(void)
{
	const struct sandbox s = {.server = false};

	return sandbox_enter(&s);
}

/* The directory of the database, and the system's random bytes. */
static enum err
sandbox_server(const struct config *config)
{
	char *dir = file_dirname(config->database);
	const struct sandbox_place places[] = {
	    {.path = "/dev/urandom"}, {.path = dir, .writable = true}};
	const struct sandbox s = {true, places, ARRAY_LEN(places)};
	enum err err;

	if (dir == NULL)
		return ERR_NOMEM;
	err = sandbox_enter(&s);
	free(dir);
	return err;
}

enum err
sandbox_devices(const struct config *config)
{
	return sandbox_server(config);
}

enum err
sandbox_api(const struct config *config)
{
	return sandbox_server(config);
}
