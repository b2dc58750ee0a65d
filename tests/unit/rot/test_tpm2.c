/*
 * What only a TPM promises: an old state does not open, nor does another TPM
 * open it; who listens or meddles on the way learns nothing and is found
 * out; and a kill at any command leaves it working. The test sits between
 * the port and the relay and sees every packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "birth.h"
#include "file/file.h"
#include "swtpm.h"
#include "tpm2/internal.h"

#define SECRETS_MAX 8
#define PACKET_MAX 4096

/* What the man in the middle does; the thread alone touches counts. */
struct proxy {
	pthread_t thread;
	struct tpm2_relay relay;
	int inside; /* the proxy's end */
	int outside; /* the port's */
	unsigned commands;
	unsigned cut_at; /* the command that gets no answer; 0: none */
	bool cut_before; /* it does not even reach the TPM */
	unsigned flip_at; /* the answer that is changed; 0: none */
	bool flip_middle; /* in its middle, not at its end */
	size_t secret_count;
	struct bytes secret[SECRETS_MAX]; /* that must not pass by */
	bool leaked;
};

static struct swtpm swtpm;
static struct proxy proxy;
static struct port_tpm2 tpm2;
static struct rot rot;
static char dir[SWTPM_PATH + 16];
static unsigned sent; /* by proxies so far */

static void
packet_look(const uint8_t *packet, size_t len)
{
	size_t i;

	for (i = 0; i < proxy.secret_count; i++)
		if (memmem(packet, len, proxy.secret[i].ptr,
			proxy.secret[i].len) != NULL)
			proxy.leaked = true;
}

static void *
proxy_run(UNUSED void *arg)
{
	uint8_t packet[PACKET_MAX];
	ssize_t n;

	while ((n = read(proxy.inside, packet, sizeof(packet))) > 0) {
		packet_look(packet, (size_t)n);
		proxy.commands++;
		if (proxy.commands == proxy.cut_at && proxy.cut_before)
			break;
		if (write(proxy.relay.fd, packet, (size_t)n) != n ||
		    (n = read(proxy.relay.fd, packet, sizeof(packet))) <= 0)
			break;
		packet_look(packet, (size_t)n);
		if (proxy.commands == proxy.cut_at)
			break;
		if (proxy.commands == proxy.flip_at)
			packet[proxy.flip_middle ? n / 2 : n - 1] ^= 1;
		if (write(proxy.inside, packet, (size_t)n) != n)
			break;
	}
	(void)shutdown(proxy.inside, SHUT_RDWR);
	return NULL;
}

static void
proxy_start(void)
{
	int pair[2];

	memset(&proxy, 0, sizeof(proxy));
	assert_int_equal(
	    tpm2_relay_start(swtpm.tcti, TPM2_RELAY_WAIT_MS, &proxy.relay),
	    ERR_OK);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	proxy.inside = pair[0];
	proxy.outside = pair[1];
	assert_int_equal(
	    pthread_create(&proxy.thread, NULL, proxy_run, NULL), 0);
}

static void
proxy_stop(void)
{
	(void)shutdown(proxy.outside, SHUT_RDWR);
	assert_int_equal(pthread_join(proxy.thread, NULL), 0);
	(void)close(proxy.inside);
	(void)close(proxy.outside);
	tpm2_relay_stop(&proxy.relay);
	sent += proxy.commands;
}

static void
off(void)
{
	rot_done(&rot);
	port_tpm2_close(&tpm2);
	proxy_stop();
}

/* As kill -9 does: nothing is flushed in the TPM. */
static void
die(void)
{
	(void)shutdown(proxy.outside, SHUT_RDWR);
	off();
}

static enum err
on(void)
{
	enum err err;

	proxy_start();
	err = port_tpm2_open(&tpm2, dir, proxy.outside);
	if (err != ERR_OK) {
		proxy_stop();
		return err;
	}
	err = rot_open(&rot, &tpm2.port);
	if (err != ERR_OK)
		off();
	return err;
}

static void
keep(const char *what)
{
	char command[4 * SWTPM_PATH];

	(void)snprintf(
	    command, sizeof(command), "cd %s && %s", swtpm.dir, what);
	assert_int_equal(system(command), 0);
}

