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
	if (err != ERR_OK)
		wipe(ret_answer, sizeof(*ret_answer));
	ret_answer->err = err;
	return err;
}

static enum err
direct_call(void *ctx, const struct keysproto_request *requests, size_t count,
    struct keysproto_answer *ret_answers)
{
	const struct keys_direct *d = ctx;
	enum err ignored;
	size_t i;

	if (count == 0 || count > KEYSPROTO_BATCH_MAX)
		return ERR_INVALID;
	for (i = 0; i < count; i++) {
		/* Each answer says for itself what went wrong. */
		ignored = keys_answer(
		    d->state, d->asker, &requests[i], &ret_answers[i]);
		(void)ignored;
	}
	return ERR_OK;
}

struct keysproto_port
keys_port_direct(struct keys_direct *direct)
{
	struct keysproto_port port = {direct_call, direct};

	return port;
}
