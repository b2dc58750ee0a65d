/*
 * Recovery tickets: given at a check-in that asks for one, and taken back
 * when nothing that is known fits a device. What a ticket proves is what its
 * additional data says: that this service gave this root to this device,
 * generation, alias and public key; that its sender has the key, EDHOC has
 * shown. Who brings none, or one that does not open, changes nothing here.
 */
#include "job.h"
#include "store/generations.h"

/* --- given --- */

/* The root behind a context; a left one has none to give. */
static enum err
root_of(struct devices *d, struct job *job, struct store_generation *ret)
{
	const struct attempt *a = &job->attempt[job->attempt_at];
	const struct store_pending *p = &job->pending;

	if (a->kind != ATTEMPT_PENDING)
		return store_generation_by_alias(d->store, job->alias, ret);
	*ret = (struct store_generation){
	    .generation = p->generation, .root = p->root};
	memcpy(ret->profile, p->root_profile, PROFILE_UID_LEN);
	memcpy(ret->public_key, p->public_key, P256_POINT_LEN);
	return ERR_OK;
}

enum err
ticket_ask(struct devices *d, struct job *job)
{
	struct keysproto_request *q;
	struct store_generation g;
	struct p256_point point;
	enum err err;

	if (!job->checkin.wants_ticket)
		return ERR_OK;
	err = root_of(d, job, &g);
	if (err == ERR_OK)
		err = p256_point_decode(BYTES_OF(g.public_key), &point);
	if (err != ERR_OK)
		return err;
	q = job_ask(d, job);
	q->op = KEYSPROTO_TICKET_MAKE;
	memcpy(q->u.ticket.uid, job->uid, UID_LEN);
	memcpy(q->u.ticket.alias, job->alias, ALIAS_LEN);
	q->u.ticket.generation = g.generation;
	memcpy(q->u.ticket.profile, g.profile, PROFILE_UID_LEN);
	memcpy(job->ticket, g.profile, PROFILE_UID_LEN);
	q->u.ticket.public_key = point;
	q->u.ticket.root = blob_ask(&g.root);
	return ERR_OK;
}

void
ticket_take(struct devices *d, struct job *job, size_t i)
{
	const struct keysproto_answer *a;

	job->has_ticket = false;
	if (i >= job->ask_count)
		return;
	a = job_answer(d, job, i);
	/* Without one the heartbeat is as good: it will ask again. */
	if (a->err != ERR_OK || a->u.blob.len != BLOB_MAX) {
		d->counters.failed++;
		return;
	}
	memcpy(job->ticket + PROFILE_UID_LEN, a->u.blob.b, BLOB_MAX);
	job->has_ticket = true;
}

/* --- taken back --- */

/* What the row was, and which generation came back. */
static void
adopted_event(
    struct devices *d, struct job *job, uint32_t known_generation, bool owned)
{
	const struct service_adoption *a = &job->adoption;
	struct service_event *e = device_event(d, job, "adopted");

	if (e == NULL)
		return;
	service_event_number(e, "Generation", a->generation);
	service_event_number(e, "KnownGeneration", known_generation);
	service_event_text(e, "Row",
	    job->is_known ? BYTES_LIT("brought forward")
			  : BYTES_LIT("made anew"));
	if (!owned && memcmp(a->profile, (uint8_t[PROFILE_UID_LEN]){0},
			  PROFILE_UID_LEN) != 0)
		service_event_hex(e, "UnknownProfile", BYTES_OF(a->profile));
}

static enum step
adopt(struct devices *d, struct job *job)
{
	struct judge_case c = {.known = job->is_known ? &job->known : NULL,
	    .request = &job->request,
	    .key = job->session->key,
	    .changed = job->is_known &&
		       job->known.device.changed > job->session->snapshot};
	struct judgement j = judge_ticket(&c);
	uint32_t known_generation = 0;
	struct store_device row;

	/* It will not check in: what it is told now is its last word. */
	if (j.verdict == VERDICT_DECOMMISSIONED &&
	    job->known.device.erased == 0)
		job_erase(d, job);
	if (j.verdict != VERDICT_NEW)
		return act_on(d, job, &j);
	if (service_ticket_row(d->store, c.known, &job->adoption, &row) !=
	    ERR_OK)
		return job_fail(d, job);
	if (job->is_known)
		known_generation = job->known.device.generation;
	job->known.device = row;
	job->known.pending_count = 0;
	job->adopts = true;
	adopted_event(d, job, known_generation, row.tenant != 0);
	return act_on(d, job, &j);
}

static void
adoption_fill(
    struct devices *d, struct job *job, const struct keysproto_blob *root)
{
	struct service_adoption *a = &job->adoption;
	const struct bootstrap_request *m = &job->request;

	*a = (struct service_adoption){.generation = m->claim.generation,
	    .root = blob_store(root),
	    .time = d->now.unix_s,
	    .address = job->in->address};
	memcpy(a->uid, job->uid, UID_LEN);
	memcpy(a->alias, m->claim.alias, ALIAS_LEN);
	memcpy(a->public_key, job->session->key, P256_POINT_LEN);
	memcpy(a->profile, m->ticket.ptr, PROFILE_UID_LEN);
	memcpy(a->instance, m->instance, INSTANCE_LEN);
	if (m->sealed)
		(void)snprintf(a->serial, sizeof(a->serial), "%.*s",
		    (int)m->serial.len, (const char *)m->serial.ptr);
}

static enum step
opened(struct devices *d, struct job *job)
{
	const struct keysproto_answer *a = job_answer(d, job, 0);

	job->ask_count = 0;
	if (a->err == ERR_AUTH)
		return answer_status(d, job, BOOTSTRAP_UNKNOWN);
	if (a->err != ERR_OK)
		return job_fail(d, job);
	adoption_fill(d, job, &a->u.blob);
	return adopt(d, job);
}

enum step
ticket_open(struct devices *d, struct job *job)
{
	const struct bootstrap_request *m = &job->request;
	struct keysproto_request *q;
	struct p256_point point;

	if (m->ticket.len != TICKET_LEN || !m->has_claim ||
	    m->claim.generation == 0)
		return answer_status(d, job, BOOTSTRAP_UNKNOWN);
	if (p256_point_decode(BYTES_OF(job->session->key), &point) != ERR_OK)
		return job_fail(d, job);
	q = job_ask(d, job);
	q->op = KEYSPROTO_TICKET;
	memcpy(q->u.ticket.uid, job->uid, UID_LEN);
	q->u.ticket.ticket =
	    bytes_make(m->ticket.ptr + PROFILE_UID_LEN, BLOB_MAX);
	memcpy(q->u.ticket.alias, m->claim.alias, ALIAS_LEN);
	q->u.ticket.generation = m->claim.generation;
	memcpy(q->u.ticket.profile, m->ticket.ptr, PROFILE_UID_LEN);
	q->u.ticket.public_key = point;
	job->next = opened;
	return STEP_ASK;
}
