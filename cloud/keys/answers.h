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
    answer_advance, answer_ticket, answer_psk, answer_e2e, answer_profile,
    answer_import, answer_factory, answer_ca, answer_pop;

#endif
