/*
 * Requests without OSCORE: discovery, and the way into EDHOC. Everything
 * else is refused as RFC 7252 says.
 */
#include "coap/echo.h"
#include "job.h"

#define WELL_KNOWN_CORE ".well-known/core"
#define WELL_KNOWN_EDHOC ".well-known/edhoc"
#define SHORT_EDHOC "e"

#define EDHOC_ATTRIBUTES                                                       \
	";rt=core.edhoc;ed-r;ed-method=3;ed-csuite=2;ed-csuite=3"              \
	";ed-cred-t=1;ed-idcred-t=4;ed-comb-req"

/* Credential type 1 is a CCS, identifier type 4 a kid (RFC 9668, 6). */
static const char links[] =
    "</.well-known/edhoc>" EDHOC_ATTRIBUTES ",</e>" EDHOC_ATTRIBUTES;

/* Proxying is nothing we do: RFC 7252, section 5.7.2. */
#define COAP_PROXYING_NOT_SUPPORTED COAP_CODE(5, 5)
#define COAP_OPT_PROXY_URI 35
#define COAP_OPT_PROXY_SCHEME 39

/* Says which code refuses the options, or COAP_EMPTY. */
static uint8_t
refuse_options(struct bytes options)
{
	struct coap_options it;
	struct coap_option option;

	coap_options_init(&it, options);
	while (coap_option_next(&it, &option)) {
		switch (option.number) {
		case COAP_OPT_URI_HOST:
		case COAP_OPT_URI_PORT:
		case COAP_OPT_URI_PATH:
		case COAP_OPT_URI_QUERY:
		case COAP_OPT_ACCEPT:
			break;
		case COAP_OPT_PROXY_URI:
		case COAP_OPT_PROXY_SCHEME:
			return COAP_PROXYING_NOT_SUPPORTED;
		default:
			if (coap_option_critical(option.number))
				return COAP_BAD_OPTION;
		}
	}
	return COAP_EMPTY;
}

/* Whether the client takes a format; saying nothing, it takes any. */
static bool
accepts(struct bytes options, uint32_t format)
{
	struct bytes value;
	uint32_t wanted;

	if (!coap_option_find(options, COAP_OPT_ACCEPT, &value))
		return true;
	return coap_option_uint(value, &wanted) && wanted == format;
}

static enum step
serve_links(struct devices *d, struct job *job)
{
	if (job->message.code != COAP_GET)
		return reply_code(d, job, COAP_METHOD_NOT_ALLOWED);
	if (!accepts(job->message.options, COAP_FORMAT_LINK))
		return reply_code(d, job, COAP_NOT_ACCEPTABLE);
	return reply_payload(
	    d, job, COAP_CONTENT, COAP_FORMAT_LINK, BYTES_LIT(links));
}

/* Spec: RFC 9528, appendix A.2: true, or C_R, stands before the message. */
static enum step
serve_edhoc(struct devices *d, struct job *job)
{
	struct bytes payload = job->message.payload, value;
	uint32_t format;

	if (job->message.code != COAP_POST)
		return reply_code(d, job, COAP_METHOD_NOT_ALLOWED);
	if (!accepts(job->message.options, COAP_FORMAT_EDHOC))
		return reply_code(d, job, COAP_NOT_ACCEPTABLE);
	if (coap_option_find(
		job->message.options, COAP_OPT_CONTENT_FORMAT, &value) &&
	    (!coap_option_uint(value, &format) ||
		format != COAP_FORMAT_CID_EDHOC))
		return reply_code(d, job, COAP_UNSUPPORTED_FORMAT);
	if (payload.len == 0)
		return reply_edhoc_error(d, job);
	job->next = payload.ptr[0] == 0xf5 ? step_message_1 : step_message_3;
	return job->next(d, job);
}

enum step
step_plain(struct devices *d, struct job *job)
{
	struct bytes options = job->message.options;
	uint8_t refused = refuse_options(options);

	d->counters.plain++;
	if (refused != COAP_EMPTY)
		return reply_code(d, job, refused);
	if (coap_path_is(options, WELL_KNOWN_CORE))
		return serve_links(d, job);
	job->formats = coap_path_is(options, WELL_KNOWN_EDHOC);
	if (job->formats || coap_path_is(options, SHORT_EDHOC))
		return serve_edhoc(d, job);
	return reply_code(d, job, COAP_NOT_FOUND);
}
