/*
 * What follows from evidence of a clone: the policy of the profile, and what
 * an operator has decided about the device. The evidence itself is an event,
 * which nothing here takes away.
 */
#ifndef SERVICE_CLONES_H
#define SERVICE_CLONES_H

#include "store/devices.h"

enum clone_outcome {
	CLONE_REFUSE, /* the sender is refused */
	CLONE_RESYNC, /* he gets a root of his own */
	CLONE_QUARANTINE /* nobody goes on until an operator decides */
};

/*
 * Says what becomes of evidence about a device: of a sender who spoke under
 * generation (0: with the factory key). may_resync: he holds the key of a
 * generation that was committed, so that he can be given a root.
 */
MUST_CHECK enum err clone_decide(struct store *store,
    const struct store_device *device, uint32_t generation, bool may_resync,
    enum clone_outcome *ret_outcome);

#endif
