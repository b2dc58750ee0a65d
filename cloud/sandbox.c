/*
 * Landlock says which files, seccomp which system calls. Both are lists of
 * what is allowed: what nobody thought of is refused.
 *
 * The kernel's header of Debian 12 is older than the kernels this runs on,
 * so what is newer in Landlock's interface is written down here.
 */
#include "cloud/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"
#include "file/file.h"
#include "cloud/log.h"

/* Landlock beyond Debian 12's header. Spec: Landlock's user space API. */
#define FS_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define NET_BIND_TCP (UINT64_C(1) << 0) /* ABI 4 */
#define NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0) /* ABI 6 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

#define FS_ABI_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* What a database does in its directory: no links, devices or sockets. */
#define FS_WRITE                                                               \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |                             \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |     \
	    FS_TRUNCATE)
/* Rights that a rule on a file, not a directory, may have. */
#define FS_OF_FILES                                                            \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |          \
	    LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

/* All that this kernel can take away. */
static struct ruleset
ruleset_of_abi(long abi)
{
	struct ruleset r = {.fs = FS_ABI_1};

	if (abi >= 2)
		r.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		r.fs |= FS_TRUNCATE;
	if (abi >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (abi >= 4)
		r.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (abi >= 6)
		r.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	return r;
}

/* How much of the structure a kernel of this ABI knows. */
static size_t
ruleset_size(long abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? offsetof(struct ruleset, scoped)
			: offsetof(struct ruleset, net);
}

/* Allows rights beneath a path; one that does not exist needs no rule. */
static enum err
allow_path(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = rights};
	enum err err = ERR_OK;
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT ? ERR_OK : ERR_IO;
	if (fstat(rule.parent_fd, &st) != 0)
		err = ERR_IO;
	else if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILES;
	if (err == ERR_OK && syscall(SYS_landlock_add_rule, ruleset,
				 LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		err = ERR_IO;
	close(rule.parent_fd);
	return err;
}

static enum err
allow_paths(int ruleset, const char *const *paths, uint64_t rights)
{
	enum err err = ERR_OK;

	for (; *paths != NULL && err == ERR_OK; paths++)
		err = allow_path(ruleset, *paths, rights);
	return err;
}

static enum err
restrict_files(const struct sandbox *s)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r;
	enum err err;
	int fd;

	if (abi < 1) {
		log_warn("no-landlock", log_errno(errno));
		return ERR_OK;
	}
	r = ruleset_of_abi(abi);
	fd =
	    (int)syscall(SYS_landlock_create_ruleset, &r, ruleset_size(abi), 0);
	if (fd < 0)
		return ERR_IO;
	err = allow_paths(fd, s->readable, FS_READ & r.fs);
	if (err == ERR_OK)
		err = allow_paths(fd, s->writable, FS_WRITE & r.fs);
	if (err == ERR_OK && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		err = ERR_IO;
	close(fd);
	return err;
}

/* What every process needs: descriptors that it has, memory, time, an end. */
static const char *const calls_common[] = {"brk", "clock_getres",
    "clock_gettime", "clock_nanosleep", "close", "epoll_ctl", "epoll_pwait",
    "epoll_pwait2", "epoll_wait", "exit", "exit_group", "futex", "getpid",
    "getppid", "getrandom", "gettid", "gettimeofday", "madvise", "mremap",
    "munmap", "nanosleep", "poll", "ppoll", "read", "readv", "recvfrom",
    "recvmsg", "restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sched_yield", "sendmsg", "sendto", "set_robust_list",
    "sigaltstack", "time", "write", "writev"};

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
    "unlink", "unlinkat"};

/* The names of one architecture may be unknown on another: passed over. */
static int
allow_calls(scmp_filter_ctx ctx, const char *const *names, size_t count)
{
	int bad = 0, nr;
	size_t i;

	for (i = 0; i < count && bad == 0; i++) {
		nr = seccomp_syscall_resolve_name(names[i]);
		if (nr != __NR_SCMP_ERROR)
			bad = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	}
	return bad;
}

/* A condition on an argument: of the bits of mask, those of value are set. */
static struct scmp_arg_cmp
argument(unsigned number, uint64_t mask, uint64_t value)
{
	struct scmp_arg_cmp c = {.arg = number,
	    .op = SCMP_CMP_MASKED_EQ,
	    .datum_a = mask,
	    .datum_b = value};

	return c;
}

/* Allows a call when one argument fits; further rules allow more. */
static int
allow_if(scmp_filter_ctx ctx, int call, struct scmp_arg_cmp condition)
{
	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, 1, &condition);
}

