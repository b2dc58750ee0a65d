/*
 * Events in words: what happened to a device, as a JSON object with a few
 * fields, put together without allocation.
 */
#ifndef SERVICE_EVENTS_H
#define SERVICE_EVENTS_H

#include "store/events.h"

/* An event in the making. Sticky: what does not fit makes it ERR_SPACE. */
struct service_event {
	uint64_t time;
	uint64_t tenant;
	uint8_t uid[UID_LEN];
	const char *kind;
	struct writer detail;
	uint8_t buf[EVENT_DETAIL_MAX];
};

/* Starts an event of a kind, a constant such as "clone". */
void service_event_start(struct service_event *event, const char *kind,
    const uint8_t uid[UID_LEN], uint64_t tenant, uint64_t time);

/* Add a field: a text (escaped), bytes as upper-case hex, a number. */
void service_event_text(
    struct service_event *event, const char *name, struct bytes text);
void service_event_hex(
    struct service_event *event, const char *name, struct bytes bytes);
void service_event_number(
    struct service_event *event, const char *name, uint64_t number);

/*
 * Writes it. A copy may be written again: it is not changed. Errors:
 * ERR_SPACE, and those of store_event_add.
 */
MUST_CHECK enum err service_event_add(
    struct store *store, const struct service_event *event);

#endif
