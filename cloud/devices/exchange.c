/*
 * Exchange 2: the request for a new root, under the OSCORE context that
 * EDHOC has made. It is answered once; duplicates get the same bytes, and
 * the context is gone with the answer, so that no nonce serves twice.
 */
#include "base/wipe.h"
#include "cbor/cbor.h"
#include "job.h"
#include "service/transfers.h"
#include "store/generations.h"

#define ALIAS_TRIES 8

static enum step judge_request(struct devices *d, struct job *job);
static enum step make_pending(struct devices *d, struct job *job);

/* --- answers of exchange 2 --- */

static enum step
answer(struct devices *d, struct job *job, uint8_t code, struct bytes payload)
{
	job->ends_session = true;
	job->keep = &d->second;
	return reply_protected(
	    d, job, &job->session->context, false, code, BYTES_NONE, payload);
}

enum step
answer_status(struct devices *d, struct job *job, enum bootstrap_status status)
{
	static const struct {
		enum bootstrap_status status;
		uint8_t code;
	} codes[] = {
	    {BOOTSTRAP_AGAIN, COAP_CHANGED},
	    {BOOTSTRAP_STALE, COAP_CONFLICT},
	    {BOOTSTRAP_MALFORMED, COAP_BAD_REQUEST},
	    {BOOTSTRAP_BUSY, COAP_UNAVAILABLE},
	};
	const struct bootstrap_response response = {.status = status};
	uint8_t code = COAP_FORBIDDEN;
	struct writer w;

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].status == status)
			code = codes[i].code;
	writer_init(&w, job->response, sizeof(job->response));
	bootstrap_response_write(&w, &response);
	job->counter = status == BOOTSTRAP_AGAIN ? &d->counters.again
						 : &d->counters.refused;
	return answer(d, job, code, writer_bytes(&w));
}

/* --- events --- */

/* The owner's; of a device that has none, his who imported it. */
static uint64_t
whose_event(struct devices *d, const struct job *job)
{
	const struct store_device *device = &job->known.device;
	uint64_t tenant = device->tenant;

	if (tenant == 0 && device->import_id != 0 &&
	    store_import_tenant(d->store, device->import_id, &tenant) != ERR_OK)
		return 0;
	return tenant;
}

struct service_event *
device_event(struct devices *d, struct job *job, const char *kind)
{
	struct service_event *e =
	    job_event(d, job, kind, job->uid, whose_event(d, job));

	if (e == NULL)
		return NULL;
	service_event_hex(e, "Instance", BYTES_OF(job->request.instance));
	service_event_text(e, "Address", bytes_str(job->in->address));
	return e;
}

/* Who has the identity already, and who came now (F33). */
static void
clone_event(struct devices *d, struct job *job, const struct judgement *j,
    enum clone_outcome outcome)
{
	const struct store_device *device = &job->known.device;
	struct service_event *e = device_event(d, job, "clone");

	if (e == NULL)
		return;
	service_event_text(e, "Why", bytes_str(j->why));
	service_event_number(e, "Generation", j->generation);
	if (job->request.has_claim)
		service_event_number(e, "N", job->request.claim.n);
	service_event_hex(e, "KnownInstance", BYTES_OF(device->instance));
	service_event_text(e, "KnownAddress", bytes_str(device->address));
	service_event_number(e, "KnownSeen", device->seen);
	service_event_number(e, "KnownRegistered", device->registered);
	service_event_number(e, "KnownGeneration", device->generation);
	service_event_number(e, "KnownN", device->n);
	service_event_text(
	    e, "Outcome", bytes_str(clone_outcome_name(outcome)));
}

static void
pending_events(struct devices *d, struct job *job, const struct judgement *j)
{
	const struct judge_device *k = &job->known;
	const struct store_pending *last;
	struct service_event *e;

	if (j->behind && !job->adopts) {
		e = device_event(d, job, "service_behind");
		if (e != NULL) {
			service_event_number(e, "N", k->device.n);
			service_event_number(
			    e, "claimed_n", job->request.claim.n);
		}
	}
	if (!j->other_instance || k->pending_count == 0)
		return;
	last = &k->pending[k->pending_count - 1];
	e = device_event(d, job, "other_instance");
	if (e == NULL)
		return;
	service_event_hex(e, "KnownInstance", BYTES_OF(last->instance));
	service_event_text(e, "KnownAddress", bytes_str(last->address));
	service_event_number(e, "KnownCreated", last->created);
}

/* --- a new pending --- */

