/*
 * The simulator's operator: the api's rules over the same store, each call a
 * transaction of its own. It knows nothing of the run.
 */
#ifndef SIM_OPERATOR_H
#define SIM_OPERATOR_H

#include "store/devices.h"

/* Whose devices, in which store, at what time (Unix seconds). */
struct operator
{
	struct store *store;
	uint64_t tenant;
	uint64_t now;
};

/* As the functions of service/operations.h with these names. */
MUST_CHECK enum err operator_suspend(
    const struct operator* o, const uint8_t uid[UID_LEN], bool suspended);
MUST_CHECK enum err operator_rotate(
    const struct operator* o, const uint8_t uid[UID_LEN]);
MUST_CHECK enum err operator_release(
    const struct operator* o, const uint8_t uid[UID_LEN], uint32_t generation);
MUST_CHECK enum err operator_decommission(
    const struct operator* o, const uint8_t uid[UID_LEN], bool now);

#endif
