/*
 * EDHOC sessions, found by C_R. The table is bounded: when it is full, the
 * oldest session whose other end has proved nothing makes room; the oldest
 * proven one where these are more than half.
 */
#ifndef CLOUD_DEVICES_SESSION_H
#define CLOUD_DEVICES_SESSION_H

#include "base/limits.h"
#include "edhoc/edhoc.h"
#include "oscore/oscore.h"

enum session_state {
	SESSION_FREE,
	SESSION_HALF_OPEN, /* message_1 was read */
	SESSION_PROVEN /* message_3 was verified: uid and what follows hold */
};

struct session {
	enum session_state state;
	struct session *prev, *next; /* in the order of age, or free */
	uint64_t since_ms;
	uint64_t pass; /* the last pass that worked on it */
	size_t net; /* number of the network that opened it; 0: none */
	uint64_t snapshot; /* number of the last change before message_2 */
	struct edhoc_cid c_r;
	struct edhoc edhoc; /* wiped once proven */
	uint8_t uid[UID_LEN];
	uint8_t key[P256_POINT_LEN]; /* that verified message_3 */
	bool by_value; /* its credential came by value */
	uint8_t hash_3[SHA256_LEN]; /* of message_3 */
	uint8_t exporter[32];
	struct oscore_context context;
};

struct session_list {
	struct session *oldest, *newest;
	size_t count;
};

#define SESSION_NETS 1024 /* numbers of networks, which may share one */
#define SESSION_SHORT_CIDS 48 /* C_R of one byte: -24 to 23 */

struct sessions {
	struct session *all;
	size_t cap;
	struct session *by_short[SESSION_SHORT_CIDS];
	struct session_list unused, half_open, proven;
	size_t half_open_of[SESSION_NETS];
};

/* Errors: ERR_NOMEM. */
MUST_CHECK enum err sessions_init(struct sessions *s, size_t cap);
/* Wipes and frees; after a failed or no init (all zero) too. */
void sessions_done(struct sessions *s);

/*
 * Takes a free session, or one that makes room, which is wiped; but none that
 * this pass works on. A network whose half-open sessions are more than a
 * quarter of the table makes room itself. NULL when there is none.
 */
struct session *sessions_take(
    struct sessions *s, uint64_t pass, uint64_t now_ms, size_t net);

/*
 * Gives a session its C_R: one byte while one is free, else its place as two
 * or three bytes; never six, never c_i.
 */
void sessions_name(
    struct sessions *s, struct session *session, const struct edhoc_cid *c_i);

/* Marks as proven; the caller has filled what then holds. */
void sessions_prove(
    struct sessions *s, struct session *session, uint64_t now_ms);

/* Wipes a session and makes it free. */
void sessions_drop(struct sessions *s, struct session *session);

/* Finds by C_R; NULL when there is none. */
struct session *sessions_find(struct sessions *s, struct bytes c_r);

/* Drops what is older than keep_ms. */
void sessions_expire(struct sessions *s, uint64_t now_ms, uint64_t keep_ms);

#endif
