/*
 * EDHOC, the responder's side: message_1 is answered, message_3 is verified
 * against what the store knows of its sender. A message_3 that does not
 * decrypt is anybody's and changes nothing (RFC 9528, section 9.7); one that
 * decrypts and does not verify ends its session, so that it costs once.
 */
#include "base/text.h"
#include "base/wipe.h"
#include "coap/echo.h"
#include "job.h"

static const enum edhoc_suite suites[] = {EDHOC_SUITE_2, EDHOC_SUITE_3};

/*
 * Current, factory, pendings, and the latest that were left: each costs an
 * ECDH. Who has an older key comes by value when he is not answered.
 */
#define CANDIDATES_MAX 10

struct candidates {
	const uint8_t *key[CANDIDATES_MAX]; /* 04 | x | y */
	size_t count;
};

/* Whether an earlier job of this pass works on the same request. */
static bool
in_work(const struct devices *d, const struct job *job)
{
	const struct job *other;

	for (other = d->job; other < job; other++)
		if (other->has_hash && other->message.payload.len > 0 &&
		    other->waiting &&
		    memcmp(other->hash, job->hash, SHA256_LEN) == 0)
			return true;
	return false;
}

/* Under load the sender has to show its address before any EC work. */
static bool
must_echo(const struct devices *d, const struct job *job)
{
	size_t half_open = d->sessions.half_open.count - d->proving;
	struct bytes echo;

	if (half_open < d->config.half_open)
		return false;
	return !coap_echo_find(job->message.options, &echo) ||
	       !cookie_check(&d->challenges, job->in->from, d->now.ms, echo);
}

static enum step
ask_for_echo(struct devices *d, struct job *job)
{
	uint8_t cookie[COOKIE_LEN];

	if (cookie_make(&d->challenges, job->in->from, d->now.ms, cookie) !=
	    ERR_OK)
		return job_fail(d, job);
	d->counters.challenged++;
	return reply_echo(d, job, BYTES_OF(cookie));
}

static enum step
refuse_suites(struct devices *d, struct job *job)
{
	uint8_t buf[32];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	edhoc_error_suites(&w, suites, ARRAY_LEN(suites));
	return reply_payload(d, job, COAP_BAD_REQUEST,
	    job->formats ? COAP_FORMAT_EDHOC : COAP_FORMAT_NONE,
	    writer_bytes(&w));
}

/* Reads message_1, and names the session that answers it. */
static enum err
open_message_1(struct devices *d, struct job *job, struct bytes message_1)
{
	struct session *s = job->session;
	enum err err = edhoc_message_1_open(
	    &s->edhoc, suites, ARRAY_LEN(suites), message_1);

	if (err == ERR_OK && s->edhoc.method != EDHOC_DH_DH)
		err = ERR_INVALID;
	if (err != ERR_OK)
		return err;
	sessions_name(&d->sessions, s, &s->edhoc.c_i);
	return pool_take(&d->pool, d->random, &job->pair);
}

static enum step
drop_session(struct devices *d, struct job *job)
{
	sessions_drop(&d->sessions, job->session);
	job->session = NULL;
	return job_fail(d, job);
}

static enum err
write_message_2(struct devices *d, struct job *job, struct writer *out)
{
	const struct keysproto_answer *a = job_answer(d, job, 0);
	const struct edhoc_cred cred = {
	    .cred = bytes_make(d->cred, d->cred_len),
	    .public_key = d->public_key};
	uint8_t id_cred[8];
	struct writer w;

	if (a->err != ERR_OK)
		return a->err;
	writer_init(&w, id_cred, sizeof(id_cred));
	edhoc_kid_write(&w, bytes_make(&d->kid, 1));
	return edhoc_message_2(&job->session->edhoc, writer_bytes(&w), &cred,
	    a->u.prk, NULL, NULL, out);
}

