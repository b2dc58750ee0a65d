/*
 * seccomp alone, from inside: a child gives up system calls and tries what is
 * left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inside.h"
#include "sandbox/calls.h"

/* For a process to say what went wrong and to end, sanitized or not. */
static const char *const alive[] = {"write", "writev", "exit_group",
    "rt_sigprocmask", "sigaltstack", "munmap", "futex", "getpid", NULL};

static enum err
enter(struct sandbox_calls *calls)
{
	sandbox_allow(calls, alive);
	return sandbox_calls_enter(calls);
}

static int
try_nothing(void)
{
	struct sandbox_calls calls;

	sandbox_calls_none(&calls);
	WANT(enter(&calls) == ERR_OK);
	WANT(getpid() > 0);
	WANT(denied(open("/dev/null", O_RDONLY), EPERM));
	WANT(denied(getppid(), EPERM));
	return 0;
}

static int
try_refusal(void)
{
	static const char *const no[] = {"getppid", "mkdir", NULL};
	struct sandbox_calls calls;

	sandbox_calls_all(&calls);
	sandbox_refuse(&calls, no, ENOSYS);
	WANT(sandbox_calls_enter(&calls) == ERR_OK);
	WANT(denied(syscall(SYS_getppid), ENOSYS));
	WANT(denied(mkdir("/", 0700), ENOSYS));
	WANT(open("/dev/null", O_RDONLY) >= 0);
	return 0;
}

/* What another architecture has is no mistake; what nobody has is one. */
static int
try_names(void)
{
	static const char *const elsewhere[] = {"mmap2", "fstat64", NULL};
	static const char *const wrong[] = {"ptrcae", "mkdir", NULL};
	struct sandbox_calls calls;

	sandbox_calls_all(&calls);
	sandbox_refuse(&calls, elsewhere, EPERM);
	sandbox_refuse(&calls, wrong, EPERM);
	WANT(sandbox_calls_enter(&calls) == ERR_IO && errno == EINVAL);
	sandbox_calls_none(&calls);
	sandbox_allow(&calls, wrong);
	WANT(sandbox_calls_enter(&calls) == ERR_IO && errno == EINVAL);
	sandbox_calls_none(&calls);
	sandbox_allow_if(&calls, "ptrcae", 0, 1, 1);
	WANT(sandbox_calls_enter(&calls) == ERR_IO && errno == EINVAL);
	sandbox_calls_none(&calls);
	sandbox_allow(&calls, elsewhere);
	WANT(enter(&calls) == ERR_OK);
	return 0;
}

/* A rule that cannot be is told of when one enters, and nothing is entered. */
static int
try_bad_rule(void)
{
	struct sandbox_calls calls;

	sandbox_calls_none(&calls);
	sandbox_allow_if(&calls, "close", 6, 1, 1); /* there are six: 0 to 5 */
	WANT(enter(&calls) == ERR_IO && errno == EINVAL);
	WANT(open("/dev/null", O_RDONLY) >= 0);
	return 0;
}

static int
try_conditions(void)
{
	struct sandbox_calls calls;
	int fd = open("/dev/null", O_RDONLY);

	sandbox_calls_none(&calls);
	sandbox_allow_if(&calls, "lseek", 0, SANDBOX_WHOLE_INT, (uint64_t)fd);
	sandbox_allow_if(&calls, "lseek", 2, SANDBOX_WHOLE_INT, SEEK_END);
	WANT(enter(&calls) == ERR_OK);
	WANT(lseek(fd, 0, SEEK_SET) == 0);
	WANT(denied(lseek(fd + 1, 0, SEEK_SET), EPERM));
	WANT(denied(lseek(fd + 1, 0, SEEK_END), EBADF));
	/* The half of a register that an int does not have is no way around. */
	WANT(syscall(SYS_lseek, (1ul << 32) + (unsigned long)fd, 0, SEEK_SET) ==
	     0);
	return 0;
}

static void *
map(int prot, int flags, int fd)
{
	return mmap(NULL, 4096, prot, flags, fd, 0);
}

static int
try_memory(bool maps_files)
{
	struct sandbox_calls calls;
	int fd = open("/proc/self/exe", O_RDONLY);
	void *p;

	WANT(fd >= 0);
	WANT(map(PROT_READ, MAP_PRIVATE, fd) != MAP_FAILED);
	sandbox_calls_none(&calls);
	sandbox_allow_memory(&calls, maps_files);
	WANT(enter(&calls) == ERR_OK);
	p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	WANT(p != MAP_FAILED);
	WANT(mprotect(p, 4096, PROT_READ) == 0);
	WANT(denied(mprotect(p, 4096, PROT_READ | PROT_EXEC), EPERM));
	WANT(denied(mprotect(p, 4096, PROT_EXEC), EPERM));
	WANT(munmap(p, 4096) == 0);
	WANT(map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1) ==
		 MAP_FAILED &&
	     errno == EPERM);
	WANT(map(PROT_EXEC, MAP_PRIVATE, fd) == MAP_FAILED && errno == EPERM);
	if (maps_files)
		WANT(map(PROT_READ, MAP_PRIVATE, fd) != MAP_FAILED);
	else
		WANT(map(PROT_READ, MAP_PRIVATE, fd) == MAP_FAILED &&
		     errno == EPERM);
	return 0;
}

static int
try_memory_of_files(void)
{
	return try_memory(true);
}

static int
try_memory_alone(void)
{
	return try_memory(false);
}

static int
try_signals(void)
{
	struct sandbox_calls calls;
	pid_t parent = getppid(), own = getpid();

	sandbox_calls_none(&calls);
	sandbox_allow_own_signals(&calls);
	WANT(enter(&calls) == ERR_OK);
	WANT(syscall(SYS_tgkill, own, own, 0) == 0);
	WANT(denied(syscall(SYS_tgkill, parent, parent, 0), EPERM));
	WANT(denied(kill(own, 0), EPERM));
	return 0;
}

INSIDE(nothing)
INSIDE(refusal)
INSIDE(names)
INSIDE(bad_rule)
INSIDE(conditions)
INSIDE(memory_of_files)
INSIDE(memory_alone)
INSIDE(signals)

#define TEST(name) cmocka_unit_test(test_##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {TEST(nothing), TEST(refusal),
	    TEST(names), TEST(bad_rule), TEST(conditions),
	    TEST(memory_of_files), TEST(memory_alone), TEST(signals)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
