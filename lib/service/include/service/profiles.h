/*
 * Device profiles: made by their owner, authenticated by the keys process,
 * so that nobody who writes the database can give himself a device.
 */
#ifndef SERVICE_PROFILES_H
#define SERVICE_PROFILES_H

#include "keysproto/keysproto.h"
#include "service/service.h"
#include "store/profiles.h"

#define PROFILE_PERIOD_MIN 300 /* seconds: the module's own limit */
#define PROFILE_PERIOD_MAX (366u * 86400)
#define PROFILE_ROTATION_MIN 86400 /* seconds */
#define PROFILE_ROTATION_MAX (3660u * 86400)

/*
 * Draws a profile for a tenant with a name (1 to PROFILE_NAME_MAX bytes
 * without control characters), features for its devices, to which the
 * plan's services come, and a period between check-ins (0: the service's).
 * Fills the request for keys.
 *
 * Errors: ERR_INVALID (name, features or period), ERR_RANDOM.
 */
MUST_CHECK enum err profile_begin(struct service *s, uint64_t tenant,
    uint32_t services, struct bytes name, uint32_t features, uint32_t period_s,
    struct store_profile *ret_profile, struct keysproto_request *ret_request);

/* Keeps a profile with keys' record of it. Errors: the store's. */
MUST_CHECK enum err profile_finish(struct service *s, const struct actor *actor,
    const char *source, struct store_profile *profile,
    const uint8_t record[KEYSPROTO_RECORD_LEN]);

/*
 * Changes name, period_s, rotation_s and clones of a profile from what they
 * were when the caller read it. Errors: ERR_NOT_FOUND, ERR_CONFLICT (they
 * have changed meanwhile), ERR_INVALID (as profile_begin), the store's.
 */
MUST_CHECK enum err profile_change(struct service *s, const struct actor *actor,
    const char *source, const struct store_profile *before,
    const struct store_profile *after);

/* Says whether a name may be a tenant's, a profile's: see profile_begin. */
bool name_is_good(struct bytes name, size_t max);

#endif
