/*
 * The keys process, which serves nothing yet.
 */
#include "cloud/process.h"
#include "cloud/sandbox.h"

int
keys_main(const struct process *p)
{
	if (sandbox_keys() != ERR_OK)
		return 1;
	process_ready(p, "keys", NULL);
	process_wait_for_stop(p);
	return 0;
}
