/*
 * Batches, passes and rounds. A job never writes: it says what shall change,
 * and the end of its pass makes all changes in one transaction. When one of
 * them cannot be made, the others are made without it, and its job stays
 * unanswered: the device asks again.
 */
#include "base/wipe.h"
#include "job.h"

/* Passes of one batch: each lets at least one waiting job through. */
#define PASSES_MAX (2 * DEVICES_BATCH_MAX)

/* --- what jobs call --- */

struct keysproto_request *
job_ask(struct devices *d, struct job *job)
{
	struct keysproto_request *q = &d->request[d->request_count];

	if (job->ask_count == 0)
		job->ask_at = d->request_count;
	memset(q, 0, sizeof(*q));
	d->request_count++;
	job->ask_count++;
	return q;
}

struct keysproto_answer *
job_answer(struct devices *d, const struct job *job, size_t i)
{
	return &d->answer[job->ask_at + i];
}

bool
job_lock(struct devices *d, struct job *job, const uint8_t uid[UID_LEN])
{
	for (size_t i = 0; i < d->job_count; i++)
		if (&d->job[i] != job && d->job[i].locked &&
		    memcmp(d->job[i].uid, uid, UID_LEN) == 0)
			return false;
	memmove(job->uid, uid, UID_LEN);
	job->locked = true;
	return true;
}

enum err
job_reads(struct devices *d)
{
	enum err err;

	if (d->reading)
		return ERR_OK;
	err = store_begin_read(d->store);
	d->reading = err == ERR_OK;
	return err;
}

enum err
job_load(struct devices *d, struct job *job)
{
	enum err err;

	if (job->is_known)
		return ERR_OK;
	if (!job_lock(d, job, job->uid))
		return ERR_BUSY;
	err = job_reads(d);
	if (err == ERR_OK)
		err = service_device_load(d->store, job->uid, &job->known);
	job->is_known = err == ERR_OK;
	/* The store's busy is a failure, not a lock of ours. */
	return err == ERR_BUSY ? ERR_TIMEOUT : err;
}

struct service_event *
job_event(struct devices *d, struct job *job, const char *kind,
    const uint8_t uid[UID_LEN], uint64_t tenant)
{
	struct service_event *e;

	if (job->event_count == JOB_EVENTS_MAX ||
	    recent_note(&d->recent, kind, uid, d->now.ms))
		return NULL;
	e = &job->event[job->event_count++];
	service_event_start(e, kind, uid, tenant, d->now.unix_s);
	return e;
}

enum step
job_fail(struct devices *d, struct job *job)
{
	job->failed = true;
	job->out_len = 0;
	d->counters.failed++;
	return STEP_DONE;
}

struct keysproto_blob
blob_ask(const struct store_blob *blob)
{
	struct keysproto_blob out = {.len = blob->len};

	memcpy(out.b, blob->b, sizeof(out.b));
	return out;
}

struct store_blob
blob_store(const struct keysproto_blob *blob)
{
	struct store_blob out = {.len = blob->len};

	memcpy(out.b, blob->b, sizeof(out.b));
	return out;
}

/* --- parsing --- */

/* What cannot be read is answered by RST when it can be (RFC 7252, 4.2). */
static enum step
refuse_garbage(struct devices *d, struct job *job)
{
	const struct bytes data = job->in->data;

	d->counters.garbage++;
	if (data.len < 4 || data.ptr[0] >> 4 != (1 << 2 | COAP_CON))
		return STEP_DONE;
	job->message.id = (uint16_t)(data.ptr[2] << 8 | data.ptr[3]);
	return reply_reset(d, job);
}

/* Which way a request goes: with OSCORE by its kid, else by its path. */
static step_fn *
route(struct job *job)
{
	struct oscore_option option;
	struct bytes value;

	if (!coap_option_find(
		job->message.options, COAP_OPT_OSCORE, &job->oscore))
		return step_plain;
	job->combined =
	    coap_option_find(job->message.options, COAP_OPT_EDHOC, &value);
	if (oscore_option_decode(job->oscore, &option) == ERR_OK &&
	    option.has_kid && option.kid.len == ALIAS_LEN && !job->combined)
		return step_checkin;
	return step_exchange;
}

