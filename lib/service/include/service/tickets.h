/*
 * Recovery tickets: a device brings the root that the service has forgotten,
 * sealed by the service itself. Callers bring the open transaction.
 *
 * Spec: PROTOCOL.md, "Recovery tickets".
 */
#ifndef SERVICE_TICKETS_H
#define SERVICE_TICKETS_H

#include "service/judge.h"
#include "store/generations.h"

/* A generation that a ticket has brought back. */
struct service_adoption {
	uint8_t uid[UID_LEN];
	uint32_t generation;
	uint8_t alias[ALIAS_LEN];
	uint8_t public_key[P256_POINT_LEN];
	struct store_blob root;
	uint8_t profile[PROFILE_UID_LEN]; /* bound into root; zeros: none */
	uint64_t tenant; /* the profile's; 0: nobody known */
	uint8_t instance[INSTANCE_LEN];
	char serial[SERIAL_MAX + 1]; /* as the device says */
	uint64_t time;
	const char *address;
	uint64_t changed; /* number of this change of state */
};

/* The generation that it makes. */
void service_ticket_generation(const struct service_adoption *adoption,
    struct store_generation *ret_generation);

/*
 * Says what the row of the device would be: the ticket's generation is the
 * current one, in a state that nothing is known of, and its owner is the
 * ticket's profile's, if the service knows that, or to whom that one has
 * given it since then. F5: the version of features jumps to the time. known
 * is NULL for a device that the service has no row of; adoption->tenant is
 * filled in.
 */
MUST_CHECK enum err service_ticket_row(struct store *store,
    const struct judge_device *known, struct service_adoption *adoption,
    struct store_device *ret_row);

/*
 * Adopts: writes that row, made anew where there was none, and the
 * generation; what was current and pending before is left, F is erased. A
 * transfer that waited for the device, and whose right does not reach the
 * generation, is undone: the device is its sender's again, and both hear it.
 *
 * Errors: ERR_CONFLICT (a later generation is current meanwhile, or the
 * device must not come back), ERR_EXISTS (the alias is known).
 */
MUST_CHECK enum err service_ticket_adopt(
    struct store *store, struct service_adoption *adoption);

#endif
