/*
 * A session's count is what the total has grown by since it began.
 */
#include "traffic.h"

static void
session_follow(struct traffic *t, uint32_t session)
{
	if (t->session == session)
		return;
	t->session = session;
	t->at_start = t->all;
}

void
traffic_sent(struct traffic *t, uint32_t session, size_t len)
{
	session_follow(t, session);
	t->all.sent += len;
}

void
traffic_received(struct traffic *t, uint32_t session, size_t len)
{
	session_follow(t, session);
	t->all.received += len;
}

struct traffic_count
traffic_of_session(const struct traffic *t, uint32_t session)
{
	struct traffic_count none = {0, 0};

	if (t->session != session)
		return none;
	return (struct traffic_count){t->all.sent - t->at_start.sent,
	    t->all.received - t->at_start.received};
}

/* The session's count stays: its start moves as the total does. */
void
traffic_set(struct traffic *t, uint64_t sent, uint64_t received)
{
	t->at_start.sent += sent - t->all.sent;
	t->at_start.received += received - t->all.received;
	t->all.sent = sent;
	t->all.received = received;
}
