/*
 * The records as bytes: format 01, how many, then of each the terminal with
 * its length, TE_SECRET, and twice a version and a secret.
 */
#include <string.h>

#include "c2c/records.h"

#define FORMAT 1

static void
secret_write(struct writer *w, const struct c2c_secret *secret)
{
	writer_u8(w, secret->version);
	writer_put(w, BYTES_OF(secret->secret));
}

size_t
c2c_records_encode(
    const struct c2c_records *records, uint8_t ret_out[C2C_RECORDS_LEN])
{
	const struct c2c_record *r = records->record;
	struct writer w;
	size_t i;

	writer_init(&w, ret_out, C2C_RECORDS_LEN);
	writer_u8(&w, FORMAT);
	writer_u8(&w, (uint8_t)records->count);
	for (i = 0; i < records->count; i++, r++) {
		writer_u8(&w, (uint8_t)strlen(r->terminal));
		writer_put(&w, bytes_str(r->terminal));
		writer_put(&w, BYTES_OF(r->te_secret));
		secret_write(&w, &r->now);
		secret_write(&w, &r->next);
	}
	return writer_bytes(&w).len;
}

static void
secret_read(struct reader *r, struct c2c_secret *secret)
{
	secret->version = reader_u8(r);
	if (secret->version > HF_C2C_V3)
		reader_fail(r, ERR_FORMAT);
	reader_copy(r, secret->secret, sizeof(secret->secret));
}

static void
record_read(struct reader *r, struct c2c_record *record)
{
	size_t len = reader_u8(r);
	struct bytes terminal = reader_take(r, len);

	if (len == 0 || len > C2C_TERMINAL_MAX)
		reader_fail(r, ERR_FORMAT);
	else if (terminal.len == len)
		memcpy(record->terminal, terminal.ptr, len);
	if (strlen(record->terminal) != len)
		reader_fail(r, ERR_FORMAT);
	reader_copy(r, record->te_secret, sizeof(record->te_secret));
	secret_read(r, &record->now);
	secret_read(r, &record->next);
}

enum err
c2c_records_decode(struct bytes in, struct c2c_records *ret_records)
{
	struct c2c_records records;
	struct reader r;
	enum err err;
	size_t i;

	memset(&records, 0, sizeof(records));
	reader_init(&r, in);
	if (reader_u8(&r) != FORMAT)
		reader_fail(&r, ERR_UNSUPPORTED);
	records.count = reader_u8(&r);
	if (records.count > C2C_RECORDS)
		reader_fail(&r, ERR_FORMAT);
	for (i = 0; r.err == ERR_OK && i < records.count; i++)
		record_read(&r, &records.record[i]);
	err = reader_end(&r);
	if (err == ERR_OK)
		*ret_records = records;
	return err;
}
