/*
 * Imports, from the file's bytes to rows. All or nothing: a line that is
 * wrong refuses the file before keys is asked for anything, and the rows are
 * one transaction.
 */
#include "service/imports.h"

#include "base/wipe.h"
#include "service/audit.h"
#include "store/devices.h"

static const char known_uid[] = "there is a device with this ROTPublicUID";

static void
problem_note(struct import *import, uint32_t line, const char *why)
{
	if (import->problem_count < IMPORT_PROBLEMS_MAX)
		import->problems[import->problem_count] =
		    (struct import_problem){line, why};
	import->problem_count++;
}

static enum err
records_grow(struct import *import)
{
	size_t cap = import->cap == 0 ? 64 : 2 * import->cap;

	if (cap > IMPORT_RECORDS_MAX)
		return ERR_SPACE;
	struct factory_record *records =
	    reallocarray(import->records, cap, sizeof(records[0]));

	if (records == NULL)
		return ERR_NOMEM;
	import->records = records;
	import->cap = cap;
	return ERR_OK;
}

static enum err
line_read(struct import *import, struct bytes line, uint32_t number)
{
	const char *why;

	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (line.len == 0)
		return ERR_OK;
	if (import->count == import->cap) {
		enum err err = records_grow(import);

		if (err != ERR_OK)
			return err;
	}
	struct factory_record *r = &import->records[import->count];

	if (factory_record_read(line, r, &why) != ERR_OK) {
		problem_note(import, number, why);
		return ERR_OK;
	}
	r->line = number;
	import->count++;
	return ERR_OK;
}

static enum err
lines_read(struct import *import, struct bytes file)
{
	uint32_t number = 0;
	enum err err = ERR_OK;

	while (err == ERR_OK && file.len > 0) {
		const uint8_t *end = memchr(file.ptr, '\n', file.len);
		size_t len = end != NULL ? (size_t)(end - file.ptr) : file.len;

		err = line_read(import, bytes_make(file.ptr, len), ++number);
		len += end != NULL;
		file.ptr += len;
		file.len -= len;
	}
	if (err == ERR_OK && import->count == 0 && import->problem_count == 0)
		err = ERR_TRUNCATED;
	return err;
}