static enum step
answer_message_1(struct devices *d, struct job *job)
{
	uint8_t buf[EDHOC_MESSAGE_MAX];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	if (write_message_2(d, job, &w) != ERR_OK || w.err != ERR_OK)
		return drop_session(d, job);
	job->session->snapshot = d->changes;
	d->counters.sessions++;
	job->keep = &d->first;
	return reply_payload(d, job, COAP_CHANGED,
	    job->formats ? COAP_FORMAT_EDHOC : COAP_FORMAT_NONE,
	    writer_bytes(&w));
}

static enum step
refuse_message_1(struct devices *d, struct job *job, enum err err)
{
	sessions_drop(&d->sessions, job->session);
	job->session = NULL;
	if (err == ERR_UNSUPPORTED)
		return refuse_suites(d, job);
	return reply_edhoc_error(d, job);
}

static enum step
ask_prk(struct devices *d, struct job *job)
{
	struct keysproto_request *q = job_ask(d, job);

	q->op = KEYSPROTO_PRK;
	q->u.prk.kid = d->kid;
	if (!edhoc_need(&job->session->edhoc, q->u.prk.salt, &q->u.prk.peer))
		return drop_session(d, job);
	job->next = answer_message_1;
	return STEP_ASK;
}

/* Goes up to where the static key is needed. */
static enum step
respond(struct devices *d, struct job *job)
{
	struct session *s = job->session;
	enum err err =
	    edhoc_respond(&s->edhoc, &s->c_r, &job->pair, job_agreed(d, job));

	wipe(&job->pair, sizeof(job->pair));
	return err == ERR_OK ? ask_prk(d, job) : refuse_message_1(d, job, err);
}

enum step
step_message_1(struct devices *d, struct job *job)
{
	struct bytes payload = job->message.payload;
	struct p256_agreement agreement;
	const struct answer *kept;
	enum err err;

	if (sha256(&payload, 1, job->hash) != ERR_OK)
		return job_fail(d, job);
	kept = answers_find(&d->first, job->hash, d->now.ms, DEVICES_KEEP_MS);
	if (kept != NULL)
		return reply_kept(d, job, kept);
	if (in_work(d, job))
		return STEP_WAIT;
	job->has_hash = true;
	if (must_echo(d, job))
		return ask_for_echo(d, job);
	job->session = sessions_take(&d->sessions, d->pass, d->now.ms,
	    net_number(&d->challenges, job->in->net, SESSION_NETS));
	if (job->session == NULL)
		return STEP_WAIT;
	err = open_message_1(
	    d, job, bytes_make(payload.ptr + 1, payload.len - 1));
	if (err != ERR_OK)
		return refuse_message_1(d, job, err);
	agreement = edhoc_agreement_2(&job->session->edhoc, &job->pair);
	return job_agree(d, job, &agreement, respond);
}

static void
add_candidate(struct candidates *c, const uint8_t *key)
{
	for (size_t i = 0; i < c->count; i++)
		if (memcmp(c->key[i], key, P256_POINT_LEN) == 0)
			return;
	if (c->count < CANDIDATES_MAX)
		c->key[c->count++] = key;
}

/* The likely ones first: each costs an ECDH. */
static void
list_candidates(const struct judge_device *k, struct candidates *ret)
{
	*ret = (struct candidates){.count = 0};
	if (k->device.generation > 0)
		add_candidate(ret, k->device.public_key);
	add_candidate(ret, k->device.factory_key);
	for (size_t i = k->pending_count; i > 0; i--)
		add_candidate(ret, k->pending[i - 1].public_key);
	for (size_t i = k->left_count; i > 0; i--)
		add_candidate(ret, k->left[i - 1].public_key);
}

