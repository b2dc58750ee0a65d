/*
 * Records of pairs: finding them, and the keys that they stand for. Who may
 * have which, and where the records are kept, is not known here.
 */
#include "c2c/records.h"

#include <string.h>

#include "base/wipe.h"
#include "c2c/session.h"
#include "internal.h"

/*
 * The head of the deterministic CBOR array ["holdfast c2c pair v1", version
 * | TE_SECRET | secret, 48], and what follows the context.
 */
#define INFO_HEAD "\x83\x74holdfast c2c pair v1\x58\x21"
#define INFO_AT (sizeof(INFO_HEAD) - 1)
#define CONTEXT_LEN (1 + HF_C2C_TE_LEN + C2C_SECRET_LEN)
#define INFO_LEN (INFO_AT + CONTEXT_LEN + 2)

/* HKDF-Expand to 48 bytes: two blocks, T(1) and half of T(2). */
static enum err
expand(const struct c2c_maker *maker, const uint8_t info[INFO_LEN],
    uint8_t out[2 * HASH_LEN])
{
	const struct hf_crypto *c = maker->crypto;
	uint8_t block[HASH_LEN + INFO_LEN + 1];
	int failed;

	memcpy(block + HASH_LEN, info, INFO_LEN);
	block[HASH_LEN + INFO_LEN] = 1;
	failed = c->hmac_sha256(c->ctx, maker->record_key, KEY_LEN,
	    block + HASH_LEN, INFO_LEN + 1, out);
	memcpy(block, out, HASH_LEN);
	block[HASH_LEN + INFO_LEN] = 2;
	if (failed == 0)
		failed = c->hmac_sha256(c->ctx, maker->record_key, KEY_LEN,
		    block, sizeof(block), out + HASH_LEN);
	wipe(block, sizeof(block));
	return failed == 0 ? ERR_OK : ERR_CRYPTO;
}

/* The pair and the tag that a secret stands for. */
static enum err
derive(const struct c2c_maker *maker, const uint8_t *te_secret,
    const struct c2c_secret *secret, struct hf_c2c_pair *ret_pair,
    uint8_t ret_tag[HF_C2C_TAG_LEN])
{
	uint8_t info[INFO_LEN] = INFO_HEAD, *at = info + INFO_AT;
	uint8_t keys[2 * HASH_LEN] = {0};
	enum err err;

	at[0] = secret->version;
	memcpy(at + 1, te_secret, HF_C2C_TE_LEN);
	memcpy(at + 1 + HF_C2C_TE_LEN, secret->secret, C2C_SECRET_LEN);
	at[CONTEXT_LEN] = 0x18;
	at[CONTEXT_LEN + 1] = 2 * HF_C2C_KEY_LEN + HF_C2C_TAG_LEN;
	err = expand(maker, info, keys);
	if (err == ERR_OK) {
		ret_pair->version = secret->version;
		memcpy(ret_pair->te_secret, te_secret, HF_C2C_TE_LEN);
		memcpy(ret_pair->key, keys, HF_C2C_KEY_LEN);
		memcpy(
		    ret_pair->hmac_key, keys + HF_C2C_KEY_LEN, HF_C2C_KEY_LEN);
		memcpy(ret_tag, keys + 2 * HF_C2C_KEY_LEN, HF_C2C_TAG_LEN);
	}
	wipe(keys, sizeof(keys));
	wipe(info, sizeof(info));
	return err;
}

struct c2c_record *
c2c_records_find(struct c2c_records *records, const struct c2c_name *name)
{
	struct c2c_record *r;

	for (r = records->record; r < records->record + records->count; r++) {
		if (memcmp(r->te_secret, name->te_secret, HF_C2C_TE_LEN) == 0 &&
		    strcmp(r->terminal, name->terminal) == 0)
			return r;
	}
	return NULL;
}

/* Takes one out; those behind it move up. */
static void
record_remove(struct c2c_records *records, struct c2c_record *r)
{
	struct c2c_record *last = &records->record[--records->count];

	memmove(r, r + 1, (size_t)(last - r) * sizeof(*r));
	wipe(last, sizeof(*last));
}

/* The pairing that has waited longest for its confirmation, or NULL. */
static struct c2c_record *
waiting_find(struct c2c_records *records)
{
	struct c2c_record *r;

	for (r = records->record; r < records->record + records->count; r++) {
		if (r->now.version == 0)
			return r;
	}
	return NULL;
}

/*
 * The record of that name, or a new one behind the last: what opens nothing
 * yet is made anew, and gives way where there is no room.
 */
