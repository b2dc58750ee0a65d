/*
 * What a pass changes, as one durable transaction. When one change cannot be
 * made, the others are made without it, and its job stays unanswered: the
 * device asks again.
 */
#include "job.h"

static enum err
apply_effect(struct devices *d, struct job *job)
{
	enum err err;

	switch (job->effect) {
	case EFFECT_NONE:
		return ERR_OK;
	case EFFECT_PEND:
		job->change.pending.number = ++d->changes;
		return service_device_pend(
		    d->store, &job->change.pending, &job->known, d->unchanged);
	case EFFECT_ADOPT:
		job->adoption.changed = ++d->changes;
		job->change.pending.number = ++d->changes;
		err = service_ticket_adopt(d->store, &job->adoption);
		return err == ERR_OK ? service_device_pend(d->store,
					   &job->change.pending, NULL, false)
				     : err;
	case EFFECT_ADVANCE:
		job->change.advance.changed = ++d->changes;
		/* What goes to the journal is not compared with the row. */
		if (!d->unchanged)
			job->change.advance.brief = false;
		return store_device_advance(d->store, &job->change.advance);
	case EFFECT_COMMIT:
		job->change.commit.changed = ++d->changes;
		return service_device_commit(d->store, &job->change.commit,
		    d->unchanged ? &job->known.device : NULL);
	case EFFECT_ERASE:
		++d->changes;
		return store_device_erase(d->store, job->uid, d->now.unix_s);
	case EFFECT_CERTIFICATE:
		return store_certificate_add(
		    d->store, &job->change.certificate.certificate);
	}
	return ERR_INTERNAL;
}

static enum err
apply(struct devices *d, struct job *job)
{
	enum err err = apply_effect(d, job);

	if (err == ERR_OK && job->quarantines)
		err = store_device_set_quarantined(d->store, job->uid, true);
	for (size_t i = 0; i < job->event_count && err == ERR_OK; i++)
		err = service_event_add(d->store, &job->event[i]);
	return err;
}

static bool
has_changes(const struct job *job)
{
	return job->waiting && job->done && !job->failed &&
	       (job->effect != EFFECT_NONE || job->event_count > 0 ||
		   job->quarantines);
}

/* Few check-ins go to their devices' rows, many to the journal. */
static void
choose_journal(struct devices *d)
{
	size_t brief = 0;

	for (size_t i = 0; i < d->job_count; i++)
		brief += has_changes(&d->job[i]) &&
			 d->job[i].effect == EFFECT_ADVANCE &&
			 d->job[i].change.advance.brief;
	for (size_t i = 0; i < d->job_count && brief < d->config.burst; i++)
		if (d->job[i].effect == EFFECT_ADVANCE)
			d->job[i].change.advance.brief = false;
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
	d->unchanged = store_unchanged(d->store);
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

void
changes_make(struct devices *d)
{
	enum err err = ERR_OK;

	choose_journal(d);
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
void
job_conclude(struct devices *d, struct job *job)
{
	size_t head = 4 + job->message.token_len;

	if (job->failed)
		return;
	if (job->counter != NULL)
		(*job->counter)++;
	for (size_t i = 0; i < job->event_count; i++)
		recent_note(&d->recent, job->event[i].kind, job->event[i].uid,
		    d->now.ms);
	if (!job->ends_session || job->again)
		return;
	if (job->out_len > head)
		answers_keep(job->keep, job->hash, job->out[1],
		    bytes_make(job->out + head, job->out_len - head),
		    d->now.ms);
	sessions_drop(&d->sessions, job->session);
	job->session = NULL;
}
