/*
 * How long a child that has died is held back before it is started again.
 */
#ifndef CLOUD_BACKOFF_H
#define CLOUD_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000

/* All zeros at first. */
struct backoff {
	int next_ms; /* if it dies sooner than that: so long */
};

/*
 * Says how many milliseconds to wait, given how long it lived: none when it
 * lived for longer than it would be held back now, else 100, 200, ... 5000.
 */
int backoff_after(struct backoff *b, int64_t lived_ms);

#endif