/* Options outside OSCORE that must be understood and are not. */
static bool
has_bad_option(struct bytes options)
{
	struct coap_options it;
	struct coap_option option;

	coap_options_init(&it, options);
	while (coap_option_next(&it, &option)) {
		switch (option.number) {
		case COAP_OPT_URI_HOST:
		case COAP_OPT_URI_PORT:
		case COAP_OPT_OSCORE:
		case COAP_OPT_EDHOC:
		/* Class E outside: discarded (RFC 8613, section 8.2). */
		case COAP_OPT_IF_MATCH:
		case COAP_OPT_URI_PATH:
		case COAP_OPT_URI_QUERY:
		case COAP_OPT_ACCEPT:
			break;
		default:
			if (coap_option_critical(option.number))
				return true;
		}
	}
	return false;
}

static enum step
start(struct devices *d, struct job *job)
{
	const struct coap_message *m = &job->message;
	bool request;

	if (coap_decode(job->in->data, &job->message) != ERR_OK)
		return refuse_garbage(d, job);
	request = m->code >= COAP_GET && m->code < COAP_CODE(1, 0);
	if (m->type == COAP_ACK || m->type == COAP_RST)
		return STEP_DONE;
	if (!request)
		return refuse_garbage(d, job);
	job->next = route(job);
	if (job->next != step_plain && has_bad_option(m->options))
		return reply_code(d, job, COAP_BAD_OPTION);
	if (job->next != step_plain && m->payload.len == 0)
		return reply_code(d, job, COAP_BAD_REQUEST);
	return job->next(d, job);
}

/* --- a pass --- */

/* Asks the keys for all jobs of this round. */
static void
ask_keys(struct devices *d)
{
	enum err err =
	    d->keys.call(d->keys.ctx, d->request, d->request_count, d->answer);

	for (size_t i = 0; err != ERR_OK && i < d->request_count; i++)
		d->answer[i] = (struct keysproto_answer){.err = err};
}

static void
settle(struct job *job, enum step step)
{
	job->done = step != STEP_WAIT;
	if (step == STEP_WAIT) {
		job->locked = false;
		job->is_known = false;
	}
}

/* Steps every job that has answers, or none asked; false when all rest. */
static bool
round_of(struct devices *d, bool first)
{
	size_t answered = d->request_count;
	enum step step;
	bool asked[DEVICES_BATCH_MAX];

	for (size_t i = 0; i < d->job_count; i++)
		asked[i] = d->job[i].ask_count > 0;
	d->request_count = 0;
	for (size_t i = 0; i < d->job_count; i++) {
		struct job *job = &d->job[i];

		if (!job->waiting || job->done || (!first && !asked[i]))
			continue;
		step = job->next(d, job);
		if (step != STEP_ASK) {
			job->ask_count = 0;
			settle(job, step);
		}
	}
	wipe(d->answer, answered * sizeof(d->answer[0]));
	if (d->request_count == 0)
		return false;
	ask_keys(d);
	return true;
}

static void
reset_job(struct job *job)
{
	job->again = false;
	job->locked = false;
	job->is_known = false;
	job->effect = EFFECT_NONE;
	job->event_count = 0;
	job->counter = NULL;
	job->ask_count = 0;
}

/* --- changes --- */

static enum err
apply_effect(struct devices *d, struct job *job)
{
	switch (job->effect) {
	case EFFECT_NONE:
		return ERR_OK;
	case EFFECT_PEND:
		job->change.pending.number = ++d->changes;
		return service_device_pend(d->store, &job->change.pending);
	case EFFECT_ADVANCE:
		job->change.advance.changed = ++d->changes;
		return store_device_advance(d->store, &job->change.advance);
	case EFFECT_COMMIT:
		job->change.commit.changed = ++d->changes;
		return service_device_commit(d->store, &job->change.commit);
	}
	return ERR_INTERNAL;
}

