/*
 * The TEE as a process: it answers over its socket, distrusts what comes
 * there, and can do nothing but its work.
 */
#include "birth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside.h"
#include "tee_client.h"
#include "tee_sandbox.h"
#include "tee_socket.h"

static char dir[BIRTH_DIR_SIZE];
static char rot_dir[BIRTH_DIR_SIZE + 8];
static struct tee_client client;

static int
setup(void **state)
{
	struct tee_config config = {
	    .rot_dir = rot_dir, .heartbeat_min_s = 300, .firmware = "1.2.3"};

	(void)state;
	birth_make(dir);
	(void)snprintf(rot_dir, sizeof(rot_dir), "%s/rot", dir);
	return tee_client_start(&client, &config) == ERR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tee_client_stop(&client);
	birth_remove(dir);
	return 0;
}

static void
info_check(void)
{
	struct tee tee = tee_client_port(&client);
	struct tee_request request = {.op = TEE_INFO};
	struct tee_answer a;

	assert_int_equal(tee_ask(&tee, &request, &a), ERR_OK);
	assert_memory_equal(a.u.info.uid, birth_uid, UID_LEN);
}

static void
test_answers(void **state)
{
	struct tee tee = tee_client_port(&client);
	struct tee_request request = {.op = TEE_NETWORK, .u.up = true};
	struct tee_answer a;

	(void)state;
	info_check();
	assert_int_equal(tee_ask(&tee, &request, &a), ERR_OK);
	request.op = TEE_POLL;
	assert_int_equal(tee_ask(&tee, &request, &a), ERR_OK);
	assert_true(a.u.poll.len > 40);
}

/* The largest data gets there; that there is no key yet comes back. */
static void
test_data(void **state)
{
	struct tee tee = tee_client_port(&client);
	struct tee_request request = {.op = TEE_E2E};
	struct tee_answer a;
	uint8_t *data = calloc(1, E2E_PLAINTEXT_MAX);

	(void)state;
	assert_non_null(data);
	request.data = bytes_make(data, E2E_PLAINTEXT_MAX);
	assert_int_equal(tee_ask(&tee, &request, &a), ERR_STATE);
	request.data = BYTES_NONE;
	assert_int_equal(tee_ask(&tee, &request, &a), ERR_STATE);
	info_check();
	free(data);
}

/* AddressSanitizer makes mlock do nothing. */
#ifdef __SANITIZE_ADDRESS__
#define LOCKS false
#else
#define LOCKS true
#endif

/* A number of /proc/PID/status in kilobytes. */
static unsigned long
status_read(const char *name)
{
	char path[64], line[256];
	unsigned long value = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)client.pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoul(line + strlen(name), NULL, 10);
	(void)fclose(f);
	return value;
}

/*
 * Heap, stack and secrets are locked; a debugger of the same user and a core
 * dump are out. What is locked stays when there is more work.
 */
static void
test_memory_locked(void **state)
{
	(void)state;
	info_check();
	assert_true(!LOCKS || status_read("VmLck:") >= 1024);
	assert_int_equal(status_read("Seccomp:"), 2);
	assert_int_equal(status_read("NoNewPrivs:"), 1);
	test_data(state);
	assert_true(!LOCKS || status_read("VmLck:") >= 1024);
}

/* Sends a request for n bytes of data with a descriptor of the test's. */
static enum err
data_send(uint8_t n, int fd)
{
	uint8_t packet[] = {TEE_E2E, 0, 0, 0, n}, out[TEE_MESSAGE_MAX];
	struct tee_answer a;
	size_t len;
	int got;

	assert_int_equal(
	    tee_socket_send(client.fd, BYTES_OF(packet), fd), ERR_OK);
	assert_int_equal(
	    tee_socket_receive(client.fd, out, sizeof(out), &len, &got),
	    ERR_OK);
	assert_int_equal(got, -1);
	assert_int_equal(
	    tee_answer_decode(TEE_E2E, bytes_make(out, len), &a), ERR_OK);
	return a.err;
}

