/*
 * Open addressing with linear probing. A slot that was taken stays taken until
 * the table is built anew, so that probing never loses its way.
 */
#include "latest.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 1024
#define UNDO_MIN 256

void
latest_init(struct latest *l, uint64_t seed)
{
	*l = (struct latest){.seed = seed};
}

void
latest_done(struct latest *l)
{
	free(l->slot);
	free(l->undo);
	*l = (struct latest){.slot = NULL};
}

static size_t
first_slot(const struct latest *l, size_t slots, const uint8_t uid[UID_LEN])
{
	uint64_t x;

	memcpy(&x, uid, sizeof(x));
	x = (x ^ l->seed) * UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 32)) * (l->seed | 1);
	return (size_t)(x >> 32) & (slots - 1);
}

STATIC_ASSERT(UID_LEN == sizeof(uint64_t), a_uid_is_hashed_as_one_number);

/* The slot of a device, or the free one where it belongs. */
static struct latest_slot *
find_slot(const struct latest *l, struct latest_slot *slot, size_t slots,
    const uint8_t uid[UID_LEN])
{
	size_t i = first_slot(l, slots, uid);

	while (slot[i].taken && memcmp(slot[i].entry.uid, uid, UID_LEN) != 0)
		i = (i + 1) & (slots - 1);
	return &slot[i];
}

/* Builds the table anew with what is beyond a number. */
static enum err
rebuild(struct latest *l, size_t slots, uint64_t number)
{
	struct latest_slot *slot = calloc(slots, sizeof(*slot));
	size_t taken = 0;

	if (slot == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < l->slots; i++) {
		if (!l->slot[i].taken || l->slot[i].entry.number <= number)
			continue;
		*find_slot(l, slot, slots, l->slot[i].entry.uid) = l->slot[i];
		taken++;
	}
	free(l->slot);
	l->slot = slot;
	l->slots = slots;
	l->taken = taken;
	return ERR_OK;
}

uint64_t
latest_find(const struct latest *l, const uint8_t uid[UID_LEN])
{
	if (l->slots == 0)
		return 0;
	return find_slot(l, l->slot, l->slots, uid)->entry.number;
}

static enum err
make_room(struct latest *l)
{
	size_t cap = l->undo_cap == 0 ? UNDO_MIN : l->undo_cap * 2;
	struct latest_entry *undo;

	if (l->undo_count == l->undo_cap) {
		undo = realloc(l->undo, cap * sizeof(*undo));
		if (undo == NULL)
			return ERR_NOMEM;
		l->undo = undo;
		l->undo_cap = cap;
	}
	if ((l->taken + 1) * 2 <= l->slots)
		return ERR_OK;
	return rebuild(l, l->slots == 0 ? SLOTS_MIN : l->slots * 2, 0);
}

enum err
latest_enter(struct latest *l, const uint8_t uid[UID_LEN], uint64_t number)
{
	struct latest_slot *slot;
	enum err err = make_room(l);

	if (err != ERR_OK)
		return err;
	slot = find_slot(l, l->slot, l->slots, uid);
	if (!slot->taken) {
		l->taken++;
		slot->taken = true;
		memcpy(slot->entry.uid, uid, UID_LEN);
	}
	l->undo[l->undo_count++] = slot->entry;
	slot->entry.number = number;
	return ERR_OK;
}

void
latest_keep(struct latest *l)
{
	l->undo_count = 0;
}

void
latest_undo(struct latest *l)
{
	while (l->undo_count > 0) {
		const struct latest_entry *was = &l->undo[--l->undo_count];

		find_slot(l, l->slot, l->slots, was->uid)->entry = *was;
	}
}

void
latest_forget(struct latest *l, uint64_t number)
{
	size_t left = 0, slots = SLOTS_MIN;

	for (size_t i = 0; i < l->slots; i++)
		left += l->slot[i].taken && l->slot[i].entry.number > number;
	while (slots < (left + 1) * 2)
		slots *= 2;
	(void)!rebuild(l, slots, number);
}

static int
compare(const void *a, const void *b)
{
	const struct latest_entry *x = a, *y = b;

	return memcmp(x->uid, y->uid, UID_LEN);
}

enum err
latest_sorted(const struct latest *l, struct latest_entry **ret_entries,
    size_t *ret_count)
{
	struct latest_entry *entries = calloc(l->taken + 1, sizeof(*entries));
	size_t count = 0;

	if (entries == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < l->slots; i++)
		if (l->slot[i].taken && l->slot[i].entry.number != 0)
			entries[count++] = l->slot[i].entry;
	qsort(entries, count, sizeof(*entries), compare);
	*ret_entries = entries;
	*ret_count = count;
	return ERR_OK;
}