/* Memory that can never be executed; only servers map files (SQLite). */
static int
allow_memory(scmp_filter_ctx ctx, enum sandbox_calls calls)
{
	const struct scmp_arg_cmp map[] = {argument(2, PROT_EXEC, 0),
	    argument(3, MAP_ANONYMOUS, MAP_ANONYMOUS)};
	unsigned conditions = calls == SANDBOX_CALLS_KEYS ? 2 : 1;
	int bad;

	bad = allow_if(ctx, SCMP_SYS(mprotect), argument(2, PROT_EXEC, 0));
	if (bad != 0)
		return bad;
	return seccomp_rule_add_array(
	    ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), conditions, map);
}

#define WHOLE UINT64_MAX /* all bits of an argument */
#define WHOLE_INT UINT32_MAX /* the half of it that an int has */

/* Calls of which only a part is harmless. */
static int
allow_parts(scmp_filter_ctx ctx)
{
	int bad;

	/* abort() ends the process itself and reaches nobody else. */
	bad = allow_if(
	    ctx, SCMP_SYS(tgkill), argument(0, WHOLE_INT, (uint64_t)getpid()));
	if (bad != 0)
		return bad;
	return allow_if(
	    ctx, SCMP_SYS(prctl), argument(0, WHOLE_INT, PR_GET_SECCOMP));
}

static int
allow_server_parts(scmp_filter_ctx ctx)
{
	int bad;

	bad =
	    allow_if(ctx, SCMP_SYS(prctl), argument(0, WHOLE_INT, PR_SET_NAME));
	/* Limits may be read, not set. */
	if (bad == 0)
		bad = allow_if(ctx, SCMP_SYS(prlimit64), argument(2, WHOLE, 0));
	/*
	 * Threads, no processes. clone3 hides its flags from us: ENOSYS makes
	 * the C library fall back on clone.
	 */
	if (bad == 0)
		bad = allow_if(ctx, SCMP_SYS(clone),
		    argument(0, CLONE_THREAD, CLONE_THREAD));
	if (bad == 0)
		bad = seccomp_rule_add(
		    ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return bad;
}

static enum err
restrict_calls(const struct sandbox *s)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int bad;

	if (ctx == NULL)
		return ERR_NOMEM;
	bad = allow_calls(ctx, calls_common, ARRAY_LEN(calls_common));
	if (bad == 0 && s->calls == SANDBOX_CALLS_SERVER)
		bad = allow_calls(ctx, calls_server, ARRAY_LEN(calls_server));
	if (bad == 0)
		bad = allow_memory(ctx, s->calls);
	if (bad == 0)
		bad = allow_parts(ctx);
	if (bad == 0 && s->calls == SANDBOX_CALLS_SERVER)
		bad = allow_server_parts(ctx);
	if (bad == 0)
		bad = seccomp_load(ctx);
	seccomp_release(ctx);
	if (bad != 0) {
		errno = -bad;
		return ERR_IO;
	}
	return ERR_OK;
}

enum err
sandbox_enter(const struct sandbox *sandbox)
{
	struct rlimit no_core = {0, 0};
	enum err err;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &no_core) != 0)
		return ERR_IO;
	err = restrict_files(sandbox);
	if (err != ERR_OK)
		return err;
	return restrict_calls(sandbox);
}

enum err
sandbox_keys(void)
{
	static const char *const none[] = {NULL};
	const struct sandbox s = {SANDBOX_CALLS_KEYS, none, none};

	return sandbox_enter(&s);
}

/* The directory of the database, and the system's random bytes. */
static enum err
sandbox_server(const struct config *config)
{
	static const char *const readable[] = {"/dev/urandom", NULL};
	const char *writable[] = {NULL, NULL};
	const struct sandbox s = {SANDBOX_CALLS_SERVER, readable, writable};
	char *dir = file_dirname(config->database);
	enum err err;

	if (dir == NULL)
		return ERR_NOMEM;
	writable[0] = dir;
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
