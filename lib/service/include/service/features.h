/*
 * Features and services of devices: switched for a profile they reach the
 * devices that bootstrap from then on, switched for a device they reach it
 * with its next heartbeat.
 */
#ifndef SERVICE_FEATURES_H
#define SERVICE_FEATURES_H

#include "service/service.h"
#include "store/devices.h"
#include "store/profiles.h"

/* What shall change: what is not named stays as it is. Bits of enum feature. */
struct feature_change {
	uint32_t named;
	uint32_t enabled; /* those of them that go on */
	uint64_t ca; /* for ZTPV1: of the caller's account; 0: as it was */
};

/*
 * Reads a device of the caller's account. Errors: ERR_NOT_FOUND (unknown, or
 * another account's), the store's.
 */
MUST_CHECK enum err features_of_device(struct service *s,
    const struct actor *actor, const uint8_t uid[UID_LEN],
    struct store_device *ret_device);

/*
 * Writes what a device shall have, and that it was changed; nothing when it
 * has it already. Gives the device as it stands then.
 *
 * Errors: ERR_NOT_FOUND (as above), ERR_STATE (the device is not active),
 * ERR_DISABLED (a service goes on that the plan does not include), the
 * store's.
 */
MUST_CHECK enum err features_set_device(struct service *s,
    const struct actor *actor, const char *source, const uint8_t uid[UID_LEN],
    const struct feature_change *change, struct store_device *ret_device);

/* The same for a profile; no ERR_STATE. Reading one: store_profile_get. */
MUST_CHECK enum err features_set_profile(struct service *s,
    const struct actor *actor, const char *source,
    const uint8_t uid[PROFILE_UID_LEN], const struct feature_change *change,
    struct store_profile *ret_profile);

#endif