static struct c2c_record *
find_or_add(struct c2c_records *records, const struct c2c_name *name)
{
	struct c2c_record *r = c2c_records_find(records, name);

	if (r != NULL && r->now.version != 0)
		return r;
	if (r == NULL && records->count == C2C_RECORDS)
		r = waiting_find(records);
	if (r != NULL)
		record_remove(records, r);
	r = &records->record[records->count++];
	memset(r, 0, sizeof(*r));
	memcpy(r->te_secret, name->te_secret, HF_C2C_TE_LEN);
	memcpy(r->terminal, name->terminal, strlen(name->terminal));
	return r;
}

enum err
c2c_records_pair(struct c2c_records *records, const struct c2c_maker *maker,
    const struct c2c_name *name, enum hf_c2c_version version,
    struct hf_c2c_pair *ret_pair, uint8_t ret_tag[HF_C2C_TAG_LEN])
{
	size_t len = strlen(name->terminal);
	struct c2c_secret secret;
	struct c2c_record *r;
	enum err err;

	if (version < HF_C2C_V1 || version > HF_C2C_V3 || len == 0 ||
	    len > C2C_TERMINAL_MAX)
		return ERR_INVALID;
	if (c2c_records_find(records, name) == NULL &&
	    records->count == C2C_RECORDS && waiting_find(records) == NULL)
		return ERR_SPACE;
	secret.version = (uint8_t)version;
	if (maker->crypto->random(
		maker->crypto->ctx, secret.secret, sizeof(secret.secret)) != 0)
		return ERR_RANDOM;
	err = derive(maker, name->te_secret, &secret, ret_pair, ret_tag);
	if (err == ERR_OK) {
		r = find_or_add(records, name);
		*(version == HF_C2C_V1 ? &r->now : &r->next) = secret;
		if (version == HF_C2C_V1)
			wipe(&r->next, sizeof(r->next));
	}
	wipe(&secret, sizeof(secret));
	return err;
}

/* Checks a confirmation against one secret of a record. */
static enum err
check(const struct c2c_maker *maker, const struct c2c_record *r,
    const struct c2c_secret *secret, const uint8_t *confirm)
{
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair pair;
	enum err err;

	if (secret->version == 0 || secret->version == HF_C2C_V1)
		return ERR_AUTH;
	err = derive(maker, r->te_secret, secret, &pair, tag);
	if (err == ERR_OK)
		err = c2c_confirm_check(maker->crypto, &pair, tag, confirm);
	wipe(&pair, sizeof(pair));
	wipe(tag, sizeof(tag));
	return err;
}

enum err
c2c_records_confirm(struct c2c_records *records, const struct c2c_maker *maker,
    const struct c2c_name *name, const uint8_t confirm[HF_C2C_CONFIRM_LEN],
    bool *ret_changed)
{
	struct c2c_record *r = c2c_records_find(records, name);
	enum err err;

	if (r == NULL)
		return ERR_NOT_FOUND;
	err = check(maker, r, &r->next, confirm);
	if (err == ERR_OK) {
		r->now = r->next;
		wipe(&r->next, sizeof(r->next));
		*ret_changed = true;
		return ERR_OK;
	}
	if (err == ERR_AUTH)
		err = check(maker, r, &r->now, confirm);
	if (err == ERR_OK)
		*ret_changed = false;
	return err;
}

enum err
c2c_records_erase(struct c2c_records *records, const struct c2c_name *name)
{
	struct c2c_record *r = c2c_records_find(records, name);

	if (r == NULL)
		return ERR_NOT_FOUND;
	record_remove(records, r);
	return ERR_OK;
}

size_t
c2c_records_erase_terminal(struct c2c_records *records, const char *terminal)
{
	size_t i, erased = 0;

	for (i = records->count; i-- > 0;) {
		if (strcmp(records->record[i].terminal, terminal) != 0)
			continue;
		record_remove(records, &records->record[i]);
		erased++;
	}
	return erased;
}

enum err
c2c_records_open(struct c2c_records *records, const struct c2c_maker *maker,
    const struct c2c_name *name, struct hf_c2c_pair *ret_pair)
{
	struct c2c_record *r = c2c_records_find(records, name);
	uint8_t tag[HF_C2C_TAG_LEN];
	enum err err;

	if (r == NULL)
		return ERR_NOT_FOUND;
	if (r->now.version == 0)
		return ERR_STATE;
	err = derive(maker, r->te_secret, &r->now, ret_pair, tag);
	wipe(tag, sizeof(tag));
	return err;
}
