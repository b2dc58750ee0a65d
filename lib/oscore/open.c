/*
 * From a protected message to the inner one. Nothing of an inner message is
 * looked at before its tag has been verified, and nothing of one that fails
 * stays in the caller's buffer.
 */
#include "base/wipe.h"
#include "cose.h"

#define CODE_CLASS(code) ((code) >> 5)

/* Which codes may stand inside. */
enum direction { REQUEST, RESPONSE };

/* Inside is a request or a response, never an empty message: 8.2, 8.4. */
static bool
code_valid(uint8_t code, enum direction direction)
{
	unsigned class = CODE_CLASS(code);

	if (direction == REQUEST)
		return class == 0 && code != COAP_EMPTY;
	return class == 2 || class == 4 || class == 5;
}

/* Takes a plaintext apart: 5.3. */
static enum err
inner_read(
    struct bytes text, enum direction direction, struct oscore_inner *ret_inner)
{
	struct oscore_inner inner;
	struct reader r;

	reader_init(&r, text);
	inner.code = reader_u8(&r);
	if (r.err != ERR_OK || !code_valid(inner.code, direction))
		return ERR_FORMAT;
	if (coap_decode_body(reader_rest(&r), &inner.options, &inner.payload) !=
	    ERR_OK)
		return ERR_FORMAT;
	*ret_inner = inner;
	return ERR_OK;
}

/* Where an opened message goes. */
struct room {
	uint8_t *ptr;
	size_t cap;
};

/* Opens ciphertext into room and reads it. */
static enum err
open_into(const struct oscore_context *context, const struct oscore_bind *bind,
    struct bytes ciphertext, struct room room, enum direction direction,
    struct oscore_inner *ret_inner)
{
	size_t len;
	enum err err;

	if (ciphertext.len < OSCORE_TAG_LEN)
		return ERR_AUTH;
	len = ciphertext.len - OSCORE_TAG_LEN;
	if (len > room.cap)
		return ERR_SPACE;
	err = oscore_unseal(context, bind, ciphertext, room.ptr);
	if (err != ERR_OK)
		return err;
	err = inner_read(bytes_make(room.ptr, len), direction, ret_inner);
	if (err != ERR_OK)
		wipe(room.ptr, len);
	return err;
}

/* Says whether the IDs that an option names are those of the context. */
static bool
ids_match(
    const struct oscore_context *context, const struct oscore_option *option)
{
	struct bytes id_context =
	    bytes_make(context->id_context, context->id_context_len);

	if (option->has_kid &&
	    !bytes_equal(option->kid, oscore_id_bytes(&context->recipient)))
		return false;
	if (!option->has_kid_context)
		return true;
	return context->has_id_context &&
	       bytes_equal(option->kid_context, id_context);
}

enum err
oscore_open_request(const struct oscore_context *context,
    const struct oscore_option *option, struct bytes ciphertext, uint8_t *buf,
    size_t cap, struct oscore_inner *ret_inner,
    struct oscore_request_ref *ret_ref)
{
	struct room room = {buf, cap};
	struct oscore_bind bind;
	enum err err;

	/* "Kid and Partial IV SHALL be present" in a request: 5. */
	if (!option->has_kid || option->piv.len < 1 ||
	    option->piv.len > OSCORE_PIV_MAX || !ids_match(context, option))
		return ERR_INVALID;
	bind = oscore_bind_request(option->kid, option->piv);
	err = open_into(context, &bind, ciphertext, room, REQUEST, ret_inner);
	if (err != ERR_OK)
		return err;
	oscore_ref_fill(ret_ref, option->kid, option->piv);
	return ERR_OK;
}

enum err
oscore_open_response(const struct oscore_context *context,
    const struct oscore_request_ref *ref, const struct oscore_option *option,
    struct bytes ciphertext, uint8_t *buf, size_t cap,
    struct oscore_inner *ret_inner)
{
	struct room room = {buf, cap};
	struct oscore_bind bind;

	if (!oscore_ref_valid(ref) || option->piv.len > OSCORE_PIV_MAX ||
	    !ids_match(context, option))
		return ERR_INVALID;
	bind = oscore_bind_response(ref, &context->recipient, option->piv);
	return open_into(context, &bind, ciphertext, room, RESPONSE, ret_inner);
}
