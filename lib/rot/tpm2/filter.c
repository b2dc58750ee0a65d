/*
 * What is left to holdfast-tpm once its TCTI is connected. A device file is
 * open by then: reading and writing it is all. The TCTIs of swtpm and mssim
 * connect anew, for every command even, and may look up a name for it, whose
 * files they read; Landlock says which. What any other TCTI needs nobody
 * knows here: it loses what none has a use for.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"
#include "sandbox/calls.h"
#include "sandbox/files.h"

enum tcti_kind { TCTI_DEVICE, TCTI_SOCKET, TCTI_OTHER };

static const char *const common_calls[] = {
    /* what is open */
    "read", "write", "poll", "ppoll", "close", "fstat", "lseek", "fcntl",
    /* time, random, locks, the end */
    "clock_gettime", "clock_nanosleep", "getrandom", "futex", "getpid",
    "gettid", "rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "sigaltstack",
    "restart_syscall", "exit", "exit_group", NULL};

static const char *const socket_calls[] = {"socket", "connect", "bind",
    "shutdown", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg",
    "getsockname", "getpeername", "getsockopt", "setsockopt", "uname",
    "newfstatat", NULL};

/* Other programs, other processes' memory, and the system itself. */
static const char *const forbidden_calls[] = {"execve", "execveat", "ptrace",
    "process_vm_readv", "process_vm_writev", "open_by_handle_at", "mount",
    "umount2", "pivot_root", "chroot", "setns", "unshare", "init_module",
    "finit_module", "kexec_load", "bpf", "perf_event_open", "userfaultfd",
    "keyctl", "add_key", "request_key", NULL};

/* What resolvers read: some lead on to /run. */
static const struct sandbox_place name_folders[] = {
    {.path = "/etc"}, {.path = "/run"}};

static bool
is_named(const char *tcti, const char *name)
{
	size_t len = strlen(name);

	return strncmp(tcti, name, len) == 0 &&
	       (tcti[len] == ':' || tcti[len] == 0);
}

static enum tcti_kind
kind_of(const char *tcti)
{
	if (is_named(tcti, "device"))
		return TCTI_DEVICE;
	if (is_named(tcti, "swtpm") || is_named(tcti, "mssim"))
		return TCTI_SOCKET;
	return TCTI_OTHER;
}

/* Kernels without Landlock are left to seccomp. */
static enum err
files_restrict(enum tcti_kind kind)
{
	bool sockets = kind == TCTI_SOCKET;
	enum err err =
	    sandbox_files(name_folders, sockets ? ARRAY_LEN(name_folders) : 0,
		sockets ? SANDBOX_CONNECTS : 0);

	return err == ERR_UNSUPPORTED ? ERR_OK : err;
}

/* Sockets, and files to read for the name of a host. */
static void
sockets_allow(struct sandbox_calls *calls)
{
	sandbox_allow(calls, socket_calls);
	sandbox_allow_if(
	    calls, "openat", 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
	sandbox_allow_if(calls, "ioctl", 1, SANDBOX_WHOLE_INT, FIONREAD);
}

static enum err
calls_restrict(enum tcti_kind kind)
{
	struct sandbox_calls calls;

	if (kind == TCTI_OTHER) {
		sandbox_calls_all(&calls);
		sandbox_refuse(&calls, forbidden_calls, EPERM);
		return sandbox_calls_enter(&calls);
	}
	sandbox_calls_none(&calls);
	sandbox_allow(&calls, common_calls);
	sandbox_allow_memory(&calls, true);
	sandbox_allow_own_signals(&calls);
	if (kind == TCTI_SOCKET)
		sockets_allow(&calls);
	else /* fstat in today's C library is this, without a name */
		sandbox_allow_if(
		    &calls, "newfstatat", 3, SANDBOX_WHOLE_INT, AT_EMPTY_PATH);
	return sandbox_calls_enter(&calls);
}

enum err
relay_filter(const char *tcti)
{
	enum tcti_kind kind = kind_of(tcti);
	enum err err = ERR_OK;

	if (kind != TCTI_OTHER)
		err = files_restrict(kind);
	return err == ERR_OK ? calls_restrict(kind) : err;
}
