/*
 * What the files of this room share about devices.
 */
#ifndef SERVICE_INTERNAL_H
#define SERVICE_INTERNAL_H

#include "service/devices.h"
#include "store/transfers.h"

/* Whether one more active device is over the plan of a tenant. */
MUST_CHECK enum err device_over_plan(
    struct store *store, const struct store_terms *terms, bool *ret_over);

/* The features that an owner's profile and plan give at first. */
uint32_t device_first_features(const struct store_terms *terms);

/*
 * The highest number that was ever given to a generation of the device, as it
 * stands, or to a pending of it.
 */
MUST_CHECK enum err device_highest(struct store *store,
    const struct store_device *device, uint32_t *ret_generation);

/*
 * A device waits with a transfer no more, and both parties hear it by an event
 * of this kind that names the generation. Errors: the store's.
 */
MUST_CHECK enum err transfer_end(struct store *store,
    const struct store_transfer_device *t, const char *kind,
    uint32_t generation, uint64_t time);

/*
 * Moves the current generation and all pendings but one alias to the
 * contexts left. changed is the number of this change. The row of the device
 * is written after it, with generation_max as it is in known.
 */
MUST_CHECK enum err device_leave(struct store *store,
    const struct judge_device *known, const uint8_t but[ALIAS_LEN],
    uint64_t changed, uint64_t time);

#endif
