/*
 * The handler's counters by name: for the log at the end, and for the row
 * table from which the api process serves its metrics.
 */
#ifndef CLOUD_DEVICES_METRICS_H
#define CLOUD_DEVICES_METRICS_H

#include "handler.h"

/* Gives every counter with its name, such as "checkins". */
void metrics_each(const struct devices_counters *counters,
    void (*visit)(void *ctx, const char *name, uint64_t value), void *ctx);

/* Writes all counters, as "devices_<name>", in one transaction. */
MUST_CHECK enum err metrics_write(
    struct store *store, const struct devices_counters *counters);

#endif
