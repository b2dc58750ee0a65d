/*
 * Imports: files of production records, and the import keys under which
 * their factory secrets are wrapped.
 */
#ifndef STORE_IMPORTS_H
#define STORE_IMPORTS_H

#include "store/store.h"

struct store_import {
	uint64_t id;
	uint64_t tenant;
	struct store_blob key; /* wrapped; none once all have confirmed */
	uint64_t total;
	uint64_t remaining; /* devices that have not confirmed yet */
	int64_t created;
};

/* The number that the next import will have, if nobody takes it first. */
MUST_CHECK enum err store_import_next(struct store *store, uint64_t *ret_id);

/* Adds an import with its number. Errors: ERR_EXISTS (the number). */
MUST_CHECK enum err store_import_add(
    struct store *store, const struct store_import *import);

/* Finds an import of a tenant. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_import_get(struct store *store, uint64_t tenant,
    uint64_t id, struct store_import *ret_import);

/* Lists up to cap imports of a tenant after a number, in their order. */
MUST_CHECK enum err store_import_list(struct store *store, uint64_t tenant,
    uint64_t after, struct store_import *ret_imports, size_t cap,
    size_t *ret_count);

/*
 * Whether a device of a tenant, or one without an owner that it imported, has
 * this uid. One that has been decommissioned and erased counts no more.
 */
MUST_CHECK enum err store_factory_known(struct store *store, uint64_t tenant,
    const uint8_t uid[UID_LEN], bool *ret_known);

#endif
