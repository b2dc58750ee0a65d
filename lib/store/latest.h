/*
 * The latest entry of the journal for each device that has one: a table in
 * memory from uid to number. What a transaction enters is undone with it.
 */
#ifndef STORE_LATEST_H
#define STORE_LATEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"

struct latest_entry {
	uint8_t uid[UID_LEN];
	uint64_t number; /* 0: none */
};

struct latest_slot {
	struct latest_entry entry;
	bool taken;
};

struct latest {
	struct latest_slot *slot;
	size_t slots; /* a power of two, at least twice taken; 0 at first */
	size_t taken;
	uint64_t seed;
	struct latest_entry *undo; /* as it was before */
	size_t undo_count, undo_cap;
};

/*
 * seed is random, so that nobody can choose uids that collide. Nothing is
 * allocated before the first entry.
 */
void latest_init(struct latest *l, uint64_t seed);

void latest_done(struct latest *l);

/* The number of a device's latest entry; 0: it has none. */
uint64_t latest_find(const struct latest *l, const uint8_t uid[UID_LEN]);

/* Enters a number, which is not 0. Errors: ERR_NOMEM (all is as it was). */
MUST_CHECK enum err latest_enter(
    struct latest *l, const uint8_t uid[UID_LEN], uint64_t number);

/* What was entered since the last of these two stands, or has not been. */
void latest_keep(struct latest *l);
void latest_undo(struct latest *l);

/*
 * Forgets all entries up to a number, but for lack of memory, when they stay.
 * Not while something can be undone.
 */
void latest_forget(struct latest *l, uint64_t number);

/*
 * All entries in ascending order of uid, in memory that the caller frees.
 * Errors: ERR_NOMEM.
 */
MUST_CHECK enum err latest_sorted(const struct latest *l,
    struct latest_entry **ret_entries, size_t *ret_count);

#endif
