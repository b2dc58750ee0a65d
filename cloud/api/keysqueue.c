/*
 * The queue to the keys process. A slot is one batch: filled by turns of the
 * loop, sent when keys has room for it, freed with its answer. It never waits; what
 * the socket does not take now is offered again in the next turn.
 */
#include <stdlib.h>

#include "base/wipe.h"

#include "keysqueue.h"

enum slot_state { SLOT_FREE, SLOT_FILLING, SLOT_SENT };

struct keys_slot {
	enum slot_state state;
	uint64_t order; /* of its first call: the oldest goes first */
	uint64_t batch; /* its number, once it is sent */
	int64_t deadline_ms;
	size_t count;
	struct keys_call *calls[KEYSPROTO_BATCH_MAX];
	struct keysproto_request requests[KEYSPROTO_BATCH_MAX];
};

enum err
keys_queue_init(struct keys_queue *q, int fd, size_t calls_max)
{
	*q = (struct keys_queue){
	    .slot_count = calls_max / KEYSPROTO_BATCH_MAX + 2 + KEYS_SENT_MAX};
	enum err err = keysproto_client_init(&q->client, fd);

	if (err != ERR_OK)
		return err;
	q->slots = calloc(q->slot_count, sizeof(q->slots[0]));
	if (q->slots == NULL) {
		keysproto_client_done(&q->client);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void
keys_queue_done(struct keys_queue *q)
{
	if (q->slots == NULL)
		return;
	free(q->slots);
	q->slots = NULL;
	keysproto_client_done(&q->client);
}

/* The slot that is being filled and has room, or a free one. */
static struct keys_slot *
slot_to_fill(struct keys_queue *q, int64_t now_ms)
{
	if (q->filling != NULL && q->filling->count < KEYSPROTO_BATCH_MAX)
		return q->filling;
	for (size_t i = 0; i < q->slot_count; i++) {
		struct keys_slot *s = &q->slots[i];

		if (s->state != SLOT_FREE)
			continue;
		s->state = SLOT_FILLING;
		s->order = q->next_order++;
		s->count = 0;
		s->deadline_ms = now_ms + KEYS_TIMEOUT_MS;
		q->filling = s;
		return s;
	}
	return NULL;
}

struct keysproto_request *
keys_queue_ask(struct keys_queue *q, struct keys_call *call, int64_t now_ms)
{
	struct keys_slot *s = slot_to_fill(q, now_ms);

	if (s == NULL)
		return NULL;
	call->err = ERR_INTERNAL;
	s->calls[s->count] = call;
	return &s->requests[s->count++];
}

/* Frees a slot and tells its callers; answers NULL: err for them all. */
static void
slot_finish(struct keys_queue *q, struct keys_slot *s,
    const struct keysproto_answer *answers, enum err err)
{
	struct keys_call *calls[KEYSPROTO_BATCH_MAX];
	size_t count = s->count;

	/* A caller may ask again at once: the slot has to be free by then. */
	memcpy(calls, s->calls, count * sizeof(calls[0]));
	q->sent -= s->state == SLOT_SENT;
	if (q->filling == s)
		q->filling = NULL;
	s->state = SLOT_FREE;
	s->count = 0;
	for (size_t i = 0; i < count; i++) {
		calls[i]->err = err;
		if (answers != NULL)
			calls[i]->answer = answers[i];
		calls[i]->done(calls[i]);
	}
}

/* The slot that has waited longest to be sent. */
static struct keys_slot *
slot_to_send(struct keys_queue *q)
{
	struct keys_slot *oldest = NULL;

	for (size_t i = 0; i < q->slot_count; i++) {
		struct keys_slot *s = &q->slots[i];

		if (s->state == SLOT_FILLING &&
		    (oldest == NULL || s->order < oldest->order))
			oldest = s;
	}
	return oldest;
}

static enum err
slot_send(struct keys_queue *q, struct keys_slot *s)
{
	enum err err =
	    keysproto_client_send(&q->client, s->requests, s->count, &s->batch);

	if (err == ERR_BUSY || err == ERR_IO)
		return err;
	if (err != ERR_OK) {
		/* It cannot be encoded: that is our fault alone. */
		slot_finish(q, s, NULL, ERR_INTERNAL);
		return ERR_OK;
	}
	if (q->filling == s)
		q->filling = NULL;
	s->state = SLOT_SENT;
	q->sent++;
	q->batches++;
	q->requests += s->count;
	return ERR_OK;
}

enum err
keys_queue_flush(struct keys_queue *q)
{
	enum err err = ERR_OK;

	while (err == ERR_OK && q->sent < KEYS_SENT_MAX) {
		struct keys_slot *s = slot_to_send(q);

		if (s == NULL)
			break;
		err = slot_send(q, s);
	}
	q->blocked = err == ERR_BUSY;
	return q->blocked ? ERR_OK : err;
}

/* The keys process is a new one and knows nothing of what was sent. */
static void
slots_resend(struct keys_queue *q)
{
	for (size_t i = 0; i < q->slot_count; i++) {
		if (q->slots[i].state != SLOT_SENT)
			continue;
		q->slots[i].state = SLOT_FILLING;
		q->sent--;
		q->resent++;
	}
}

static void
answer_take(struct keys_queue *q, uint64_t batch, struct bytes message)
{
	struct keysproto_answer answers[KEYSPROTO_BATCH_MAX];

	for (size_t i = 0; i < q->slot_count; i++) {
		struct keys_slot *s = &q->slots[i];

		if (s->state != SLOT_SENT || s->batch != batch)
			continue;
		uint64_t number;
		enum err err = keysproto_answers_decode(
		    message, &number, s->requests, s->count, answers);

		slot_finish(q, s, err == ERR_OK ? answers : NULL, err);
		break;
	}
	wipe(answers, sizeof(answers));
}

enum err
keys_queue_receive(struct keys_queue *q, int64_t now_ms)
{
	for (;;) {
		uint64_t batch;
		struct bytes message;
		enum err err =
		    keysproto_client_receive(&q->client, &batch, &message);

		if (err == ERR_BUSY)
			break;
		if (err != ERR_OK)
			return err;
		if (batch == 0)
			slots_resend(q);
		else
			answer_take(q, batch, message);
	}
	keys_queue_expire(q, now_ms);
	return ERR_OK;
}

void
keys_queue_expire(struct keys_queue *q, int64_t now_ms)
{
	for (size_t i = 0; i < q->slot_count; i++) {
		struct keys_slot *s = &q->slots[i];

		if (s->state == SLOT_FREE || now_ms < s->deadline_ms)
			continue;
		q->timeouts += s->count;
		slot_finish(q, s, NULL, ERR_TIMEOUT);
	}
}

bool
keys_queue_busy(const struct keys_queue *q)
{
	for (size_t i = 0; i < q->slot_count; i++) {
		if (q->slots[i].state != SLOT_FREE)
			return true;
	}
	return false;
}
