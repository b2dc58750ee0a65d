/*
 * The journal's inside, for rows of devices and for transactions.
 */
#ifndef STORE_JOURNAL_INSIDE_H
#define STORE_JOURNAL_INSIDE_H

#include "entries.h"
#include "latest.h"
#include "store/devices.h"

struct journal {
	bool is_open;
	struct latest latest;
	uint64_t last; /* number of the last row, which row is to get */
	struct entries row; /* of this transaction, not written yet */
	/* A turn of carrying over: devices in their order, and where it is. */
	struct latest_entry *turn;
	size_t turn_count, turn_at;
	uint64_t turn_last; /* its rows go when all devices had their turn */
};

bool journal_is_open(const struct store *store);

void journal_close(struct store *store);

/* Writes what the transaction has added: it commits next, or is undone. */
MUST_CHECK enum err journal_write(struct store *store);

/* A transaction has been committed, or undone. */
void journal_keep(struct store *store);
void journal_undo(struct store *store);

/* Brings a device that was read from its row to what the journal says. */
MUST_CHECK enum err journal_read(
    struct store *store, struct store_device *device);

/* Writes an accepted check-in at the journal's end. */
MUST_CHECK enum err journal_add(
    struct store *store, const struct store_advance *advance);

/* Carries one device's latest entry over to its row. */
MUST_CHECK enum err journal_settle(
    struct store *store, const uint8_t uid[UID_LEN]);

/* What the journal says of the device's present context means nothing now. */
MUST_CHECK enum err journal_void(
    struct store *store, const uint8_t uid[UID_LEN]);

#endif