static enum err
verify(struct edhoc *e, const uint8_t uid[UID_LEN],
    const struct p256_point *point, const struct p256_agreement *agreed)
{
	char subject[HEX_SIZE(UID_LEN)];
	uint8_t buf[CRED_MAX];
	struct edhoc_cred cred = {.public_key = *point};
	struct writer w;
	enum err err;

	hex_encode(bytes_make(uid, UID_LEN), subject);
	writer_init(&w, buf, sizeof(buf));
	edhoc_ccs_write(
	    &w, bytes_str(subject), bytes_make(uid, UID_LEN), point);
	err = writer_end(&w, &cred.cred);
	if (err != ERR_OK)
		return err;
	err = edhoc_message_3_verify(e, &cred, agreed);
	/* What its sender has added makes it longer than can be verified. */
	return err == ERR_SPACE ? ERR_AUTH : err;
}

/*
 * The likely sender first, whose agreement is computed with others'; then the
 * rest. ERR_AUTH when no candidate has written message_3.
 */
static enum err
verify_known(struct job *job, const struct p256_agreement *agreed)
{
	struct session *s = job->session;
	struct p256_point point = job->sender;
	struct candidates c;
	enum err err = ERR_AUTH;

	list_candidates(&job->known, &c);
	for (size_t i = 0; i < c.count; i++) {
		err = i == 0
			  ? ERR_OK
			  : p256_point_decode(
				bytes_make(c.key[i], P256_POINT_LEN), &point);
		if (err == ERR_OK)
			err = verify(&s->edhoc, job->uid, &point,
			    i == 0 ? agreed : NULL);
		if (err == ERR_OK)
			memcpy(s->key, c.key[i], P256_POINT_LEN);
		if (err != ERR_AUTH)
			return err;
	}
	return err;
}

/* A credential by value: whoever has its key, but nobody we know yet. */
static enum err
verify_by_value(struct job *job, const struct p256_agreement *agreed)
{
	struct session *s = job->session;
	enum err err = verify(&s->edhoc, job->uid, &job->sender, agreed);

	if (err != ERR_OK)
		return err;
	p256_point_encode(&job->sender, s->key);
	s->by_value = true;
	return ERR_OK;
}

static enum err
verify_sender(struct job *job, const struct p256_agreement *agreed)
{
	enum err err;

	if (job->by_value)
		return verify_by_value(job, agreed);
	if (job->is_known)
		return verify_known(job, agreed);
	err = verify(&job->session->edhoc, job->uid, &job->sender, agreed);
	return err == ERR_OK ? ERR_AUTH : err;
}

/* It decrypts, so it is no third party's: not once more. */
static enum step
refuse_message_3(struct devices *d, struct job *job)
{
	sessions_drop(&d->sessions, job->session);
	job->session = NULL;
	return job->proven(d, job, ERR_AUTH);
}

static enum err
make_proven(struct devices *d, struct job *job)
{
	struct session *s = job->session;
	enum err err = edhoc_exporter(&s->edhoc, KEYS_EXPORTER_LABEL,
	    BYTES_NONE, s->exporter, sizeof(s->exporter));

	if (err == ERR_OK)
		err = edhoc_oscore(&s->edhoc, &s->context);
	if (err == ERR_OK)
		err = sha256(&job->message_3, 1, s->hash_3);
	if (err != ERR_OK)
		return err;
	memcpy(s->uid, job->uid, UID_LEN);
	sessions_prove(&d->sessions, s, d->now.ms);
	return ERR_OK;
}

static enum step
verify_message_3(struct devices *d, struct job *job)
{
	enum err err = verify_sender(job, job_agreed(d, job));

	job->next = job->begun; /* if it has to wait now */
	if (err == ERR_AUTH)
		return refuse_message_3(d, job);
	if (err == ERR_OK)
		err = make_proven(d, job);
	return job->proven(d, job, err);
}

/*
 * A device that nobody knows costs as long as one that is known, so that the
 * time says nothing (F18): our own key, which it cannot have, is tried.
 */
static enum err
find_known(struct devices *d, struct job *job)
{
	struct candidates c;
	enum err err = job_load(d, job);

	job->sender = d->public_key;
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	list_candidates(&job->known, &c);
	return p256_point_decode(
	    bytes_make(c.key[0], P256_POINT_LEN), &job->sender);
}

