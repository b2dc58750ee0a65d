/*
 * Devices: one row each, made by an import, registered by its first commit.
 * What the row holds of the protocol is in PROTOCOL.md; the rules that
 * change it are in lib/service.
 */
#ifndef STORE_DEVICES_H
#define STORE_DEVICES_H

#include "store/profiles.h"
#include "store/store.h"

#define STORE_ADDRESS_MAX 64 /* "[v6%scope]:port", with its NUL */

enum store_device_status {
	DEVICE_PRODUCED = 0, /* imported, has not registered */
	DEVICE_REGISTERED = 1, /* belongs to nobody */
	DEVICE_ACTIVE = 2, /* has an owner */
	DEVICE_INACTIVE = 3, /* has an owner whose plan is full */
	DEVICE_DECOMMISSIONED = 4 /* its keys are to be erased, or have been */
};

struct store_device {
	uint8_t uid[UID_LEN];
	uint64_t tenant; /* 0: nobody's */
	bool has_profile;
	uint8_t profile[PROFILE_UID_LEN]; /* of the owner */
	enum store_device_status status;
	bool has_instance;
	uint8_t instance[INSTANCE_LEN];
	uint32_t generation; /* 0: not registered */
	uint8_t alias[ALIAS_LEN]; /* up to last_id: only when generation > 0 */
	uint64_t n;
	struct store_blob ck; /* ck(n) */
	struct store_blob last_ck; /* ck(n - 1), or none */
	bool has_last_id;
	uint8_t last_id[REQUEST_ID_LEN]; /* the request accepted under it */
	uint32_t period; /* seconds, as last told; 0: never */
	bool objects; /* no column: something waits on the bulk channel */
	uint32_t flags; /* enum checkin_flag, as last told */
	uint32_t features; /* wanted */
	uint64_t features_version;
	uint32_t confirmed; /* what the device has said it runs */
	uint64_t confirmed_version;
	char firmware[FIRMWARE_MAX + 1];
	uint64_t seen; /* 0: never */
	char address[STORE_ADDRESS_MAX];
	bool suspended;
	bool quarantined;
	bool rotate;
	uint64_t rooted; /* commit of the current generation; 0: none */
	uint64_t erased; /* decommissioned: when the keys here were; 0: not */
	/* About evidence of generations up to this one has been decided. */
	bool has_released;
	uint32_t released;
	uint32_t resync; /* the generation left that may come back; 0: none */
	uint64_t changed; /* number of the last change of state */

	/* No column: a check-in was asked for, and what follows is not known. */
	bool partial;
	char serial[SERIAL_MAX + 1];
	uint8_t factory_key[P256_POINT_LEN];
	struct store_blob factory_secret; /* none from the first commit on */
	uint64_t import_id; /* 0: none */
	uint32_t generation_max; /* the highest given, but to pendings */
	uint8_t public_key[P256_POINT_LEN]; /* of the current generation, */
	uint8_t resume[RESUME_LEN]; /* with its resume tag */
	uint64_t created;
	uint64_t registered; /* 0: never */
	bool renewed; /* produced anew, and has not registered since */
	/* Of such a device: the only silicon that may come. */
	bool has_next_instance;
	uint8_t next_instance[INSTANCE_LEN];
};

/* Wipes nothing: all secrets in it are wrapped. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_device_by_uid(struct store *store,
    const uint8_t uid[UID_LEN], struct store_device *ret_device);

/*
 * What a check-in asks for (partial), by the alias of the current generation.
 * Errors: ERR_NOT_FOUND.
 */
MUST_CHECK enum err store_device_by_alias(struct store *store,
    const uint8_t alias[ALIAS_LEN], struct store_device *ret_device);

/*
 * Adds a device as it left production: uid, factory_key, factory_secret,
 * import_id and created count; the rest is as for one never registered.
 * Errors: ERR_EXISTS, ERR_CONFLICT (no such import).
 */
MUST_CHECK enum err store_device_add(
    struct store *store, const struct store_device *device);

/* How many devices a tenant has active, counting no further than limit. */
MUST_CHECK enum err store_device_count_active(
    struct store *store, uint64_t tenant, uint64_t limit, uint64_t *ret_count);

/*
 * Makes up to count inactive devices of a tenant active, in the order of
 * their uids.
 */
MUST_CHECK enum err store_device_activate(
    struct store *store, uint64_t tenant, uint64_t count);

/*
 * Gives devices of a tenant (0: of all) in ascending order of uid, from the
 * first after `after` (NULL: from the first) and up to limit, to visit, until
 * that returns false. visit may not use the store.
 */
MUST_CHECK enum err store_device_list(struct store *store, uint64_t tenant,
    const uint8_t *after, uint64_t limit,
    bool (*visit)(void *ctx, const struct store_device *device), void *ctx);

/* An accepted check-in. */
struct store_advance {
	uint8_t uid[UID_LEN]; /* whose, */
	uint8_t alias[ALIAS_LEN]; /* in which context, */
	uint64_t n; /* and in which state */
	/*
	 * From period to confirmed_version and firmware nothing changes: the
	 * journal may have it. Who says so has read the device in state n, and
	 * nobody has changed it since then (store_unchanged).
	 */
	bool brief;
	struct store_blob ck; /* ck(n + 1) */
	struct store_blob last_ck; /* ck(n) */
	uint8_t request_id[REQUEST_ID_LEN];
	uint32_t period; /* the rest is written as it stands */
	uint32_t flags;
	uint64_t features_version;
	uint32_t confirmed;
	uint64_t confirmed_version;
	const char *firmware;
	uint64_t time;
	const char *address;
	uint64_t changed;
};

