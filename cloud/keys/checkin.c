/*
 * What devices asks at a check-in: ck(n) in clear, to answer the device with
 * it, and ck(n+1) wrapped.
 */
#include "answers.h"

#include "base/wipe.h"
#include "wrap.h"

static enum err
ck_open(const struct keys_state *state, const struct keysproto_request *q,
    struct keys_checkin *ret_ck)
{
	struct blob_name name = {.kind = BLOB_CHECKIN,
	    .uid = q->u.checkin.uid,
	    .generation = q->u.checkin.generation};

	return wrap_open(
	    state, &name, wrap_blob_bytes(&q->u.checkin.ck), ret_ck->k);
}

enum err
answer_checkin(const struct keys_state *state,
    const struct keysproto_request *q, struct keysproto_answer *a)
{
	return ck_open(state, q, &a->u.ck);
}

enum err
answer_advance(const struct keys_state *state,
    const struct keysproto_request *q, struct keysproto_answer *a)
{
	struct blob_name name = {.kind = BLOB_CHECKIN,
	    .uid = q->u.checkin.uid,
	    .generation = q->u.checkin.generation};
	struct keys_checkin ck, next;
	enum err err;

	err = ck_open(state, q, &ck);
	if (err != ERR_OK)
		return err;
	err = keys_checkin_next(
	    &ck, q->u.checkin.request_id, q->u.checkin.payload, &next);
	wipe(&ck, sizeof(ck));
	if (err != ERR_OK)
		return err;
	err = wrap_seal(state, &name, next.k, &a->u.blob);
	wipe(&next, sizeof(next));
	return err;
}
