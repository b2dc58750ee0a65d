/*
 * Who is it that asks for a new root? Rules S5 and S6: a device that lost an
 * answer, one that the service has fallen behind of, or a clone. Pure: rows
 * and a request in, a judgement out.
 */
#ifndef SERVICE_JUDGE_H
#define SERVICE_JUDGE_H

#include "keys/messages.h"
#include "store/devices.h"
#include "store/left.h"
#include "store/pendings.h"

/* Everything the store knows of one device. */
struct judge_device {
	struct store_device device;
	struct store_pending pending[PENDING_MAX];
	size_t pending_count;
	struct store_left left[LEFT_MAX];
	size_t left_count;
};

enum verdict {
	VERDICT_NEW, /* make a pending */
	VERDICT_AGAIN, /* its pending stands, or is committed: go on */
	VERDICT_STALE, /* the state moved on since message_2 */
	VERDICT_CLONE, /* contradicts what the service knows: evidence */
	VERDICT_COMMIT, /* commit the pending first, then judge again */
	VERDICT_QUARANTINED, /* an operator has to decide */
	VERDICT_UNRELEASED, /* produced anew: he has to name the instance */
	VERDICT_DECOMMISSIONED, /* its keys are erased here */
	VERDICT_UNKNOWN, /* no such state, and no ticket that opens */
	VERDICT_MALFORMED /* request and credential do not fit each other */
};

struct judge_case {
	const struct judge_device *known;
	const struct bootstrap_request *request;
	/* The key that has authenticated the request, 04 | x | y. */
	const uint8_t *key;
	/* The row has changed since this session's message_2 (F11). */
	/* The one that the claim names, as long as roots are kept; or NULL. */
	const struct store_generation *claimed;
	bool changed;
	/* State tags of ck(n) and ck(n - 1); NULL: there is none. */
	const uint8_t *tag;
	const uint8_t *last_tag;
};

struct judgement {
	enum verdict verdict;
	size_t pending; /* COMMIT: which one */
	bool behind; /* NEW: the device is ahead of the service */
	bool other_instance; /* NEW: a pending has another instance */
	const char *why; /* CLONE: in words, for the event */
	uint32_t generation; /* CLONE: that it spoke under; 0: the factory's */
	/* CLONE: it holds the key of the generation that its claim names. */
	bool may_resync;
};

/* Whether the judgement of a request needs the state tags. */
bool judge_needs_tags(
    const struct store_device *device, const struct bootstrap_request *request);

/*
 * Judges what a ticket brings that has opened: its generation is unknown.
 * The service's is older or as old: NEW, with behind set; newer: evidence. known
 * is NULL when the device has no row.
 */
struct judgement judge_ticket(const struct judge_case *c);

/* Judges a request whose sender EDHOC has authenticated. */
struct judgement judge_bootstrap(const struct judge_case *c);

#endif
