/*
 * Contexts that a device has left: its earlier generations and the pendings
 * that another one won over. Who speaks under one of them may be a clone;
 * they serve as evidence and for nothing else.
 */
#ifndef STORE_LEFT_H
#define STORE_LEFT_H

#include "store/store.h"

struct store_left {
	uint8_t alias[ALIAS_LEN];
	uint8_t uid[UID_LEN];
	uint32_t generation;
	struct store_blob ck; /* the last; none: it was never known */
	uint8_t public_key[P256_POINT_LEN];
	uint64_t left_at;
	uint64_t number; /* order of leaving */
};

/*
 * Adds one; the oldest of the device goes when it would have more than
 * LEFT_MAX. Errors: ERR_EXISTS, ERR_CONFLICT (no such device).
 */
MUST_CHECK enum err store_left_add(
    struct store *store, const struct store_left *left);

/* Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_left_by_alias(struct store *store,
    const uint8_t alias[ALIAS_LEN], struct store_left *ret_left);

/* All of a device, oldest first. */
MUST_CHECK enum err store_left_by_uid(struct store *store,
    const uint8_t uid[UID_LEN], struct store_left ret_left[LEFT_MAX],
    size_t *ret_count);

#endif
