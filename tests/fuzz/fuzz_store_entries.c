/*
 * Any bytes as a row of the journal: where an entry is read, it can be
 * written, and is read again as the same.
 * Input: slot, length of the addresses, these, records.
 */
#include "entries.h"
#include "fuzz.h"

static void
check_again(const uint8_t uid[UID_LEN], const struct entry *e)
{
	static struct entries row;
	struct entry again;

	fuzz_check(e->ck.len <= BLOB_MAX && e->last_ck.len <= BLOB_MAX);
	fuzz_check(strnlen(e->address, STORE_ADDRESS_MAX) < STORE_ADDRESS_MAX);
	entries_clear(&row);
	fuzz_check(entries_fit(&row, e));
	entries_add(&row, uid, e);
	fuzz_check(entries_read(entries_records(&row), entries_addresses(&row),
		       0, uid, &again) == ERR_OK);
	fuzz_check(again.n == e->n && again.seen == e->seen &&
		   again.changed == e->changed);
	fuzz_check(memcmp(&again.ck, &e->ck, sizeof(e->ck)) == 0);
	fuzz_check(
	    memcmp(&again.last_ck, &e->last_ck, sizeof(e->last_ck)) == 0);
	fuzz_check(strcmp(again.address, e->address) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes addresses, records;
	const uint8_t *uid;
	struct entry e;
	struct reader r;
	size_t slot;
	enum err err;

	reader_init(&r, bytes_make(data, size));
	slot = reader_u8(&r);
	addresses = reader_take(&r, reader_u8(&r));
	records = reader_rest(&r);
	if (r.err != ERR_OK)
		return 0;
	uid = entries_uid(records, slot);
	if (uid == NULL)
		return 0;
	err = entries_read(records, addresses, slot, uid, &e);
	fuzz_check(err == ERR_OK || err == ERR_FORMAT);
	if (err == ERR_OK)
		check_again(uid, &e);
	return 0;
}
