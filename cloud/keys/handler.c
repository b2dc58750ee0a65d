/*
 * From a request to its answer: who may ask, which function answers. An
 * answer that failed carries nothing but its error.
 */
#include "cloud/keys.h"

#include "answers.h"
#include "base/wipe.h"

enum err
answer_info(const struct keys_state *state,
    const struct keysproto_request *q UNUSED, struct keysproto_answer *a)
{
	size_t i;

	a->u.info.import_key = state->import_public;
	a->u.info.credential_count = state->credential_count;
	for (i = 0; i < state->credential_count; i++) {
		a->u.info.credential[i].kid = state->credential[i].kid;
		a->u.info.credential[i].public_key =
		    state->credential[i].public_key;
	}
	return ERR_OK;
}

static answer_function *
answer_of(enum keysproto_op op)
{
	switch (op) {
	case KEYSPROTO_INFO:
		return answer_info;
	case KEYSPROTO_PRK:
		return answer_prk;
	case KEYSPROTO_ROOT:
		return answer_root;
	case KEYSPROTO_CHECKIN:
		return answer_checkin;
	case KEYSPROTO_ADVANCE:
		return answer_advance;
	case KEYSPROTO_TICKET:
		return answer_ticket;
	case KEYSPROTO_TICKET_MAKE:
		return answer_ticket_make;
	case KEYSPROTO_PSK:
		return answer_psk;
	case KEYSPROTO_E2E:
		return answer_e2e;
	case KEYSPROTO_PROFILE:
		return answer_profile;
	case KEYSPROTO_IMPORT:
		return answer_import;
	case KEYSPROTO_FACTORY:
		return answer_factory;
	case KEYSPROTO_TRANSFER:
		return answer_transfer;
	case KEYSPROTO_CA:
		return answer_ca;
	case KEYSPROTO_POP:
		return answer_pop;
	case KEYSPROTO_ZTP:
		return answer_ztp;
	}
	return NULL;
}

/* An answer that failed carries nothing but its error. */
static void
conclude(struct keysproto_answer *a, enum err err)
{
	if (err != ERR_OK)
		wipe(a, sizeof(*a));
	a->err = err;
}

enum err
keys_answer(const struct keys_state *state, enum keysproto_asker asker,
    const struct keysproto_request *request,
    struct keysproto_answer *ret_answer)
{
	answer_function *answer = answer_of(request->op);
	enum err err;

	memset(ret_answer, 0, sizeof(*ret_answer));
	if (answer == NULL)
		err = ERR_UNSUPPORTED;
	else if (!keysproto_allowed(asker, request->op))
		err = ERR_DENIED;
	else
		err = answer(state, request, ret_answer);
	conclude(ret_answer, err);
	return err;
}

void
keys_answer_many(const struct keys_state *state, enum keysproto_asker asker,
    const struct keysproto_request *requests, size_t count,
    struct keysproto_answer *ret_answers)
{
	const struct keysproto_request *q[KEYSPROTO_BATCH_MAX];
	struct keysproto_answer *a[KEYSPROTO_BATCH_MAX];
	enum err err[KEYSPROTO_BATCH_MAX];
	size_t prks = 0;

	aead_batch();
	for (size_t i = 0; i < count; i++) {
		if (requests[i].op == KEYSPROTO_PRK &&
		    keysproto_allowed(asker, KEYSPROTO_PRK)) {
			q[prks] = &requests[i];
			a[prks++] = &ret_answers[i];
		} else {
			/* Each answer says for itself what went wrong. */
			(void)!keys_answer(
			    state, asker, &requests[i], &ret_answers[i]);
		}
	}
	aead_batch_end();
	if (prks == 0)
		return;
	answer_prks(state, q, prks, a, err);
	for (size_t i = 0; i < prks; i++)
		conclude(a[i], err[i]);
}

static enum err
direct_call(void *ctx, const struct keysproto_request *requests, size_t count,
    struct keysproto_answer *ret_answers)
{
	const struct keys_direct *d = ctx;

	if (count == 0 || count > KEYSPROTO_BATCH_MAX)
		return ERR_INVALID;
	keys_answer_many(d->state, d->asker, requests, count, ret_answers);
	return ERR_OK;
}

struct keysproto_port
keys_port_direct(struct keys_direct *direct)
{
	struct keysproto_port port = {direct_call, direct};

	return port;
}
