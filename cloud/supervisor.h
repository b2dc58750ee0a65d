/*
 * The supervisor: starts the three children, starts one again that dies, and
 * stops them in order. It holds no key and speaks to no network.
 */
#ifndef CLOUD_SUPERVISOR_H
#define CLOUD_SUPERVISOR_H

#include "cloud/config.h"

/*
 * Runs the daemon until SIGTERM or SIGINT. Returns its exit status: 0 when
 * it was asked to stop, 1 when it could not start.
 */
int supervisor_run(const struct config *config);

#endif
