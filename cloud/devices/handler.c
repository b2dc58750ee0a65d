/*
 * The handler's life, a batch, and what the jobs of a batch call.
 */
#include <assert.h>

#include "base/wipe.h"
#include "job.h"
#include "store/journal.h"

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

enum step
job_agree(struct devices *d, struct job *job,
    const struct p256_agreement *agreement, step_fn *next)
{
	assert(d->agreement_count < ARRAY_LEN(d->agreement));
	job->agreement_at = d->agreement_count++;
	d->agreement[job->agreement_at] = *agreement;
	job->next = next;
	return STEP_AGREE;
}

const struct p256_agreement *
job_agreed(const struct devices *d, const struct job *job)
{
	return &d->agreement[job->agreement_at];
}

enum err
job_hash(struct job *job)
{
	const struct bytes parts[] = {job->oscore, job->message.payload};

	return sha256(parts, ARRAY_LEN(parts), job->hash);
}

bool
job_lock(struct devices *d, struct job *job, const uint8_t uid[UID_LEN])
{
	struct hold *own = &d->hold[job - d->job];

	for (struct hold *h = d->hold; h < d->hold + d->job_count; h++)
		if (h != own && h->is && memcmp(h->uid, uid, UID_LEN) == 0)
			return false;
	memmove(job->uid, uid, UID_LEN);
	memcpy(own->uid, job->uid, UID_LEN);
	own->is = true;
	return true;
}

void
job_unlock(struct devices *d, const struct job *job)
{
	d->hold[job - d->job].is = false;
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
	    recent_has(&d->recent, kind, uid, d->now.ms))
		return NULL;
	e = &job->event[job->event_count++];
	service_event_start(e, kind, uid, tenant, d->now.unix_s);
	return e;
}

void
job_erase(struct devices *d, struct job *job)
{
	struct service_event *e =
	    job_event(d, job, "erased", job->uid, job->known.device.tenant);

	if (e != NULL) {
		service_event_number(
		    e, "Generation", job->known.device.generation);
		service_event_text(e, "Address", bytes_str(job->in->address));
	}
	job->effect = EFFECT_ERASE;
}

enum err
job_evidence(struct devices *d, struct job *job, uint32_t generation,
    bool may_resync, enum clone_outcome *ret_outcome)
{
	enum clone_outcome outcome = CLONE_REFUSE;
	enum err err = clone_decide(
	    d->store, &job->known.device, generation, may_resync, &outcome);

	if (err != ERR_OK)
		return err;
	job->quarantines =
	    outcome == CLONE_QUARANTINE && !job->known.device.quarantined;
	*ret_outcome = outcome;
	return ERR_OK;
}

const char *
clone_outcome_name(enum clone_outcome outcome)
{
	switch (outcome) {
	case CLONE_REFUSE:
		return "refused";
	case CLONE_RESYNC:
		return "new root";
	case CLONE_QUARANTINE:
		return "quarantine";
	}
	return "";
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

static void
init_job(struct job *job, const struct devices_in *in)
{
	/* The large buffers need no zeros. */
	job->in = in;
	job->message = (struct coap_message){.type = COAP_CON};
	job->oscore = BYTES_NONE;
	job->next = step_start;
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
	job_reset(job);
}

/* In a burst without end some is carried over before each batch. */
static void
relieve_journal(struct devices *d)
{
	size_t waiting = store_journal_waiting(d->store);

	if (waiting == 0)
		d->journal_ms = d->now.ms;
	if (waiting >= DEVICES_JOURNAL_MAX ||
	    d->now.ms - d->journal_ms >= DEVICES_JOURNAL_MS)
		/* Not done now is done later. */
		(void)!store_journal_carry(d->store, d->config.carry);
}

void
devices_handle(struct devices *d, const struct devices_clock *clock,
    const struct devices_in *in, size_t count, struct bytes *ret_out)
{
	if (count > DEVICES_BATCH_MAX)
		count = DEVICES_BATCH_MAX;
	d->now = *clock;
	relieve_journal(d);
	d->job_count = count;
	d->counters.datagrams += count;
	sessions_expire(&d->sessions, d->now.ms, DEVICES_KEEP_MS);
	for (size_t i = 0; i < count; i++)
		init_job(&d->job[i], &in[i]);
	aead_batch();
	for (int i = 0; i < PASSES_MAX && pass_run(d); i++)
		continue;
	aead_batch_end();
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
	if (c->burst == 0)
		c->burst = DEVICES_BURST;
	if (c->carry == 0)
		c->carry = DEVICES_CARRY;
	if (c->period_s == 0)
		c->period_s = PERIOD_DEFAULT;
	if (c->rotation_s == 0)
		c->rotation_s = ROTATION_DEFAULT;
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
		err = store_journal_open(d->store);
	if (err == ERR_OK)
		err = sessions_init(&d->sessions, d->config.sessions);
	if (err == ERR_OK)
		err = answers_init(&d->first, d->config.answers);
	if (err == ERR_OK)
		err = answers_init(&d->second, d->config.answers);
	if (err == ERR_OK)
		err = answers_init(&d->repeats, d->config.answers);
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
	answers_done(&d->repeats);
	wipe(d, sizeof(*d));
	free(d);
}

bool
devices_idle(struct devices *d)
{
	return pool_fill(&d->pool, d->random);
}

bool
devices_quiet(struct devices *d)
{
	return store_journal_waiting(d->store) > 0 &&
	       store_journal_carry(d->store, d->config.carry) == ERR_OK;
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
