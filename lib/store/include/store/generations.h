/*
 * Generations: every root that was ever committed, found by its alias. Old
 * ones are kept, for what they protect is kept too; the right to their keys
 * belongs to the tenant that owned the device then.
 */
#ifndef STORE_GENERATIONS_H
#define STORE_GENERATIONS_H

#include "store/store.h"

struct store_generation {
	uint8_t alias[ALIAS_LEN];
	uint8_t uid[UID_LEN];
	uint32_t generation;
	uint64_t tenant; /* 0: nobody's */
	uint8_t profile[PROFILE_UID_LEN]; /* bound into the root; zeros: none */
	uint8_t public_key[P256_POINT_LEN];
	struct store_blob root;
	uint64_t created;
	uint64_t ended; /* 0: the current one */
	bool rejected; /* by an operator: store_generations_reject */
};

/* One of them, where the device is known: a number alone may stand for two. */
struct store_generation_name {
	const uint8_t *uid;
	uint32_t generation;
	const uint8_t *alias;
};

/* Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_generation_by_alias(struct store *store,
    const uint8_t alias[ALIAS_LEN], struct store_generation *ret_generation);

/* The same by a device and the number. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_generation_by_number(struct store *store,
    const uint8_t uid[UID_LEN], uint32_t generation,
    struct store_generation *ret_generation);

/*
 * Gives the generations of a device that are a tenant's to visit, newest
 * first, from the first before `before` (0: from the newest) and up to
 * limit, until that returns false. visit may not use the store.
 */
MUST_CHECK enum err store_generation_list(struct store *store, uint64_t tenant,
    const uint8_t uid[UID_LEN], uint64_t before, uint64_t limit,
    bool (*visit)(void *ctx, const struct store_generation *generation),
    void *ctx);

/*
 * Adds one, which is its device's current one when the transaction ends
 * (store_device_commit); the one before it has been ended. Errors: ERR_EXISTS
 * (alias).
 */
MUST_CHECK enum err store_generation_add(
    struct store *store, const struct store_generation *generation);

/* Ends one, unless it has ended. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_generation_end(struct store *store,
    const struct store_generation_name *name, uint64_t time);

/*
 * An operator's word: the device that has come as far as a generation is the
 * genuine one, so that all later ones are rejected, and this one is not.
 */
MUST_CHECK enum err store_generations_reject(
    struct store *store, const uint8_t uid[UID_LEN], uint32_t after);

/* The last downlink counter given out: version 1 or 2 of the envelope. */
MUST_CHECK enum err store_generation_downlink(struct store *store,
    const struct store_generation_name *name, unsigned version,
    uint64_t *ret_last);
/* Writes it. Errors of both: ERR_NOT_FOUND. */
MUST_CHECK enum err store_generation_downlink_set(struct store *store,
    const struct store_generation_name *name, unsigned version, uint64_t last);

/*
 * Whether an alias is free: of no generation, pending or left context.
 */
MUST_CHECK enum err store_alias_free(
    struct store *store, const uint8_t alias[ALIAS_LEN], bool *ret_free);

#endif
