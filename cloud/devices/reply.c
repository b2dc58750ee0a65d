/*
 * Answers. A confirmable request is answered in its acknowledgement, another
 * one by a message of its own; both carry the request's token. What stands
 * after the header is kept for duplicates where the job says so.
 */
#include "coap/echo.h"
#include "job.h"

#define INNER_MAX 256

static enum coap_type
answer_type(const struct job *job)
{
	return job->message.type == COAP_CON ? COAP_ACK : COAP_NON;
}

static uint16_t
answer_id(struct devices *d, const struct job *job)
{
	return job->message.type == COAP_CON ? job->message.id
					     : d->message_id++;
}

static void
start(struct devices *d, struct job *job, struct coap_writer *w, uint8_t code)
{
	coap_write_head(w, job->out, sizeof(job->out), answer_type(job), code,
	    answer_id(d, job),
	    bytes_make(job->message.token, job->message.token_len));
}

static void
keep(struct devices *d, struct job *job)
{
	size_t head = 4 + job->message.token_len;

	if (job->keep != NULL && job->has_hash && job->out_len > head)
		answers_keep(job->keep, job->hash, job->out[1],
		    bytes_make(job->out + head, job->out_len - head),
		    d->now.ms);
}

static enum step
finish(struct devices *d, struct job *job, enum err err, struct bytes message)
{
	if (err != ERR_OK)
		return job_fail(d, job);
	job->out_len = message.len;
	/* What changes rows is kept only when they have been changed. */
	if (job->effect == EFFECT_NONE && job->event_count == 0 &&
	    !job->quarantines && !job->ends_session)
		keep(d, job);
	return STEP_DONE;
}

static enum step
end(struct devices *d, struct job *job, const struct coap_writer *w)
{
	struct bytes message = BYTES_NONE;
	enum err err = coap_write_end(w, &message);

	return finish(d, job, err, message);
}

enum step
reply_code(struct devices *d, struct job *job, uint8_t code)
{
	struct coap_writer w;

	start(d, job, &w, code);
	return end(d, job, &w);
}

enum step
reply_reset(struct devices *d, struct job *job)
{
	struct coap_writer w;

	coap_write_head(&w, job->out, sizeof(job->out), COAP_RST, COAP_EMPTY,
	    job->message.id, BYTES_NONE);
	return end(d, job, &w);
}

enum step
reply_payload(struct devices *d, struct job *job, uint8_t code, uint32_t format,
    struct bytes payload)
{
	struct coap_writer w;

	start(d, job, &w, code);
	if (format != COAP_FORMAT_NONE)
		coap_write_option_uint(&w, COAP_OPT_CONTENT_FORMAT, format);
	coap_write_payload(&w, payload);
	return end(d, job, &w);
}

enum step
reply_echo(struct devices *d, struct job *job, struct bytes echo)
{
	struct coap_writer w;

	start(d, job, &w, COAP_UNAUTHORIZED);
	coap_write_echo(&w, echo);
	return end(d, job, &w);
}

enum step
reply_edhoc_error(struct devices *d, struct job *job)
{
	uint8_t buf[32];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	edhoc_error_write(&w, "");
	return reply_payload(d, job, COAP_BAD_REQUEST,
	    job->formats ? COAP_FORMAT_EDHOC : COAP_FORMAT_NONE,
	    writer_bytes(&w));
}

enum step
reply_kept(struct devices *d, struct job *job, const struct answer *answer)
{
	struct coap_writer w;

	start(d, job, &w, answer->code);
	writer_put(&w.out, bytes_make(answer->body, answer->len));
	job->keep = NULL;
	d->counters.repeats++;
	return end(d, job, &w);
}

/*
 * A random Partial IV of five bytes whose first is not zero: the answer's
 * nonce never repeats, whatever is replayed or restored.
 */
static enum err
draw_piv(struct devices *d, uint8_t piv[OSCORE_PIV_MAX])
{
	enum err err;

	do
		err = random_fill(d->random, piv, OSCORE_PIV_MAX);
	while (err == ERR_OK && piv[0] == 0);
	return err;
}

enum step
reply_protected(struct devices *d, struct job *job,
    const struct oscore_context *context, bool own_piv, uint8_t code,
    struct bytes options, struct bytes payload)
{
	const struct oscore_outer outer = {.type = answer_type(job),
	    .id = answer_id(d, job),
	    .token = bytes_make(job->message.token, job->message.token_len)};
	const struct oscore_inner inner = {
	    .code = code, .options = options, .payload = payload};
	uint8_t piv[OSCORE_PIV_MAX];
	struct writer w;
	enum err err = ERR_OK;

	if (own_piv)
		err = draw_piv(d, piv);
	writer_init(&w, job->out, sizeof(job->out));
	if (err == ERR_OK)
		err = oscore_protect_response(context, &outer, &job->ref,
		    own_piv ? BYTES_OF(piv) : BYTES_NONE, &inner, &w);
	return finish(d, job, err, writer_bytes(&w));
}
