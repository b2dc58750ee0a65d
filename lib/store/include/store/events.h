/*
 * Events: what an operator or an owner should know, such as a clone.
 */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include "store/store.h"

#define EVENT_KIND_MAX 40
#define EVENT_DETAIL_MAX 1024

struct store_event {
	uint64_t id;
	uint64_t time; /* Unix seconds */
	uint64_t tenant; /* whom it concerns; 0: the operator alone */
	bool has_uid;
	uint8_t uid[UID_LEN];
	struct bytes kind; /* such as "clone" */
	struct bytes detail; /* a JSON object */
};

/* Adds an event; id is not looked at. Errors: ERR_CONFLICT (tenant). */
MUST_CHECK enum err store_event_add(
    struct store *store, const struct store_event *event);

/*
 * Gives events to visit, newest first, from the first before `before` (0:
 * from the newest) and up to limit, until that returns false. tenant 0: all;
 * with_nobodys: beside the tenant's those of no tenant; uid NULL: all. visit
 * may not use the store.
 */
MUST_CHECK enum err store_event_list(struct store *store, uint64_t tenant,
    bool with_nobodys, const uint8_t *uid, uint64_t before, uint64_t limit,
    bool (*visit)(void *ctx, const struct store_event *event), void *ctx);

#endif
