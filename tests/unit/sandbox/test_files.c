/*
 * Landlock alone, from inside: a child gives up files and tries what is left.
 * What a kernel is too old for is not asked of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "inside.h"
#include "sandbox/files.h"
#include "scratch.h"

static long
abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

static int
setup(void **state)
{
	int rc = scratch_setup(state);

	assert_return_code(mkdir(scratch_path("own"), 0700), 0);
	assert_return_code(mkdir(scratch_path("own/sub"), 0700), 0);
	assert_return_code(mkdir(scratch_path("seen"), 0700), 0);
	scratch_write("own/file", "x", 0700);
	scratch_write("seen/file", "x", 0700);
	scratch_write("file", "x", 0600);
	return rc;
}

/* own may be written, seen be read; "none" does not exist. */
static enum err
enter(unsigned keeps)
{
	const struct sandbox_place places[] = {
	    {.path = scratch_path("own"), .writable = true},
	    {.path = scratch_path("seen")}, {.path = scratch_path("none")}};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return ERR_IO;
	return sandbox_files(places, ARRAY_LEN(places), keeps);
}

static int
try_reading(void)
{
	WANT(enter(0) == ERR_OK);
	WANT(open(scratch_path("seen/file"), O_RDONLY) >= 0);
	WANT(open(scratch_path("seen"), O_RDONLY | O_DIRECTORY) >= 0);
	WANT(denied(open(scratch_path("seen/file"), O_WRONLY), EACCES));
	WANT(denied(
	    open(scratch_path("seen/f"), O_WRONLY | O_CREAT, 0600), EACCES));
	WANT(denied(unlink(scratch_path("seen/file")), EACCES));
	WANT(denied(open(scratch_path("file"), O_RDONLY), EACCES));
	WANT(denied(open("/", O_RDONLY | O_DIRECTORY), EACCES));
	WANT(abi() < 3 ||
	     denied(truncate(scratch_path("seen/file"), 0), EACCES));
	return 0;
}

static int
try_writing(void)
{
	WANT(enter(0) == ERR_OK);
	WANT(open(scratch_path("own/new"), O_RDWR | O_CREAT, 0600) >= 0);
	WANT(truncate(scratch_path("own/new"), 1) == 0);
	WANT(rename(scratch_path("own/new"), scratch_path("own/f")) == 0);
	WANT(unlink(scratch_path("own/f")) == 0);
	/* Nothing but files, and nowhere else. */
	WANT(denied(symlink("x", scratch_path("own/l")), EACCES));
	WANT(denied(mkdir(scratch_path("own/d"), 0700), EACCES));
	WANT(denied(mkfifo(scratch_path("own/p"), 0600), EACCES));
	WANT(denied(
	    rename(scratch_path("own/file"), scratch_path("own/sub/file")),
	    EXDEV));
	WANT(denied(
	    link(scratch_path("own/file"), scratch_path("own/sub/f")), EXDEV));
	WANT(denied(execl(scratch_path("own/file"), "file", NULL), EACCES));
	return 0;
}

static int
try_descriptor(void)
{
	int dir = open(scratch_path("own"), O_RDONLY | O_DIRECTORY);
	struct sandbox_place own = {.fd = dir, .writable = true};

	WANT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	WANT(sandbox_files(&own, 1, 0) == ERR_OK);
	WANT(openat(dir, "file", O_RDWR) >= 0);
	WANT(denied(openat(dir, "../file", O_RDONLY), EACCES));
	return 0;
}

static int
connected(int listener)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (getsockname(listener, (struct sockaddr *)&at, &len) != 0)
		return -1;
	return connect(fd, (struct sockaddr *)&at, len);
}

static int
bound(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};

	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&any,
	    sizeof(any));
}

static int
try_ports(unsigned keeps)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	WANT(listen(listener, 4) == 0);
	WANT(connected(listener) == 0);
	WANT(enter(keeps) == ERR_OK);
	if (abi() < 4)
		return 0;
	WANT(denied(bound(), EACCES));
	if (keeps == SANDBOX_CONNECTS)
		WANT(connected(listener) == 0);
	else
		WANT(denied(connected(listener), EACCES));
	return 0;
}

static int
try_no_ports(void)
{
	return try_ports(0);
}

static int
try_connections(void)
{
	return try_ports(SANDBOX_CONNECTS);
}

static int
try_no_signals(void)
{
	WANT(enter(SANDBOX_CONNECTS) == ERR_OK);
	WANT(kill(getpid(), 0) == 0);
	WANT(abi() < 6 || denied(kill(getppid(), 0), EPERM));
	return 0;
}

static int
try_signals(void)
{
	WANT(enter(SANDBOX_SIGNALS) == ERR_OK);
	WANT(kill(getppid(), 0) == 0);
	return 0;
}

/* A listener at an abstract name, of a process that is outside. */
static int
try_abstract(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(sa_family_t); /* the kernel finds a name */
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	WANT(bind(listener, (struct sockaddr *)&at, len) == 0);
	WANT(listen(listener, 1) == 0);
	len = sizeof(at);
	WANT(getsockname(listener, (struct sockaddr *)&at, &len) == 0);
	WANT(enter(0) == ERR_OK);
	WANT(abi() < 6 || denied(connect(socket(AF_UNIX, SOCK_STREAM, 0),
				     (struct sockaddr *)&at, len),
			      EPERM));
	return 0;
}

/* Without no_new_privs nobody enters. */
static int
try_privileged(void)
{
	WANT(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	WANT(sandbox_files(NULL, 0, 0) == ERR_IO && errno == EPERM);
	return 0;
}

INSIDE(reading)
INSIDE(writing)
INSIDE(descriptor)
INSIDE(no_ports)
INSIDE(connections)
INSIDE(no_signals)
INSIDE(signals)
INSIDE(abstract)
INSIDE(privileged)

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(test_##name, setup, scratch_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {TEST(reading), TEST(writing),
	    TEST(descriptor), TEST(no_ports), TEST(connections),
	    TEST(no_signals), TEST(signals), TEST(abstract), TEST(privileged)};

	if (abi() < 1) {
		print_message("no Landlock: nothing to test\n");
		return 77; /* skipped */
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
