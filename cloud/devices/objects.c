/*
 * The bulk channel: what is too long for a check-in, under a context of its
 * own, which the present check-in key and the ID Context of the request make.
 * Nothing is remembered of a context: what a request does is idempotent, and
 * every answer has a random Partial IV of its own, so that a replay gets what
 * there is already, under another nonce. A few a minute do, whoever sends
 * them: answers are much longer than requests, and nonces few.
 */
#include "base/wipe.h"
#include "job.h"
#include "keys/objects.h"

#define ID_CONTEXT_LEN 8

static enum step
answer_code(struct devices *d, struct job *job, uint8_t code)
{
	return reply_protected(
	    d, job, &job->context, true, code, BYTES_NONE, BYTES_NONE);
}

static enum step
answer_certificate(struct devices *d, struct job *job)
{
	const struct service_certificate *c = &job->change.certificate;
	const struct ztp_response m = {
	    bytes_make(c->ca.certificate, c->ca.certificate_len),
	    bytes_make(c->certificate.der, c->certificate.der_len)};
	uint8_t buf[OBJECT_RESPONSE_MAX];
	struct bytes payload = BYTES_NONE;
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	ztp_response_write(&w, &m);
	if (writer_end(&w, &payload) != ERR_OK)
		return job_fail(d, job);
	return reply_protected(
	    d, job, &job->context, true, COAP_CHANGED, BYTES_NONE, payload);
}

/* Keys has made it, or refused: then the request is not of this device. */
static enum step
take_certificate(struct devices *d, struct job *job)
{
	const struct keysproto_answer *a = job_answer(d, job, 0);

	job->ask_count = 0;
	if (a->err == ERR_AUTH || a->err == ERR_DENIED || a->err == ERR_INVALID)
		return answer_code(d, job, COAP_FORBIDDEN);
	if (a->err != ERR_OK)
		return job_fail(d, job);
	service_certificate_take(&job->change.certificate, a);
	job->effect = EFFECT_CERTIFICATE;
	job->counter = &d->counters.certificates;
	return answer_certificate(d, job);
}

static enum step
give_certificate(
    struct devices *d, struct job *job, const struct ztp_request *ask)
{
	struct service_certificate *c = &job->change.certificate;
	struct keysproto_request q;
	enum err err = service_certificate_begin(
	    d->store, d->random, &job->known.device, ask, d->now.unix_s, c, &q);

	if (err == ERR_DENIED)
		return answer_code(d, job, COAP_FORBIDDEN);
	if (err != ERR_OK)
		return job_fail(d, job);
	if (c->is_there)
		return answer_certificate(d, job);
	*job_ask(d, job) = q;
	wipe(&q, sizeof(q));
	job->next = take_certificate;
	return STEP_ASK;
}

/* Whether a device has had its answers of this minute. */
static bool
had_enough(struct devices *d, const struct job *job)
{
	static const char *const answers[] = {"first", "second", "third"};

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (recent_has(&d->bulk, answers[i], job->uid, d->now.ms))
			continue;
		recent_note(&d->bulk, answers[i], job->uid, d->now.ms);
		return false;
	}
	return true;
}

static enum step
take_request(struct devices *d, struct job *job)
{
	struct ztp_request ask;

	if (had_enough(d, job)) {
		d->counters.ignored++;
		return STEP_DONE;
	}
	if (!coap_path_is(job->inner.options, "o"))
		return answer_code(d, job, COAP_NOT_FOUND);
	if (job->inner.code != COAP_POST)
		return answer_code(d, job, COAP_METHOD_NOT_ALLOWED);
	if (ztp_request_read(job->inner.payload, &ask) != ERR_OK)
		return answer_code(d, job, COAP_BAD_REQUEST);
	return give_certificate(d, job, &ask);
}

static enum err
open_request(struct job *job, const struct keys_checkin *ck)
{
	struct oscore_option option;
	uint8_t secret[16];
	enum err err = oscore_option_decode(job->oscore, &option);

	if (err == ERR_OK)
		err = keys_checkin_bulk(ck, secret);
	if (err == ERR_OK)
		err = oscore_derive(&job->context, BYTES_OF(secret), BYTES_NONE,
		    &option.kid_context, BYTES_NONE, BYTES_OF(job->alias));
	wipe(secret, sizeof(secret));
	if (err != ERR_OK)
		return err;
	return oscore_open_request(&job->context, &option, job->message.payload,
	    job->plain, sizeof(job->plain), &job->inner, &job->ref);
}

static enum step
no_context(struct devices *d, struct job *job)
{
	d->counters.unauthorized++;
	return reply_code(d, job, COAP_UNAUTHORIZED);
}

static enum step
take_ck(struct devices *d, struct job *job)
{
	const struct keysproto_answer *a = job_answer(d, job, 0);

	job->ask_count = 0;
	if (a->err != ERR_OK)
		return job_fail(d, job);
	if (open_request(job, &a->u.ck) != ERR_OK)
		return no_context(d, job);
	return take_request(d, job);
}

enum step
step_objects(struct devices *d, struct job *job)
{
	struct store_device *device = &job->known.device;
	struct oscore_option option;
	struct keysproto_request *q;
	enum err err = oscore_option_decode(job->oscore, &option);

	if (err != ERR_OK || option.kid.len != ALIAS_LEN ||
	    option.kid_context.len != ID_CONTEXT_LEN)
		return no_context(d, job);
	memcpy(job->alias, option.kid.ptr, ALIAS_LEN);
	err = job_reads(d);
	if (err == ERR_OK)
		err = store_device_by_alias(d->store, job->alias, device);
	if (err == ERR_NOT_FOUND || (err == ERR_OK && device->ck.len == 0))
		return no_context(d, job);
	if (err != ERR_OK)
		return job_fail(d, job);
	if (!job_lock(d, job, device->uid))
		return STEP_WAIT;
	q = job_ask(d, job);
	q->op = KEYSPROTO_CHECKIN;
	memcpy(q->u.checkin.uid, job->uid, UID_LEN);
	q->u.checkin.generation = device->generation;
	q->u.checkin.ck = blob_ask(&device->ck);
	job->next = take_ck;
	return STEP_ASK;
}
