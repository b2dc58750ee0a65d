/*
 * The Echo option's one rule, its length. Never draws or judges a challenge.
 */
#include "coap/echo.h"

static bool
echo_fits(struct bytes value)
{
	return value.len >= COAP_ECHO_MIN && value.len <= COAP_ECHO_MAX;
}

bool
coap_echo_find(struct bytes options, struct bytes *ret_value)
{
	struct bytes value;

	if (!coap_option_find(options, COAP_OPT_ECHO, &value) ||
	    !echo_fits(value))
		return false;
	*ret_value = value;
	return true;
}

void
coap_write_echo(struct coap_writer *w, struct bytes value)
{
	if (!echo_fits(value)) {
		writer_fail(&w->out, ERR_INVALID);
		return;
	}
	coap_write_option(w, COAP_OPT_ECHO, value);
}
