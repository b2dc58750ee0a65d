/*
 * What is left to holdfast-tpm once its TCTI is connected. A device file is
 * open by then: reading and writing it is all. The TCTIs of swtpm and mssim
 * connect anew, for every command even, and may look up a name for it, whose
 * files they read; Landlock says which. What any other TCTI needs nobody
 * knows here: it loses what none has a use for.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

enum tcti_kind { TCTI_DEVICE, TCTI_SOCKET, TCTI_OTHER };

/* All rights that the first version of Landlock knows. */
#define FS_ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static const int common_calls[] = {
    /* what is open */
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(fcntl),
    /* memory */
    SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
    SCMP_SYS(madvise), SCMP_SYS(brk),
    /* time, random, locks, the end */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(getrandom),
    SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall), SCMP_SYS(tgkill), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

static const int socket_calls[] = {SCMP_SYS(socket), SCMP_SYS(connect),
    SCMP_SYS(bind), SCMP_SYS(shutdown), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(uname), SCMP_SYS(newfstatat)};

/* Other programs, other processes' memory, and the system itself. */
static const int forbidden_calls[] = {SCMP_SYS(execve), SCMP_SYS(execveat),
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(mount), SCMP_SYS(umount2),
    SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(setns), SCMP_SYS(unshare),
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load),
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key)};

/* What resolvers read: some lead on to /run. */
static const char *const name_folders[] = {"/etc", "/run"};

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

/* --- files --- */

/* Lets a folder be read; one that is not there needs no leave. */
static bool
folder_allow(int ruleset, const char *folder)
{
	struct landlock_path_beneath_attr beneath = {.allowed_access = FS_READ};
	bool good;

	beneath.parent_fd = open(folder, O_PATH | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return errno == ENOENT;
	good = syscall(SYS_landlock_add_rule, ruleset,
		   LANDLOCK_RULE_PATH_BENEATH, &beneath, 0u) == 0;
	(void)close(beneath.parent_fd);
	return good;
}

/* Landlock; kernels without it are left to seccomp. */
static enum err
files_restrict(enum tcti_kind kind)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = FS_ALL};
	int ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0u);
	bool good = true;
	size_t i;

	if (ruleset < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? ERR_OK : ERR_IO;
	for (i = 0; kind == TCTI_SOCKET && i < ARRAY_LEN(name_folders); i++)
		good = good && folder_allow(ruleset, name_folders[i]);
	good = good && syscall(SYS_landlock_restrict_self, ruleset, 0u) == 0;
	(void)close(ruleset);
	return good ? ERR_OK : ERR_IO;
}

/* --- system calls --- */

static bool
calls_add(
    scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (seccomp_rule_add(filter, action, calls[i], 0) != 0)
			return false;
	}
	return true;
}

/* A call is allowed when, under a mask, one of its arguments is this. */
static bool
allow_if(scmp_filter_ctx filter, int call, unsigned arg, unsigned mask,
    unsigned value)
{
	struct scmp_arg_cmp is = {.arg = arg,
	    .op = SCMP_CMP_MASKED_EQ,
	    .datum_a = mask,
	    .datum_b = value};

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &is) ==
	       0;
}

/* Sockets, and files to read for the name of a host. */
static bool
sockets_allow(scmp_filter_ctx filter)
{
	return calls_add(filter, SCMP_ACT_ALLOW, socket_calls,
		   ARRAY_LEN(socket_calls)) &&
	       allow_if(filter, SCMP_SYS(openat), 2,
		   O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY) &&
	       allow_if(filter, SCMP_SYS(ioctl), 1, ~0u, FIONREAD);
}

static bool
calls_allow(scmp_filter_ctx filter, enum tcti_kind kind)
{
	if (!calls_add(
		filter, SCMP_ACT_ALLOW, common_calls, ARRAY_LEN(common_calls)))
		return false;
	/* fstat in today's C library is newfstatat without a name. */
	return kind == TCTI_SOCKET ? sockets_allow(filter)
				   : allow_if(filter, SCMP_SYS(newfstatat), 3,
					 ~0u, AT_EMPTY_PATH);
}

static enum err
calls_restrict(enum tcti_kind kind)
{
	uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx filter =
	    seccomp_init(kind == TCTI_OTHER ? SCMP_ACT_ALLOW : refuse);
	enum err err = ERR_IO;
	bool good = filter != NULL;

	if (good && kind == TCTI_OTHER)
		good = calls_add(filter, refuse, forbidden_calls,
		    ARRAY_LEN(forbidden_calls));
	else if (good)
		good = calls_allow(filter, kind);
	if (good)
		err = seccomp_load(filter) == 0 ? ERR_OK : ERR_UNSUPPORTED;
	seccomp_release(filter);
	return err;
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