static int
setup(void **state)
{
	struct rot_birth birth;

	(void)state;
	swtpm_start(&swtpm);
	(void)snprintf(dir, sizeof(dir), "%s/rot", swtpm.dir);
	proxy_start();
	assert_int_equal(
	    port_tpm2_create(&tpm2, dir, proxy.outside, false), ERR_OK);
	birth_make(&birth);
	assert_int_equal(rot_open(&rot, &tpm2.port), ERR_OK);
	assert_int_equal(rot_provision(&rot, &birth), ERR_UNSUPPORTED);
	birth.key_inside = true;
	assert_int_equal(rot_provision(&rot, &birth), ERR_OK);
	return 0;
}

/* Every test ends switched on. */
static int
teardown(void **state)
{
	(void)state;
	off();
	swtpm_stop(&swtpm);
	return 0;
}

static void
test_rolled_back(void **state)
{
	(void)state;
	off();
	keep("cp -r rot old");
	assert_int_equal(on(), ERR_OK);
	assert_int_equal(rot_security_set(&rot, false), ERR_OK);
	off();
	keep("mv rot new && cp -r old rot");
	assert_int_equal(on(), ERR_REPLAY);
	keep("rm -r rot && mv new rot");
	assert_int_equal(on(), ERR_OK);
}

/* The TPM of yesterday: swtpm can be put back, and that shows. */
static void
test_tpm_rolled_back(void **state)
{
	(void)state;
	off();
	swtpm_kill(&swtpm);
	swtpm_save(&swtpm, "old");
	swtpm_again(&swtpm);
	assert_int_equal(on(), ERR_OK);
	assert_int_equal(rot_security_set(&rot, false), ERR_OK);
	assert_int_equal(rot_security_set(&rot, true), ERR_OK);
	off();
	swtpm_kill(&swtpm);
	swtpm_save(&swtpm, "new");
	swtpm_restore(&swtpm, "old");
	swtpm_again(&swtpm);
	assert_int_equal(on(), ERR_REPLAY);
	swtpm_kill(&swtpm);
	swtpm_restore(&swtpm, "new");
	swtpm_again(&swtpm);
	assert_int_equal(on(), ERR_OK);
}

static void
test_another_tpm(void **state)
{
	(void)state;
	off();
	swtpm_kill(&swtpm);
	keep("mv state own && mkdir state");
	swtpm_again(&swtpm);
	assert_int_equal(on(), ERR_AUTH);
	swtpm_kill(&swtpm);
	keep("rm -r state && mv own state");
	swtpm_again(&swtpm);
	assert_int_equal(on(), ERR_OK);
}

static void
test_broken_identity(void **state)
{
	(void)state;
	off();
	keep("cp rot/tpm2 tpm2");
	keep("truncate -s -1 rot/tpm2");
	assert_int_equal(on(), ERR_FORMAT);
	keep("cat tpm2 tpm2 > rot/tpm2");
	assert_int_equal(on(), ERR_FORMAT);
	/* The authorisation is another: the objects do not work; or the name */
	keep("cp tpm2 rot/tpm2 && printf x | dd of=rot/tpm2 bs=1 seek=9 "
	     "conv=notrunc status=none");
	assert_int_equal(on(), ERR_AUTH);
	keep("cp tpm2 rot/tpm2 && printf x | dd of=rot/tpm2 bs=1 seek=40 "
	     "conv=notrunc status=none");
	assert_int_equal(on(), ERR_AUTH);
	keep("rm rot/tpm2");
	assert_int_equal(on(), ERR_NOT_FOUND);
	keep("mv tpm2 rot/tpm2");
	assert_int_equal(on(), ERR_OK);
}

/* Processes that were killed leave nothing that fills the TPM. */
static void
test_killed_often(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		die();
		assert_int_equal(on(), ERR_OK);
	}
	bootstrap_make(&rot, 1);
}

static void
test_holds_one_device(void **state)
{
	char second[SWTPM_PATH + 16];

	(void)state;
	rot_done(&rot);
	port_tpm2_close(&tpm2);
	(void)snprintf(second, sizeof(second), "%s/rot2", swtpm.dir);
	assert_int_equal(port_tpm2_create(&tpm2, second, proxy.outside, false),
	    ERR_CONFLICT);
	keep("rm -r rot2");
	assert_int_equal(
	    port_tpm2_create(&tpm2, second, proxy.outside, true), ERR_OK);
	assert_int_equal(rot_open(&rot, &tpm2.port), ERR_OK);
	assert_false(rot.provisioned);
	off();
	assert_int_equal(on(), ERR_AUTH); /* the first is gone */
	keep("rm -r rot && mv rot2 rot");
	assert_int_equal(on(), ERR_OK);
}

