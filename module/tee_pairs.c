/*
 * The records are sealed with AES-256-GCM under a key from the root of
 * trust's C2C record key, with a random nonce; so few are ever written that
 * none comes twice. Whoever puts an older file back gets older pairs back,
 * no key that anybody else knows.
 *
 * What a trial allows is used up last, when everything else has gone well,
 * and before the answer leaves.
 *
 * Spec: PROTOCOL.md, "Chip-to-chip", "Keys" and "Evaluation".
 */
#include "tee_pairs.h"

#include "base/wipe.h"
#include "c2c/port.h"
#include "c2c/records.h"

#define NONCE_LEN 12
#define TAG_LEN 16
#define DB_OVERHEAD (NONCE_LEN + TAG_LEN)

STATIC_ASSERT(C2C_RECORDS_LEN <= C2C_RECORDS_MAX, records_fit_a_packet);
STATIC_ASSERT(TERMINAL_NAME_MAX <= C2C_TERMINAL_MAX, names_fit_a_record);

/* What every request works with. */
struct work {
	struct random_source random;
	struct hf_crypto crypto;
	uint8_t record_key[KEY_LEN];
	uint8_t file_key[KEY_LEN];
	struct c2c_maker maker;
	struct c2c_records records;
	char terminal[TERMINAL_NAME_MAX + 1];
	struct c2c_name name;
	struct c2c_rights rights;
};

/* --- the file --- */

/*
 * What is not ours, whole and unchanged has an error of its own: the front
 * end may go on without it, as it may when there is no file at all. Records
 * of a later format are no such thing.
 */
static enum err
db_err(enum err err)
{
	switch (err) {
	case ERR_AUTH:
	case ERR_FORMAT:
	case ERR_TRUNCATED:
		return ERR_CONFLICT;
	default:
		return err;
	}
}

static enum err
db_open(struct work *w, struct bytes db)
{
	uint8_t plain[C2C_RECORDS_LEN];
	enum err err;

	if (db.len == 0)
		return ERR_OK; /* no records yet */
	if (db.len < DB_OVERHEAD || db.len > sizeof(plain) + DB_OVERHEAD)
		return ERR_CONFLICT;
	err = aead_open(AEAD_GCM_256, BYTES_OF(w->file_key),
	    bytes_make(db.ptr, NONCE_LEN), BYTES_NONE,
	    bytes_make(db.ptr + NONCE_LEN, db.len - NONCE_LEN), plain);
	if (err == ERR_OK)
		err = c2c_records_decode(
		    bytes_make(plain, db.len - DB_OVERHEAD), &w->records);
	wipe(plain, sizeof(plain));
	return db_err(err);
}

static enum err
db_seal(const struct work *w, struct tee_c2c_answer *answer)
{
	uint8_t plain[C2C_RECORDS_LEN];
	size_t len = c2c_records_encode(&w->records, plain);
	enum err err = random_fill(&w->random, answer->db, NONCE_LEN);

	if (err == ERR_OK)
		err = aead_seal(AEAD_GCM_256, BYTES_OF(w->file_key),
		    bytes_make(answer->db, NONCE_LEN), BYTES_NONE,
		    bytes_make(plain, len), answer->db + NONCE_LEN);
	wipe(plain, sizeof(plain));
	if (err == ERR_OK)
		answer->db_len = len + DB_OVERHEAD;
	return err;
}

/* --- what the device may do --- */

static void
rights_get(const struct tee_device *d, struct c2c_rights *ret)
{
	struct device_info info;
	struct rot_state state;

	device_info(d->device, &info);
	rot_state(d->rot, &state);
	ret->standing = C2C_UNCLAIMED;
	if (info.device_registered)
		ret->standing = C2C_CLAIMED;
	else if (!info.module_registered && !state.erased)
		ret->standing = C2C_UNREGISTERED;
	ret->sessions = (info.features & FEATURE_C2C) != 0;
	ret->pairing = (info.features & FEATURE_C2C_PAIRING) != 0;
}

/* V1 is there for old hosts alone, where it was asked for. */
static enum err
version_check(const struct tee_device *d, uint8_t version)
{
	return version == HF_C2C_V1 && !d->c2c_v1 ? ERR_DISABLED : ERR_OK;
}

/* --- requests --- */

static enum err
work_begin(
    struct work *w, struct tee_device *d, const struct tee_c2c_request *request)
{
	enum err err;

