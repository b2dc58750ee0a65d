/*
 * Files can be opened relative to the one directory alone, and where the
 * kernel has Landlock nothing outside it even with a path that begins with a
 * slash.
 */
#include "tee_sandbox.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "sandbox/calls.h"
#include "sandbox/files.h"

static const char *const plain[] = {
    /* the socket and files that are open */
    "read", "write", "sendmsg", "recvmsg", "poll", "ppoll", "close", "fsync",
    "fdatasync", "fstat", "lseek", "fcntl", "ftruncate", "shutdown",
    /* memory that answers travel in, and that is not swapped */
    "memfd_create", "mlock", "munlock",
    /* time, random, threads' locks, the end */
    "clock_gettime", "clock_nanosleep", "getrandom", "futex", "getpid",
    "gettid", "rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "sigaltstack",
    "restart_syscall", "exit", "exit_group", NULL};

/* Calls that name files: relative to the directory alone. */
static const char *const relative[] = {
    "openat", "renameat", "renameat2", "unlinkat", NULL};

static enum err
dumps_forbid(void)
{
	struct rlimit none = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return ERR_IO;
	return ERR_OK;
}

/*
 * Kernels without Landlock are left to seccomp. That alone takes signals, for
 * holdfast-tpm is outside and dies with this process.
 */
static enum err
files_restrict(int dir_fd)
{
	struct sandbox_place own = {.fd = dir_fd, .writable = true};
	enum err err = sandbox_files(&own, 1, SANDBOX_SIGNALS);

	return err == ERR_UNSUPPORTED ? ERR_OK : err;
}

static enum err
calls_restrict(int dir_fd)
{
	struct sandbox_calls calls;
	const char *const *name;

	sandbox_calls_none(&calls);
	sandbox_allow(&calls, plain);
	sandbox_allow_memory(&calls, true);
	sandbox_allow_own_signals(&calls);
	for (name = relative; *name != NULL; name++)
		sandbox_allow_if(
		    &calls, *name, 0, SANDBOX_WHOLE_INT, (uint32_t)dir_fd);
	/* fstat in today's C library. */
	sandbox_allow_if(
	    &calls, "newfstatat", 3, SANDBOX_WHOLE_INT, AT_EMPTY_PATH);
	return sandbox_calls_enter(&calls);
}

enum err
tee_sandbox(int dir_fd)
{
	enum err err = dumps_forbid();

	if (err == ERR_OK)
		err = files_restrict(dir_fd);
	if (err == ERR_OK)
		err = calls_restrict(dir_fd);
	return err;
}
