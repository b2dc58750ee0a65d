/*
 * One function a kind of request, as keys_answer calls them: the asker may
 * ask, the answer is all zeros. What is written on an error is wiped by the
 * caller.
 */
#ifndef CLOUD_KEYS_ANSWERS_H
#define CLOUD_KEYS_ANSWERS_H

#include "cloud/keys.h"

typedef enum err answer_function(const struct keys_state *state,
    const struct keysproto_request *q, struct keysproto_answer *a);

answer_function answer_info, answer_prk, answer_root, answer_checkin,
    answer_advance, answer_ticket, answer_ticket_make, answer_psk, answer_e2e,
    answer_profile, answer_import, answer_factory, answer_ca, answer_pop,
    answer_ztp, answer_transfer;

/*
 * answer_prk for count requests, KEYSPROTO_BATCH_MAX at most, together; with
 * an error for each. The answers need not be zeros.
 */
void answer_prks(const struct keys_state *state,
    const struct keysproto_request *const *q, size_t count,
    struct keysproto_answer *const *a, enum err *ret_err);

/*
 * Opens the root of a generation for its owner: derive.c. Errors: ERR_DENIED
 * (the record does not say that profile and tenant belong together),
 * ERR_AUTH (the root is another profile's, or none).
 */
MUST_CHECK enum err owner_root_open(const struct keys_state *state,
    const struct keysproto_owner *owner, const uint8_t uid[UID_LEN],
    uint32_t generation, const struct keysproto_blob *blob,
    struct keys_root *ret_root);

/*
 * derive.c: whether a profile is the tenant's by its record. Errors:
 * ERR_DENIED.
 */
MUST_CHECK enum err owner_check(
    const struct keys_state *state, const struct keysproto_owner *owner);

/* transfer.c: whether a device's right is one of ours. Errors: ERR_DENIED. */
MUST_CHECK enum err transfer_check(const struct keys_state *state,
    const uint8_t uid[UID_LEN], const struct keysproto_transfer *t);

#endif
