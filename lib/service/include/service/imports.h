/*
 * Imports: a file of production records becomes devices, all of them or
 * none. The secrets stay sealed for the keys process, which wraps each anew
 * under a key that is made for the import and dies with its last device.
 */
#ifndef SERVICE_IMPORTS_H
#define SERVICE_IMPORTS_H

#include "keysproto/keysproto.h"
#include "service/service.h"
#include "store/imports.h"

#define IMPORT_LINE_MAX 1024 /* bytes of one record */
#define IMPORT_RECORDS_MAX 65536
#define IMPORT_PROBLEMS_MAX 100 /* lines that a report names */

/* One device from production, as its line says. */
struct factory_record {
	uint8_t uid[UID_LEN];
	uint8_t public_key[P256_POINT_LEN];
	uint8_t enc[P256_POINT_LEN];
	uint8_t sealed[KEY_LEN + 16];
	uint32_t line;
	struct store_blob secret; /* once keys has wrapped it */
};

/*
 * Reads one line: an object with the four fields of PROTOCOL.md,
 * "Production records", and no others. ret_why says what is wrong, in words
 * that live for ever; the line number and the blob are the caller's.
 *
 * Errors: ERR_FORMAT.
 */
MUST_CHECK enum err factory_record_read(
    struct bytes line, struct factory_record *ret_record, const char **ret_why);

/* What is wrong with a line. */
struct import_problem {
	uint32_t line;
	const char *why; /* lives for ever */
};

/* One import under way. */
struct import {
	uint64_t id;
	struct store_blob key; /* wrapped, once keys has made it */
	struct factory_record *records;
	size_t count;
	size_t cap;
	struct import_problem problems[IMPORT_PROBLEMS_MAX];
	size_t problem_count; /* of all, also those that are not named */
};

/*
 * Reads a file: lines end in LF or CR LF, empty ones count but say nothing.
 * Notes what is wrong with a line: its form, a uid that came before, or that
 * of a device that the caller has already. After ERR_OK import_done is owed,
 * and the import is to be refused when problem_count is not 0.
 *
 * Errors: ERR_TRUNCATED (no record at all), ERR_SPACE (more than
 * IMPORT_RECORDS_MAX), ERR_NOMEM, the store's.
 */
MUST_CHECK enum err import_read(struct service *s, const struct actor *actor,
    struct bytes file, struct import *ret_import);
void import_done(struct import *import);

/* Fills the request for the import's key. */
void import_key_request(
    const struct import *import, struct keysproto_request *ret_request);

/* Fills the request for the secret of one record. */
void import_record_request(const struct import *import, size_t index,
    struct keysproto_request *ret_request);

/*
 * Takes keys' answer for one record. An answer that is the record's own
 * fault is noted as a problem. Errors: what keys has said otherwise.
 */
MUST_CHECK enum err import_record_answer(
    struct import *import, size_t index, const struct keysproto_answer *answer);

/*
 * Makes the import and its devices. A device of the caller's account that was
 * decommissioned and erased is made anew: its generations go on counting,
 * and the instance that may come has to be released. Errors: ERR_EXISTS (there are uids
 * already, which are noted), ERR_CONFLICT (another import took the number:
 * try again), the store's.
 */
MUST_CHECK enum err import_finish(struct service *s, const struct actor *actor,
    const char *source, struct import *import);

#endif
