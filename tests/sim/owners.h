/*
 * Owners of the simulation: transfers and GetPSK by the service's own rules.
 * Apart from sim.h, whose service is another one than the api's.
 */
#ifndef SIM_OWNERS_H
#define SIM_OWNERS_H

#include "base/limits.h"
#include "base/random.h"
#include "keysproto/keysproto.h"
#include "store/store.h"

/* Where and when: the store is the service's. */
struct owners {
	struct store *store;
	const struct random_source *random;
	struct keysproto_port keys; /* as api */
	uint64_t unix_s;
};

/*
 * A tenant offers a device and the other accepts it into its profile; when
 * declined is set, it declines. Errors: those of service/transfers.h.
 */
enum err owners_transfer(const struct owners *o, uint64_t from, uint64_t to,
    const uint8_t uid[UID_LEN], const uint8_t profile[PROFILE_UID_LEN],
    uint8_t readers, bool declined);

/* GetPSK of a tenant: 32 bytes. Errors: those of psk_begin and of keys. */
enum err owners_psk(const struct owners *o, uint64_t tenant,
    const uint8_t id[PSK_ID_LEN], uint8_t ret_key[PSK_MAX]);

#endif
