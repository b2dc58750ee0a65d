/*
 * Certificate authorities (CA): each is a tenant's, and found by its own
 * tenant only, under its name.
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

#endif