/* F, next, the hardware key, the authorisation: none passes by in clear. */
static void
test_listener(void **state)
{
	uint8_t salt[SHA256_LEN] = {0}, prk[SHA256_LEN], shared[P256_LEN];
	uint8_t request[BOOTSTRAP_REQUEST_MAX], buf[BOOTSTRAP_RESPONSE_MAX];
	uint8_t exporter[32] = {3}, identity[100], huk[32];
	struct keys_children children;
	struct p256_secret peer = {{[31] = 42}};
	struct p256_point peer_public, own;
	struct keys_salt next;
	struct rot_birth birth;
	struct keys_root root;
	struct bytes response;
	struct writer w;
	size_t len;

	(void)state;
	birth_make(&birth);
	memcpy(huk, tpm2.huk, sizeof(huk));
	assert_int_equal(file_read_at(tpm2.file.dir_fd, "tpm2", identity,
			     sizeof(identity), &len),
	    ERR_OK);
	assert_int_equal(rot_public_key(&rot, &own), ERR_OK);
	assert_int_equal(p256_public(&peer, &peer_public), ERR_OK);
	assert_int_equal(p256_ecdh(&peer, &own, shared), ERR_OK);
	assert_int_equal(rot_instance_make(&rot), ERR_OK);
	assert_int_equal(rot_next_key_make(&rot), ERR_OK);
	writer_init(&w, request, sizeof(request));
	assert_int_equal(
	    rot_request_write(&rot, BYTES_LIT("03.15"), BYTES_NONE, &w),
	    ERR_OK);
	response = response_make(buf, BOOTSTRAP_ASSIGNED, 1, 1);
	assert_int_equal(keys_root_make(&birth.factory, exporter, birth.uid,
			     writer_bytes(&w), response, &root),
	    ERR_OK);
	assert_int_equal(keys_children_make(&root, &children), ERR_OK);
	next = children.next;
	off();
	proxy_start();
	proxy.secret[0] = BYTES_OF(huk);
	proxy.secret[1] = bytes_make(identity + 4, 32);
	proxy.secret[2] = BYTES_OF(shared);
	proxy.secret[3] = BYTES_OF(root.k);
	proxy.secret[4] = BYTES_OF(next.k);
	proxy.secret[5] = BYTES_OF(exporter);
	proxy.secret_count = 6;
	assert_int_equal(port_tpm2_open(&tpm2, dir, proxy.outside), ERR_OK);
	assert_memory_equal(tpm2.huk, huk, sizeof(huk));
	assert_int_equal(rot_open(&rot, &tpm2.port), ERR_OK);
	assert_int_equal(rot_static_prk(&rot, salt, &peer_public, prk), ERR_OK);
	assert_int_equal(
	    rot_pend_make(&rot, exporter, writer_bytes(&w), response), ERR_OK);
	assert_memory_equal(rot.rec.pend.psk.k, children.psk.k, KEY_LEN);
	assert_true(proxy.commands > 20);
	assert_false(proxy.leaked);
	/* The listener does hear what is in clear: the name of the file's TPM */
	proxy.secret[0] = bytes_make(own.x, sizeof(own.x));
	assert_int_equal(rot_static_prk(&rot, salt, &peer_public, prk), ERR_OK);
	assert_true(proxy.leaked);
	/* The proxy goes on after this function, whose secrets they are. */
	proxy.secret_count = 0;
}

