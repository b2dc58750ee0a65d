/*
 * Whose the keys of a generation are, and what a request for one is judged
 * by. The right belongs to the generation's owner, not to the device's.
 */
#ifndef STORE_RIGHTS_H
#define STORE_RIGHTS_H

#include "store/profiles.h"
#include "store/store.h"

/* What a tenant's request for a key of a generation is judged by. */
struct store_rights {
	uint8_t uid[UID_LEN];
	uint32_t generation;
	struct store_blob root;
	uint8_t profile[PROFILE_UID_LEN]; /* bound into the root */
	uint8_t record[PROFILE_RECORD_LEN];
	bool owns_device; /* the device itself is still this tenant's */
	bool ended; /* the generation cannot grow any more */
	uint64_t ended_at; /* 0: it has not, or its device was erased */
	bool rejected; /* an operator has released an older one */
	bool awaited; /* one that he has released has not come yet */
	unsigned status; /* of the device: enum store_device_status */
	uint32_t features; /* of the device: wanted */
	bool suspended;
	bool quarantined;
};

/*
 * Finds the generation with an alias that is a tenant's. Errors:
 * ERR_NOT_FOUND (no such alias, or it is another tenant's or nobody's).
 */
MUST_CHECK enum err store_rights_find(struct store *store, uint64_t tenant,
    const uint8_t alias[ALIAS_LEN], struct store_rights *ret_rights);

/*
 * The same for the generation that a tenant's device is in, by the device's
 * uid, and its alias. Errors: ERR_NOT_FOUND (no such device, not this
 * tenant's, or not registered).
 */
MUST_CHECK enum err store_rights_of_device(struct store *store, uint64_t tenant,
    const uint8_t uid[UID_LEN], struct store_rights *ret_rights,
    uint8_t ret_alias[ALIAS_LEN]);

#endif
