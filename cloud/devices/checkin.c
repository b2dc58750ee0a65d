/*
 * The check-in, rules S1 to S4 and S7: which of the contexts of an alias has
 * protected the request, and what follows. Every answer has a Partial IV of
 * its own, so that nothing that is answered twice repeats a nonce.
 */
#include "base/wipe.h"
#include "coap/echo.h"
#include "job.h"

/* A version is about the time in seconds: beyond this no clock explains it. */
#define FEATURES_VERSION_MAX (UINT64_C(1) << 48)

/* Echo option with its head, as class E option of an answer. */
#define ECHO_OPTION_MAX (CHALLENGE_LEN + 3)

static enum step try_context(struct devices *d, struct job *job);
static enum step take_answer(struct devices *d, struct job *job);
static enum step advance(struct devices *d, struct job *job);

static enum step
no_context(struct devices *d, struct job *job)
{
	d->counters.unauthorized++;
	return reply_code(d, job, COAP_UNAUTHORIZED);
}

/* --- which contexts there are --- */

static void
add_attempt(struct job *job, enum attempt_kind kind, uint32_t generation,
    const struct store_blob *ck)
{
	if (ck->len > 0)
		job->attempt[job->attempt_count++] = (struct attempt){
		    .kind = kind, .generation = generation, .ck = *ck};
}

/*
 * The request id stands in clear: when it is the last one that was accepted,
 * the request is most likely that one again.
 */
static void
order_current(struct job *job, struct bytes piv)
{
	const struct store_device *device = &job->known.device;
	bool again =
	    device->has_last_id && bytes_equal(BYTES_OF(device->last_id), piv);

	if (again)
		add_attempt(
		    job, ATTEMPT_LAST, device->generation, &device->last_ck);
	add_attempt(job, ATTEMPT_CURRENT, device->generation, &device->ck);
	if (!again)
		add_attempt(
		    job, ATTEMPT_LAST, device->generation, &device->last_ck);
}

static enum err
find_current(struct devices *d, struct job *job, struct bytes piv)
{
	struct store_device *device = &job->known.device;
	enum err err = store_device_by_alias(d->store, job->alias, device);

	if (err != ERR_OK)
		return err;
	if (!job_lock(d, job, device->uid))
		return ERR_BUSY;
	order_current(job, piv);
	return ERR_OK;
}

static enum err
find_pending(struct devices *d, struct job *job)
{
	struct store_pending *p = &job->pending;
	enum err err = store_pending_by_alias(d->store, job->alias, p);

	if (err != ERR_OK)
		return err;
	if (!job_lock(d, job, p->uid))
		return ERR_BUSY;
	add_attempt(job, ATTEMPT_PENDING, p->generation, &p->ck);
	return store_device_by_uid(d->store, p->uid, &job->known.device);
}

static enum err
find_left(struct devices *d, struct job *job)
{
	struct store_left left;
	enum err err = store_left_by_alias(d->store, job->alias, &left);

	if (err != ERR_OK)
		return err;
	if (!job_lock(d, job, left.uid))
		return ERR_BUSY;
	add_attempt(job, ATTEMPT_LEFT, left.generation, &left.ck);
	return store_device_by_uid(d->store, left.uid, &job->known.device);
}

static enum err
find_alias(struct devices *d, struct job *job, struct bytes piv)
{
	enum err err = find_current(d, job, piv);

	if (err == ERR_NOT_FOUND)
		err = find_pending(d, job);
	if (err == ERR_NOT_FOUND)
		err = find_left(d, job);
	return err;
}

/* --- what an answer says --- */

/*
 * Every answer takes one of 2^40 Partial IVs, and who replays shall not take
 * many: what changes nothing is kept, and said again.
 */
static enum step
answer(struct devices *d, struct job *job, uint8_t code, struct bytes options,
    struct bytes payload)
{
	job->keep = &d->repeats;
	return reply_protected(
	    d, job, &job->context, true, code, options, payload);
}

static enum step
answer_time(
    struct devices *d, struct job *job, const struct checkin_response *response)
{
	uint8_t buf[CHECKIN_RESPONSE_MAX];
	struct checkin_response r = *response;
	struct bytes payload = BYTES_NONE;
	struct writer w;
	enum err err;

