/*
 * The api process, which serves nothing yet: it says that it is ready and
 * waits for its end.
 */
#include "cloud/process.h"
#include "cloud/sandbox.h"

int
api_main(const struct process *p)
{
	if (sandbox_api(p->config) != ERR_OK)
		return 1;
	process_ready(p, "api", p->config->api_listen);
	process_wait_for_stop(p);
	return 0;
}
