/*
 * Device profiles: groups of like devices of one owner.
 */
#ifndef STORE_PROFILES_H
#define STORE_PROFILES_H

#include "store/store.h"

/* What evidence of a clone does to a device of the profile. */
enum store_clones {
	CLONES_ALERT = 0, /* it is recorded; who comes may go on */
	CLONES_QUARANTINE = 1 /* all are refused until an operator decides */
};

#define PROFILE_NAME_MAX 64
#define PROFILE_RECORD_LEN 16

struct store_profile {
	uint8_t uid[PROFILE_UID_LEN];
	uint64_t tenant;
	char name[PROFILE_NAME_MAX + 1];
	uint32_t features; /* bits of enum feature, given at bootstrap */
	uint32_t period_s; /* between check-ins; 0: the service's */
	uint32_t rotation_s; /* that a root lasts; 0: as the service says */
	enum store_clones clones;
	uint64_t ca; /* that its devices get a certificate from; 0: none */
	uint8_t record[PROFILE_RECORD_LEN]; /* MACed by the keys process */
	int64_t created;
};

/* Errors: ERR_EXISTS (the uid). */
MUST_CHECK enum err store_profile_add(
    struct store *store, const struct store_profile *profile);

/* Finds a profile of a tenant. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_profile_get(struct store *store, uint64_t tenant,
    const uint8_t uid[PROFILE_UID_LEN], struct store_profile *ret_profile);

/* Writes the features of a tenant's profile. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_profile_set_features(struct store *store,
    uint64_t tenant, const uint8_t uid[PROFILE_UID_LEN], uint32_t features);

/* Switches bits on and others off for all profiles of a tenant. */
MUST_CHECK enum err store_profile_switch(
    struct store *store, uint64_t tenant, uint32_t on, uint32_t off);

/*
 * Writes name, period_s, rotation_s and clones of the profile, found by its
 * uid and tenant. Errors: ERR_NOT_FOUND.
 */
MUST_CHECK enum err store_profile_set(
    struct store *store, const struct store_profile *profile);

/*
 * Lists up to cap profiles of a tenant whose uid is greater than after
 * (empty: from the first), in the order of uids.
 */
MUST_CHECK enum err store_profile_list(struct store *store, uint64_t tenant,
    struct bytes after, struct store_profile *ret_profiles, size_t cap,
    size_t *ret_count);

#endif