static enum err
apply(struct devices *d, struct job *job)
{
	enum err err = apply_effect(d, job);

	for (size_t i = 0; i < job->event_count && err == ERR_OK; i++)
		err = service_event_add(d->store, &job->event[i]);
	return err;
}

static bool
has_changes(const struct job *job)
{
	return job->waiting && job->done && !job->failed &&
	       (job->effect != EFFECT_NONE || job->event_count > 0);
}

static bool
any_changes(const struct devices *d)
{
	for (size_t i = 0; i < d->job_count; i++)
		if (has_changes(&d->job[i]))
			return true;
	return false;
}

/*
 * Tries to make all changes durable. ERR_CONFLICT: one could not be made and
 * its job has failed; the others are to be tried again without it.
 */
static enum err
try_changes(struct devices *d)
{
	enum err err = store_begin(d->store);

	if (err != ERR_OK)
		return err;
	for (size_t i = 0; i < d->job_count; i++) {
		if (!has_changes(&d->job[i]))
			continue;
		if (apply(d, &d->job[i]) == ERR_OK)
			continue;
		store_rollback(d->store);
		(void)job_fail(d, &d->job[i]);
		return ERR_CONFLICT;
	}
	err = store_set_changes(d->store, d->changes);
	if (err == ERR_OK) {
		d->counters.batches++;
		return store_commit(d->store);
	}
	store_rollback(d->store);
	return err;
}

static void
make_changes(struct devices *d)
{
	enum err err = ERR_OK;

	while (any_changes(d)) {
		err = try_changes(d);
		if (err != ERR_CONFLICT)
			break;
	}
	if (err == ERR_OK || err == ERR_CONFLICT)
		return;
	for (size_t i = 0; i < d->job_count; i++)
		if (has_changes(&d->job[i]))
			(void)job_fail(d, &d->job[i]);
}

/* After the changes are durable: answers are kept, sessions end. */
static void
conclude(struct devices *d, struct job *job)
{
	size_t head = 4 + job->message.token_len;

	if (job->failed)
		return;
	if (job->counter != NULL)
		(*job->counter)++;
	if (!job->ends_session || job->again)
		return;
	if (job->out_len > head)
		answers_keep(job->keep, job->hash, job->out[1],
		    bytes_make(job->out + head, job->out_len - head),
		    d->now.ms);
	sessions_drop(&d->sessions, job->session);
	job->session = NULL;
}

static void
end_pass(struct devices *d)
{
	if (d->reading)
		store_rollback(d->store);
	d->reading = false;
	make_changes(d);
	for (size_t i = 0; i < d->job_count; i++) {
		struct job *job = &d->job[i];

		if (!job->waiting || !job->done)
			continue;
		conclude(d, job);
		job->waiting = job->again && !job->failed;
		oscore_done(&job->context);
	}
}

/* Runs what waits; says whether something still does. */
static bool
run_pass(struct devices *d)
{
	bool first = true, waits = false;

	d->pass++;
	d->request_count = 0;
	for (size_t i = 0; i < d->job_count; i++) {
		d->job[i].done = false;
		if (d->job[i].waiting)
			reset_job(&d->job[i]);
		else
			d->job[i].locked = false;
	}
	while (round_of(d, first))
		first = false;
	end_pass(d);
	for (size_t i = 0; i < d->job_count; i++)
		waits = waits || d->job[i].waiting;
	return waits;
}

static void
init_job(struct job *job, const struct devices_in *in)
{
	/* The large buffers need no zeros. */
	job->in = in;
	job->message = (struct coap_message){.type = COAP_CON};
	job->oscore = BYTES_NONE;
	job->next = start;
	job->waiting = true;
	job->failed = false;
	job->keep = NULL;
	job->has_hash = false;
	job->session = NULL;
	job->ends_session = false;
	job->combined = false;
	job->formats = false;
	job->out_len = 0;
	memset(job->uid, 0, sizeof(job->uid));
	reset_job(job);
}

