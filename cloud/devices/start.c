/*
 * A job's first step: is it a request, and which way does it go?
 */
#include "job.h"

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
		return option.has_kid_context ? step_objects : step_checkin;
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

enum step
step_start(struct devices *d, struct job *job)
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