	if (job->has_ticket)
		r.ticket = BYTES_OF(job->ticket);
	writer_init(&w, buf, sizeof(buf));
	checkin_response_write(&w, &r);
	err = writer_end(&w, &payload);
	if (err != ERR_OK)
		return job_fail(d, job);
	return answer(d, job, COAP_CHANGED, BYTES_NONE, payload);
}

static enum step
answer_code(struct devices *d, struct job *job, uint8_t code)
{
	return answer(d, job, code, BYTES_NONE, BYTES_NONE);
}

static enum step
answer_refusal(struct devices *d, struct job *job, enum bootstrap_status status)
{
	const struct bootstrap_response response = {.status = status};
	uint8_t buf[BOOTSTRAP_RESPONSE_MAX];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	bootstrap_response_write(&w, &response);
	return answer(d, job, COAP_FORBIDDEN, BYTES_NONE, writer_bytes(&w));
}

/* --- S1 and S3: accepted --- */

static enum step
ask_advance(struct devices *d, struct job *job)
{
	const struct attempt *a = &job->attempt[job->attempt_at];
	struct keysproto_request *q = job_ask(d, job);

	q->op = KEYSPROTO_ADVANCE;
	memcpy(q->u.checkin.uid, job->uid, UID_LEN);
	q->u.checkin.generation = a->generation;
	q->u.checkin.ck = blob_ask(&a->ck);
	memcpy(q->u.checkin.request_id, job->ref.piv, REQUEST_ID_LEN);
	q->u.checkin.payload = job->inner.payload;
	job->next = advance;
	if (ticket_ask(d, job) != ERR_OK)
		return job_fail(d, job);
	return STEP_ASK;
}

/* The last check-in of a decommissioned device. */
static enum step
accept_erased(
    struct devices *d, struct job *job, const struct checkin_response *response)
{
	job_erase(d, job);
	job->counter = &d->counters.checkins;
	return answer_time(d, job, response);
}

/* Whether a check-in has changed nothing but the state of its context. */
static bool
is_brief(const struct store_device *was, const struct store_device *is)
{
	return was->period == is->period && was->flags == is->flags &&
	       was->features_version == is->features_version &&
	       was->confirmed == is->confirmed &&
	       was->confirmed_version == is->confirmed_version &&
	       strcmp(was->firmware, is->firmware) == 0;
}

/* S1: ck(n) was used: on to n + 1. */
static enum step
accept_current(
    struct devices *d, struct job *job, const struct store_blob *next_ck)
{
	struct store_device *device = &job->known.device;
	struct store_advance *a = &job->change.advance;
	const struct store_device was = *device;
	struct checkin_response response;
	bool told_erase = (was.flags & CHECKIN_ERASE) != 0;

	if (service_certificate_waits(
		d->store, device, d->now.unix_s, &device->objects) != ERR_OK)
		return job_fail(d, job);
	service_device_report(device, &job->checkin, job->terms.period, false,
	    d->now.unix_s, &response);
	/* It has heard that it shall: what it says now it says without keys. */
	if (told_erase && device->status == DEVICE_DECOMMISSIONED)
		return accept_erased(d, job, &response);
	*a = (struct store_advance){.n = device->n,
	    .brief = is_brief(&was, device),
	    .ck = *next_ck,
	    .last_ck = device->ck,
	    .period = device->period,
	    .flags = device->flags,
	    .features_version = device->features_version,
	    .confirmed = device->confirmed,
	    .confirmed_version = device->confirmed_version,
	    .firmware = device->firmware,
	    .time = d->now.unix_s,
	    .address = job->in->address};
	memcpy(a->uid, job->uid, UID_LEN);
	memcpy(a->alias, job->alias, ALIAS_LEN);
	memcpy(a->request_id, job->ref.piv, REQUEST_ID_LEN);
	job->effect = EFFECT_ADVANCE;
	job->counter = &d->counters.checkins;
	return answer_time(d, job, &response);
}