void
devices_handle(struct devices *d, const struct devices_clock *clock,
    const struct devices_in *in, size_t count, struct bytes *ret_out)
{
	if (count > DEVICES_BATCH_MAX)
		count = DEVICES_BATCH_MAX;
	d->now = *clock;
	d->job_count = count;
	d->counters.datagrams += count;
	sessions_expire(&d->sessions, d->now.ms, DEVICES_KEEP_MS);
	for (size_t i = 0; i < count; i++)
		init_job(&d->job[i], &in[i]);
	for (int i = 0; i < PASSES_MAX && run_pass(d); i++)
		continue;
	for (size_t i = 0; i < count; i++)
		ret_out[i] = bytes_make(
		    d->job[i].out, d->job[i].failed ? 0 : d->job[i].out_len);
}

/* --- life of a handler --- */

static enum err
read_credentials(struct devices *d)
{
	const char *subject = "holdfast";
	struct writer w;
	enum err err;

	d->request[0] = (struct keysproto_request){.op = KEYSPROTO_INFO};
	err = d->keys.call(d->keys.ctx, d->request, 1, d->answer);
	if (err == ERR_OK)
		err = d->answer[0].err;
	if (err != ERR_OK)
		return err;
	if (d->answer[0].u.info.credential_count == 0)
		return ERR_STATE;
	d->kid = d->answer[0].u.info.credential[0].kid;
	d->public_key = d->answer[0].u.info.credential[0].public_key;
	writer_init(&w, d->cred, sizeof(d->cred));
	edhoc_ccs_write(
	    &w, bytes_str(subject), bytes_make(&d->kid, 1), &d->public_key);
	d->cred_len = w.len;
	return w.err;
}

static enum err
check_config(struct devices_config *c)
{
	if (c->sessions == 0)
		c->sessions = DEVICES_SESSIONS_MAX;
	if (c->answers == 0)
		c->answers = DEVICES_ANSWERS_MAX;
	if (c->half_open == 0)
		c->half_open = DEVICES_HALF_OPEN_MAX;
	if (c->period_s == 0)
		c->period_s = PERIOD_DEFAULT;
	if (c->sessions < 16 || c->sessions > DEVICES_SESSIONS_MAX ||
	    c->answers < 16 || c->answers > DEVICES_ANSWERS_MAX)
		return ERR_INVALID;
	return ERR_OK;
}

static enum err
init(struct devices *d)
{
	enum err err = check_config(&d->config);

	if (err == ERR_OK)
		err = read_credentials(d);
	if (err == ERR_OK)
		err = challenges_init(&d->challenges, d->random);
	if (err == ERR_OK)
		err = random_fill(d->random, (uint8_t *)&d->message_id,
		    sizeof(d->message_id));
	if (err == ERR_OK)
		err = store_changes(d->store, &d->changes);
	if (err == ERR_OK)
		err = sessions_init(&d->sessions, d->config.sessions);
	if (err == ERR_OK)
		err = answers_init(&d->first, d->config.answers);
	if (err == ERR_OK)
		err = answers_init(&d->second, d->config.answers);
	return err;
}

enum err
devices_new(const struct devices_config *config, struct store *store,
    const struct keysproto_port *keys, const struct random_source *random,
    struct devices **ret_devices)
{
	struct devices *d = calloc(1, sizeof(*d));
	enum err err;

	if (d == NULL)
		return ERR_NOMEM;
	d->config = *config;
	d->store = store;
	d->keys = *keys;
	d->random = random;
	err = init(d);
	if (err != ERR_OK) {
		devices_free(d);
		return err;
	}
	*ret_devices = d;
	return ERR_OK;
}

void
devices_free(struct devices *d)
{
	if (d == NULL)
		return;
	sessions_done(&d->sessions);
	answers_done(&d->first);
	answers_done(&d->second);
	wipe(d, sizeof(*d));
	free(d);
}

bool
devices_idle(struct devices *d)
{
	return pool_fill(&d->pool, d->random);
}

const struct devices_counters *
devices_counters(const struct devices *d)
{
	return &d->counters;
}

size_t
devices_half_open(const struct devices *d)
{
	return d->sessions.half_open.count;
}
