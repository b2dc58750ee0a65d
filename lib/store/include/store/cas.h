/*
 * Certificate authorities (CA): each is a tenant's, and found by its own
 * tenant only, under its name. One that was removed is not found at all.
 */
#ifndef STORE_CAS_H
#define STORE_CAS_H

#include "store/store.h"

struct store_ca {
	uint64_t id;
	uint64_t tenant;
	char name[PKI_NAME_MAX + 1];
	struct store_blob key; /* wrapped */
	uint8_t certificate[PKI_CERTIFICATE_MAX]; /* DER */
	size_t certificate_len;
	uint32_t days; /* validity of the certificate */
	uint32_t device_days; /* and of those that it signs */
	int64_t created;
};

/* Errors: ERR_EXISTS (the tenant has one of this name). */
MUST_CHECK enum err store_ca_add(
    struct store *store, const struct store_ca *ca);

/* Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_ca_get(struct store *store, uint64_t tenant,
    struct bytes name, struct store_ca *ret_ca);

/* Counts a tenant's. */
MUST_CHECK enum err store_ca_count(
    struct store *store, uint64_t tenant, uint64_t *ret_count);

/*
 * Lists up to cap of a tenant whose id is greater than after (0: from the
 * first), in the order of ids.
 */
MUST_CHECK enum err store_ca_list(struct store *store, uint64_t tenant,
    uint64_t after, struct store_ca *ret_cas, size_t cap, size_t *ret_count);

/*
 * Whether a profile of its tenant names it, or a device that is not
 * decommissioned has it for its own.
 */
MUST_CHECK enum err store_ca_used(
    struct store *store, uint64_t ca, bool *ret_used);

/*
 * Removes one: its key is erased, its name is free. Errors: ERR_NOT_FOUND.
 */
MUST_CHECK enum err store_ca_remove(
    struct store *store, uint64_t ca, int64_t time);

/*
 * The first CA, of any tenant, that has expired and whose owner has not been
 * told. Errors: ERR_NOT_FOUND (none).
 */
MUST_CHECK enum err store_ca_expired(
    struct store *store, int64_t time, struct store_ca *ret_ca);

/* Notes that its owner has been told. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_ca_told(
    struct store *store, uint64_t ca, int64_t time);

#endif
