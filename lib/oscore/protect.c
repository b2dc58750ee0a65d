/*
 * From an inner message to a protected one. The plaintext is written where
 * the ciphertext will stand and encrypted in place; on an error what was
 * written is wiped, so that no plaintext stays in a caller's send buffer.
 */
#include "base/wipe.h"
#include "cose.h"

#define OPTION_VALUE_MAX                                                       \
	(2 + OSCORE_PIV_MAX + OSCORE_ID_CONTEXT_MAX + OSCORE_ID_MAX)

/* One message to protect. */
struct job {
	const struct oscore_context *context;
	const struct oscore_outer *outer;
	const struct oscore_inner *inner;
	uint8_t outer_code;
	struct oscore_option option;
	struct bytes message_3; /* empty: no combined request */
	struct oscore_bind bind;
};

/*
 * A Partial IV is a number without leading zeros (6.1); Holdfast's check-ins
 * draw five bytes at random, and those go as they are.
 */
static bool
piv_valid(struct bytes piv)
{
	if (piv.len < 1 || piv.len > OSCORE_PIV_MAX)
		return false;
	return piv.len == 1 || piv.len == OSCORE_PIV_MAX || piv.ptr[0] != 0;
}

/* Says whether the caller's outer options may be there. */
static bool
outer_options_valid(struct bytes options)
{
	struct coap_options it;
	struct coap_option option;

	coap_options_init(&it, options);
	while (coap_option_next(&it, &option)) {
		if (!oscore_class_u(option.number))
			return false;
		if (option.number == COAP_OPT_OSCORE ||
		    option.number == COAP_OPT_EDHOC)
			return false;
	}
	return it.in.err == ERR_OK;
}

/* Says whether the peer could read these options again. */
static bool
inner_options_valid(struct bytes in)
{
	struct bytes options;
	struct bytes payload;

	return coap_decode_body(in, &options, &payload) == ERR_OK &&
	       payload.len == 0;
}

/* Writes those of the caller's outer options whose number is below end and
 * not below start. */
static void
outer_options_write(
    struct coap_writer *w, struct bytes options, uint32_t start, uint32_t end)
{
	struct coap_options it;
	struct coap_option option;

	coap_options_init(&it, options);
	while (coap_option_next(&it, &option)) {
		if (option.number >= start && option.number < end)
			coap_write_option(w, option.number, option.value);
	}
}

/* Writes header, token and outer options in their order: 8.1, step 5. */
static void
outside_write(
    struct coap_writer *w, const struct job *job, uint8_t *ptr, size_t cap)
{
	const struct oscore_outer *outer = job->outer;
	uint8_t buf[OPTION_VALUE_MAX];
	struct writer value;

	writer_init(&value, buf, sizeof(buf));
	oscore_option_encode(&job->option, &value);
	coap_write_head(
	    w, ptr, cap, outer->type, job->outer_code, outer->id, outer->token);
	if (value.err != ERR_OK)
		writer_fail(&w->out, value.err);

	outer_options_write(w, outer->options, 0, COAP_OPT_OSCORE);
	coap_write_option(w, COAP_OPT_OSCORE, writer_bytes(&value));
	outer_options_write(
	    w, outer->options, COAP_OPT_OSCORE + 1, COAP_OPT_EDHOC);
	/* The EDHOC option of a combined request is empty: RFC 9668, 3.1. */
	if (job->message_3.len > 0)
		coap_write_option(w, COAP_OPT_EDHOC, BYTES_NONE);
	outer_options_write(w, outer->options, COAP_OPT_EDHOC + 1, UINT32_MAX);
}

/* Writes the plaintext, code first: 5.3. */
static void
plaintext_write(struct writer *w, const struct oscore_inner *inner)
{
	writer_u8(w, inner->code);
	writer_put(w, inner->options);
	if (inner->payload.len > 0) {
		writer_u8(w, COAP_MARKER);
		writer_put(w, inner->payload);
	}
}

/* Writes the whole message to w and encrypts the end of it. */
static enum err
message_write(
    struct coap_writer *w, const struct job *job, uint8_t *ptr, size_t cap)
{
	size_t start;
	size_t len;

	outside_write(w, job, ptr, cap);
	writer_u8(&w->out, COAP_MARKER);
	writer_put(&w->out, job->message_3);
	start = w->out.len;
	plaintext_write(&w->out, job->inner);
	len = w->out.len - start;
	writer_skip(&w->out, OSCORE_TAG_LEN);
	if (w->out.err != ERR_OK)
		return w->out.err;
	return oscore_seal(job->context, &job->bind, ptr + start, len);
}

/* Appends the message of a job to out, or leaves out as it was. */
static enum err
protect(const struct job *job, struct writer *out)
{
	uint8_t *ptr;
	struct coap_writer w;
	enum err err;

	if (out->err != ERR_OK)
		return out->err;
	if (!outer_options_valid(job->outer->options) ||
	    !inner_options_valid(job->inner->options))
		return ERR_INVALID;
	ptr = out->ptr + out->len;
	err = message_write(&w, job, ptr, out->cap - out->len);
	if (err != ERR_OK) {
		wipe(ptr, w.out.len);
		return err;
	}
	out->len += w.out.len;
	return ERR_OK;
}

enum err
oscore_protect_request(const struct oscore_context *context,
    const struct oscore_outer *outer, struct bytes piv, bool with_kid_context,
    struct bytes edhoc_message_3, const struct oscore_inner *inner,
    struct writer *out, struct oscore_request_ref *ret_ref)
{
	struct bytes kid = oscore_id_bytes(&context->sender);
	struct job job = {context, outer, inner, .outer_code = COAP_POST};
	enum err err;

	if (!piv_valid(piv) || (with_kid_context && !context->has_id_context))
		return ERR_INVALID;
	job.option.piv = piv;
	job.option.has_kid = true;
	job.option.kid = kid;
	if (with_kid_context) {
		job.option.has_kid_context = true;
		job.option.kid_context =
		    bytes_make(context->id_context, context->id_context_len);
	}
	job.message_3 = edhoc_message_3;
	job.bind = oscore_bind_request(kid, piv);
	err = protect(&job, out);
	if (err != ERR_OK)
		return err;
	oscore_ref_fill(ret_ref, kid, piv);
	return ERR_OK;
}

enum err
oscore_protect_response(const struct oscore_context *context,
    const struct oscore_outer *outer, const struct oscore_request_ref *ref,
    struct bytes piv, const struct oscore_inner *inner, struct writer *out)
{
	struct job job = {context, outer, inner, .outer_code = COAP_CHANGED};

	if (!oscore_ref_valid(ref) || (piv.len > 0 && !piv_valid(piv)))
		return ERR_INVALID;
	job.option.piv = piv;
	job.bind = oscore_bind_response(ref, &context->sender, piv);
	return protect(&job, out);
}
