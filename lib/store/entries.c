/*
 * Records of entries, writer and reader side by side. It believes no length
 * and no place that it reads.
 */
#include "entries.h"

#include <assert.h>
#include <string.h>

STATIC_ASSERT(ENTRIES_ROOM / ENTRY_LEN < ENTRIES_MAX, slots_are_enough);
STATIC_ASSERT(ENTRY_LEN + STORE_ADDRESS_MAX <= ENTRIES_ROOM, one_entry_fits);

static size_t
address_len(const struct entry *e)
{
	return strnlen(e->address, sizeof(e->address) - 1);
}

bool
entries_fit(const struct entries *entries, const struct entry *entry)
{
	return (entries->count + 1) * ENTRY_LEN + entries->addresses_len +
		   address_len(entry) <=
	       ENTRIES_ROOM;
}

static void
write_blob(struct writer *w, const struct store_blob *blob)
{
	static const uint8_t zeros[BLOB_MAX] = {0};

	writer_u8(w, (uint8_t)blob->len);
	writer_put(w, bytes_make(blob->b, blob->len));
	writer_put(w, bytes_make(zeros, BLOB_MAX - blob->len));
}

void
entries_add(struct entries *entries, const uint8_t uid[UID_LEN],
    const struct entry *entry)
{
	size_t len = address_len(entry);
	struct writer w;

	assert(entries_fit(entries, entry));
	assert(entry->ck.len <= BLOB_MAX && entry->last_ck.len <= BLOB_MAX);
	writer_init(
	    &w, entries->records + entries->count * ENTRY_LEN, ENTRY_LEN);
	writer_put(&w, bytes_make(uid, UID_LEN));
	writer_put(&w, BYTES_OF(entry->alias));
	writer_u64(&w, entry->n);
	write_blob(&w, &entry->ck);
	write_blob(&w, &entry->last_ck);
	writer_put(&w, BYTES_OF(entry->last_id));
	writer_u64(&w, entry->seen);
	writer_u64(&w, entry->changed);
	writer_u16(&w, (uint16_t)entries->addresses_len);
	writer_u8(&w, (uint8_t)len);
	assert(w.err == ERR_OK && w.len == ENTRY_LEN);
	memcpy(
	    entries->addresses + entries->addresses_len, entry->address, len);
	entries->addresses_len += len;
	entries->count++;
}

void
entries_clear(struct entries *entries)
{
	entries->count = 0;
	entries->addresses_len = 0;
}

struct bytes
entries_records(const struct entries *entries)
{
	return bytes_make(entries->records, entries->count * ENTRY_LEN);
}

struct bytes
entries_addresses(const struct entries *entries)
{
	return bytes_make(entries->addresses, entries->addresses_len);
}

/* A row that has lost its end has lost the entries that stood there. */
const uint8_t *
entries_uid(struct bytes records, size_t slot)
{
	if (slot >= ENTRIES_MAX || slot >= records.len / ENTRY_LEN)
		return NULL;
	return records.ptr + slot * ENTRY_LEN;
}

static void
read_blob(struct reader *r, struct store_blob *out)
{
	size_t len = reader_u8(r);
	struct bytes b = reader_take(r, BLOB_MAX);

	*out = (struct store_blob){.len = 0};
	if (len > BLOB_MAX || b.len != BLOB_MAX) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	memcpy(out->b, b.ptr, len);
	out->len = len;
}

/* As everywhere in the store, a number is none of 2^63 or more. */
static uint64_t
read_number(struct reader *r)
{
	uint64_t v = reader_u64(r);

	if (v > INT64_MAX)
		reader_fail(r, ERR_FORMAT);
	return v;
}

static void
read_address(
    struct reader *r, struct bytes addresses, char out[STORE_ADDRESS_MAX])
{
	size_t at = reader_u16(r), len = reader_u8(r);

	if (len >= STORE_ADDRESS_MAX || at > addresses.len ||
	    len > addresses.len - at) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	if (len > 0)
		memcpy(out, addresses.ptr + at, len);
	out[len] = '\0';
}

enum err
entries_read(struct bytes records, struct bytes addresses, size_t slot,
    const uint8_t uid[UID_LEN], struct entry *ret_entry)
{
	const uint8_t *record = entries_uid(records, slot);
	struct entry e = {.n = 0};
	struct reader r;
	enum err err;

	if (record == NULL || memcmp(record, uid, UID_LEN) != 0)
		return ERR_NOT_FOUND;
	reader_init(&r, bytes_make(record + UID_LEN, ENTRY_LEN - UID_LEN));
	reader_copy(&r, e.alias, sizeof(e.alias));
	e.n = read_number(&r);
	read_blob(&r, &e.ck);
	read_blob(&r, &e.last_ck);
	reader_copy(&r, e.last_id, sizeof(e.last_id));
	e.seen = read_number(&r);
	e.changed = read_number(&r);
	read_address(&r, addresses, e.address);
	err = reader_end(&r);
	if (err == ERR_OK)
		*ret_entry = e;
	return err;
}
