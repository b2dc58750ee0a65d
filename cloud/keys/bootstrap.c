/*
 * What devices asks during a bootstrap: the service's part of EDHOC, and the
 * root of a new generation, which leaves wrapped only. Payloads are parsed
 * here again, for what is written into the blob decides who owns the device.
 */
#include "answers.h"

#include "base/wipe.h"
#include "keys/messages.h"
#include "wrap.h"

static const struct keys_credential *
credential_find(const struct keys_state *state, uint8_t kid)
{
	size_t i;

	for (i = 0; i < state->credential_count; i++)
		if (state->credential[i].kid == kid)
			return &state->credential[i];
	return NULL;
}

/*
 * Never the shared secret itself: PRK_3e2m = Extract(SALT_3e2m, G_RX).
 * Spec: RFC 9528, section 4.1.1.2.
 */
static enum err
prk_make(const struct keysproto_request *q,
    const struct p256_agreement *agreement, struct keysproto_answer *a)
{
	memset(a, 0, sizeof(*a));
	if (agreement->err != ERR_OK)
		return agreement->err;
	return hkdf_extract(
	    BYTES_OF(q->u.prk.salt), BYTES_OF(agreement->shared), a->u.prk);
}

void
answer_prks(const struct keys_state *state,
    const struct keysproto_request *const *q, size_t count,
    struct keysproto_answer *const *a, enum err *ret_err)
{
	struct p256_agreement list[KEYSPROTO_BATCH_MAX];
	size_t known[KEYSPROTO_BATCH_MAX], n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct keys_credential *own =
		    credential_find(state, q[i]->u.prk.kid);

		ret_err[i] = ERR_NOT_FOUND;
		if (own == NULL)
			continue;
		known[n] = i;
		list[n++] = (struct p256_agreement){
		    .secret = &own->secret, .peer = &q[i]->u.prk.peer};
	}
	p256_ecdh_many(list, n);
	for (size_t i = 0; i < n; i++)
		ret_err[known[i]] =
		    prk_make(q[known[i]], &list[i], a[known[i]]);
	wipe(list, n * sizeof(list[0]));
}

enum err
answer_prk(const struct keys_state *state, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	enum err err;

	answer_prks(state, &q, 1, &a, &err);
	return err;
}

/* F, wrapped under the key of its import. */
static enum err
salt_of_factory(const struct keys_state *state,
    const struct keysproto_request *q, struct keys_salt *ret_salt)
{
	struct blob_name name = {.kind = BLOB_FACTORY, .uid = q->u.root.uid};
	uint8_t import_key[KEY_LEN];
	enum err err;

	err = wrap_open_import_key(
	    state, q->u.root.import_id, &q->u.root.import_key, import_key);
	if (err != ERR_OK)
		return err;
	err = wrap_open_import(import_key, &name,
	    wrap_blob_bytes(&q->u.root.factory), ret_salt->k);
	wipe(import_key, sizeof(import_key));
	return err;
}

/* next(g-1) of the root before. */
static enum err
salt_of_root(const struct keys_state *state, const struct keysproto_request *q,
    struct keys_salt *ret_salt)
{
	struct blob_name name = {.kind = BLOB_ROOT,
	    .uid = q->u.root.uid,
	    .generation = q->u.root.root_generation,
	    .profile = q->u.root.root_profile};
	struct keys_root root;
	enum err err;

	err = wrap_open(state, &name, wrap_blob_bytes(&q->u.root.root), root.k);
	if (err != ERR_OK)
		return err;
	err = keys_next_salt(&root, ret_salt);
	wipe(&root, sizeof(root));
	return err;
}

static enum err
salt_open(const struct keys_state *state, const struct keysproto_request *q,
    struct keys_salt *ret_salt)
{
	bool factory = q->u.root.factory.len != 0;

	if (factory == (q->u.root.root.len != 0))
		return ERR_INVALID;
	return factory ? salt_of_factory(state, q, ret_salt)
		       : salt_of_root(state, q, ret_salt);
}

/* A transfer moves the root that it names, and none that came after it. */
static enum err
profile_transfer(const struct keys_state *state,
    const struct keysproto_request *q, uint8_t ret[PROFILE_UID_LEN])
{
	const struct keysproto_transfer *t = &q->u.root.transfer;

	if (memcmp(t->from, q->u.root.root_profile, PROFILE_UID_LEN) != 0 ||
	    q->u.root.root_generation > t->last)
		return ERR_DENIED;
	memcpy(ret, t->to, PROFILE_UID_LEN);
	return transfer_check(state, q->u.root.uid, t);
}

/*
 * A device that has an owner keeps it, unless that one has given it away: the
 * profile that it sends counts only when nobody owned the generation before,
 * and somebody owns the profile.
 */
