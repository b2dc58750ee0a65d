/*
 * Echo values (RFC 9175), of two kinds. A cookie proves that the sender of a
 * message_1 can be reached at its address, and costs no memory. A challenge
 * (rule S7) proves that the holder of a suspicious context speaks now: it
 * stands for one request under one context, counts once, and dies after
 * CHALLENGE_MS.
 */
#ifndef CLOUD_DEVICES_CHALLENGE_H
#define CLOUD_DEVICES_CHALLENGE_H

#include "base/bytes.h"
#include "base/limits.h"
#include "base/random.h"

#define CHALLENGE_MS 60000
#define COOKIE_MS 60000
#define COOKIE_LEN 16
#define CHALLENGE_LEN 8
#define CHALLENGES_MAX 1024

struct challenge {
	uint8_t echo[CHALLENGE_LEN];
	uint64_t since_ms;
	bool used; /* free, or spent */
	uint8_t alias[ALIAS_LEN];
	uint8_t request_id[REQUEST_ID_LEN];
	uint8_t payload_hash[32];
};

struct challenges {
	uint8_t secret[32]; /* of cookies */
	struct challenge ring[CHALLENGES_MAX];
	size_t at;
};

/* Draws the secret. Errors: those of the source. */
MUST_CHECK enum err challenges_init(
    struct challenges *c, const struct random_source *random);

/* Makes a cookie for an address. Error: ERR_CRYPTO. */
MUST_CHECK enum err cookie_make(const struct challenges *c, struct bytes from,
    uint64_t now_ms, uint8_t ret_cookie[COOKIE_LEN]);
/* Whether a cookie was made for this address in the last COOKIE_MS. */
bool cookie_check(const struct challenges *c, struct bytes from,
    uint64_t now_ms, struct bytes cookie);

/*
 * A number of 1 to count - 1 for a network, which nobody outside can predict;
 * 0 for none, and when crypto fails.
 */
size_t net_number(const struct challenges *c, struct bytes net, size_t count);

/* Makes a challenge for a request. Errors: those of the source and crypto. */
MUST_CHECK enum err challenge_make(struct challenges *c,
    const struct random_source *random, const uint8_t alias[ALIAS_LEN],
    const uint8_t request_id[REQUEST_ID_LEN], struct bytes payload,
    uint64_t now_ms, uint8_t ret_echo[CHALLENGE_LEN]);

/*
 * Whether the same request has come back with its challenge, which is then
 * spent; gives the request id that it stood for.
 */
bool challenge_meet(struct challenges *c, struct bytes echo,
    const uint8_t alias[ALIAS_LEN], struct bytes payload, uint64_t now_ms,
    uint8_t ret_request_id[REQUEST_ID_LEN]);

#endif
