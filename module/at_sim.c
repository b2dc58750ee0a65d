/*
 * Commands of the SIM, which is there and wants no PIN. Its numbers are of
 * the test network, and the module's own.
 */
#include "at_table.h"
#include "module.h"

#define SIM_DIGITS 10 /* of the module's own number */

/* A number of this module's own, from its RoTPublicUID. */
static unsigned long long
sim_number(const struct module *m)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < UID_LEN; i++)
		n = n << 8 | m->uid[i];
	return (unsigned long long)(n % 10000000000ull);
}

/* 89 for telecommunication, 001 01 as the operator's, a digit to fill. */
static enum at_result
ccid_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(
	    t, "+CCID: 8900101%0*llu000", SIM_DIGITS, sim_number(t->module));
	return AT_DONE;
}

static enum at_result
cimi_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "00101%0*llu", SIM_DIGITS, sim_number(t->module));
	return AT_DONE;
}

static enum at_result
cpin_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+CPIN: READY");
	return AT_DONE;
}

const struct at_entry at_sim[] = {
    {"+CCID", ccid_execute, NULL, ccid_execute, NULL},
    {"+CIMI", cimi_execute, NULL, NULL, NULL},
    {"+CPIN", NULL, NULL, cpin_read, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
