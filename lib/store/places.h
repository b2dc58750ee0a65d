/*
 * Where in the table of devices the row with an alias was last: a look-up that
 * goes there at once saves the way through the index. It is a guess, and who
 * goes there looks whether the alias is the right one; so nothing has to be
 * told when rows change or go, here or in another process.
 */
#ifndef STORE_PLACES_H
#define STORE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

#define PLACES_MAX 262144 /* 4 MiB, of which memory is what was used */
#define PLACES_SET 4 /* places that an alias may stand in */

struct place {
	int64_t rowid; /* 0: none */
	uint8_t alias[ALIAS_LEN];
};

struct places {
	struct place *place; /* NULL: none are kept */
	size_t turn; /* whose place is taken next, where none is free */
};

struct store;

/* Begins to keep some; without memory for them none are kept. */
void places_open(struct store *store);
void places_close(struct store *store);

/* False when nothing is known. */
bool places_find(const struct store *store, const uint8_t alias[ALIAS_LEN],
    int64_t *ret_rowid);
void places_keep(
    struct store *store, const uint8_t alias[ALIAS_LEN], int64_t rowid);

#endif
