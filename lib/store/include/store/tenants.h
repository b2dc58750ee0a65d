/*
 * Tenants, their plans, and the token for the first set-up.
 */
#ifndef STORE_TENANTS_H
#define STORE_TENANTS_H

#include "store/store.h"

#define TENANT_NAME_MAX 64
#define PLAN_NAME_MAX 16
#define SETUP_HASH_LEN 32

struct store_tenant {
	uint64_t id;
	char name[TENANT_NAME_MAX + 1];
	char plan[PLAN_NAME_MAX + 1];
	bool is_operator; /* of the installation: made by the first set-up */
	int64_t created;
};

struct store_plan {
	bool limited;
	uint64_t max_active; /* when limited */
	uint32_t services; /* bits of enum feature */
};

/* How many tenants there are. */
MUST_CHECK enum err store_tenant_count(
    struct store *store, uint64_t *ret_count);

/* The number that the next tenant will have, if nobody takes it first. */
MUST_CHECK enum err store_tenant_next(struct store *store, uint64_t *ret_id);

/* Adds a tenant with its number. Errors: ERR_EXISTS (number or name). */
MUST_CHECK enum err store_tenant_add(
    struct store *store, const struct store_tenant *tenant);

/* Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_tenant_get(
    struct store *store, uint64_t id, struct store_tenant *ret_tenant);

/* Lists up to cap tenants after a number, in their order. */
MUST_CHECK enum err store_tenant_list(struct store *store, uint64_t after,
    struct store_tenant *ret_tenants, size_t cap, size_t *ret_count);

/* Errors: ERR_NOT_FOUND (tenant), ERR_CONFLICT (no such plan). */
MUST_CHECK enum err store_tenant_set_plan(
    struct store *store, uint64_t id, struct bytes plan);

/* Finds a plan by its name. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_plan_get(
    struct store *store, struct bytes name, struct store_plan *ret_plan);

/* Finds the plan of a tenant. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_tenant_plan(
    struct store *store, uint64_t tenant, struct store_plan *ret_plan);

/* Keeps the hash of the set-up token in place of any other. */
MUST_CHECK enum err store_setup_set(
    struct store *store, const uint8_t hash[SETUP_HASH_LEN], int64_t now);

/* Errors: ERR_NOT_FOUND (none was set, or it has been used). */
MUST_CHECK enum err store_setup_get(
    struct store *store, uint8_t ret_hash[SETUP_HASH_LEN]);

/* Forgets the set-up token. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_setup_remove(struct store *store);

#endif
