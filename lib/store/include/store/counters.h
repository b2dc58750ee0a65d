/*
 * Counters of the processes, for the metrics: each process writes its own
 * now and then, and starts again at 0 when it starts.
 */
#ifndef STORE_COUNTERS_H
#define STORE_COUNTERS_H

#include "store/store.h"

/* Writes a counter, such as "devices_checkins". */
MUST_CHECK enum err store_counter_set(
    struct store *store, const char *name, uint64_t value);

/*
 * Gives all counters to visit, in the order of their names, until that
 * returns false. visit may not use the store.
 */
MUST_CHECK enum err store_counter_list(struct store *store,
    bool (*visit)(void *ctx, const char *name, uint64_t value), void *ctx);

#endif