/* Whether something waits for the device that the pending will make. */
static enum err
pending_waits(struct devices *d, const struct job *job, bool *ret_waits)
{
	const struct store_pending *p = &job->pending;
	struct store_device then = job->known.device;

	if (then.tenant == 0)
		then.features = p->features;
	then.tenant = p->tenant;
	then.status = p->status;
	then.has_profile = p->has_profile;
	memcpy(then.profile, p->profile, PROFILE_UID_LEN);
	memcpy(then.alias, p->alias, ALIAS_LEN);
	return service_certificate_waits(
	    d->store, &then, d->now.unix_s, ret_waits);
}

/* S3: the check-in 0 of a pending commits it. */
static enum step
accept_pending(
    struct devices *d, struct job *job, const struct store_blob *next_ck)
{
	struct store_device device = job->known.device;
	struct service_commit *c = &job->change.commit;
	struct checkin_response response;

	/* What the device was told stands; that it shall rotate is done. */
	device.flags &= ~(uint32_t)CHECKIN_ROTATE;
	device.rotate = false;
	if (pending_waits(d, job, &device.objects) != ERR_OK)
		return job_fail(d, job);
	/*
	 * One that comes again may have been told things that a restored
	 * service does not remember.
	 */
	service_device_report(&device, &job->checkin, job->terms.period,
	    device.generation > 0, d->now.unix_s, &response);
	*c = (struct service_commit){.confirmed = true,
	    .next_ck = *next_ck,
	    .request = job->checkin,
	    .period = device.period,
	    .flags = device.flags,
	    .time = d->now.unix_s,
	    .address = job->in->address};
	memcpy(c->uid, job->uid, UID_LEN);
	memcpy(c->alias, job->alias, ALIAS_LEN);
	memcpy(c->request_id, job->ref.piv, REQUEST_ID_LEN);
	job->effect = EFFECT_COMMIT;
	job->counter = &d->counters.commits;
	return answer_time(d, job, &response);
}

static enum step
advance(struct devices *d, struct job *job)
{
	const struct keysproto_answer *a = job_answer(d, job, 0);
	struct store_blob next_ck;

	if (a->err != ERR_OK)
		return job_fail(d, job);
	next_ck = blob_store(&a->u.blob);
	ticket_take(d, job, 1);
	job->ask_count = 0;
	if (job->attempt[job->attempt_at].kind == ATTEMPT_PENDING)
		return accept_pending(d, job, &next_ck);
	return accept_current(d, job, &next_ck);
}

/* --- S2: the same request again --- */

static enum step
repeat(struct devices *d, struct job *job)
{
	struct store_device *device = &job->known.device;
	const struct checkin_request nothing_new = {
	    .has_features_version = false};
	struct checkin_response response;

	/*
	 * As it was told, for only that is on record: what an operator has
	 * changed since then comes with the next heartbeat.
	 */
	device->suspended = (device->flags & CHECKIN_SUSPENDED) != 0;
	device->rotate = (device->flags & CHECKIN_ROTATE) != 0;
	if ((device->flags & CHECKIN_ERASE) == 0 &&
	    device->status == DEVICE_DECOMMISSIONED)
		device->status = DEVICE_ACTIVE;
	device->objects = (device->flags & CHECKIN_OBJECTS) != 0;
	service_device_report(device, &nothing_new,
	    device->period != 0 ? device->period : job->terms.period, true,
	    d->now.unix_s, &response);
	d->counters.repeats++;
	return answer_time(d, job, &response);
}

static enum step
repeat_with_ticket(struct devices *d, struct job *job)
{
	ticket_take(d, job, 0);
	job->ask_count = 0;
	return repeat(d, job);
}

static enum step
start_repeat(struct devices *d, struct job *job)
{
	if (ticket_ask(d, job) != ERR_OK)
		return job_fail(d, job);
	job->next = repeat_with_ticket;
	return job->ask_count > 0 ? STEP_ASK : repeat(d, job);
}

/* --- S7: suspicion, and evidence --- */