static enum err
draw_alias(struct devices *d, uint8_t alias[ALIAS_LEN])
{
	bool is_free = false;
	enum err err = ERR_OK;

	for (int i = 0; i < ALIAS_TRIES && err == ERR_OK && !is_free; i++) {
		err = random_fill(d->random, alias, ALIAS_LEN);
		if (err == ERR_OK)
			err = store_alias_free(d->store, alias, &is_free);
	}
	if (err != ERR_OK)
		return err;
	return is_free ? ERR_OK : ERR_EXISTS;
}

/*
 * The new root of a device that was given away is the new owner's: also when
 * a copy of it has made one before.
 */
static enum err
add_transfer(struct devices *d, const struct store_generation *prior,
    uint64_t owner, struct keysproto_request *q)
{
	struct store_transfer_device right;
	enum err err = ERR_NOT_FOUND;

	if (prior->tenant != owner)
		err = transfer_right(d->store, prior, &right);
	q->u.root.has_transfer = err == ERR_OK;
	if (err == ERR_OK)
		transfer_show(&right, &q->u.root.transfer);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err
hang_on(struct devices *d, const struct store_generation *prior, uint64_t owner,
    struct keysproto_request *q)
{
	q->u.root.root = blob_ask(&prior->root);
	q->u.root.root_generation = prior->generation;
	memcpy(q->u.root.root_profile, prior->profile, PROFILE_UID_LEN);
	return add_transfer(d, prior, owner, q);
}

/*
 * The secret that the new root hangs on: F, or the root before, which for a
 * clone that gets a root of its own is that of the generation it holds, and
 * which a ticket may have brought.
 */
static enum err
add_prior(struct devices *d, const struct job *job, struct keysproto_request *q)
{
	const struct store_device *device = &job->known.device;
	struct store_generation prior;
	struct store_blob import_key;
	enum err err;

	if (job->adopts) {
		service_ticket_generation(&job->adoption, &prior);
		return hang_on(d, &prior, device->tenant, q);
	}
	if (device->generation > 0) {
		err = store_generation_by_alias(d->store,
		    job->resyncs ? job->request.claim.alias : device->alias,
		    &prior);
		return err == ERR_OK ? hang_on(d, &prior, device->tenant, q)
				     : err;
	}
	err = store_import_key(d->store, device->import_id, &import_key);
	if (err != ERR_OK)
		return err;
	q->u.root.factory = blob_ask(&device->factory_secret);
	q->u.root.import_id = device->import_id;
	q->u.root.import_key = blob_ask(&import_key);
	return ERR_OK;
}

static enum err
ask_root(struct devices *d, struct job *job)
{
	struct keysproto_request q = {.op = KEYSPROTO_ROOT};
	enum err err;

	memcpy(q.u.root.uid, job->uid, UID_LEN);
	memcpy(q.u.root.exporter, job->session->exporter,
	    sizeof(q.u.root.exporter));
	q.u.root.request = job->inner.payload;
	q.u.root.response = bytes_make(job->response, job->response_len);
	err = add_prior(d, job, &q);
	if (err == ERR_OK)
		*job_ask(d, job) = q;
	wipe(&q, sizeof(q));
	return err;
}

/*
 * Whether the next root of a device that is nobody's is bound to a profile
 * all the same, of which a restored service does not know: then the one that
 * the device is sealed with does not count.
 */
static enum err
is_bound(struct devices *d, const struct job *job, bool *ret_bound)
{
	static const uint8_t nobody[PROFILE_UID_LEN];
	const struct store_device *device = &job->known.device;
	struct store_generation prior;
	enum err err = ERR_NOT_FOUND;

	if (device->tenant == 0 && job->adopts) {
		service_ticket_generation(&job->adoption, &prior);
		err = ERR_OK;
	} else if (device->tenant == 0 && device->generation > 0) {
		err =
		    store_generation_by_alias(d->store, device->alias, &prior);
	}
	*ret_bound = err == ERR_OK &&
		     memcmp(prior.profile, nobody, PROFILE_UID_LEN) != 0;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err
offer(struct devices *d, struct job *job, enum bootstrap_status *ret_status)
{
	struct bootstrap_request request;
	bool bound = false;
	struct store_pending *p = &job->change.pending;
	struct p256_point point;
	enum err err;

	*p = (struct store_pending){.created = d->now.unix_s};
	err = p256_point_decode(BYTES_OF(job->request.key), &point);
	if (err != ERR_OK)
		return err;
	p256_point_encode(&point, p->public_key);
	(void)snprintf(p->address, sizeof(p->address), "%s", job->in->address);
	request = job->request;
	err = is_bound(d, job, &bound);
	if (err != ERR_OK)
		return err;
	request.sealed = request.sealed && !bound;
	err = service_device_offer(
	    d->store, &job->known.device, &request, p, ret_status);
	return err == ERR_OK ? draw_alias(d, p->alias) : err;
}

/* A device produced anew that has to wait for its owner (F16). */
static enum step
unreleased(struct devices *d, struct job *job, const char *why)
{
	struct service_event *e = device_event(d, job, "unreleased");

	if (e != NULL)
		service_event_text(e, "Why", bytes_str(why));
	return answer_status(d, job, BOOTSTRAP_QUARANTINED);
}

static enum step
new_pending(struct devices *d, struct job *job, const struct judgement *j)
{
	const struct store_pending *p = &job->change.pending;
	struct bootstrap_response response = {.status = 0};
	enum bootstrap_status status = BOOTSTRAP_BUSY;
	struct service_event *e;
	struct writer w;
	enum err err = offer(d, job, &status);

	if (err == ERR_INVALID)
		return answer_status(d, job, BOOTSTRAP_MALFORMED);
	if (err == ERR_DENIED)
		return unreleased(d, job,
		    "produced anew: seal it with a profile of its owner");
	if (err == ERR_EXHAUSTED)
		return answer_status(d, job, BOOTSTRAP_BUSY);
	if (err != ERR_OK)
		return job_fail(d, job);
	response.status = status;
	memcpy(response.alias, p->alias, ALIAS_LEN);
	response.generation = p->generation;
	response.features = p->features;
	writer_init(&w, job->response, sizeof(job->response));
	bootstrap_response_write(&w, &response);
	job->response_len = w.len;
	err = ask_root(d, job);
	if (err == ERR_NOT_FOUND) {
		/* F cannot be opened any more: its import's key is gone. */
		return answer_status(d, job, BOOTSTRAP_UNKNOWN);
	}
	if (err != ERR_OK)
		return job_fail(d, job);
	pending_events(d, job, j);
	if (status == BOOTSTRAP_UNKNOWN_PROFILE) {
		e = device_event(d, job, "unknown_profile");
		if (e != NULL)
			service_event_hex(e, "DeviceProfileUID",
			    BYTES_OF(job->request.profile));
	}
	job->next = make_pending;
	return STEP_ASK;
}

/* Its own kind: the evidence may have been recorded a moment ago. */
static void
resync_event(struct devices *d, struct job *job, const struct judgement *j)
{
	struct service_event *e = device_event(d, job, "clone_root");

	if (e != NULL)
		service_event_number(e, "Generation", j->generation);
}

/*
 * Evidence: recorded whatever follows. A pending that was left before its
 * confirm has no root that is kept, and so none of its own follows it.
 */
static enum step
clone_found(struct devices *d, struct job *job, const struct judgement *j)
{
	enum clone_outcome outcome = CLONE_REFUSE;
	struct store_generation held;
	bool may_resync = j->may_resync;
	enum err err = ERR_OK;

	if (may_resync)
		err = store_generation_by_alias(
		    d->store, job->request.claim.alias, &held);
	if (may_resync && err == ERR_OK)
		err = transfer_reaches(
		    d->store, &held, job->known.device.tenant, &may_resync);
	may_resync = may_resync && err == ERR_OK;
	if (err == ERR_OK || err == ERR_NOT_FOUND)
		err = job_evidence(d, job, j->generation, may_resync, &outcome);
	if (err != ERR_OK)
		return job_fail(d, job);
	d->counters.evidence++;
	clone_event(d, job, j, outcome);
	if (outcome == CLONE_QUARANTINE)
		return answer_status(d, job, BOOTSTRAP_QUARANTINED);
	if (outcome == CLONE_REFUSE)
		return answer_status(d, job, BOOTSTRAP_CLONE);
	job->resyncs = true;
	resync_event(d, job, j);
	return new_pending(d, job, j);
}

static enum step
make_pending(struct devices *d, struct job *job)
{
	const struct keysproto_answer *a = job_answer(d, job, 0);
	struct store_pending *p = &job->change.pending;

	if (a->err != ERR_OK) {
		/* The keys refuse: a blob is damaged, or they are busy. */
		job->event_count = 0;
		d->counters.failed++;
		return answer_status(d, job, BOOTSTRAP_BUSY);
	}
	p->root = blob_store(&a->u.root.root);
	p->ck = blob_store(&a->u.root.ck);
	memcpy(p->resume, a->u.root.resume, RESUME_LEN);
	memcpy(p->root_profile, a->u.root.profile, PROFILE_UID_LEN);
	job->effect = job->adopts ? EFFECT_ADOPT : EFFECT_PEND;
	job->counter = &d->counters.bootstraps;
	return answer(
	    d, job, COAP_CHANGED, bytes_make(job->response, job->response_len));
}

/* --- judgement --- */

/* A restored service still has as pending what the device confirmed (S6). */
static enum step
commit_first(struct devices *d, struct job *job, size_t i)
{
	const struct store_pending *p = &job->known.pending[i];
	struct service_commit *c = &job->change.commit;

	*c = (struct service_commit){
	    .time = d->now.unix_s, .address = job->in->address};
	memcpy(c->uid, job->uid, UID_LEN);
	memcpy(c->alias, p->alias, ALIAS_LEN);
	job->effect = EFFECT_COMMIT;
	job->counter = &d->counters.commits;
	/* Judged again, on the new rows, in the next pass. */
	job->again = true;
	job->next = step_exchange;
	return STEP_DONE;
}

enum step
act_on(struct devices *d, struct job *job, const struct judgement *j)
{
	switch (j->verdict) {
	case VERDICT_NEW:
		return new_pending(d, job, j);
	case VERDICT_AGAIN:
		return answer_status(d, job, BOOTSTRAP_AGAIN);
	case VERDICT_STALE:
		return answer_status(d, job, BOOTSTRAP_STALE);
	case VERDICT_CLONE:
		return clone_found(d, job, j);
	case VERDICT_COMMIT:
		return commit_first(d, job, j->pending);
	case VERDICT_QUARANTINED:
		return answer_status(d, job, BOOTSTRAP_QUARANTINED);
	case VERDICT_UNRELEASED:
		return unreleased(d, job,
		    "produced anew: release the instance that may come");
	case VERDICT_DECOMMISSIONED:
		return answer_status(d, job, BOOTSTRAP_DECOMMISSIONED);
	case VERDICT_UNKNOWN:
		return ticket_open(d, job);
	case VERDICT_MALFORMED:
		break;
	}
	return answer_status(d, job, BOOTSTRAP_MALFORMED);
}

static enum err
state_tag(const struct keysproto_answer *a, uint8_t tag[STATE_TAG_LEN])
{
	return a->err == ERR_OK ? keys_checkin_state(&a->u.ck, tag) : a->err;
}

static enum step
judge_request(struct devices *d, struct job *job)
{
	struct judge_case c = {.known = &job->known,
	    .request = &job->request,
	    .key = job->session->key,
	    .changed = job->known.device.changed > job->session->snapshot};
	uint8_t tags[2][STATE_TAG_LEN];
	struct store_generation claimed;
	struct judgement j;
	enum err err = ERR_NOT_FOUND;

	if (job->request.has_claim)
		err = store_generation_by_alias(
		    d->store, job->request.claim.alias, &claimed);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return job_fail(d, job);
	c.claimed = err == ERR_OK ? &claimed : NULL;
	for (size_t i = 0; i < job->ask_count; i++)
		if (state_tag(job_answer(d, job, i), tags[i]) != ERR_OK)
			return job_fail(d, job);
	c.tag = job->ask_count > 0 ? tags[0] : NULL;
	c.last_tag = job->ask_count > 1 ? tags[1] : NULL;
	job->ask_count = 0;
	j = judge_bootstrap(&c);
	return act_on(d, job, &j);
}

static void
ask_ck(struct devices *d, struct job *job, const struct store_blob *ck)
{
	struct keysproto_request *q = job_ask(d, job);

	q->op = KEYSPROTO_CHECKIN;
	memcpy(q->u.checkin.uid, job->uid, UID_LEN);
	q->u.checkin.generation = job->known.device.generation;
	q->u.checkin.ck = blob_ask(ck);
}

/* --- the request --- */

/* What EDHOC proved has to be known here too: else only a ticket helps. */
static enum step
start_judgement(struct devices *d, struct job *job)
{
	const struct store_device *device = &job->known.device;
	enum err err = job_load(d, job);

	if (err == ERR_BUSY)
		return STEP_WAIT;
	if (err == ERR_NOT_FOUND)
		return ticket_open(d, job);
	if (err != ERR_OK)
		return job_fail(d, job);
	job->next = judge_request;
	if (!judge_needs_tags(device, &job->request))
		return judge_request(d, job);
	ask_ck(d, job, &device->ck);
	if (device->last_ck.len > 0)
		ask_ck(d, job, &device->last_ck);
	return STEP_ASK;
}

/* Inside OSCORE nothing but a POST to the root path is understood. */
static uint8_t
refuse_inner(const struct oscore_inner *inner)
{
	struct coap_options it;
	struct coap_option option;

	if (!coap_path_is(inner->options, ""))
		return COAP_NOT_FOUND;
	if (inner->code != COAP_POST)
		return COAP_METHOD_NOT_ALLOWED;
	coap_options_init(&it, inner->options);
	while (coap_option_next(&it, &option))
		if (coap_option_critical(option.number))
			return COAP_BAD_OPTION;
	return COAP_EMPTY;
}

static enum step
open_request(struct devices *d, struct job *job)
{
	struct oscore_option option;
	uint8_t refused;
	enum err err = oscore_option_decode(job->oscore, &option);

	if (err == ERR_OK)
		err = oscore_open_request(&job->session->context, &option,
		    job->ciphertext, job->plain, sizeof(job->plain),
		    &job->inner, &job->ref);
	if (err != ERR_OK) {
		/* A good message_3 with bad OSCORE behind it ends it (F18). */
		sessions_drop(&d->sessions, job->session);
		job->session = NULL;
		d->counters.ignored++;
		return STEP_DONE;
	}
	refused = refuse_inner(&job->inner);
	if (refused != COAP_EMPTY)
		return answer(d, job, refused, BYTES_NONE);
	if (bootstrap_request_read(job->inner.payload, &job->request) != ERR_OK)
		return answer_status(d, job, BOOTSTRAP_MALFORMED);
	return start_judgement(d, job);
}

/* message_3 | ciphertext: the first item of the payload is message_3. */
static enum err
split_combined(struct job *job)
{
	struct reader r;

	job->ciphertext = job->message.payload;
	if (!job->combined)
		return ERR_OK;
	reader_init(&r, job->message.payload);
	if (cbor_peek(&r) != CBOR_BSTR)
		return ERR_FORMAT;
	job->message_3 = cbor_skip(&r);
	job->ciphertext = reader_rest(&r);
	return r.err;
}

static enum err
find_session(struct devices *d, struct job *job)
{
	struct oscore_option option;
	struct session *s;
	enum err err = oscore_option_decode(job->oscore, &option);

	if (err != ERR_OK)
		return err;
	s = sessions_find(&d->sessions, option.kid);
	if (s == NULL)
		return ERR_NOT_FOUND;
	if (s->pass == d->pass)
		return ERR_BUSY;
	s->pass = d->pass;
	job->session = s;
	return ERR_OK;
}

static enum step
refuse_unknown(struct devices *d, struct job *job)
{
	d->counters.unauthorized++;
	job->formats = true;
	return job->combined ? reply_edhoc_error(d, job)
			     : reply_code(d, job, COAP_UNAUTHORIZED);
}

/* What a session that is proven, or not, makes of the request. */
static enum step
go_on(struct devices *d, struct job *job, enum err err)
{
	if (err == ERR_BUSY)
		return STEP_WAIT;
	if (err == ERR_AUTH) {
		d->counters.ignored++;
		return STEP_DONE;
	}
	if (err == ERR_NOT_FOUND || err == ERR_FORMAT || err == ERR_TRUNCATED)
		return refuse_unknown(d, job);
	if (err != ERR_OK)
		return job_fail(d, job);
	memcpy(job->uid, job->session->uid, UID_LEN);
	return open_request(d, job);
}

static enum step
session_proven(struct devices *d, struct job *job, enum err err)
{
	if (err == ERR_OK)
		edhoc_done(&job->session->edhoc);
	return go_on(d, job, err);
}

/* Proves the session, or sees that this message_3 has proved it before. */
static enum step
prove(struct devices *d, struct job *job)
{
	const struct session *s = job->session;
	uint8_t hash[SHA256_LEN];
	enum err err;

	if (!job->combined)
		return go_on(d, job,
		    s->state == SESSION_PROVEN ? ERR_OK : ERR_NOT_FOUND);
	if (s->state == SESSION_HALF_OPEN)
		return session_prove(d, job, session_proven);
	err = sha256(&job->message_3, 1, hash);
	if (err == ERR_OK && memcmp(hash, s->hash_3, SHA256_LEN) != 0)
		err = ERR_AUTH;
	return go_on(d, job, err);
}

enum step
step_exchange(struct devices *d, struct job *job)
{
	const struct answer *kept;
	enum err err;

	if (job_hash(job) != ERR_OK)
		return job_fail(d, job);
	kept = answers_find(&d->second, job->hash, d->now.ms, DEVICES_KEEP_MS);
	if (kept != NULL)
		return reply_kept(d, job, kept);
	job->has_hash = true;
	if (split_combined(job) != ERR_OK)
		return refuse_unknown(d, job);
	err = find_session(d, job);
	return err == ERR_OK ? prove(d, job) : go_on(d, job, err);
}
