/*
 * The journal: heartbeats in the order in which they came. A burst of them
 * would change a page for each device; here it adds a few pages at the end of
 * one table, and the devices' rows get what is new later, in their order.
 *
 * One process alone writes and reads the journal, the one that serves devices;
 * to it a device is what its row and its latest entry say together. Everybody
 * else reads rows, and may find n, the keys of check-ins, and when and where a
 * device was seen behind by what has not been carried over yet. What is erased
 * of a device stays in its entries until these are deleted, and is used for
 * nothing.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "store/store.h"

/*
 * From now on this store reads devices with the journal, and may write to it
 * (struct store_advance). Errors: ERR_STATE (within a transaction, or done).
 */
MUST_CHECK enum err store_journal_open(struct store *store);

/* How many devices have an entry that waits to be carried over, about. */
size_t store_journal_waiting(const struct store *store);

/*
 * Carries the latest entries of up to count devices over to their rows, in
 * one durable transaction; entries that all devices are past are deleted.
 * Called until nothing waits, it takes them in turns. Errors: ERR_STATE
 * (within a transaction, or the journal is not open).
 */
MUST_CHECK enum err store_journal_carry(struct store *store, size_t count);

#endif