static void
evidence_event(struct devices *d, struct job *job,
    const uint8_t request_id[REQUEST_ID_LEN], enum clone_outcome outcome)
{
	const struct store_device *device = &job->known.device;
	const struct attempt *a = &job->attempt[job->attempt_at];
	struct service_event *e =
	    job_event(d, job, "clone", job->uid, device->tenant);

	if (e == NULL)
		return;
	service_event_text(e, "Why",
	    a->kind == ATTEMPT_LEFT
		? BYTES_LIT("speaks under a generation that was left")
		: BYTES_LIT("two requests for one state"));
	service_event_number(e, "Generation", a->generation);
	service_event_hex(
	    e, "RequestID", bytes_make(request_id, REQUEST_ID_LEN));
	service_event_text(e, "Address", bytes_str(job->in->address));
	if (device->has_last_id)
		service_event_hex(
		    e, "KnownRequestID", BYTES_OF(device->last_id));
	service_event_hex(e, "KnownInstance", BYTES_OF(device->instance));
	service_event_text(e, "KnownAddress", bytes_str(device->address));
	service_event_number(e, "KnownSeen", device->seen);
	service_event_number(e, "KnownGeneration", device->generation);
	service_event_text(
	    e, "Outcome", bytes_str(clone_outcome_name(outcome)));
}

static enum step
challenge(struct devices *d, struct job *job)
{
	uint8_t echo[CHALLENGE_LEN], options[ECHO_OPTION_MAX];
	struct bytes encoded = BYTES_NONE;
	struct coap_writer w;

	if (challenge_make(&d->challenges, d->random, job->alias, job->ref.piv,
		job->inner.payload, d->now.ms, echo) != ERR_OK)
		return job_fail(d, job);
	coap_write_body(&w, options, sizeof(options));
	coap_write_echo(&w, BYTES_OF(echo));
	if (coap_write_end(&w, &encoded) != ERR_OK)
		return job_fail(d, job);
	d->counters.challenged++;
	return answer(d, job, COAP_UNAUTHORIZED, encoded, BYTES_NONE);
}

static enum step
suspect(struct devices *d, struct job *job)
{
	const struct attempt *a = &job->attempt[job->attempt_at];
	enum clone_outcome outcome = CLONE_REFUSE;
	uint8_t request_id[REQUEST_ID_LEN];
	struct bytes echo;

	if (!coap_echo_find(job->inner.options, &echo) ||
	    !challenge_meet(&d->challenges, echo, job->alias,
		job->inner.payload, d->now.ms, request_id))
		return challenge(d, job);
	/* A root of its own it gets by EDHOC, where it is judged again. */
	if (job_evidence(d, job, a->generation, false, &outcome) != ERR_OK)
		return job_fail(d, job);
	evidence_event(d, job, request_id, outcome);
	job->counter = &d->counters.evidence;
	return answer_refusal(d, job,
	    job->known.device.quarantined || outcome == CLONE_QUARANTINE
		? BOOTSTRAP_QUARANTINED
		: BOOTSTRAP_CLONE);
}

/* --- the request --- */

static uint8_t
refuse_inner(struct job *job)
{
	const struct oscore_inner *inner = &job->inner;
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
	if (job->ref.piv_len != REQUEST_ID_LEN || job->ref.piv[0] == 0 ||
	    inner->payload.len > CHECKIN_REQUEST_MAX ||
	    checkin_request_read(inner->payload, &job->checkin) != ERR_OK)
		return COAP_BAD_REQUEST;
	if (job->checkin.has_features_version &&
	    job->checkin.features_version > FEATURES_VERSION_MAX)
		return COAP_BAD_REQUEST;
	return COAP_EMPTY;
}

/* The terms of the device, which the pass remembers for the next one. */
static enum err
find_terms(struct devices *d, const struct store_device *device,
    struct service_terms *ret_terms)
{
	const struct service_terms fallback = {
	    d->config.period_s, d->config.rotation_s};
	struct terms_memo *memo = &d->memo;
	enum err err = ERR_OK;

	if (!memo->is || !device->has_profile ||
	    memcmp(memo->profile, device->profile, PROFILE_UID_LEN) != 0) {
		err = service_device_terms(
		    d->store, device, &fallback, &memo->terms);
		memo->is = err == ERR_OK && device->has_profile;
		memcpy(memo->profile, device->profile, PROFILE_UID_LEN);
	}
	*ret_terms = memo->terms;
	return err;
}

