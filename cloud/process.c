/*
 * What every child says to the supervisor.
 */
#include "cloud/process.h"

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cloud/log.h"

void
process_ready(const struct process *p, const char *name, const char *address)
{
	char line[128];
	ssize_t ignored;
	int len;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) <= 0)
		log_event(LOG_LEVEL_WARN, "not-sandboxed");
	if (address == NULL)
		len = snprintf(line, sizeof(line), "ready\n");
	else
		len = snprintf(
		    line, sizeof(line), "ready %s=%s\n", name, address);
	ignored = write(p->notify_fd, line, (size_t)len);
	(void)ignored;
}

void
process_wait_for_stop(const struct process *p)
{
	struct pollfd fd = {.fd = p->stop_fd, .events = POLLIN};

	while (poll(&fd, 1, -1) < 0)
		continue;
}
