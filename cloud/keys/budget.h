/*
 * How many requests a second an asker has: a taken process cannot harvest
 * faster. Pure: the caller brings the time.
 */
#ifndef CLOUD_KEYS_BUDGET_H
#define CLOUD_KEYS_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
	long per_second;
	int64_t second; /* the one that is counted now */
	long used;
	bool complained; /* in this second */
};

void budget_init(struct budget *b, long per_second);

/* Takes one request in the given second; false when none is left. */
bool budget_take(struct budget *b, int64_t second);

/* True once a second: whether to write the one line that is allowed. */
bool budget_complain(struct budget *b, int64_t second);

#endif