/* An answer that was changed on the way is never taken for good. */
static void
test_meddler(void **state)
{
	uint8_t salt[SHA256_LEN] = {0}, prk[SHA256_LEN], good[SHA256_LEN];
	struct p256_secret peer = {{[31] = 42}};
	struct p256_point peer_public;
	unsigned at, last;
	enum err err;

	(void)state;
	assert_int_equal(p256_public(&peer, &peer_public), ERR_OK);
	last = proxy.commands;
	assert_int_equal(
	    rot_static_prk(&rot, salt, &peer_public, good), ERR_OK);
	last = proxy.commands - last;
	assert_true(last >= 2);
	for (at = 1; at <= 2 * last; at++) {
		proxy.flip_middle = at > last;
		proxy.flip_at = proxy.commands + (at - 1) % last + 1;
		memset(prk, 0, sizeof(prk));
		err = rot_static_prk(&rot, salt, &peer_public, prk);
		/* The last answer is the secret; the others only help. */
		if ((at - 1) % last + 1 == last)
			assert_int_equal(err, ERR_AUTH);
		if (err == ERR_OK)
			assert_memory_equal(prk, good, sizeof(good));
		die();
		assert_int_equal(on(), ERR_OK);
	}
	assert_int_equal(rot_static_prk(&rot, salt, &peer_public, prk), ERR_OK);
	assert_memory_equal(prk, good, sizeof(good));
}

/* One whole life of a generation; any step may find the TPM gone. */
static enum err
generation_live(uint32_t generation)
{
	uint8_t request[BOOTSTRAP_REQUEST_MAX], buf[BOOTSTRAP_RESPONSE_MAX];
	struct checkin_response answer = {.time = 1700000000};
	uint8_t exporter[32] = {(uint8_t)generation}, psk[16];
	uint8_t id[PSK_ID_LEN];
	struct writer w;
	struct rot_state s;
	enum err err = ERR_OK;

	rot_state(&rot, &s);
	if (s.generation < generation && !s.pending) {
		err = rot_instance_make(&rot);
		if (err == ERR_OK)
			err = rot_next_key_make(&rot);
		if (err != ERR_OK)
			return err;
		writer_init(&w, request, sizeof(request));
		assert_int_equal(
		    rot_request_write(&rot, BYTES_LIT("03.15"), BYTES_NONE, &w),
		    ERR_OK);
		err = rot_pend_make(&rot, exporter, writer_bytes(&w),
		    response_make(buf, BOOTSTRAP_ASSIGNED, generation, 1));
	}
	rot_state(&rot, &s);
	if (err == ERR_OK && s.generation < generation) {
		err = rot_checkin_begin(&rot, BYTES_LIT("03.15"), 0, false);
		if (err == ERR_OK)
			err = rot_checkin_done(&rot, &answer);
	}
	return err == ERR_OK ? rot_psk(&rot, sizeof(psk), id, psk) : err;
}

/*
 * Generation after generation, the n-th command of each is the process's
 * last: before the TPM has it, or after, without an answer.
 */
static void
test_killed_at_every_command(void **state)
{
	uint32_t generation = 0;
	unsigned n, before;
	bool cut = true;
	enum err err;

	(void)state;
	for (before = 0; before < 2; before++) {
		cut = true;
		for (n = 1; cut; n++) {
			generation++;
			proxy.cut_before = before != 0;
			proxy.cut_at = proxy.commands + n;
			err = generation_live(generation);
			cut = proxy.commands >= proxy.cut_at;
			die();
			/* A sweep that was cut is no fault of the commit. */
			assert_true(cut || err == ERR_OK);
			assert_int_equal(on(), ERR_OK);
			assert_int_equal(generation_live(generation), ERR_OK);
			assert_int_equal(rot.rec.cur.number, generation);
		}
		assert_true(n > 25);
	}
}

/* The start itself is cut at every command, and then is not. */
static void
test_killed_at_start(void **state)
{
	unsigned n, last;
	enum err err;

	(void)state;
	off();
	assert_int_equal(on(), ERR_OK);
	last = proxy.commands;
	for (n = 1; n <= last; n++) {
		off();
		proxy_start();
		proxy.cut_at = n;
		proxy.cut_before = n % 2 == 0;
		err = port_tpm2_open(&tpm2, dir, proxy.outside);
		if (err == ERR_OK) {
			assert_int_not_equal(
			    rot_open(&rot, &tpm2.port), ERR_OK);
			port_tpm2_close(&tpm2);
		} else {
			assert_int_equal(err, ERR_IO);
		}
		proxy_stop();
		assert_int_equal(on(), ERR_OK);
	}
}

/* --- a TPM that hangs --- */

