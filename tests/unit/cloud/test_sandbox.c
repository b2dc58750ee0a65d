/*
 * The sandboxes from inside: a child enters one and tries what it must not
 * be able to do, and what it must.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cloud/sandbox.h"
#include "crypto/crypto.h"
#include "file/file.h"
#include "inside.h"
#include "scratch.h"

static struct config config;

static int
setup(void **state)
{
	char error[CONFIG_ERROR_MAX];
	int rc = scratch_setup(state);

	assert_int_equal(
	    config_load(scratch_dir(), NULL, NULL, 0, &config, error), ERR_OK);
	assert_int_equal(file_make_dir(scratch_path("db")), ERR_OK);
	assert_int_equal(file_make_dir(scratch_path("keys")), ERR_OK);
	scratch_write("keys/keys", "secret", 0600);
	scratch_write("db/other", "x", 0600);
	return rc;
}

static int
teardown(void **state)
{
	config_done(&config);
	return scratch_teardown(state);
}

/* --- what a child tries --- */

static int
in_server(void)
{
	int flags[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT};
	size_t i;

	for (i = 0; i < ARRAY_LEN(flags); i++)
		WANT(denied(open(config.key_file, flags[i], 0600), EACCES));
	WANT(denied(open(scratch_path("keys"), O_RDONLY), EACCES));
	WANT(denied(open("/etc/passwd", O_RDONLY), EACCES));
	WANT(denied(open("/proc/self/mem", O_RDWR), EACCES));
	WANT(denied(open(scratch_path("new"), O_RDWR | O_CREAT, 0600), EACCES));
	WANT(denied(rename(config.key_file, scratch_path("db/k")), EACCES) ||
	     errno == EXDEV);
	WANT(denied(link(config.key_file, scratch_path("db/k")), EPERM));
	WANT(denied(symlink("../keys/keys", scratch_path("db/k")), EPERM));
	WANT(denied(unlink(config.key_file), EACCES));
	WANT(denied(truncate(config.key_file, 0), EPERM));
	WANT(denied(chmod(config.key_file, 0666), EPERM));
	return 0;
}

static int
no_powers(void)
{
	char *argv[] = {NULL};
	struct rlimit limit = {0, 0};

	WANT(denied(execve("/bin/true", argv, argv), EPERM));
	WANT(denied(fork(), EPERM));
	WANT(denied(syscall(SYS_vfork), EPERM));
	WANT(denied(ptrace(PTRACE_TRACEME, 0, 0, 0), EPERM));
	WANT(
	    denied(syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0),
		EPERM));
	WANT(denied(syscall(SYS_open_by_handle_at, 0, NULL, 0), EPERM));
	WANT(denied(syscall(SYS_mount, "a", "b", "c", 0, NULL), EPERM));
	WANT(denied(syscall(SYS_bpf, 0, NULL, 0), EPERM));
	WANT(denied(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM));
	WANT(denied(syscall(SYS_userfaultfd, 0), EPERM));
	WANT(denied(syscall(SYS_kexec_load, 0, 0, NULL, 0), EPERM));
	WANT(denied(syscall(SYS_unshare, 0x10000000), EPERM));
	WANT(denied(syscall(SYS_io_uring_setup, 1, NULL), EPERM));
	WANT(denied(syscall(SYS_pidfd_open, getppid(), 0), EPERM));
	WANT(denied(kill(getppid(), 0), EPERM));
	WANT(denied(socket(AF_INET, SOCK_STREAM, 0), EPERM));
	WANT(denied(socket(AF_UNIX, SOCK_STREAM, 0), EPERM));
	WANT(mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	WANT(denied(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM));
	WANT(denied(setrlimit(RLIMIT_CORE, &limit), EPERM));
	return 0;
}

static int
try_devices(void)
{
	int line;

	WANT(sandbox_devices(&config) == ERR_OK);
	line = in_server();
	return line != 0 ? line : no_powers();
}

static int
try_api(void)
{
	int line;

	WANT(sandbox_api(&config) == ERR_OK);
	line = in_server();
	return line != 0 ? line : no_powers();
}

static int
try_keys(void)
{
	uint8_t *p;

	WANT(sandbox_keys() == ERR_OK);
	WANT(denied(open(config.key_file, O_RDONLY), EPERM));
	WANT(denied(open("/dev/null", O_RDONLY), EPERM));
	WANT(denied(syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0), EPERM));
	WANT(denied(syscall(SYS_creat, "/tmp/x", 0600), EPERM));
	WANT(denied(unlink(config.key_file), EPERM));
	WANT(denied(dup(1), EPERM));
	/* Memory may grow, but maps no file. */
	p = malloc(1 << 24);
	WANT(p != NULL);
	free(p);
	WANT(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0) == MAP_FAILED);
	return no_powers();
}

