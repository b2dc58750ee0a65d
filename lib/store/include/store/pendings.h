/*
 * Pendings: roots made in exchange 2 that no device has confirmed yet, up to
 * PENDING_MAX a device. None is a promise.
 */
#ifndef STORE_PENDINGS_H
#define STORE_PENDINGS_H

#include "store/devices.h"

struct store_pending {
	uint8_t alias[ALIAS_LEN];
	uint8_t uid[UID_LEN];
	uint32_t generation;
	uint8_t instance[INSTANCE_LEN];
	uint8_t public_key[P256_POINT_LEN];
	struct store_blob root;
	struct store_blob ck; /* ck(0) */
	uint8_t resume[RESUME_LEN];
	uint8_t root_profile[PROFILE_UID_LEN]; /* bound into the root */
	uint64_t tenant; /* the owner after the commit; 0: nobody */
	bool has_profile;
	uint8_t profile[PROFILE_UID_LEN];
	char serial[SERIAL_MAX + 1];
	char firmware[FIRMWARE_MAX + 1];
	uint32_t features;
	enum store_device_status status; /* after the commit */
	char address[STORE_ADDRESS_MAX];
	uint64_t created;
	uint64_t number; /* order of making */
};

/*
 * Adds a pending. Who adds it sees to it that the device has PENDING_MAX at
 * most, and that no number of a generation is given twice
 * (service_device_pend). Errors: ERR_EXISTS (alias), ERR_CONFLICT (no such
 * device).
 */
MUST_CHECK enum err store_pending_add(
    struct store *store, const struct store_pending *pending);

/* Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_pending_by_alias(struct store *store,
    const uint8_t alias[ALIAS_LEN], struct store_pending *ret_pending);

/* All of a device, oldest first. */
MUST_CHECK enum err store_pending_by_uid(struct store *store,
    const uint8_t uid[UID_LEN], struct store_pending ret_pending[PENDING_MAX],
    size_t *ret_count);

/* The highest generation of a device's; 0: there is none. */
MUST_CHECK enum err store_pending_highest(
    struct store *store, const uint8_t uid[UID_LEN], uint32_t *ret_generation);

/*
 * Deletes one; no error when there is none. Its number is forgotten with it:
 * a higher one stands, or generation_max is written in the same transaction.
 */
MUST_CHECK enum err store_pending_delete(
    struct store *store, const uint8_t alias[ALIAS_LEN]);

/* Deletes all of a device, whose row keeps the highest number. */
MUST_CHECK enum err store_pending_delete_all(
    struct store *store, const uint8_t uid[UID_LEN]);

#endif
