/*
 * Passes and rounds. In a round every job steps until it needs the keys or a
 * key agreement. All their agreements are computed together, and all their
 * questions go out as one message; a pass ends when no job needs any more.
 */
#include "base/wipe.h"
#include "job.h"

/* Asks the keys for a part of this round's jobs. */
static void
ask_part(struct devices *d, size_t at, size_t count)
{
	enum err err =
	    d->keys.call(d->keys.ctx, &d->request[at], count, &d->answer[at]);

	for (size_t i = at; err != ERR_OK && i < at + count; i++)
		d->answer[i] = (struct keysproto_answer){.err = err};
}

/* Two questions of a check-in are as short, and take as long, as one other. */
static size_t
weight_of(const struct keysproto_request *q)
{
	return q->op == KEYSPROTO_CHECKIN || q->op == KEYSPROTO_ADVANCE ? 1 : 2;
}

/* Computes the agreements of this round, which come after those before. */
static void
agree(struct devices *d, size_t before)
{
	if (d->agreement_count > before)
		p256_ecdh_many(
		    &d->agreement[before], d->agreement_count - before);
}

/* Asks the keys for all jobs of this round, in messages that surely fit. */
static void
ask_keys(struct devices *d)
{
	size_t at = 0, weight = 0, own;

	for (size_t i = 0; i < d->request_count; i++) {
		own = weight_of(&d->request[i]);
		if (weight + own > DEVICES_ASK_MAX) {
			ask_part(d, at, i - at);
			at = i;
			weight = 0;
		}
		weight += own;
	}
	ask_part(d, at, d->request_count - at);
}

static void
settle(struct devices *d, struct job *job, enum step step)
{
	job->done = step != STEP_WAIT;
	if (step == STEP_WAIT) {
		job_unlock(d, job);
		job->is_known = false;
	}
}

static void
step_job(struct devices *d, struct job *job)
{
	enum step step = job->next(d, job);

	job->goes_on = step == STEP_ASK || step == STEP_AGREE;
	if (step != STEP_ASK)
		job->ask_count = 0;
	if (!job->goes_on)
		settle(d, job, step);
}

/* Steps every job that has what it needs; false when all rest. */
static bool
round_of(struct devices *d, bool first)
{
	size_t answered = d->request_count, agreed = d->agreement_count;

	d->request_count = 0;
	for (size_t i = 0; i < d->job_count; i++) {
		struct job *job = &d->job[i];

		if (job->waiting && !job->done && (first || job->goes_on))
			step_job(d, job);
	}
	wipe(d->answer, answered * sizeof(d->answer[0]));
	agree(d, agreed);
	if (d->request_count > 0)
		ask_keys(d);
	return d->request_count > 0 || d->agreement_count > agreed;
}

void
job_reset(struct job *job)
{
	job->again = false;
	job->is_known = false;
	job->effect = EFFECT_NONE;
	job->quarantines = false;
	job->resyncs = false;
	job->adopts = false;
	job->event_count = 0;
	job->counter = NULL;
	job->ask_count = 0;
}

static void
end_pass(struct devices *d)
{
	if (d->reading)
		store_rollback(d->store);
	d->reading = false;
	changes_make(d);
	for (size_t i = 0; i < d->job_count; i++) {
		struct job *job = &d->job[i];

		if (!job->waiting || !job->done)
			continue;
		job_conclude(d, job);
		job->waiting = job->again && !job->failed;
		oscore_done(&job->context);
	}
}

/* Runs what waits; says whether something still does. */
bool
pass_run(struct devices *d)
{
	bool first = true, waits = false;

	d->pass++;
	d->request_count = 0;
	d->agreement_count = 0;
	d->proving = 0;
	d->memo.is = false;
	memset(d->hold, 0, sizeof(d->hold));
	for (size_t i = 0; i < d->job_count; i++) {
		d->job[i].done = false;
		if (d->job[i].waiting)
			job_reset(&d->job[i]);
	}
	while (round_of(d, first))
		first = false;
	wipe(d->agreement, d->agreement_count * sizeof(d->agreement[0]));
	end_pass(d);
	for (size_t i = 0; i < d->job_count; i++)
		waits = waits || d->job[i].waiting;
	return waits;
}
