/*
 * Aliases are random. Each may stand in a set of places side by side, and
 * takes the place of another where they are taken.
 */
#include "places.h"

#include <stdlib.h>

#include "sqlite.h"

STATIC_ASSERT(PLACES_MAX % PLACES_SET == 0, sets_are_whole);

static struct place *
set_of(const struct store *store, const uint8_t alias[ALIAS_LEN])
{
	size_t hash =
	    (size_t)alias[0] << 16 | (size_t)alias[1] << 8 | (size_t)alias[2];

	return &store->places
		    .place[hash % (PLACES_MAX / PLACES_SET) * PLACES_SET];
}

void
places_open(struct store *store)
{
	store->places.place = calloc(PLACES_MAX, sizeof(struct place));
}

void
places_close(struct store *store)
{
	free(store->places.place);
	store->places.place = NULL;
}

/* The place of an alias; NULL: it has none. */
static struct place *
place_of(const struct store *store, const uint8_t alias[ALIAS_LEN])
{
	struct place *set = set_of(store, alias);

	for (size_t i = 0; i < PLACES_SET; i++)
		if (set[i].rowid != 0 &&
		    memcmp(set[i].alias, alias, ALIAS_LEN) == 0)
			return &set[i];
	return NULL;
}

/*
 * A free place for an alias, or else one in turn: some are of aliases that are
 * no more, and sooner or later it is theirs.
 */
static struct place *
make_room(struct store *store, const uint8_t alias[ALIAS_LEN])
{
	struct place *set = set_of(store, alias);

	for (size_t i = 0; i < PLACES_SET; i++)
		if (set[i].rowid == 0)
			return &set[i];
	return &set[store->places.turn++ % PLACES_SET];
}

bool
places_find(const struct store *store, const uint8_t alias[ALIAS_LEN],
    int64_t *ret_rowid)
{
	const struct place *p;

	if (store->places.place == NULL)
		return false;
	p = place_of(store, alias);
	if (p == NULL)
		return false;
	*ret_rowid = p->rowid;
	return true;
}

void
places_keep(struct store *store, const uint8_t alias[ALIAS_LEN], int64_t rowid)
{
	struct place *p;

	if (store->places.place == NULL)
		return;
	p = place_of(store, alias);
	if (p == NULL)
		p = make_room(store, alias);
	p->rowid = rowid;
	memcpy(p->alias, alias, ALIAS_LEN);
}
