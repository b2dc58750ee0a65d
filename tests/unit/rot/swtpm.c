/* See swtpm.h. */
#include "swtpm.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs a command in the folder; $1 is name. */
static void
shell(const struct swtpm *tpm, const char *what, const char *name)
{
	char command[4 * SWTPM_PATH];

	(void)snprintf(command, sizeof(command), "cd %s && set -- '%s' && %s",
	    tpm->dir, name, what);
	assert_int_equal(system(command), 0);
}

static void
child_run(const struct swtpm *tpm)
{
	char state[SWTPM_PATH + 16], server[SWTPM_PATH + 32];
	char ctrl[SWTPM_PATH + 32];

	(void)snprintf(state, sizeof(state), "dir=%s/state", tpm->dir);
	(void)snprintf(
	    server, sizeof(server), "type=unixio,path=%s/sock", tpm->dir);
	(void)snprintf(
	    ctrl, sizeof(ctrl), "type=unixio,path=%s/sock.ctrl", tpm->dir);
	if (freopen("/dev/null", "w", stderr) == NULL)
		_exit(127);
	(void)execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state,
	    "--server", server, "--ctrl", ctrl, "--flags",
	    "not-need-init,startup-clear", (char *)NULL);
	_exit(127);
}

/* Says whether somebody listens at the TPM's control socket. */
static bool
listens(const struct swtpm *tpm)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;

	(void)snprintf(address.sun_path, sizeof(address.sun_path),
	    "%s/sock.ctrl", tpm->dir);
	good = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	(void)close(fd);
	return good;
}

void
swtpm_again(struct swtpm *tpm)
{
	int i;

	tpm->pid = fork();
	assert_true(tpm->pid >= 0);
	if (tpm->pid == 0)
		child_run(tpm);
	for (i = 0; i < 2000 && !listens(tpm); i++) {
		assert_int_equal(waitpid(tpm->pid, NULL, WNOHANG), 0);
		(void)usleep(5000);
	}
	assert_true(i < 2000);
}

void
swtpm_start(struct swtpm *tpm)
{
	(void)snprintf(tpm->dir, sizeof(tpm->dir), "/tmp/test_swtpm.XXXXXX");
	assert_non_null(mkdtemp(tpm->dir));
	(void)snprintf(
	    tpm->tcti, sizeof(tpm->tcti), "swtpm:path=%s/sock", tpm->dir);
	shell(tpm, "mkdir state", "");
	swtpm_again(tpm);
}

void
swtpm_kill(struct swtpm *tpm)
{
	(void)kill(tpm->pid, SIGKILL);
	(void)waitpid(tpm->pid, NULL, 0);
	shell(tpm, "rm -f sock*", "");
}

void
swtpm_save(const struct swtpm *tpm, const char *name)
{
	shell(tpm, "rm -rf $1 && cp -r state $1", name);
}

void
swtpm_restore(const struct swtpm *tpm, const char *name)
{
	shell(tpm, "rm -rf state && cp -r $1 state", name);
}

void
swtpm_stop(struct swtpm *tpm)
{
	swtpm_kill(tpm);
	shell(tpm, "rm -rf \"$PWD\"", "");
}