/* By uid; of the same uid the earlier line first. */
static int
record_compare(const void *a, const void *b)
{
	const struct factory_record *x = a, *y = b;
	int by_uid = memcmp(x->uid, y->uid, UID_LEN);

	if (by_uid != 0)
		return by_uid;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Sorts by uid, which also is the order in which rows are added fastest. */
static void
twins_note(struct import *import)
{
	struct factory_record *r = import->records;

	if (import->count > 1)
		qsort(r, import->count, sizeof(r[0]), record_compare);
	for (size_t i = 1; i < import->count; i++) {
		if (memcmp(r[i].uid, r[i - 1].uid, UID_LEN) == 0)
			problem_note(import, r[i].line,
			    "the ROTPublicUID of an earlier line");
	}
}

/*
 * What the caller has already spares keys the work. Of somebody else's
 * devices nothing is said here: a line that keys refuse has to get the same
 * answer whether there is such a device or not.
 */
static enum err
known_note(struct service *s, const struct actor *actor, struct import *import)
{
	enum err err = service_read(s);

	for (size_t i = 0; i < import->count && err == ERR_OK; i++) {
		bool known = false;

		err = store_factory_known(
		    s->store, actor->tenant, import->records[i].uid, &known);
		if (known)
			problem_note(
			    import, import->records[i].line, known_uid);
	}
	if (err == ERR_OK)
		err = store_import_next(s->store, &import->id);
	return err;
}

enum err
import_read(struct service *s, const struct actor *actor, struct bytes file,
    struct import *ret_import)
{
	struct import import = {0};
	enum err err = lines_read(&import, file);

	if (err == ERR_OK) {
		twins_note(&import);
		err = known_note(s, actor, &import);
	}
	if (err != ERR_OK) {
		import_done(&import);
		return err;
	}
	*ret_import = import;
	return ERR_OK;
}

void
import_done(struct import *import)
{
	free(import->records);
	*import = (struct import){0};
}

void
import_key_request(
    const struct import *import, struct keysproto_request *ret_request)
{
	ret_request->op = KEYSPROTO_IMPORT;
	ret_request->u.factory.import_id = import->id;
}

void
import_record_request(const struct import *import, size_t index,
    struct keysproto_request *ret_request)
{
	const struct factory_record *r = &import->records[index];

	ret_request->op = KEYSPROTO_FACTORY;
	ret_request->u.factory.import_id = import->id;
	memcpy(ret_request->u.factory.import_key.b, import->key.b,
	    import->key.len);
	ret_request->u.factory.import_key.len = import->key.len;
	memcpy(ret_request->u.factory.uid, r->uid, sizeof(r->uid));
	memcpy(ret_request->u.factory.public_key, r->public_key,
	    sizeof(r->public_key));
	memcpy(ret_request->u.factory.enc, r->enc, sizeof(r->enc));
	memcpy(ret_request->u.factory.sealed, r->sealed, sizeof(r->sealed));
}

enum err
import_record_answer(
    struct import *import, size_t index, const struct keysproto_answer *answer)
{
	struct factory_record *r = &import->records[index];

	if (answer->err == ERR_AUTH) {
		problem_note(import, r->line,
		    "Secret is not sealed to this service for this device");
		return ERR_OK;
	}
	if (answer->err == ERR_INVALID || answer->err == ERR_FORMAT) {
		problem_note(
		    import, r->line, "PublicKey or Enc is not on the curve");
		return ERR_OK;
	}
	if (answer->err != ERR_OK)
		return answer->err;
	memcpy(r->secret.b, answer->u.blob.b, answer->u.blob.len);
	r->secret.len = answer->u.blob.len;
	return ERR_OK;
}

static enum err
devices_add(struct service *s, const struct actor *actor, struct import *import)
{
	struct store_device device = {.tenant = actor->tenant,
	    .import_id = import->id,
	    .created = (uint64_t)service_now(s)};
	enum err err = ERR_OK;

	for (size_t i = 0; i < import->count && err == ERR_OK; i++) {
		const struct factory_record *r = &import->records[i];

		memcpy(device.uid, r->uid, sizeof(device.uid));
		memcpy(device.factory_key, r->public_key,
		    sizeof(device.factory_key));
		device.factory_secret = r->secret;
		err = store_device_add(s->store, &device);
		/* His own, decommissioned and erased, gets a second life. */
		if (err == ERR_EXISTS)
			err = store_device_renew(s->store, &device);
		if (err != ERR_EXISTS)
			continue;
		/* The others are looked at, too, to be named at once. */
		problem_note(import, r->line, known_uid);
		err = ERR_OK;
	}
	return err == ERR_OK && import->problem_count > 0 ? ERR_EXISTS : err;
}

static enum err
rows_add(struct service *s, const struct actor *actor, const char *source,
    struct import *import)
{
	struct store_import row = {.id = import->id,
	    .tenant = actor->tenant,
	    .key = import->key,
	    .total = import->count,
	    .remaining = import->count,
	    .created = service_now(s)};
	char object[24], detail[64];
	enum err err = store_import_add(s->store, &row);

	if (err == ERR_EXISTS)
		return ERR_CONFLICT;
	if (err == ERR_OK)
		err = devices_add(s, actor, import);
	if (err != ERR_OK)
		return err;
	(void)snprintf(
	    object, sizeof(object), "%llu", (unsigned long long)import->id);
	(void)snprintf(detail, sizeof(detail),
	    "{\"Before\":null,\"After\":{\"Total\":%zu}}", import->count);
	return audit_add_by(s, actor, source, "import.create", object, detail);
}

enum err
import_finish(struct service *s, const struct actor *actor, const char *source,
    struct import *import)
{
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = rows_add(s, actor, source, import);
	if (err == ERR_OK)
		return store_commit(s->store);
	store_rollback(s->store);
	return err;
}