/* How many children this process has, those that nobody waited for too. */
static unsigned
children_count(void)
{
	unsigned count = 0;
	char path[64];
	int pid;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    (int)getpid(), (int)getpid());
	f = fopen(path, "re");
	assert_non_null(f);
	while (fscanf(f, "%d", &pid) == 1)
		count++;
	(void)fclose(f);
	return count;
}

/* A command that any TPM answers: TPM2_Startup. */
static void
command_send(int fd)
{
	assert_int_equal(
	    write(fd, "\x80\x01\0\0\0\x0c\0\0\x01\x44\0\0", 12), 12);
}

/* The start ends in time, and so does the process that hangs. */
static void
test_hangs_at_start(void **state)
{
	struct tpm2_relay relay;

	(void)state;
	off();
	assert_int_equal(children_count(), 1);
	assert_int_equal(kill(swtpm.pid, SIGSTOP), 0);
	assert_int_equal(tpm2_relay_start(swtpm.tcti, 50, &relay), ERR_TIMEOUT);
	assert_int_equal(children_count(), 1);
	assert_int_equal(kill(swtpm.pid, SIGCONT), 0);
	assert_int_equal(on(), ERR_OK);
}

/* A relay that waits for its TPM does not hold up its parent's end. */
static void
test_hangs_at_the_end(void **state)
{
	struct tpm2_relay relay;

	(void)state;
	off();
	assert_int_equal(
	    tpm2_relay_start(swtpm.tcti, TPM2_RELAY_WAIT_MS, &relay), ERR_OK);
	assert_int_equal(kill(swtpm.pid, SIGSTOP), 0);
	command_send(relay.fd);
	tpm2_relay_stop(&relay);
	assert_int_equal(children_count(), 1);
	assert_int_equal(kill(swtpm.pid, SIGCONT), 0);
	assert_int_equal(on(), ERR_OK);
}

/* Starts a relay that waits for a TPM that hangs, and dies. */
static void
parent_run(void)
{
	struct tpm2_relay relay;

	if (tpm2_relay_start(swtpm.tcti, TPM2_RELAY_WAIT_MS, &relay) != ERR_OK)
		_exit(1);
	(void)kill(swtpm.pid, SIGSTOP);
	command_send(relay.fd);
	_exit(0);
}

/* Nor does it outlive a parent that was killed: its standard output closes. */
static void
test_hangs_orphaned(void **state)
{
	struct pollfd p = {.events = POLLIN};
	int ends[2], status;
	char byte;
	pid_t pid;

	(void)state;
	off();
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[1]);
		parent_run();
	}
	(void)close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	p.fd = ends[0];
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	(void)close(ends[0]);
	assert_int_equal(kill(swtpm.pid, SIGCONT), 0);
	assert_int_equal(on(), ERR_OK);
}

