/*
 * How many bytes of payload the module has sent and received through the
 * network: +UGCNTRD.
 */
#ifndef MODULE_TRAFFIC_H
#define MODULE_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

struct traffic_count {
	uint64_t sent;
	uint64_t received;
};

struct traffic {
	struct traffic_count all; /* since the module started, or was set */
	struct traffic_count at_start; /* what all was when session began */
	uint32_t session; /* of struct network */
};

/* Bytes have been sent, or received, in a session of the network. */
void traffic_sent(struct traffic *t, uint32_t session, size_t len);
void traffic_received(struct traffic *t, uint32_t session, size_t len);

/* What the session has moved so far. */
struct traffic_count traffic_of_session(
    const struct traffic *t, uint32_t session);

/* Sets the total. */
void traffic_set(struct traffic *t, uint64_t sent, uint64_t received);

#endif
