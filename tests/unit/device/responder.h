/*
 * A service of one device, in memory: what PROTOCOL.md and its state tables
 * ask of the other end, written from them for these tests alone. It notes
 * evidence of clones, and sees every datagram that the device sends, so that
 * it can tell when a key and nonce are used for two plaintexts.
 */
#ifndef TESTS_DEVICE_RESPONDER_H
#define TESTS_DEVICE_RESPONDER_H

#include "birth.h"
#include "coap/coap.h"
#include "edhoc/edhoc.h"
#include "keys/messages.h"
#include "keys/schedule.h"
#include "oscore/oscore.h"

#define SESSIONS 8
#define SEEN_MAX 4096

/* A generation, pending, current or left. */
struct peer_generation {
	bool there;
	uint32_t number;
	uint8_t alias[ALIAS_LEN];
	struct p256_point key;
	struct keys_root root;
	struct keys_checkin ck;
	uint64_t n;
};

struct peer_session {
	bool there, done;
	struct edhoc edhoc;
	uint8_t message_1[128];
	size_t message_1_len;
	uint8_t message_2[256];
	size_t message_2_len;
	uint8_t answer[256]; /* of exchange 2, without its header */
	size_t answer_len;
	uint8_t message_3[128];
	size_t message_3_len;
	/* The snapshot that was taken at message_2. */
	struct peer_generation cur, last;
	uint8_t last_id[REQUEST_ID_LEN];
};

struct responder {
	/* in the database */
	struct p256_point factory_key;
	struct keys_salt factory;
	struct peer_generation cur, last; /* last: ck(n-1) alone */
	uint8_t last_id[REQUEST_ID_LEN];
	struct peer_generation pends[PENDING_MAX];
	struct peer_generation left[LEFT_MAX];
	uint32_t highest;
	/* in memory */
	struct peer_session session[SESSIONS];
	unsigned next_session;
	uint8_t echo[8];
	bool has_echo;
	uint8_t echo_id[REQUEST_ID_LEN]; /* the request it was given for */
	/* how it behaves */
	uint8_t kid; /* of its credential: 1 or 2 */
	struct p256_secret secret;
	uint64_t time;
	struct checkin_response answer; /* its time is filled in */
	unsigned status; /* of response 2; over 3: refuses with it */
	bool mute; /* answers nothing */
	bool refuse_unprotected; /* answers 4.01 to all */
	bool demand_echo; /* protected, before a check-in counts */
	bool forbid; /* answers check-ins with a protected 4.03 */
	struct bytes echo_message_1; /* asked for in the clear; empty: not */
	struct random_source random;
	/* what it saw */
	unsigned evidence, bootstraps, commits, checkins;
	uint8_t request_bytes[BOOTSTRAP_REQUEST_MAX];
	struct bootstrap_request request; /* the last one, inside these */
	struct checkin_request checkin; /* the last one */
	uint8_t checkin_bytes[CHECKIN_REQUEST_MAX];
	bool got_echo;
	struct {
		uint8_t key[OSCORE_KEY_LEN];
		uint8_t piv[OSCORE_PIV_MAX];
		size_t piv_len;
		uint8_t hash[SHA256_LEN]; /* of the ciphertext */
	} * seen;
	size_t seen_count;
};

void responder_init(struct responder *r, const struct rot_birth *birth,
    struct random_source random);
void responder_done(struct responder *r);

/* Loses all that is in memory. */
void responder_crash(struct responder *r);

/* Looks at a datagram as it leaves the device. */
void responder_watch(struct responder *r, struct bytes datagram);

/* Takes a datagram; the answer, if there is one, goes to out. */
struct bytes responder_take(
    struct responder *r, struct bytes datagram, uint8_t out[DATAGRAM_MAX]);

#endif
