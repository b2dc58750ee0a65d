/*
 * A ring, searched from end to end: events are rare.
 */
#include "recent.h"

bool
recent_has(const struct recent *recent, const char *kind,
    const uint8_t uid[UID_LEN], uint64_t now_ms)
{
	const struct recent_event *e;

	for (size_t i = 0; i < RECENT_MAX; i++) {
		e = &recent->ring[i];
		if (e->kind != NULL && strcmp(e->kind, kind) == 0 &&
		    memcmp(e->uid, uid, UID_LEN) == 0 &&
		    now_ms - e->since_ms < RECENT_MS)
			return true;
	}
	return false;
}

void
recent_note(struct recent *recent, const char *kind, const uint8_t uid[UID_LEN],
    uint64_t now_ms)
{
	struct recent_event *e = &recent->ring[recent->at];

	recent->at = (recent->at + 1) % RECENT_MAX;
	e->kind = kind;
	e->since_ms = now_ms;
	memcpy(e->uid, uid, UID_LEN);
}
