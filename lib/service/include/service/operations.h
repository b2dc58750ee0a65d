/*
 * What an operator does to one device of his account: suspend, rotate,
 * release, decommission. The device hears of it with its next heartbeat; the
 * service refuses its keys at once. Each change is in the audit log.
 */
#ifndef SERVICE_OPERATIONS_H
#define SERVICE_OPERATIONS_H

#include "service/service.h"
#include "store/devices.h"

/*
 * Reads a device of the caller's account, in the transaction that is open.
 * Errors: ERR_NOT_FOUND (unknown, or another account's: these look alike).
 */
MUST_CHECK enum err operation_device(struct service *s,
    const struct actor *actor, const uint8_t uid[UID_LEN],
    struct store_device *ret_device);

/*
 * Suspends a device, or ends that. Gives the device as it stands then, as
 * all of these do; what is so already changes nothing.
 *
 * Errors: as operation_device, ERR_STATE (not registered, or
 * decommissioned), the store's.
 */
MUST_CHECK enum err operation_suspend(struct service *s,
    const struct actor *actor, const char *source, const uint8_t uid[UID_LEN],
    bool suspended, struct store_device *ret_device);

/*
 * Asks for a new root: the device makes it at its next contact, and the old
 * generation is kept. Errors: as operation_suspend.
 */
MUST_CHECK enum err operation_rotate(struct service *s,
    const struct actor *actor, const char *source, const uint8_t uid[UID_LEN],
    struct store_device *ret_device);

/* Who may go on after evidence of a clone: one of the two is named. */
struct release_wish {
	bool by_instance;
	uint8_t instance[INSTANCE_LEN];
	uint32_t generation;
};

/*
 * Decides about the evidence that there is. The current generation, or the
 * instance that holds it, goes on and is asked for a new root; a generation
 * that was left comes back once, by EDHOC, and has a root of its own then.
 * Who else speaks under a generation that there was by now is refused and
 * recorded, and quarantines nothing any more. Of a device that was produced
 * anew, the instance that is named may come. Nothing is taken from the
 * events.
 *
 * Errors: as operation_suspend, ERR_INVALID (no such generation or instance
 * that could go on).
 */
MUST_CHECK enum err operation_release(struct service *s,
    const struct actor *actor, const char *source, const uint8_t uid[UID_LEN],
    const struct release_wish *wish, struct store_device *ret_device);

/*
 * Ends a device for good. Its keys are refused from now on. The device
 * erases its own at its next contact, and confirms it; then the service
 * erases what it has of them, or at once when now is set, which a device
 * that was already told stands for as well.
 *
 * Errors: as operation_suspend; decommissioned already: with now, what is
 * left is erased.
 */
MUST_CHECK enum err operation_decommission(struct service *s,
    const struct actor *actor, const char *source, const uint8_t uid[UID_LEN],
    bool now, struct store_device *ret_device);

#endif
