/*
 * Transfers: the owner of devices offers them to another tenant, which takes
 * them into a profile of its own. From then on the devices are the new
 * owner's; the old one's keys open, at most, what was protected before.
 *
 * Spec: PROTOCOL.md, "Transfer".
 */
#ifndef SERVICE_TRANSFERS_H
#define SERVICE_TRANSFERS_H

#include "keysproto/keysproto.h"
#include "service/service.h"
#include "store/devices.h"
#include "store/generations.h"
#include "store/profiles.h"
#include "store/transfers.h"

#define TRANSFER_DEVICES_MAX 1000 /* of one offer */
#define TRANSFER_EXPIRES_MIN 60 /* seconds */
#define TRANSFER_EXPIRES_MAX (90u * 86400)
#define TRANSFER_EXPIRES (7u * 86400) /* without a word */
#define TRANSFERS_STANDING_MAX 1000 /* offers of a tenant that wait */
#define TRANSFERS_STANDING_PAIR_MAX 100 /* and of them to one receiver */
#define TRANSFERS_IN_VAIN_MAX 20 /* of a day to one, that it did not accept */

struct transfer_wish {
	uint64_t to; /* tenant */
	uint8_t readers; /* TRANSFER_READS_OLD, _NEW or both */
	uint32_t expires_s; /* from now */
	/* Either devices, or all of a profile: */
	const uint8_t (*uids)[UID_LEN];
	size_t count;
	const uint8_t *profile;
};

/*
 * Offers devices. ret_bad is the uid that ERR_NOT_FOUND or ERR_STATE speaks
 * of. Whether there is a tenant of the number is not said: an offer to nobody
 * stands until it expires.
 *
 * Errors: ERR_INVALID (readers, expiry, or to is 0 or the caller itself),
 * ERR_SPACE (as many offers of the caller wait as may, in all or for this
 * receiver), ERR_TOO_SOON (too many of the last day to this receiver were not
 * accepted), ERR_NOT_FOUND (a device is not the
 * caller's, or the profile), ERR_STATE (a device has not bootstrapped, is in
 * quarantine or decommissioned, in another offer that stands, or still on its
 * way from another transfer), ERR_EXISTS (a device is named twice),
 * ERR_EXHAUSTED (more than TRANSFER_DEVICES_MAX), ERR_TRUNCATED (none), those
 * of audit_add.
 */
MUST_CHECK enum err transfer_offer(struct service *s, const struct actor *actor,
    const char *source, const struct transfer_wish *wish,
    struct store_transfer *ret_transfer, uint8_t ret_bad[UID_LEN]);

/*
 * Closes an offer that stands: its receiver declines it, its sender withdraws
 * it. Errors: ERR_NOT_FOUND (not the caller's to close so), ERR_STATE (closed
 * or expired), those of audit_add.
 */
MUST_CHECK enum err transfer_decline(struct service *s,
    const struct actor *actor, const char *source, uint64_t id,
    struct store_transfer *ret_transfer);
MUST_CHECK enum err transfer_withdraw(struct service *s,
    const struct actor *actor, const char *source, uint64_t id,
    struct store_transfer *ret_transfer);

/* Whether an offer has run out of time. */
bool transfer_expired(const struct store_transfer *transfer, uint64_t time);

/* What shows keys the right that they have made. */
void transfer_show(const struct store_transfer_device *device,
    struct keysproto_transfer *ret_transfer);

/*
 * The newest right that the owner of a generation gave away with it, which
 * keys can check. Errors: ERR_NOT_FOUND (there is none), the store's.
 */
MUST_CHECK enum err transfer_right(struct store *store,
    const struct store_generation *generation,
    struct store_transfer_device *ret_right);

/*
 * Whether a root that hangs on a generation can be bound to a tenant: it is
 * his, or was given away to him.
 */
MUST_CHECK enum err transfer_reaches(struct store *store,
    const struct store_generation *generation, uint64_t tenant,
    bool *ret_reaches);

/* An acceptance between its two halves. */
struct transfer_acceptance {
	struct store_transfer transfer;
	struct store_profile profile; /* of the new owner */
	size_t count;
	size_t asks; /* the first of device that keys are asked about */
	struct transfer_move {
		struct store_transfer_device row;
		uint8_t record[PROFILE_RECORD_LEN]; /* of the old profile */
		uint32_t generation;
		struct store_blob root;
	} * moves;
};

/*
 * Judges an acceptance: devices that cannot go are marked, and asked about
 * no more. Errors: ERR_NOT_FOUND (no such offer to the caller), ERR_STATE
 * (closed or expired), ERR_INVALID (the profile is not the caller's),
 * ERR_NOMEM, the store's.
 */
MUST_CHECK enum err transfer_accept_begin(struct service *s,
    const struct actor *actor, uint64_t id,
    const uint8_t profile[PROFILE_UID_LEN],
    struct transfer_acceptance *ret_acceptance);

/* Fills the next request for keys; false: there is none. */
bool transfer_accept_ask(
    struct transfer_acceptance *a, struct keysproto_request *ret_request);

/* Takes the answer to the last one. Errors: keys' own. */
MUST_CHECK enum err transfer_accept_answer(
    struct transfer_acceptance *a, const struct keysproto_answer *answer);

/*
 * Writes all of it in one transaction. Errors: ERR_CONFLICT (a device has
 * moved on since transfer_accept_begin: begin again), ERR_STATE, those of
 * audit_add.
 */
MUST_CHECK enum err transfer_accept_finish(struct service *s,
    const struct actor *actor, const char *source,
    struct transfer_acceptance *a);

/* Frees what it holds; one that is empty too. */
void transfer_acceptance_done(struct transfer_acceptance *a);

#endif
