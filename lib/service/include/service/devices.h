/*
 * What a bootstrap and a check-in do to a device: the rules that turn a
 * judged request into rows. Callers bring the open transaction.
 */
#ifndef SERVICE_DEVICES_H
#define SERVICE_DEVICES_H

#include "keys/messages.h"
#include "service/judge.h"

/* Seconds between check-ins that a device keeps until it is told. */
#define PERIOD_DEFAULT 604800
/* Seconds that a root lasts before the device is asked for another. */
#define ROTATION_DEFAULT 31536000

/*
 * Reads all that is known of a device, with the highest generation that was
 * ever given in generation_max. Errors: ERR_NOT_FOUND.
 */
MUST_CHECK enum err service_device_load(struct store *store,
    const uint8_t uid[UID_LEN], struct judge_device *ret_known);

/*
 * Says what a new pending of the device would be: generation, owner, status,
 * features. Fills these fields, profile and serial included, of ret_pending,
 * whose created is set, and the status that response 2 says. An owner stands:
 * profile and serial of the request count only while the device belongs to
 * nobody (F12), and a device over the owner's plan is inactive, never refused
 * (F20). device is as service_device_load has it.
 *
 * Errors: ERR_EXHAUSTED (no generation is left, or not yet).
 */
MUST_CHECK enum err service_device_offer(struct store *store,
    const struct store_device *device, const struct bootstrap_request *request,
    struct store_pending *ret_pending, enum bootstrap_status *ret_status);

/*
 * Writes a pending that was offered to a device as it was judged (NULL: as it
 * stands). A seventh pushes the first out: none was a promise. stands: nobody
 * has changed anything of the device since it was judged; else it is read.
 * Errors: ERR_CONFLICT (the number was given before; something was decided
 * about the device since then), ERR_EXISTS, ERR_NOT_FOUND.
 */
MUST_CHECK enum err service_device_pend(struct store *store,
    const struct store_pending *pending, const struct judge_device *judged,
    bool stands);

/* The moment at which a pending becomes the device. */
struct service_commit {
	uint8_t uid[UID_LEN];
	uint8_t alias[ALIAS_LEN]; /* of the pending */
	/*
	 * Rule S3: the check-in 0 that confirms it, and ck(1). Without a
	 * confirm (rule S6, a restored service) the pending's ck(0) stays.
	 */
	bool confirmed;
	uint8_t request_id[REQUEST_ID_LEN];
	struct store_blob next_ck;
	struct checkin_request request;
	/* What the answer will have told the device. */
	uint32_t period;
	uint32_t flags;
	uint64_t time;
	const char *address;
	uint64_t changed; /* number of this change of state */
};

/*
 * Commits: the pending becomes current and its generation is kept, the old
 * current one and the other pendings are left, F is erased; owner, features
 * and registration date stand. The key of an import goes with its last
 * device (F15). device: as it stands; NULL: that is read.
 *
 * Errors: ERR_CONFLICT (the pending is gone).
 */
MUST_CHECK enum err service_device_commit(struct store *store,
    const struct service_commit *commit, const struct store_device *device);

/*
 * Takes in what a check-in reports, and says what its answer tells: fills
 * features, features_version, confirmed, confirmed_version, firmware, period
 * and flags of device, and ret_response. all: tell everything, for an answer
 * that is given again.
 */
void service_device_report(struct store_device *device,
    const struct checkin_request *request, uint32_t period, bool all,
    uint64_t time, struct checkin_response *ret_response);

/* What a device is told to keep to. Seconds. */
struct service_terms {
	uint32_t period; /* between check-ins */
	uint32_t rotation; /* that a root lasts; 0: for ever */
};

/* Of its profile, where that says so, else of fallback. */
MUST_CHECK enum err service_device_terms(struct store *store,
    const struct store_device *device, const struct service_terms *fallback,
    struct service_terms *ret_terms);

/* Whether the root of a device has lasted for rotation seconds (F28). */
bool service_device_root_old(
    const struct store_device *device, uint32_t rotation, uint64_t time);

#endif
