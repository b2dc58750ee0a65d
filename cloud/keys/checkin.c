/*
 * What devices asks at a check-in: ck(n) in clear, to answer the device with
 * it, and ck(n+1) wrapped.
 */
#include "answers.h"

#include "base/wipe.h"
#include "memo.h"

static struct blob_name
name_of(const struct keysproto_request *q)
{
	return (struct blob_name){.kind = BLOB_CHECKIN,
	    .uid = q->u.checkin.uid,
	    .generation = q->u.checkin.generation};
}

/* Opens ck(n), and says under which key it is. */
static enum err
ck_open(const struct keys_state *state, const struct keysproto_request *q,
    struct wrapping_key *ret_key, struct keys_checkin *ret_ck)
{
	const struct blob_name name = name_of(q);
	struct bytes blob = wrap_blob_bytes(&q->u.checkin.ck);
	enum err err = wrap_key(state, &name, blob, ret_key);

	if (err == ERR_OK)
		err = wrap_open_with(ret_key, &name, blob, ret_ck->k);
	return err;
}

enum err
answer_checkin(const struct keys_state *state,
    const struct keysproto_request *q, struct keysproto_answer *a)
{
	const struct blob_name name = name_of(q);
	struct wrapping_key key;
	enum err err = ck_open(state, q, &key, &a->u.ck);

	if (err == ERR_OK)
		memo_keep(
		    state->memo, &name, &q->u.checkin.ck, &key, a->u.ck.k);
	wipe(&key, sizeof(key));
	return err;
}

/* Wraps ck(n+1), under the newest key again. */
static enum err
ck_seal(const struct keys_state *state, const struct blob_name *name,
    const struct wrapping_key *key, const struct keys_checkin *ck,
    struct keysproto_blob *ret_blob)
{
	if (!wrap_key_is_newest(state, key))
		return wrap_seal(state, name, ck->k, ret_blob);
	return wrap_seal_with(state->random, key, name, ck->k, ret_blob);
}

enum err
answer_advance(const struct keys_state *state,
    const struct keysproto_request *q, struct keysproto_answer *a)
{
	const struct blob_name name = name_of(q);
	struct keys_checkin ck, next;
	struct wrapping_key key;
	enum err err = ERR_OK;

	if (!memo_take(state->memo, &name, &q->u.checkin.ck, &key, ck.k))
		err = ck_open(state, q, &key, &ck);
	if (err == ERR_OK)
		err = keys_checkin_next(
		    &ck, q->u.checkin.request_id, q->u.checkin.payload, &next);
	if (err == ERR_OK)
		err = ck_seal(state, &name, &key, &next, &a->u.blob);
	wipe(&ck, sizeof(ck));
	wipe(&next, sizeof(next));
	wipe(&key, sizeof(key));
	return err;
}
