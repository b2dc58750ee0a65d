/*
 * Which events have been recorded lately: an attacker who repeats himself
 * shall not fill the database. Bounded; the oldest makes room.
 */
#ifndef CLOUD_DEVICES_RECENT_H
#define CLOUD_DEVICES_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

#define RECENT_MAX 256
#define RECENT_MS 60000

struct recent_event {
	const char *kind; /* a constant; NULL: free */
	uint8_t uid[UID_LEN];
	uint64_t since_ms;
};

struct recent {
	struct recent_event ring[RECENT_MAX];
	size_t at;
};

/* Whether an event of this kind and device was noted within RECENT_MS. */
bool recent_has(const struct recent *recent, const char *kind,
    const uint8_t uid[UID_LEN], uint64_t now_ms);

/* Notes one: once it is durable. */
void recent_note(struct recent *recent, const char *kind,
    const uint8_t uid[UID_LEN], uint64_t now_ms);

#endif
