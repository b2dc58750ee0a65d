/*
 * The process between the TEE and the TPM. It loads the TCTI and carries
 * packets; it holds no key, and the session keeps secrets from it. It ends
 * when either side does; while the TPM hangs it cannot look at its parent,
 * and is killed.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include "internal.h"
#include "rot/port_tpm2.h"

#define STOP_MS 1000 /* for the end of a TCTI whose TPM answers */

static void
packet_carry(int fd, TSS2_TCTI_CONTEXT *tcti)
{
	uint8_t packet[TPM2_PACKET_MAX];
	size_t len;
	ssize_t n;

	for (;;) {
		n = read(fd, packet, sizeof(packet));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || Tss2_Tcti_Transmit(tcti, (size_t)n, packet) !=
				  TSS2_RC_SUCCESS)
			return;
		len = sizeof(packet);
		if (Tss2_Tcti_Receive(tcti, &len, packet,
			TSS2_TCTI_TIMEOUT_BLOCK) != TSS2_RC_SUCCESS ||
		    write(fd, packet, len) != (ssize_t)len)
			return;
	}
}

/* Keeps its descriptor and standard error, and nothing of its parent's. */
static int
descriptors_keep(int fd)
{
	int own = dup2(fd, STDERR_FILENO + 1);

	(void)close_range(STDERR_FILENO + 2, ~0u, 0);
	return own;
}

/* Dies with its parent, also if that is gone already. */
static int
parent_follow(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return -1;
	return getppid() == parent ? 0 : -1;
}

static int
relay_run(int fd, const char *tcti_name, pid_t parent)
{
	TSS2_TCTI_CONTEXT *tcti = NULL;
	uint8_t ready = 1;

	(void)prctl(PR_SET_NAME, "holdfast-tpm", 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	fd = descriptors_keep(fd);
	if (fd < 0 || parent_follow(parent) != 0 ||
	    Tss2_TctiLdr_Initialize(tcti_name, &tcti) != TSS2_RC_SUCCESS)
		return 1;
	if (relay_filter(tcti_name) == ERR_OK && write(fd, &ready, 1) == 1)
		packet_carry(fd, tcti);
	Tss2_TctiLdr_Finalize(&tcti);
	return 0;
}

/* Waits for something to come, or for the other end to close. */
static bool
packet_wait(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int got;

	do {
		got = poll(&p, 1, wait_ms);
	} while (got < 0 && errno == EINTR);
	return got == 1;
}

/* Waits until the relay says that it has its TPM. */
static enum err
ready_wait(int fd, int wait_ms)
{
	uint8_t ready = 0;

	if (!packet_wait(fd, wait_ms))
		return ERR_TIMEOUT;
	return read(fd, &ready, 1) == 1 && ready == 1 ? ERR_OK : ERR_IO;
}

static void
relay_end(struct tpm2_relay *relay)
{
	int status;

	(void)close(relay->fd);
	(void)kill(relay->pid, SIGKILL);
	(void)waitpid(relay->pid, &status, 0);
	relay->fd = -1;
}

enum err
tpm2_relay_start(const char *tcti, int wait_ms, struct tpm2_relay *ret_relay)
{
	struct tpm2_relay relay;
	pid_t parent = getpid();
	int pair[2];
	enum err err;

	/* The library tells its own story, with buffers in it: not here. */
	(void)setenv("TSS2_LOG", "all+none", 1);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_IO;
	(void)fflush(NULL);
	relay.pid = fork();
	if (relay.pid == 0)
		_exit(relay_run(pair[1], tcti, parent));
	(void)close(pair[1]);
	relay.fd = pair[0];
	if (relay.pid < 0) {
		(void)close(pair[0]);
		return ERR_IO;
	}
	err = ready_wait(relay.fd, wait_ms);
	if (err == ERR_OK)
		*ret_relay = relay;
	else
		relay_end(&relay);
	return err;
}

/* Late answers may lie before the end, which is when it closes its socket. */
void
tpm2_relay_stop(struct tpm2_relay *relay)
{
	uint8_t packet[TPM2_PACKET_MAX];

	(void)shutdown(relay->fd, SHUT_WR);
	while (packet_wait(relay->fd, STOP_MS) &&
	       read(relay->fd, packet, sizeof(packet)) > 0)
		continue;
	relay_end(relay);
}
