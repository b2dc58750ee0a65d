/*
 * Aliases are random: two that meet in one place take it from each other.
 */
#include "places.h"

#include <stdlib.h>

#include "sqlite.h"

static struct place *
place_of(const struct store *store, const uint8_t alias[ALIAS_LEN])
{
	uint32_t hash = (uint32_t)alias[0] << 16 | (uint32_t)alias[1] << 8 |
			(uint32_t)alias[2];

	return &store->places.place[hash % PLACES_MAX];
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

bool
places_find(const struct store *store, const uint8_t alias[ALIAS_LEN],
    int64_t *ret_rowid)
{
	const struct place *p;

	if (store->places.place == NULL)
		return false;
	p = place_of(store, alias);
	*ret_rowid = p->rowid;
	return p->rowid != 0 && memcmp(p->alias, alias, ALIAS_LEN) == 0;
}

void
places_keep(struct store *store, const uint8_t alias[ALIAS_LEN], int64_t rowid)
{
	struct place *p;

	if (store->places.place == NULL)
		return;
	p = place_of(store, alias);
	p->rowid = rowid;
	memcpy(p->alias, alias, ALIAS_LEN);
}
