/*
 * A device as it leaves production, the same in every test.
 */
#ifndef TESTS_ROT_BIRTH_H
#define TESTS_ROT_BIRTH_H

#include "ram_port.h"
#include "rot/rot.h"

extern const uint8_t test_profile[PROFILE_UID_LEN];

/* A birth certificate: uid 0002000089282245, credentials with kid 1 and 2. */
void birth_make(struct rot_birth *birth);

/* Opens ram, empty, and provisions it. */
void device_make(struct rot *rot, struct ram_port *ram, uint64_t seed);

/* The same with a secure element, which makes d0 itself. */
void device_make_element(struct rot *rot, struct ram_port *ram, uint64_t seed);

/*
 * Plays the service: makes response 2 for generation g with an alias that
 * says which one it is.
 */
struct bytes response_make(uint8_t buf[BOOTSTRAP_RESPONSE_MAX], unsigned status,
    uint32_t generation, uint8_t attempt);

/* W0 to W2: brings a pending generation about. */
void pend_make(struct rot *rot, uint32_t generation, uint8_t attempt);

/* W3 and W4, or W5 and W6, with a plain answer. */
void checkin_make(struct rot *rot);

/* From the factory, or the generation before, to generation g. */
void bootstrap_make(struct rot *rot, uint32_t generation);

#endif
