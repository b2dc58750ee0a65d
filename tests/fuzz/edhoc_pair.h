/*
 * The exchange of RFC 9529, section 3, for targets that need a session: keys
 * and identifiers are the trace's, so that its messages are seeds.
 */
#ifndef TESTS_FUZZ_EDHOC_PAIR_H
#define TESTS_FUZZ_EDHOC_PAIR_H

#include "edhoc/edhoc.h"

struct edhoc_pair {
	struct edhoc_cred cred_i, cred_r;
	struct edhoc sent_1; /* the initiator, before message_2 */
	struct edhoc sent_2; /* the responder, before message_3 */
	struct edhoc completed; /* the initiator, before message_4 */
	struct bytes message_2, message_3;
	struct bytes plaintext_3;
};

/* Made once; the same one every time. */
const struct edhoc_pair *edhoc_pair(void);

#endif