/* Who says to have written message_3, and with which key. */
static enum err
find_sender(struct devices *d, struct job *job, struct bytes id_cred)
{
	struct bytes kid, ccs, subject;

	job->by_value = edhoc_kccs_read(id_cred, &ccs);
	if (job->by_value) {
		if (edhoc_ccs_read(ccs, &subject, &kid, &job->sender) != ERR_OK)
			return ERR_AUTH;
	} else if (!edhoc_kid_read(id_cred, &kid)) {
		return ERR_AUTH;
	}
	if (kid.len != UID_LEN)
		return ERR_AUTH;
	memcpy(job->uid, kid.ptr, UID_LEN);
	return job->by_value ? ERR_OK : find_known(d, job);
}

enum step
session_prove(struct devices *d, struct job *job, outcome_fn *proven)
{
	struct edhoc *e = &job->session->edhoc;
	struct p256_agreement agreement;
	struct bytes id_cred;
	enum err err;

	if (edhoc_message_3_open(e, job->message_3, &id_cred) != ERR_OK)
		return proven(d, job, ERR_AUTH);
	job->begun = job->next;
	job->proven = proven;
	err = find_sender(d, job, id_cred);
	if (err == ERR_AUTH)
		return refuse_message_3(d, job);
	if (err != ERR_OK)
		return proven(d, job, err);
	d->proving++;
	agreement = edhoc_agreement_3(e, &job->sender);
	return job_agree(d, job, &agreement, verify_message_3);
}

/* message_3 alone is answered by message_4: RFC 9528, section 5.5. */
static enum step
answer_message_3(struct devices *d, struct job *job)
{
	uint8_t buf[EDHOC_MESSAGE_MAX];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	if (edhoc_message_4(&job->session->edhoc, &w) != ERR_OK)
		return drop_session(d, job);
	edhoc_done(&job->session->edhoc);
	job->keep = &d->first;
	return reply_payload(d, job, COAP_CHANGED,
	    job->formats ? COAP_FORMAT_EDHOC : COAP_FORMAT_NONE,
	    writer_bytes(&w));
}

/* Finds the session of C_R | message_3 that this pass has not touched. */
static enum err
find_session(struct devices *d, struct job *job)
{
	struct edhoc_cid c_r;
	struct reader r;
	struct session *s;

	reader_init(&r, job->message.payload);
	edhoc_cid_read(&r, &c_r);
	job->message_3 = reader_rest(&r);
	if (r.err != ERR_OK)
		return r.err;
	s = sessions_find(&d->sessions, bytes_make(c_r.id, c_r.len));
	if (s == NULL || s->state != SESSION_HALF_OPEN)
		return ERR_NOT_FOUND;
	if (s->pass == d->pass)
		return ERR_BUSY;
	s->pass = d->pass;
	job->session = s;
	return ERR_OK;
}

static enum step
message_3_proven(struct devices *d, struct job *job, enum err err)
{
	if (err == ERR_OK)
		return answer_message_3(d, job);
	if (err == ERR_BUSY)
		return STEP_WAIT;
	if (err != ERR_AUTH)
		return job_fail(d, job);
	d->counters.ignored++;
	return STEP_DONE;
}

enum step
step_message_3(struct devices *d, struct job *job)
{
	const struct answer *kept;
	enum err err;

	if (sha256(&job->message.payload, 1, job->hash) != ERR_OK)
		return job_fail(d, job);
	kept = answers_find(&d->first, job->hash, d->now.ms, DEVICES_KEEP_MS);
	if (kept != NULL)
		return reply_kept(d, job, kept);
	job->has_hash = true;
	err = find_session(d, job);
	if (err == ERR_BUSY)
		return STEP_WAIT;
	if (err != ERR_OK)
		return reply_edhoc_error(d, job);
	return session_prove(d, job, message_3_proven);
}
