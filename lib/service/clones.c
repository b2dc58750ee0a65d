/*
 * Alert or quarantine. Without an owner there is nobody who could decide, so
 * that the policy is the default then.
 */
#include "service/clones.h"

static enum err
policy_read(struct store *store, const struct store_device *device,
    enum store_clones *ret_policy)
{
	struct store_times times = {.clones = CLONES_ALERT};
	enum err err = ERR_OK;

	if (device->has_profile)
		err = store_times_by_profile(store, device->profile, &times);
	if (err == ERR_OK || err == ERR_NOT_FOUND)
		*ret_policy = times.clones;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
clone_decide(struct store *store, const struct store_device *device,
    uint32_t generation, bool may_resync, enum clone_outcome *ret_outcome)
{
	enum store_clones policy = CLONES_ALERT;
	enum clone_outcome outcome = CLONE_REFUSE;
	enum err err = policy_read(store, device, &policy);

	if (err != ERR_OK)
		return err;
	/* It is to hear of its end, and nothing else. */
	if (device->status == DEVICE_DECOMMISSIONED)
		outcome = CLONE_REFUSE;
	else if (may_resync && device->resync != 0 &&
		 device->resync == generation)
		outcome = CLONE_RESYNC;
	else if (device->has_released && generation <= device->released)
		outcome = CLONE_REFUSE; /* decided: others go on */
	else if (policy == CLONES_QUARANTINE)
		outcome = CLONE_QUARANTINE;
	else if (may_resync)
		outcome = CLONE_RESYNC;
	*ret_outcome = outcome;
	return ERR_OK;
}
