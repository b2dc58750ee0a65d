/*
 * Entries of the journal, many in one row: records of one length, so that a
 * damaged one costs no other anything, and their addresses behind each other.
 */
#ifndef STORE_ENTRIES_H
#define STORE_ENTRIES_H

#include "base/bytes.h"
#include "store/devices.h"

/*
 * Some forty, in four pages: so few rows that the tree of their numbers hardly
 * ever has to move pages, which has the whole cache looked through.
 */
#define ENTRIES_ROOM 8000
/* uid | alias | n | ck | last_ck | last_id | seen | changed | where, len */
#define ENTRY_LEN                                                              \
	(UID_LEN + ALIAS_LEN + 8 + 2 * (1 + BLOB_MAX) + REQUEST_ID_LEN +       \
	    2 * 8 + 2 + 1)
/* More than there is room for: a number is that of a row and of a slot. */
#define ENTRIES_MAX 64

/* An accepted check-in; n is 0 where a device's context has ended. */
struct entry {
	uint8_t alias[ALIAS_LEN];
	uint64_t n; /* what it leads to */
	struct store_blob ck, last_ck;
	uint8_t last_id[REQUEST_ID_LEN];
	uint64_t seen;
	char address[STORE_ADDRESS_MAX];
	uint64_t changed;
};

/* A row that is being filled. */
struct entries {
	size_t count;
	size_t addresses_len;
	uint8_t records[ENTRIES_ROOM];
	uint8_t addresses[ENTRIES_ROOM];
};

/* Whether there is room for one more. An empty row has it. */
bool entries_fit(const struct entries *entries, const struct entry *entry);

/* Adds an entry, for which there is room. */
void entries_add(struct entries *entries, const uint8_t uid[UID_LEN],
    const struct entry *entry);

void entries_clear(struct entries *entries);

/* The two parts of a row, which live as long as nothing is added. */
struct bytes entries_records(const struct entries *entries);
struct bytes entries_addresses(const struct entries *entries);

/* Whose the entry in a slot is; NULL when there is none. */
const uint8_t *entries_uid(struct bytes records, size_t slot);

/*
 * Reads a device's entry out of a row. Errors: ERR_NOT_FOUND (there is none
 * in the slot, or it is another's), ERR_FORMAT (it is damaged).
 */
MUST_CHECK enum err entries_read(struct bytes records, struct bytes addresses,
    size_t slot, const uint8_t uid[UID_LEN], struct entry *ret_entry);

#endif
