/*
 * The keys process: the only one that ever holds a private or master key. It
 * reads its file, gives up everything but its two sockets and the log, and
 * answers. Its memory is neither dumped nor swapped.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cloud/keys.h"
#include "cloud/log.h"
#include "cloud/process.h"
#include "cloud/sandbox.h"
#include "keyfile.h"
#include "serve.h"

/* Less than this, and a locked process could not allocate any more. */
#define MEMLOCK_MIN (256ul << 20)

static struct keys_state state;
static struct keys_memo memo;
static struct server server;

/* Whether everything may be locked, now and later. */
static bool
may_lock_all(void)
{
	struct rlimit limit;

	if (geteuid() == 0)
		return true;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		return false;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		return false;
	return limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= MEMLOCK_MIN;
}

/* Keeps secrets out of the swap: all memory, else where the keys stand. */
static void
lock_memory(void)
{
	if (may_lock_all() && mlockall(MCL_CURRENT | MCL_FUTURE) == 0)
		return;
	if (mlock(&state, sizeof(state)) == 0 &&
	    mlock(&memo, sizeof(memo)) == 0 &&
	    mlock(&server, sizeof(server)) == 0)
		log_warn("memory-locked-in-part",
		    log_text("why", "the limit of locked memory is low"));
	else
		log_warn("memory-not-locked", log_errno(errno));
}

static enum err
harden(void)
{
	struct rlimit no_core = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &no_core) != 0) {
		log_error("harden-failed", log_errno(errno));
		return ERR_IO;
	}
	lock_memory();
	return ERR_OK;
}

static enum err
start(const struct process *p)
{
	enum err err;

	err = crypto_init();
	if (err != ERR_OK) {
		log_error("crypto-failed", log_err(err));
		return err;
	}
	err = keyfile_open(p->config, &state);
	if (err == ERR_OK)
		err = keyfile_publish(p->config, &state);
	if (err != ERR_OK)
		return err;
	err = sandbox_keys();
	if (err != ERR_OK)
		log_error("sandbox-failed", log_errno(errno));
	return err;
}

int
keys_main(const struct process *p)
{
	if (harden() != ERR_OK)
		return 1;
	if (start(p) != ERR_OK) {
		keys_state_done(&state);
		return 1;
	}
	state.memo = &memo;
	server_init(&server, &state, p->devices_fd, p->config->devices_budget,
	    p->api_fd, p->config->api_budget);
	server_hello(&server);
	process_ready(p, "keys", NULL);
	server_run(&server, p->stop_fd);
	keys_memo_wipe(&memo);
	keys_state_done(&state);
	return 0;
}
