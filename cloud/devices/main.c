/*
 * The devices process, which serves nothing yet: it says that it is ready and
 * waits for its end.
 */
#include "cloud/process.h"
#include "cloud/sandbox.h"

int
devices_main(const struct process *p)
{
	if (sandbox_devices(p->config) != ERR_OK)
		return 1;
	process_ready(p, "devices", p->config->devices_listen);
	process_wait_for_stop(p);
	return 0;
}
