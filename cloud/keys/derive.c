/*
 * What api asks for a customer: a PSK, the key of one E2E message. It shows
 * who owns the generation: the root opens under the owner's profile only,
 * and the record says that the profile is the tenant's. Neither is believed
 * because the database says so.
 */
#include "answers.h"

#include "base/wipe.h"
#include "keys/envelope.h"
#include "wrap.h"

/* The first bytes of HMAC(record key, tenant 8 | profile 16). */
static enum err
record_make(const struct keys_kek *kek, uint64_t tenant,
    const uint8_t profile[PROFILE_UID_LEN],
    uint8_t ret_record[KEYSPROTO_RECORD_LEN])
{
	uint8_t number[8], mac[SHA256_LEN];
	struct bytes parts[] = {
	    BYTES_OF(number), bytes_make(profile, PROFILE_UID_LEN)};
	struct writer w;
	enum err err;

	writer_init(&w, number, sizeof(number));
	writer_u64(&w, tenant);
	err = hmac_sha256(BYTES_OF(kek->record), parts, ARRAY_LEN(parts), mac);
	if (err == ERR_OK)
		memcpy(ret_record, mac, KEYSPROTO_RECORD_LEN);
	wipe(mac, sizeof(mac));
	return err;
}

/* A profile of zeros is nobody's, and nobody gets its keys. */
enum err
owner_check(const struct keys_state *state, const struct keysproto_owner *owner)
{
	uint8_t record[KEYSPROTO_RECORD_LEN];
	bool same = false;
	enum err err;
	size_t i;

	if (profile_is_none(owner->profile))
		return ERR_DENIED;
	for (i = 0; i < state->kek_count && !same; i++) {
		err = record_make(
		    &state->kek[i], owner->tenant, owner->profile, record);
		if (err != ERR_OK)
			return err;
		same = ct_equal(record, owner->record, sizeof(record));
	}
	wipe(record, sizeof(record));
	return same ? ERR_OK : ERR_DENIED;
}

enum err
answer_profile(const struct keys_state *state,
    const struct keysproto_request *q, struct keysproto_answer *a)
{
	const uint8_t *profile = q->u.profile.profile;

	if (profile_is_none(profile))
		return ERR_INVALID;
	return record_make(&state->kek[state->kek_count - 1],
	    q->u.profile.tenant, profile, a->u.record);
}

enum err
owner_root_open(const struct keys_state *state,
    const struct keysproto_owner *owner, const uint8_t uid[UID_LEN],
    uint32_t generation, const struct keysproto_blob *blob,
    struct keys_root *ret_root)
{
	struct blob_name name = {.kind = BLOB_ROOT,
	    .uid = uid,
	    .generation = generation,
	    .profile = owner->profile};
	enum err err = owner_check(state, owner);

	if (err != ERR_OK)
		return err;
	return wrap_open(state, &name, wrap_blob_bytes(blob), ret_root->k);
}

/* The root of another owner's generation, which a transfer lets him read. */
static enum err
reader_root_open(const struct keys_state *state,
    const struct keysproto_request *q, struct keys_root *ret_root)
{
	const struct keysproto_owner *owner = &q->u.derive.owner;
	const struct keysproto_transfer *t = &q->u.derive.transfer;
	struct blob_name name = {.kind = BLOB_ROOT,
	    .uid = q->u.derive.uid,
	    .generation = q->u.derive.generation,
	    .profile = t->from};
	enum err err = owner_check(state, owner);

	if (err != ERR_OK)
		return err;
	if (memcmp(t->to, owner->profile, PROFILE_UID_LEN) != 0 ||
	    q->u.derive.generation > t->last ||
	    (t->readers & KEYSPROTO_READS_NEW) == 0)
		return ERR_DENIED;
	err = transfer_check(state, q->u.derive.uid, t);
	if (err != ERR_OK)
		return err;
	return wrap_open(
	    state, &name, wrap_blob_bytes(&q->u.derive.root), ret_root->k);
}

static enum err
root_open(const struct keys_state *state, const struct keysproto_request *q,
    struct keys_root *ret_root)
{
	if (q->u.derive.has_transfer)
		return reader_root_open(state, q, ret_root);
	return owner_root_open(state, &q->u.derive.owner, q->u.derive.uid,
	    q->u.derive.generation, &q->u.derive.root, ret_root);
}

enum err
answer_psk(const struct keys_state *state, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	struct psk_identity identity;
	struct keys_root root;
	struct keys_psk prk;
	enum err err;

	if (q->u.derive.id_len != PSK_ID_LEN ||
	    psk_identity_decode(
		bytes_make(q->u.derive.id, PSK_ID_LEN), &identity) != ERR_OK)
		return ERR_FORMAT;
	err = root_open(state, q, &root);
	if (err != ERR_OK)
		return err;
	err = keys_psk_prk(&root, &prk);
	wipe(&root, sizeof(root));
	if (err != ERR_OK)
		return err;
	err = keys_psk_make(
	    &prk, q->u.derive.id, a->u.key.key, q->u.derive.key_len);
	wipe(&prk, sizeof(prk));
	a->u.key.len = q->u.derive.key_len;
	return err;
}

/* The key of a message from the device, or to it, as its header says. */
static enum err
message_key(const struct keys_root *root, enum envelope_direction direction,
    struct bytes header, uint8_t ret_key[E2E_KEY_LEN])
{
	struct keys_down down;
	struct keys_up up;
	enum err err;

	if (direction == ENVELOPE_DOWN) {
		err = keys_down_prk(root, &down);
		if (err == ERR_OK)
			err = keys_down_key(&down, header, ret_key);
		wipe(&down, sizeof(down));
		return err;
	}
	err = keys_up_prk(root, &up);
	if (err == ERR_OK)
		err = keys_up_key(&up, header, ret_key);
	wipe(&up, sizeof(up));
	return err;
}

enum err
answer_e2e(const struct keys_state *state, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	struct envelope_header header;
	struct keys_root root;
	struct bytes id;
	enum err err;

	if (q->u.derive.id_len > sizeof(q->u.derive.id))
		return ERR_FORMAT;
	id = bytes_make(q->u.derive.id, q->u.derive.id_len);
	if (envelope_header_decode(id, &header) != ERR_OK)
		return ERR_FORMAT;
	/* By a transfer one reads what the device said, and says nothing. */
	if (q->u.derive.has_transfer && header.direction != ENVELOPE_UP)
		return ERR_DENIED;
	err = root_open(state, q, &root);
	if (err != ERR_OK)
		return err;
	err = message_key(&root, header.direction, id, a->u.key.key);
	wipe(&root, sizeof(root));
	a->u.key.len = E2E_KEY_LEN;
	return err;
}
