/*
 * Names of the network: +UDNSRN.
 */
#include "at_table.h"
#include "module.h"

#define LOOKUP_WAIT_MS 70000

static enum at_result
resolve_look(struct terminal *t)
{
	char text[RESOLVE_HOST_MAX + 1];
	enum err err = lookup_result(t, text);

	if (err == ERR_BUSY)
		return AT_LATER;
	if (err == ERR_OK)
		terminal_info(t, "+UDNSRN: \"%s\"", text);
	return at_result_of(err);
}

/* +UDNSRN=<0 name to address, 1 back>,"<name or address>"[,<asynchronous>] */
static enum at_result
resolve_set(struct terminal *t, const struct at_command *c)
{
	char host[RESOLVE_HOST_MAX + 1];
	enum at_result result;
	struct bytes text;
	uint32_t way, later;
	enum err err;

	if (c->count > 3 || !at_param_number(c, 0, 0, 1, &way) ||
	    !at_param_text(c, 1, &text) || text.len == 0 ||
	    text.len > RESOLVE_HOST_MAX ||
	    !at_param_number_or(c, 2, 0, 1, 0, &later))
		return CME_BAD_PARAMETERS;
	result = at_network_need(t);
	if (result != AT_DONE)
		return result;
	memcpy(host, text.ptr, text.len);
	host[text.len] = '\0';
	err = lookup_start(t, host, way == 1, later == 1);
	if (err != ERR_OK || later == 1)
		return at_result_of(err);
	return terminal_wait(t, resolve_look, LOOKUP_WAIT_MS);
}

const struct at_entry at_dns[] = {
    {"+UDNSRN", NULL, resolve_set, NULL, "(0,1),\"host\",(0,1)"},
    {NULL, NULL, NULL, NULL, NULL},
};
