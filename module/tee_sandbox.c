/*
 * seccomp lists the system calls that are left; whatever else is tried fails
 * with EPERM. Files can be opened relative to the one directory alone, and
 * where the kernel has Landlock nothing outside it even with a path that
 * begins with a slash.
 */
#include "tee_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All rights that the first version of Landlock knows. */
#define FS_ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FS_OWN                                                                 \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |        \
	    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |     \
	    LANDLOCK_ACCESS_FS_MAKE_REG)

static const int calls[] = {
    /* the socket and files that are open */
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close), SCMP_SYS(fsync),
    SCMP_SYS(fdatasync), SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(fcntl),
    SCMP_SYS(ftruncate), SCMP_SYS(shutdown),
    /* memory */
    SCMP_SYS(memfd_create), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
    SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    /* time, random, threads' locks, the end */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(getrandom),
    SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall), SCMP_SYS(tgkill), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

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

/* Landlock; kernels without it are left to seccomp. */
static enum err
files_restrict(int dir_fd)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = FS_ALL};
	struct landlock_path_beneath_attr own = {
	    .allowed_access = FS_OWN, .parent_fd = dir_fd};
	long ruleset =
	    syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0u);
	enum err err = ERR_OK;

	if (ruleset < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? ERR_OK : ERR_IO;
	if (syscall(SYS_landlock_add_rule, (int)ruleset,
		LANDLOCK_RULE_PATH_BENEATH, &own, 0u) != 0 ||
	    syscall(SYS_landlock_restrict_self, (int)ruleset, 0u) != 0)
		err = ERR_IO;
	(void)close((int)ruleset);
	return err;
}

/* A system call is allowed when one of its arguments has this value. */
static bool
allow_if(scmp_filter_ctx filter, int call, unsigned arg, int value)
{
	struct scmp_arg_cmp is = {.arg = arg,
	    .op = SCMP_CMP_MASKED_EQ,
	    .datum_a = 0xffffffffu,
	    .datum_b = (scmp_datum_t)value};

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &is) ==
	       0;
}

/*
 * System calls that name files: relative to the directory alone. newfstatat
 * is what fstat is in today's C library.
 */
static bool
files_allow(scmp_filter_ctx filter, int dir_fd)
{
	return allow_if(filter, SCMP_SYS(openat), 0, dir_fd) &&
	       allow_if(filter, SCMP_SYS(renameat), 0, dir_fd) &&
	       allow_if(filter, SCMP_SYS(renameat2), 0, dir_fd) &&
	       allow_if(filter, SCMP_SYS(unlinkat), 0, dir_fd) &&
	       allow_if(filter, SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH);
}

static enum err
calls_restrict(int dir_fd)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool good = filter != NULL;
	enum err err = ERR_OK;
	size_t i;

	for (i = 0; good && i < ARRAY_LEN(calls); i++)
		good =
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == 0;
	if (good)
		good = files_allow(filter, dir_fd);
	if (!good)
		err = ERR_IO;
	else if (seccomp_load(filter) != 0)
		err = ERR_UNSUPPORTED;
	seccomp_release(filter);
	return err;
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
