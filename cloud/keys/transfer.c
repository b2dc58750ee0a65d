/*
 * A device's right to go to another owner's profile. api asks for it when an
 * offer is accepted, and shows whose the device is and whose it will be;
 * devices shows it when the device's next root is made. So a root changes its
 * owner by what keys has authenticated, never because the database says so.
 */
#include "answers.h"

#include "base/wipe.h"
#include "wrap.h"

/*
 * The first bytes of HMAC(record key, uid 8 | last 4 | readers 1 | from 16 |
 * to 16). A profile's record under the same key is made over 24 bytes.
 */
static enum err
transfer_mac(const struct keys_kek *kek, const uint8_t uid[UID_LEN],
    const struct keysproto_transfer *t, uint8_t ret_mac[KEYSPROTO_RECORD_LEN])
{
	uint8_t numbers[5], mac[SHA256_LEN];
	struct bytes parts[] = {bytes_make(uid, UID_LEN), BYTES_OF(numbers),
	    BYTES_OF(t->from), BYTES_OF(t->to)};
	struct writer w;
	enum err err;

	writer_init(&w, numbers, sizeof(numbers));
	writer_u32(&w, t->last);
	writer_u8(&w, t->readers);
	err = hmac_sha256(BYTES_OF(kek->record), parts, ARRAY_LEN(parts), mac);
	if (err == ERR_OK)
		memcpy(ret_mac, mac, KEYSPROTO_RECORD_LEN);
	wipe(mac, sizeof(mac));
	return err;
}

enum err
transfer_check(const struct keys_state *state, const uint8_t uid[UID_LEN],
    const struct keysproto_transfer *t)
{
	uint8_t mac[KEYSPROTO_RECORD_LEN];
	bool same = false;
	enum err err;
	size_t i;

	for (i = 0; i < state->kek_count && !same; i++) {
		err = transfer_mac(&state->kek[i], uid, t, mac);
		if (err != ERR_OK)
			return err;
		same = ct_equal(mac, t->mac, sizeof(mac));
	}
	wipe(mac, sizeof(mac));
	return same ? ERR_OK : ERR_DENIED;
}

enum err
answer_transfer(const struct keys_state *state,
    const struct keysproto_request *q, struct keysproto_answer *a)
{
	struct blob_name name = {.kind = BLOB_ROOT,
	    .uid = q->u.transfer.uid,
	    .generation = q->u.transfer.generation,
	    .profile = q->u.transfer.from.profile};
	struct keysproto_transfer t = {
	    .last = q->u.transfer.last, .readers = q->u.transfer.readers};
	struct keys_root root;
	enum err err;

	if (q->u.transfer.last < q->u.transfer.generation)
		return ERR_INVALID;
	err = owner_check(state, &q->u.transfer.from);
	if (err == ERR_OK)
		err = owner_check(state, &q->u.transfer.to);
	/* That it opens shows whose the device's current generation is. */
	if (err == ERR_OK)
		err = wrap_open(
		    state, &name, wrap_blob_bytes(&q->u.transfer.root), root.k);
	if (err != ERR_OK)
		return err;
	wipe(&root, sizeof(root));
	memcpy(t.from, q->u.transfer.from.profile, sizeof(t.from));
	memcpy(t.to, q->u.transfer.to.profile, sizeof(t.to));
	return transfer_mac(&state->kek[state->kek_count - 1],
	    q->u.transfer.uid, &t, a->u.record);
}