/* Data that could change while it is encrypted is refused. */
static void
test_data_distrusted(void **state)
{
	int null = open("/dev/null", O_RDWR);
	int memory = memfd_create("test", MFD_ALLOW_SEALING);

	(void)state;
	assert_int_equal(ftruncate(memory, 5), 0);
	assert_int_equal(data_send(5, -1), ERR_FORMAT);
	assert_int_equal(data_send(5, null), ERR_FORMAT);
	assert_int_equal(data_send(5, memory), ERR_FORMAT);
	assert_int_equal(fcntl(memory, F_ADD_SEALS,
			     F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
	    0);
	assert_int_equal(data_send(6, memory), ERR_FORMAT);
	assert_int_equal(data_send(5, memory), ERR_STATE);
	info_check();
	close(null);
	close(memory);
}

/* Nonsense is the end of it: it fails closed. */
static void
test_nonsense(void **state)
{
	uint8_t out[16];
	size_t len;
	int fd, status;

	(void)state;
	assert_int_equal(
	    tee_socket_send(client.fd, BYTES_LIT("\xff"), -1), ERR_OK);
	assert_int_equal(
	    tee_socket_receive(client.fd, out, sizeof(out), &len, &fd),
	    ERR_NOT_FOUND);
	assert_int_equal(waitpid(client.pid, &status, 0), client.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
}

/*
 * An answer that does not come in time is the end of the TEE: the one to the
 * first question is not taken for the one to the second.
 */
static void
test_late_answer(void **state)
{
	struct tee tee = tee_client_port(&client);
	struct tee_request request = {.op = TEE_INFO};
	struct pollfd p = {.fd = tee.fd};
	struct tee_answer a;

	(void)state;
	info_check();
	assert_int_equal(kill(client.pid, SIGSTOP), 0);
	client.answer_ms = 10;
	assert_int_equal(tee_ask(&tee, &request, &a), ERR_TIMEOUT);
	assert_int_equal(kill(client.pid, SIGCONT), 0);
	client.answer_ms = 30000;
	assert_int_equal(tee_ask(&tee, &request, &a), ERR_IO);
	assert_int_equal(poll(&p, 1, 30000), 1);
	assert_true((p.revents & POLLHUP) != 0);
}

/* One that hangs is killed in the end: the teardown does not wait for it. */
static void
test_hangs_at_the_end(void **state)
{
	(void)state;
	info_check();
	assert_int_equal(kill(client.pid, SIGSTOP), 0);
	client.answer_ms = 10;
}

static bool
file_made(int dir_fd)
{
	int fd = openat(dir_fd, "new", O_CREAT | O_WRONLY, 0600);

	return fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 &&
	       renameat(dir_fd, "new", dir_fd, "slot9") == 0 &&
	       unlinkat(dir_fd, "slot9", 0) == 0;
}

static void *
map(int prot)
{
	return mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* What seccomp takes fails with EPERM, what Landlock takes with EACCES. */
static int
try_sandbox(void)
{
	bool landlock = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
			    LANDLOCK_CREATE_RULESET_VERSION) > 0;
	int dir_fd = open(rot_dir, O_RDONLY | O_DIRECTORY);
	pid_t parent = getppid();
	struct stat st;

	WANT(dir_fd >= 0);
	WANT(tee_sandbox(dir_fd) == ERR_OK);
	WANT(denied(socket(AF_INET, SOCK_DGRAM, 0), EPERM));
	WANT(denied(openat(AT_FDCWD, "/etc/passwd", O_RDONLY), EPERM));
	WANT(denied(openat(AT_FDCWD, "huk", O_RDONLY), EPERM));
	WANT(denied(renameat(AT_FDCWD, "/nowhere", dir_fd, "a"), EPERM));
	WANT(denied(unlinkat(AT_FDCWD, "/nowhere", 0), EPERM));
	WANT(denied(fstatat(dir_fd, "huk", &st, 0), EPERM));
	WANT(fstat(dir_fd, &st) == 0);
	WANT(!landlock ||
	     denied(openat(dir_fd, "/etc/passwd", O_RDONLY), EACCES));
	WANT(!landlock || denied(openat(dir_fd, "..", O_RDONLY), EACCES));
	WANT(file_made(dir_fd));
	WANT(denied(syscall(SYS_execve, "/bin/true", NULL, NULL), EPERM));
	WANT(denied(syscall(SYS_clone, 17, 0, 0, 0, 0), EPERM));
	WANT(denied(syscall(SYS_ptrace, 0, 0, 0, 0), EPERM));
	WANT(denied(syscall(SYS_tgkill, parent, parent, 0), EPERM));
	WANT(denied(kill(parent, 0), EPERM));
	WANT(syscall(SYS_tgkill, getpid(), getpid(), 0) == 0);
	WANT(map(PROT_READ | PROT_WRITE) != MAP_FAILED);
	WANT(map(PROT_READ | PROT_EXEC) == MAP_FAILED && errno == EPERM);
	return 0;
}

static void
test_sandbox(void **state)
{
	(void)state;
	in_child(try_sandbox, __FILE__);
}

/* Two cannot have one root of trust; one without a device does not start. */
static void
test_no_device(void **state)
{
	struct tee_config config = {.rot_dir = "/nonexistent",
	    .heartbeat_min_s = 300,
	    .firmware = "1.2.3"};
	struct tee_client other;
	struct tee_request request = {.op = TEE_INFO};
	struct tee_answer a;
	struct tee tee;

	(void)state;
	assert_int_equal(tee_client_start(&other, &config), ERR_OK);
	tee = tee_client_port(&other);
	assert_int_equal(tee_ask(&tee, &request, &a), ERR_IO);
	tee_client_stop(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_data, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_memory_locked, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_data_distrusted, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_late_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_hangs_at_the_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sandbox, setup, teardown),
	    cmocka_unit_test(test_no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
