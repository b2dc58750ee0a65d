/*
 * The audit log: rows that are only ever added, each with the hash of the
 * one before it and of itself. What the hash covers is lib/service's.
 */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/store.h"

#define AUDIT_HASH_LEN 32

struct store_audit {
	uint64_t tenant; /* 0: the service itself */
	int64_t time;
	struct bytes actor;
	struct bytes action;
	struct bytes object;
	struct bytes detail; /* a JSON object */
	struct bytes source;
	uint8_t hash[AUDIT_HASH_LEN];
};

/* The hash of the last entry; zeros when there is none. */
MUST_CHECK enum err store_audit_last(
    struct store *store, uint8_t ret_hash[AUDIT_HASH_LEN]);

/* Adds an entry to the chain. Error: ERR_IO. */
MUST_CHECK enum err store_audit_add(
    struct store *store, const struct store_audit *entry);

/*
 * Calls each for every entry in their order, until it fails; views live
 * during the call only. Errors: what each returns.
 */
MUST_CHECK enum err store_audit_each(struct store *store,
    enum err (*each)(void *ctx, const struct store_audit *entry), void *ctx);

#endif