/* What the device is to keep to; a root that is too old shall go. */
static enum err
read_terms(struct devices *d, struct job *job)
{
	struct store_device *device = &job->known.device;
	enum err err = find_terms(d, device, &job->terms);

	if (err == ERR_OK &&
	    service_device_root_old(device, job->terms.rotation, d->now.unix_s))
		device->rotate = true;
	return err;
}

/* An authentic request under one of the contexts: which rule is it? */
static enum step
take_request(struct devices *d, struct job *job)
{
	const struct store_device *device = &job->known.device;
	const struct attempt *a = &job->attempt[job->attempt_at];
	uint8_t refused = refuse_inner(job);

	if (refused != COAP_EMPTY)
		return answer_code(d, job, refused);
	if (a->kind == ATTEMPT_LEFT)
		return suspect(d, job);
	if (a->kind == ATTEMPT_LAST &&
	    !bytes_equal(BYTES_OF(device->last_id), BYTES_OF(job->ref.piv)))
		return suspect(d, job);
	if (device->quarantined)
		return answer_refusal(d, job, BOOTSTRAP_QUARANTINED);
	/* An operator has released another generation, which is on its way. */
	if (device->resync != 0 && a->kind != ATTEMPT_PENDING)
		return answer_refusal(d, job, BOOTSTRAP_CLONE);
	if (read_terms(d, job) != ERR_OK)
		return job_fail(d, job);
	if (a->kind == ATTEMPT_LAST)
		return start_repeat(d, job);
	return ask_advance(d, job);
}

static enum err
open_request(struct job *job, const struct keys_checkin *ck)
{
	struct oscore_option option;
	uint8_t secret[16];
	enum err err = oscore_option_decode(job->oscore, &option);

	if (err == ERR_OK)
		err = keys_checkin_oscore(ck, secret);
	if (err == ERR_OK)
		err = oscore_derive(&job->context, BYTES_OF(secret), BYTES_NONE,
		    NULL, BYTES_NONE, BYTES_OF(job->alias));
	wipe(secret, sizeof(secret));
	if (err != ERR_OK)
		return err;
	return oscore_open_request(&job->context, &option, job->message.payload,
	    job->plain, sizeof(job->plain), &job->inner, &job->ref);
}

static enum step
take_answer(struct devices *d, struct job *job)
{
	const struct keysproto_answer *a = job_answer(d, job, 0);

	job->ask_count = 0;
	if (a->err != ERR_OK)
		return job_fail(d, job);
	if (open_request(job, &a->u.ck) == ERR_OK)
		return take_request(d, job);
	job->attempt_at++;
	return try_context(d, job);
}

static enum step
try_context(struct devices *d, struct job *job)
{
	const struct attempt *a = &job->attempt[job->attempt_at];
	struct keysproto_request *q;

	if (job->attempt_at == job->attempt_count)
		return no_context(d, job);
	q = job_ask(d, job);
	q->op = KEYSPROTO_CHECKIN;
	memcpy(q->u.checkin.uid, job->uid, UID_LEN);
	q->u.checkin.generation = a->generation;
	q->u.checkin.ck = blob_ask(&a->ck);
	job->next = take_answer;
	return STEP_ASK;
}

enum step
step_checkin(struct devices *d, struct job *job)
{
	struct oscore_option option;
	const struct answer *kept;
	enum err err = oscore_option_decode(job->oscore, &option);

	if (err != ERR_OK || option.kid.len != ALIAS_LEN ||
	    option.has_kid_context)
		return no_context(d, job);
	if (job_hash(job) != ERR_OK)
		return job_fail(d, job);
	kept =
	    answers_find(&d->repeats, job->hash, d->now.ms, DEVICES_REPEAT_MS);
	if (kept != NULL)
		return reply_kept(d, job, kept);
	job->has_hash = true;
	memcpy(job->alias, option.kid.ptr, ALIAS_LEN);
	job->attempt_count = 0;
	job->attempt_at = 0;
	job->has_ticket = false;
	err = job_reads(d);
	if (err == ERR_OK)
		err = find_alias(d, job, option.piv);
	if (err == ERR_BUSY)
		return STEP_WAIT;
	if (err == ERR_NOT_FOUND)
		return no_context(d, job);
	return err == ERR_OK ? try_context(d, job) : job_fail(d, job);
}