/* The work of keys goes on in its sandbox. */
static int
try_keys_crypto(void)
{
	struct p256_secret a, b;
	struct p256_point pa, pb;
	uint8_t x[P256_LEN], y[P256_LEN];
	int i;

	WANT(crypto_init() == ERR_OK);
	WANT(sandbox_keys() == ERR_OK);
	for (i = 0; i < 100; i++) {
		WANT(p256_generate(&crypto_random_source, &a, &pa) == ERR_OK);
		WANT(p256_generate(&crypto_random_source, &b, &pb) == ERR_OK);
		WANT(p256_ecdh(&a, &pb, x) == ERR_OK);
		WANT(p256_ecdh(&b, &pa, y) == ERR_OK);
		WANT(memcmp(x, y, sizeof(x)) == 0);
	}
	return 0;
}

/* SQLite in WAL mode works in its directory: made, written, read, shrunk. */
static int
try_sqlite(void)
{
	sqlite3 *db;

	WANT(sandbox_devices(&config) == ERR_OK);
	WANT(sqlite3_open(config.database, &db) == SQLITE_OK);
	WANT(sqlite3_exec(db,
		 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		 "PRAGMA temp_store=MEMORY;"
		 "CREATE TABLE t (x); BEGIN; INSERT INTO t VALUES (1);"
		 "INSERT INTO t SELECT x FROM t; COMMIT;"
		 "PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM t; VACUUM;"
		 "SELECT x FROM t ORDER BY x",
		 NULL, NULL, NULL) == SQLITE_OK);
	WANT(access(scratch_path("db/holdfast.db-wal"), F_OK) == 0);
	WANT(sqlite3_close(db) == SQLITE_OK);
	WANT(access(scratch_path("db/holdfast.db-wal"), F_OK) != 0);
	return 0;
}

static void *
thread_main(void *arg)
{
	return arg;
}

/* Threads, and sockets that were there before, go on. */
static int
try_serving(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int udp = socket(AF_INET, SOCK_DGRAM, 0);
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	pthread_t thread;
	void *result;

	WANT(bind(udp, (struct sockaddr *)&any, sizeof(any)) == 0);
	WANT(sandbox_api(&config) == ERR_OK);
	WANT(pthread_create(&thread, NULL, thread_main, &any) == 0);
	WANT(pthread_join(thread, &result) == 0 && result == &any);
	WANT(denied(sendto(udp, "x", 1, 0, NULL, 0), EDESTADDRREQ));
	/* An unbound socket stays so. */
	WANT(denied(bind(tcp, (struct sockaddr *)&any, sizeof(any)), EPERM));
	WANT(open("/dev/urandom", O_RDONLY) >= 0);
	WANT(denied(open("/dev/urandom", O_RDWR), EACCES));
	return 0;
}

/* Nobody leaves, nor may more: a second sandbox only takes away. */
static int
try_leaving(void)
{
	WANT(sandbox_devices(&config) == ERR_OK);
	WANT(sandbox_api(&config) != ERR_OK);
	return in_server();
}

static void
test_devices_reaches_its_directory_only(void **ignored UNUSED)
{
	in_child(try_devices, __FILE__);
}

static void
test_api_reaches_its_directory_only(void **ignored UNUSED)
{
	in_child(try_api, __FILE__);
}

static void
test_keys_opens_nothing(void **ignored UNUSED)
{
	in_child(try_keys, __FILE__);
}

static void
test_keys_still_works(void **ignored UNUSED)
{
	in_child(try_keys_crypto, __FILE__);
}

static void
test_sqlite_works_inside(void **ignored UNUSED)
{
	in_child(try_sqlite, __FILE__);
}

static void
test_serving_works_inside(void **ignored UNUSED)
{
	in_child(try_serving, __FILE__);
}

static void
test_nobody_leaves(void **ignored UNUSED)
{
	in_child(try_leaving, __FILE__);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_devices_reaches_its_directory_only),
	    TEST(test_api_reaches_its_directory_only),
	    TEST(test_keys_opens_nothing),
	    TEST(test_keys_still_works),
	    TEST(test_sqlite_works_inside),
	    TEST(test_serving_works_inside),
	    TEST(test_nobody_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