/*
 * Goes from ck(n) to ck(n + 1), in the journal if that is open and the check-in
 * brief. Errors: ERR_CONFLICT (not brief, and the device is not in state n of
 * this alias any more).
 */
MUST_CHECK enum err store_device_advance(
    struct store *store, const struct store_advance *advance);

/* Writes when and where a device was seen last, and nothing else. */
MUST_CHECK enum err store_device_seen(struct store *store,
    const uint8_t uid[UID_LEN], uint64_t time, const char *address);

/*
 * Replaces the current generation: alias, public_key, n, ck, last_ck,
 * last_id, resume, generation, instance, tenant, profile, serial, status,
 * features, confirmed (both with versions), period, flags, firmware,
 * registered, seen, address, rooted, rotate and changed are written as they
 * stand in device, and generation_max if it is higher; factory_secret, resync,
 * renewed and next_instance are cleared. Errors: ERR_NOT_FOUND, ERR_CONFLICT (tenant or profile).
 */
MUST_CHECK enum err store_device_commit(
    struct store *store, const struct store_device *device);

/* Set flags; changed (unless 0) is the number of this change. */
MUST_CHECK enum err store_device_set_suspended(
    struct store *store, const uint8_t uid[UID_LEN], bool suspended);
MUST_CHECK enum err store_device_set_quarantined(
    struct store *store, const uint8_t uid[UID_LEN], bool quarantined);
MUST_CHECK enum err store_device_set_rotate(
    struct store *store, const uint8_t uid[UID_LEN], bool rotate);

/*
 * Ends a quarantine by an operator's decision: writes released, resync,
 * next_instance and rotate as they stand in device. Errors: ERR_NOT_FOUND.
 */
MUST_CHECK enum err store_device_release(
    struct store *store, const struct store_device *device);

/* Writes that a device is decommissioned. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_device_decommission(
    struct store *store, const uint8_t uid[UID_LEN]);

/*
 * Erases every wrapped secret of a decommissioned device: of its row, its
 * pendings, the contexts it left, and of the generations that belong to its
 * owner or to nobody. Errors: ERR_NOT_FOUND.
 */
MUST_CHECK enum err store_device_erase(
    struct store *store, const uint8_t uid[UID_LEN], uint64_t time);

/*
 * Makes a tenant's device that was erased one that has left production: uid,
 * tenant, factory_key, factory_secret and import_id count. One that is
 * nobody's is his who imported it, or anybody's. Owner, profile, serial,
 * features and the highest generation stand; an instance has to be released
 * before it may come. Errors: ERR_EXISTS (it is another's, or has not been
 * erased).
 */
MUST_CHECK enum err store_device_renew(
    struct store *store, const struct store_device *device);

/*
 * Writes the features a device shall have; the version becomes
 * max(last + 1, time). Errors: ERR_NOT_FOUND.
 */
MUST_CHECK enum err store_device_set_features(struct store *store,
    const uint8_t uid[UID_LEN], uint32_t features, uint64_t time);

/*
 * Switches bits on and others off for all devices of a tenant, with a new
 * version where that changes something.
 */
MUST_CHECK enum err store_device_switch(struct store *store, uint64_t tenant,
    uint32_t on, uint32_t off, uint64_t time);

/* What a device profile means at bootstrap. */
struct store_terms {
	uint64_t tenant;
	uint32_t features; /* of the profile */
	uint32_t services; /* of the tenant's plan */
	bool limited;
	uint64_t max_active; /* of the plan, when limited */
};

/* Errors: ERR_NOT_FOUND (the profile is nobody's). */
MUST_CHECK enum err store_terms_by_profile(struct store *store,
    const uint8_t profile[PROFILE_UID_LEN], struct store_terms *ret_terms);

/* What a check-in asks of a profile, without the plan behind it. */
struct store_times {
	uint32_t period; /* seconds between check-ins; 0: the service's */
	uint32_t rotation; /* seconds that a root lasts; 0: the service's */
	enum store_clones clones;
};

/* Errors: ERR_NOT_FOUND (the profile is nobody's). */
MUST_CHECK enum err store_times_by_profile(struct store *store,
    const uint8_t profile[PROFILE_UID_LEN], struct store_times *ret_times);

/*
 * The import key that a factory secret is wrapped under. Errors:
 * ERR_NOT_FOUND (no such import, or its key has been destroyed).
 */
MUST_CHECK enum err store_import_key(
    struct store *store, uint64_t import_id, struct store_blob *ret_key);

/* Whose import it was; 0: nobody's. Errors: ERR_NOT_FOUND. */
MUST_CHECK enum err store_import_tenant(
    struct store *store, uint64_t import_id, uint64_t *ret_tenant);

/*
 * Counts one device of an import as confirmed; the import key is destroyed
 * with the last. Errors: ERR_NOT_FOUND.
 */
MUST_CHECK enum err store_import_confirmed(
    struct store *store, uint64_t import_id);

/* The highest change number that has been written. */
MUST_CHECK enum err store_changes(struct store *store, uint64_t *ret_number);
MUST_CHECK enum err store_set_changes(struct store *store, uint64_t number);

#endif
