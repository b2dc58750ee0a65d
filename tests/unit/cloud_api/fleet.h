/*
 * Devices that have registered, put straight into a database, with roots
 * that the keys of the service can open: what GetPSK and the E2E calls need,
 * without a bootstrap each.
 */
#ifndef TEST_FLEET_H
#define TEST_FLEET_H

#include "cloud/keys.h"
#include "store/store.h"

struct fleet {
	const struct keys_state *keys;
	struct store *store;
	uint64_t tenant;
	uint8_t profile[PROFILE_UID_LEN];
	uint32_t features; /* bits of the devices */
};

/* The uid, the alias and the root of device number i: always the same. */
void fleet_uid(unsigned i, uint8_t ret_uid[UID_LEN]);
void fleet_alias(unsigned i, uint8_t ret_alias[ALIAS_LEN]);
struct keys_root fleet_root(unsigned i);

/* Adds devices first to first + count - 1, in one transaction. */
void fleet_add(const struct fleet *fleet, unsigned first, unsigned count);

#endif
