/*
 * Transfers: offers of devices by one tenant to another, and what became of
 * each device. A transfer is only found by its two parties.
 */
#ifndef STORE_TRANSFERS_H
#define STORE_TRANSFERS_H

#include "store/store.h"

#define TRANSFER_MAC_LEN 16
#define TRANSFER_WHY_MAX 24

/* Who may read what was protected before: bits. */
#define TRANSFER_READS_OLD 1u
#define TRANSFER_READS_NEW 2u

enum store_transfer_state {
	TRANSFER_OFFERED = 0,
	TRANSFER_ACCEPTED = 1,
	TRANSFER_DECLINED = 2,
	TRANSFER_WITHDRAWN = 3
};

enum store_transfer_device_state {
	TRANSFER_DEVICE_OFFERED = 0,
	TRANSFER_DEVICE_WAITING = 1, /* accepted, waits for its new root */
	TRANSFER_DEVICE_DONE = 2,
	TRANSFER_DEVICE_LEFT = 3 /* did not go along */
};

struct store_transfer {
	uint64_t id;
	uint64_t from; /* tenants */
	uint64_t to;
	bool to_nobody; /* there was no such tenant: it is a party to nothing */
	uint8_t readers;
	enum store_transfer_state state;
	bool has_profile;
	uint8_t profile[PROFILE_UID_LEN]; /* of the new owner */
	uint64_t created;
	uint64_t expires;
	uint64_t closed; /* 0: not yet */
	uint64_t devices; /* how many, and of them: */
	uint64_t waiting;
	uint64_t done;
};

/* A device's right, as keys made it, and where it stands. */
struct store_transfer_device {
	uint64_t transfer;
	uint8_t uid[UID_LEN];
	enum store_transfer_device_state state;
	char why[TRANSFER_WHY_MAX + 1];
	uint8_t from_profile[PROFILE_UID_LEN];
	uint32_t last;
	uint8_t mac[TRANSFER_MAC_LEN];
	uint64_t done; /* 0: not yet */
	/* Of the transfer: */
	uint64_t from;
	uint64_t to;
	uint8_t readers;
	uint8_t to_profile[PROFILE_UID_LEN];
};

/* Adds an offer; its id is not looked at. Errors: ERR_CONFLICT (tenant). */
MUST_CHECK enum err store_transfer_add(struct store *store,
    const struct store_transfer *transfer, uint64_t *ret_id);

/* Adds a device to an offer. Errors: ERR_EXISTS. */
MUST_CHECK enum err store_transfer_device_add(
    struct store *store, uint64_t transfer, const uint8_t uid[UID_LEN]);

/* Up to cap devices in use of a tenant's profile, in the order of uids. */
MUST_CHECK enum err store_transfer_candidates(struct store *store,
    uint64_t tenant, const uint8_t profile[PROFILE_UID_LEN],
    uint8_t (*ret_uids)[UID_LEN], size_t cap, size_t *ret_count);

/* Finds a transfer of a party. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_transfer_get(struct store *store, uint64_t tenant,
    uint64_t id, struct store_transfer *ret_transfer);

/*
 * Lists up to cap transfers of a party before an id (0: from the newest),
 * newest first.
 */
MUST_CHECK enum err store_transfer_list(struct store *store, uint64_t tenant,
    uint64_t before, struct store_transfer *ret_transfers, size_t cap,
    size_t *ret_count);

/* Lists up to cap devices of a transfer after a uid (empty: all). */
MUST_CHECK enum err store_transfer_devices(struct store *store,
    uint64_t transfer, struct bytes after,
    struct store_transfer_device *ret_devices, size_t cap, size_t *ret_count);

/* How many offers of a tenant there are. */
struct store_transfer_load {
	uint64_t standing; /* to anybody */
	uint64_t standing_pair; /* to one receiver */
	uint64_t in_vain; /* to that one, not accepted, of late */
};

/*
 * Counts the offers that stand at a time, and those to a receiver made after
 * `since` that have not been accepted.
 */
MUST_CHECK enum err store_transfer_load(struct store *store, uint64_t from,
    uint64_t to, uint64_t time, uint64_t since,
    struct store_transfer_load *ret_load);

/*
 * Closes an offer that stands. profile: the new owner's, or NULL. Errors:
 * ERR_NOT_FOUND (no such offer, or it is closed).
 */
MUST_CHECK enum err store_transfer_close(struct store *store, uint64_t id,
    enum store_transfer_state state, const uint8_t *profile, uint64_t time);

/* Writes what an acceptance made of a device. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_transfer_device_set(
    struct store *store, const struct store_transfer_device *device);

/* The transfer that a device waits with. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_transfer_waiting(struct store *store,
    const uint8_t uid[UID_LEN], struct store_transfer_device *ret_device);

/* Writes that a waiting device has its new root. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_transfer_done(struct store *store, uint64_t transfer,
    const uint8_t uid[UID_LEN], uint64_t time);

/* Whether a device is in an offer that stands at a time. */
MUST_CHECK enum err store_transfer_stands(struct store *store,
    const uint8_t uid[UID_LEN], uint64_t time, bool *ret_stands);

/*
 * Writes a device's new owner: it is bound to rotate. features becomes what
 * it shall have, its version max(last + 1, time). Errors: ERR_NOT_FOUND.
 */
MUST_CHECK enum err store_transfer_owner(struct store *store,
    const uint8_t uid[UID_LEN], uint64_t tenant,
    const uint8_t profile[PROFILE_UID_LEN], unsigned status, uint32_t features,
    uint64_t time);

/*
 * The transfer that a generation of a tenant went with: the first that took
 * the device from it then. Errors: ERR_NOT_FOUND (none did).
 */
MUST_CHECK enum err store_transfer_of(struct store *store,
    const uint8_t uid[UID_LEN], uint64_t from, uint32_t generation,
    struct store_transfer_device *ret_device);

#endif