/* What comes too late is the answer to nothing. */
static void
test_late_answer(void **state)
{
	uint8_t command[12] = {0x80, 1}, answer[16];
	TSS2_TCTI_CONTEXT *wire;
	size_t len = sizeof(answer);
	int pair[2];

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(wire_new(pair[0], 1, &wire), ERR_OK);
	assert_int_equal(Tss2_Tcti_Transmit(wire, sizeof(command), command), 0);
	assert_int_equal(
	    Tss2_Tcti_Receive(wire, &len, answer, -1), TSS2_TCTI_RC_IO_ERROR);
	assert_int_equal(write(pair[1], "late", 4), 4);
	assert_int_equal(Tss2_Tcti_Transmit(wire, sizeof(command), command),
	    TSS2_TCTI_RC_IO_ERROR);
	assert_int_equal(
	    Tss2_Tcti_Receive(wire, &len, answer, -1), TSS2_TCTI_RC_IO_ERROR);
	wire_free(wire);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* --- what the relay may do --- */

static void
test_filtered(void **state)
{
	char path[64], line[256];
	bool found = false;
	FILE *f;

	(void)state;
	(void)snprintf(
	    path, sizeof(path), "/proc/%d/status", (int)proxy.relay.pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		found = found || strcmp(line, "Seccomp:\t2\n") == 0;
	(void)fclose(f);
	assert_true(found);
}

/* Plays a TPM behind a device file: to every command it says success. */
static void *
device_run(void *arg)
{
	const int *fd = arg;
	uint8_t command[PACKET_MAX];

	while (read(*fd, command, sizeof(command)) > 0)
		if (write(*fd, "\x80\x01\0\0\0\x0a\0\0\0\0", 10) != 10)
			break;
	return NULL;
}

/* A device file works behind the filter, too; here it is a terminal's. */
static void
test_device_file(void **state)
{
	char name[64], tcti[80];
	uint8_t answer[PACKET_MAX];
	struct tpm2_relay relay;
	struct termios raw;
	pthread_t thread;
	int master, slave, i;

	(void)state;
	assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
	assert_int_equal(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	assert_int_equal(pthread_create(&thread, NULL, device_run, &master), 0);
	(void)snprintf(tcti, sizeof(tcti), "device:%s", name);
	assert_int_equal(
	    tpm2_relay_start(tcti, TPM2_RELAY_WAIT_MS, &relay), ERR_OK);
	for (i = 0; i < 3; i++) {
		command_send(relay.fd);
		assert_int_equal(read(relay.fd, answer, sizeof(answer)), 10);
	}
	tpm2_relay_stop(&relay);
	(void)close(slave); /* the last: the thread's reading ends */
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(master);
}

/* What a process behind the filter tries: a bit for each that works. */
enum {
	CAN_SOCKET = 1,
	CAN_READ_ETC = 2,
	CAN_READ_ELSE = 4,
	CAN_WRITE = 8,
	CAN_FORK = 16,
	CAN_EXECUTE = 32,
	CAN_TRACE = 64,
	CAN_RUN_DATA = 128
};

static int
escape(const char *tcti)
{
	struct stat st;
	int can = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    relay_filter(tcti) != ERR_OK)
		abort();
	can |= socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? CAN_SOCKET : 0;
	can |= open("/etc/passwd", O_RDONLY) >= 0 ? CAN_READ_ETC : 0;
	can |= stat("/etc/passwd", &st) == 0 ? CAN_READ_ETC : 0;
	/* To type into a terminal is to write. */
	can |= ioctl(-1, TIOCSTI, "x") != 0 && errno == EPERM ? 0 : CAN_WRITE;
	can |= open("/proc/self/maps", O_RDONLY) >= 0 ? CAN_READ_ELSE : 0;
	can |= open("/dev/null", O_WRONLY) >= 0 ? CAN_WRITE : 0;
	can |= syscall(SYS_clone, 0, 0, 0, 0, 0) >= 0 ? CAN_FORK : 0;
	can |=
	    syscall(SYS_execve, "/nowhere", NULL, NULL) != 0 && errno == EPERM
		? 0
		: CAN_EXECUTE;
	can |=
	    syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) == 0 ? CAN_TRACE : 0;
	can |= mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED
		   ? CAN_RUN_DATA
		   : 0;
	return can;
}

static int
escape_of(const char *tcti)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(escape(tcti));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A device needs nothing more, a socket its like, others nobody knows. */
static void
test_filter_kinds(void **state)
{
	bool landlock = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
			    LANDLOCK_CREATE_RULESET_VERSION) > 0;
	int can = CAN_SOCKET | CAN_READ_ETC | (landlock ? 0 : CAN_READ_ELSE);

	(void)state;
	assert_int_equal(escape_of("device:/dev/tpmrm0"), 0);
	assert_int_equal(escape_of("device"), 0);
	assert_int_equal(escape_of("swtpm:host=localhost"), can);
	assert_int_equal(escape_of("mssim"), can);
	can = CAN_SOCKET | CAN_READ_ETC | CAN_READ_ELSE | CAN_WRITE | CAN_FORK |
	      CAN_RUN_DATA;
	assert_int_equal(escape_of("devices:x"), can);
	assert_int_equal(escape_of("tabrmd"), can);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_rolled_back),
	    TEST(test_tpm_rolled_back),
	    TEST(test_another_tpm),
	    TEST(test_broken_identity),
	    TEST(test_killed_often),
	    TEST(test_holds_one_device),
	    TEST(test_listener),
	    TEST(test_meddler),
	    TEST(test_killed_at_every_command),
	    TEST(test_killed_at_start),
	    TEST(test_hangs_at_start),
	    TEST(test_hangs_at_the_end),
	    TEST(test_hangs_orphaned),
	    cmocka_unit_test(test_late_answer),
	    TEST(test_filtered),
	    cmocka_unit_test(test_device_file),
	    cmocka_unit_test(test_filter_kinds),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
