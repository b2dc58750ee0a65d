/*
 * The api's queue to the keys process: calls that were asked in one turn of
 * the loop travel as one batch, several batches may be under way, and what
 * was not answered is sent again when the keys process has started anew.
 */
#ifndef API_KEYSQUEUE_H
#define API_KEYSQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "keysproto/keysproto.h"

#define KEYS_SENT_MAX 4 /* batches that are with keys at once */
#define KEYS_TIMEOUT_MS 10000

/* One question: err ERR_OK means that answer holds keys' answer. */
struct keys_call {
	enum err err;
	struct keysproto_answer answer;
	void (*done)(struct keys_call *call);
	void *owner;
};

struct keys_slot;

struct keys_queue {
	struct keysproto_client client;
	struct keys_slot *slots;
	size_t slot_count;
	struct keys_slot *filling; /* has room; NULL: none */
	size_t sent; /* slots that are with keys */
	uint64_t next_order;
	bool blocked; /* the socket was full */
	uint64_t batches;
	uint64_t requests;
	uint64_t resent;
	uint64_t timeouts;
};

/*
 * Starts on fd, the socket to the keys process, which stays the caller's,
 * with room for calls_max calls at once. While KEYS_SENT_MAX batches are
 * with keys, what is asked gathers in the next, so that batches grow with
 * the load. Errors: ERR_NOMEM, ERR_RANDOM.
 */
MUST_CHECK enum err keys_queue_init(
    struct keys_queue *q, int fd, size_t calls_max);
void keys_queue_done(struct keys_queue *q);

/*
 * Adds a call, and returns the request to fill, which belongs to the queue
 * and is sent by keys_queue_flush. NULL: too much is under way.
 */
struct keysproto_request *keys_queue_ask(
    struct keys_queue *q, struct keys_call *call, int64_t now_ms);

/* Sends what has been asked. Errors: ERR_IO (keys is gone for good). */
MUST_CHECK enum err keys_queue_flush(struct keys_queue *q);

/* Reads all answers that are there and calls done for each call. */
MUST_CHECK enum err keys_queue_receive(struct keys_queue *q, int64_t now_ms);

/* Fails the calls that have waited too long, with ERR_TIMEOUT. */
void keys_queue_expire(struct keys_queue *q, int64_t now_ms);

/* Whether anything is under way. */
bool keys_queue_busy(const struct keys_queue *q);

#endif