static enum err
profile_choose(const struct keys_state *state,
    const struct keysproto_request *q, const struct bootstrap_request *request,
    const struct bootstrap_response *response, uint8_t ret[PROFILE_UID_LEN])
{
	bool owned = response->status == BOOTSTRAP_ASSIGNED ||
		     response->status == BOOTSTRAP_INACTIVE;

	memset(ret, 0, PROFILE_UID_LEN);
	if (q->u.root.has_transfer)
		return q->u.root.root.len != 0 ? profile_transfer(state, q, ret)
					       : ERR_INVALID;
	if (q->u.root.root.len != 0 && !profile_is_none(q->u.root.root_profile))
		memcpy(ret, q->u.root.root_profile, PROFILE_UID_LEN);
	else if (owned && request->sealed)
		memcpy(ret, request->profile, PROFILE_UID_LEN);
	return ERR_OK;
}

/* Wraps the root and its first check-in key, and answers with them. */
static enum err
root_wrap(const struct keys_state *state, const struct keysproto_request *q,
    uint32_t generation, const struct keys_root *root,
    struct keysproto_answer *a)
{
	struct blob_name root_name = {.kind = BLOB_ROOT,
	    .uid = q->u.root.uid,
	    .generation = generation,
	    .profile = a->u.root.profile};
	struct blob_name ck_name = {.kind = BLOB_CHECKIN,
	    .uid = q->u.root.uid,
	    .generation = generation};
	struct keys_checkin first;
	enum err err = keys_checkin_first(root, &first);

	if (err == ERR_OK)
		err = wrap_seal(state, &root_name, root->k, &a->u.root.root);
	if (err == ERR_OK)
		err = wrap_seal(state, &ck_name, first.k, &a->u.root.ck);
	if (err == ERR_OK)
		err = keys_resume(root, a->u.root.resume);
	wipe(&first, sizeof(first));
	return err;
}

/* Reads both payloads and demands that they make a later generation. */
static enum err
payloads_read(const struct keysproto_request *q,
    struct bootstrap_request *ret_request,
    struct bootstrap_response *ret_response)
{
	enum err err;

	if (bootstrap_request_read(q->u.root.request, ret_request) != ERR_OK)
		return ERR_FORMAT;
	err = bootstrap_response_read(q->u.root.response, ret_response);
	if (err != ERR_OK)
		return ERR_FORMAT;
	if (!bootstrap_status_is_new(ret_response->status))
		return ERR_INVALID;
	if (q->u.root.root.len != 0 &&
	    ret_response->generation <= q->u.root.root_generation)
		return ERR_INVALID;
	return ERR_OK;
}

enum err
answer_root(const struct keys_state *state, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	struct bootstrap_request request;
	struct bootstrap_response response;
	struct keys_salt salt;
	struct keys_root root;
	enum err err;

	err = payloads_read(q, &request, &response);
	if (err != ERR_OK)
		return err;
	err = salt_open(state, q, &salt);
	if (err != ERR_OK)
		return err;
	err = keys_root_make(&salt, q->u.root.exporter, q->u.root.uid,
	    q->u.root.request, q->u.root.response, &root);
	wipe(&salt, sizeof(salt));
	if (err != ERR_OK)
		return err;
	err = profile_choose(state, q, &request, &response, a->u.root.profile);
	if (err == ERR_OK)
		err = root_wrap(state, q, response.generation, &root, a);
	wipe(&root, sizeof(root));
	return err;
}

/* --- tickets: a root for the device to keep, which comes back as a root --- */

/* The same root under both of its names. */
struct ticket_names {
	uint8_t more[BLOB_TICKET_MORE];
	struct blob_name root, ticket;
};

static void
ticket_name(const struct keysproto_request *q, struct ticket_names *ret)
{
	memcpy(ret->more, q->u.ticket.alias, ALIAS_LEN);
	p256_point_compress(&q->u.ticket.public_key, ret->more + ALIAS_LEN);
	ret->root = (struct blob_name){.kind = BLOB_ROOT,
	    .uid = q->u.ticket.uid,
	    .generation = q->u.ticket.generation,
	    .profile = q->u.ticket.profile};
	ret->ticket = ret->root;
	ret->ticket.kind = BLOB_TICKET;
	ret->ticket.more = BYTES_OF(ret->more);
}

/* Wraps anew what is wrapped under another name. */
static enum err
rewrap(const struct keys_state *state, const struct blob_name *from,
    struct bytes blob, const struct blob_name *to,
    struct keysproto_blob *ret_blob)
{
	struct keys_root root;
	enum err err = wrap_open(state, from, blob, root.k);

	if (err != ERR_OK)
		return err;
	err = wrap_seal(state, to, root.k, ret_blob);
	wipe(&root, sizeof(root));
	return err;
}

enum err
answer_ticket(const struct keys_state *state, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	struct ticket_names names;

	ticket_name(q, &names);
	return rewrap(
	    state, &names.ticket, q->u.ticket.ticket, &names.root, &a->u.blob);
}

enum err
answer_ticket_make(const struct keys_state *state,
    const struct keysproto_request *q, struct keysproto_answer *a)
{
	struct ticket_names names;

	ticket_name(q, &names);
	return rewrap(state, &names.root, wrap_blob_bytes(&q->u.ticket.root),
	    &names.ticket, &a->u.blob);
}
