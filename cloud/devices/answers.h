/*
 * Answers that are kept for duplicates of their requests, found by a hash of
 * the request, so that a duplicate gets the same answer wherever it comes
 * from. Bounded: the oldest answer makes room.
 */
#ifndef CLOUD_DEVICES_ANSWERS_H
#define CLOUD_DEVICES_ANSWERS_H

#include "base/bytes.h"
#include "crypto/crypto.h"

#define ANSWER_MAX 160 /* options and payload */

struct answer {
	uint8_t hash[SHA256_LEN];
	uint64_t since_ms;
	uint32_t next; /* in its bucket: place + 1, or 0 */
	uint16_t len; /* 0: free */
	uint8_t code;
	uint8_t body[ANSWER_MAX]; /* options and payload, encoded */
};

struct answers {
	struct answer *all;
	uint32_t *buckets; /* place + 1, or 0 */
	size_t cap;
	size_t at; /* the place that is written next */
};

/* cap is a power of two. Errors: ERR_NOMEM, ERR_INVALID (cap). */
MUST_CHECK enum err answers_init(struct answers *a, size_t cap);
void answers_done(struct answers *a);

/* Keeps an answer; one that is too long is not kept (and none is). */
void answers_keep(struct answers *a, const uint8_t hash[SHA256_LEN],
    uint8_t code, struct bytes body, uint64_t now_ms);

/* Finds one not older than keep_ms; NULL when there is none. */
const struct answer *answers_find(const struct answers *a,
    const uint8_t hash[SHA256_LEN], uint64_t now_ms, uint64_t keep_ms);

#endif
