/*
 * The OSCORE option's value, and which options may stand beside it on the
 * outside. Reading is strict: whatever section 6.1 does not allow is an
 * error, so that two receivers never see two different messages.
 */
#include "oscore/oscore.h"

#define FLAG_PIV_LEN 0x07
#define FLAG_KID 0x08
#define FLAG_KID_CONTEXT 0x10
#define FLAG_RESERVED 0xe0
#define KID_CONTEXT_MAX 255 /* s is one byte */

/* "If the OSCORE flag bits are all zero, the option value SHALL be empty":
 * so no flag byte is zero. */
static bool
flags_valid(uint8_t flags)
{
	return flags != 0 && (flags & FLAG_RESERVED) == 0 &&
	       (flags & FLAG_PIV_LEN) <= OSCORE_PIV_MAX;
}

static void
fields_read(struct reader *r, struct oscore_option *option)
{
	uint8_t flags = reader_u8(r);

	if (!flags_valid(flags))
		reader_fail(r, ERR_FORMAT);
	option->piv = reader_take(r, flags & FLAG_PIV_LEN);
	if (flags & FLAG_KID_CONTEXT) {
		option->has_kid_context = true;
		option->kid_context = reader_take(r, reader_u8(r));
	}
	if (flags & FLAG_KID) {
		option->has_kid = true;
		option->kid = reader_rest(r);
	}
}

enum err
oscore_option_decode(struct bytes value, struct oscore_option *ret_option)
{
	struct oscore_option option = {0};
	struct reader r;
	enum err err;

	reader_init(&r, value);
	if (value.len > 0)
		fields_read(&r, &option);
	err = reader_end(&r);
	if (err != ERR_OK)
		return err;
	*ret_option = option;
	return ERR_OK;
}

void
oscore_option_encode(const struct oscore_option *option, struct writer *out)
{
	uint8_t flags = (uint8_t)option->piv.len;

	if (option->piv.len > OSCORE_PIV_MAX ||
	    option->kid_context.len > KID_CONTEXT_MAX) {
		writer_fail(out, ERR_INVALID);
		return;
	}
	if (option->has_kid)
		flags |= FLAG_KID;
	if (option->has_kid_context)
		flags |= FLAG_KID_CONTEXT;
	if (flags == 0)
		return;
	writer_u8(out, flags);
	writer_put(out, option->piv);
	if (option->has_kid_context) {
		writer_u8(out, (uint8_t)option->kid_context.len);
		writer_put(out, option->kid_context);
	}
	if (option->has_kid)
		writer_put(out, option->kid);
}

bool
oscore_class_u(uint32_t number)
{
	switch (number) {
	case COAP_OPT_URI_HOST:
	case COAP_OPT_OBSERVE:
	case COAP_OPT_URI_PORT:
	case COAP_OPT_OSCORE:
	case COAP_OPT_MAX_AGE:
	case COAP_OPT_HOP_LIMIT:
	case COAP_OPT_EDHOC:
	case COAP_OPT_BLOCK2:
	case COAP_OPT_BLOCK1:
	case COAP_OPT_SIZE2:
	case COAP_OPT_PROXY_URI:
	case COAP_OPT_PROXY_SCHEME:
	case COAP_OPT_SIZE1:
	case COAP_OPT_ECHO:
	case COAP_OPT_NO_RESPONSE:
	case COAP_OPT_REQUEST_TAG:
		return true;
	default:
		/* "A new COAP option is of class E unless it says otherwise":
		 * 4.1. */
		return false;
	}
}