	memset(w, 0, sizeof(*w));
	w->random = rot_random_source(d->rot);
	c2c_port_init(&w->crypto, &w->random);
	w->maker = (struct c2c_maker){&w->crypto, w->record_key};
	memcpy(w->terminal, request->terminal.ptr, request->terminal.len);
	w->name = (struct c2c_name){request->te_secret, w->terminal};
	rights_get(d, &w->rights);
	err = rot_c2c_record_key(d->rot, w->record_key);
	if (err == ERR_OK)
		err = keys_expand(BYTES_OF(w->record_key), "c2c file",
		    BYTES_NONE, w->file_key, sizeof(w->file_key));
	if (err == ERR_OK)
		err = db_open(w, request->db);
	return err;
}

/* A session makes new keys for its own pair; else see lib/c2c. */
static enum err
may_pair(struct work *w, const struct tee_c2c_request *request)
{
	const struct c2c_record *record =
	    c2c_records_find(&w->records, &w->name);

	if (!request->rekey)
		return c2c_may_pair(&w->rights, record);
	if (record == NULL || record->now.version != request->version)
		return ERR_NOT_FOUND;
	return c2c_may_open(&w->rights);
}

static enum err
do_pair(struct tee_device *d, struct work *w,
    const struct tee_c2c_request *request, struct tee_c2c_answer *answer)
{
	enum err err = may_pair(w, request);

	if (err == ERR_OK)
		err = version_check(d, request->version);
	if (err == ERR_OK)
		err = c2c_records_pair(&w->records, &w->maker, &w->name,
		    (enum hf_c2c_version)request->version, &answer->pair,
		    answer->tag);
	if (err == ERR_OK)
		err = db_seal(w, answer);
	if (err == ERR_OK)
		err = rot_allowance_use(d->rot, ROT_C2C_PAIRING);
	return err;
}

/* The confirmation proves the keys: it needs no right of its own. */
static enum err
do_confirm(struct work *w, const struct tee_c2c_request *request,
    struct tee_c2c_answer *answer)
{
	bool changed = false;
	enum err err = c2c_records_confirm(
	    &w->records, &w->maker, &w->name, request->confirm, &changed);

	if (err == ERR_OK && changed)
		err = db_seal(w, answer);
	return err;
}

static enum err
do_erase(struct work *w, const struct tee_c2c_request *request,
    struct tee_c2c_answer *answer)
{
	enum err err = c2c_may_erase(&w->rights);

	if (err == ERR_OK && !request->all)
		err = c2c_records_erase(&w->records, &w->name);
	else if (err == ERR_OK &&
		 c2c_records_erase_terminal(&w->records, w->terminal) == 0)
		return ERR_OK; /* there were none: they stay as they are */
	if (err == ERR_OK)
		err = db_seal(w, answer);
	return err;
}

static enum err
do_open(struct tee_device *d, struct work *w,
    const struct tee_c2c_request *request, struct tee_c2c_answer *answer)
{
	enum err err = c2c_may_open(&w->rights);

	if (err == ERR_OK)
		err = c2c_records_open(
		    &w->records, &w->maker, &w->name, &answer->pair);
	if (err == ERR_OK)
		err = version_check(d, answer->pair.version);
	if (err == ERR_OK && (answer->pair.version == HF_C2C_V3) !=
				 (request->version == HF_C2C_V3))
		err = ERR_INVALID; /* a nonce where none belongs, or none */
	if (err == ERR_OK)
		err = rot_allowance_use(d->rot, ROT_C2C_SESSION);
	return err;
}

/* The last of a trial closes all the same: nobody is locked in. */
static enum err
do_close(struct tee_device *d)
{
	enum err err = rot_allowance_use(d->rot, ROT_C2C_SESSION);

	return err == ERR_EXHAUSTED ? ERR_OK : err;
}

enum err
tee_pairs_do(struct tee_device *d, const struct tee_request *request,
    struct tee_c2c_answer *answer)
{
	const struct tee_c2c_request *c2c = &request->u.c2c;
	struct work w;
	enum err err;

	if (request->op == TEE_C2C_CLOSE)
		return do_close(d);
	err = work_begin(&w, d, c2c);
	if (err == ERR_OK && request->op == TEE_C2C_PAIR)
		err = do_pair(d, &w, c2c, answer);
	else if (err == ERR_OK && request->op == TEE_C2C_CONFIRM)
		err = do_confirm(&w, c2c, answer);
	else if (err == ERR_OK && request->op == TEE_C2C_ERASE)
		err = do_erase(&w, c2c, answer);
	else if (err == ERR_OK)
		err = do_open(d, &w, c2c, answer);
	if (err != ERR_OK)
		wipe(answer, sizeof(*answer));
	wipe(&w, sizeof(w));
	return err;
}
