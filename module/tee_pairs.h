/*
 * Chip-to-chip in the TEE: pairs are made, confirmed, told and erased
 * here. The
 * records come sealed with every request, and go back sealed; the key to them
 * never leaves.
 */
#ifndef MODULE_TEE_PAIRS_H
#define MODULE_TEE_PAIRS_H

#include "tee_device.h"

/*
 * Does one of the TEE_C2C requests. Errors: those of lib/c2c for what a
 * host wants, ERR_EXHAUSTED (the trial is over), ERR_CONFLICT (the records are of another root of trust, or damaged: none
 * of them counts), ERR_DISABLED (also V1, where it is off).
 */
MUST_CHECK enum err tee_pairs_do(struct tee_device *d,
    const struct tee_request *request, struct tee_c2c_answer *answer);

#endif
