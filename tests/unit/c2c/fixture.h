/*
 * What the tests of chip-to-chip share: ports whose random bytes are known,
 * pairs, and both sides of a session.
 */
#ifndef TESTS_C2C_FIXTURE_H
#define TESTS_C2C_FIXTURE_H

#include "c2c/session.h"

/* A port of which every IV is the bytes a0 to af. Never fails. */
const struct hf_crypto *port_counting(void);

/* The port that programs use. */
const struct hf_crypto *port_real(void);

/*
 * The port that programs use, of which the n-th call from now on fails, the
 * first being 1; 0 for none.
 */
const struct hf_crypto *port_failing(unsigned n);

/* The pair of PROTOCOL.md's vectors, for a version. */
struct hf_c2c_pair pair_golden(enum hf_c2c_version version);

/* Both sides of a session of that version, with the nonces of the vectors. */
struct two_sides {
	struct hf_c2c_session host, module;
};

void two_sides_init(struct two_sides *t, const struct hf_crypto *crypto,
    enum hf_c2c_version version);

#endif
