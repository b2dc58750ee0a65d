/*
 * Commands of the emulated radio: power, registration, operator, attachment.
 * One operator, one cell, LTE.
 */
#include "at_table.h"
#include "module.h"

#define CELL "\"1A2B\",\"01A2B3C4\",7" /* area, cell, LTE */

/* --- +CFUN --- */

/* 0, 1, 4 set the radio; 15 and 16 reset the module in silence. */
static enum at_result
cfun_set(struct terminal *t, const struct at_command *c)
{
	uint32_t fun, reset;

	if (c->count > 2 || !at_param_number(c, 0, 0, 127, &fun) ||
	    !at_param_number_or(c, 1, 0, 1, 0, &reset))
		return CME_BAD_PARAMETERS;
	if (fun == 15 || fun == 16) {
		t->module->reset_wanted = true;
		return AT_DONE;
	}
	if (fun != NETWORK_FUN_OFF && fun != NETWORK_FUN_ON &&
	    fun != NETWORK_FUN_AIRPLANE)
		return CME_BAD_PARAMETERS;
	network_fun_set(&t->module->network, (enum network_fun)fun, t->now_ms);
	if (reset == 1)
		t->module->reset_wanted = true;
	return AT_DONE;
}

static enum at_result
cfun_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+CFUN: %d,0", (int)t->module->network.fun);
	return AT_DONE;
}

/* --- +CREG, +CGREG, +CEREG --- */

static const char *const reg_names[REG_COUNT] = {
    [REG_CREG] = "+CREG",
    [REG_CGREG] = "+CGREG",
    [REG_CEREG] = "+CEREG",
};

static size_t
reg_index(const struct at_command *c)
{
	size_t i;

	for (i = 0; i + 1 < REG_COUNT; i++) {
		if (strcmp(c->name, reg_names[i]) == 0)
			break;
	}
	return i;
}

static enum at_result
reg_set(struct terminal *t, const struct at_command *c)
{
	size_t i = reg_index(c);
	uint32_t mode;

	if (c->count != 1 ||
	    !at_param_number_or(c, 0, 0, i == REG_CEREG ? 4 : 2, 0, &mode) ||
	    mode == 3)
		return CME_BAD_PARAMETERS;
	t->settings.reg[i] = mode;
	return AT_DONE;
}

/* What follows the status when the mode asks for the cell. */
static const char *
reg_cell(const struct terminal *t, size_t i)
{
	bool home = network_stat(&t->module->network) == NETWORK_STAT_HOME;

	return t->settings.reg[i] >= 2 && home ? "," CELL : "";
}

static enum at_result
reg_read(struct terminal *t, const struct at_command *c)
{
	size_t i = reg_index(c);

	terminal_info(t, "%s: %u,%d%s", reg_names[i], t->settings.reg[i],
	    (int)network_stat(&t->module->network), reg_cell(t, i));
	return AT_DONE;
}

void
at_network_changed(struct terminal *t)
{
	size_t i;

	for (i = 0; i < REG_COUNT; i++) {
		if (t->settings.reg[i] == 0)
			continue;
		terminal_urc(t, "%s: %d%s", reg_names[i],
		    (int)network_stat(&t->module->network), reg_cell(t, i));
	}
}

/* --- +COPS --- */

static const char *
cops_operator(const struct terminal *t)
{
	if (t->settings.cops_format == 2)
		return "00101"; /* test network of 3GPP */
	return "Holdfast";
}

/* 0 registers, 2 leaves, 3 sets the format of the operator's name. */
static enum at_result
cops_set(struct terminal *t, const struct at_command *c)
{
	uint32_t mode, format;

	if (!at_param_number(c, 0, 0, 4, &mode))
		return CME_BAD_PARAMETERS;
	if (mode == 3) {
		if (c->count != 2 || !at_param_number(c, 1, 0, 2, &format))
			return CME_BAD_PARAMETERS;
		t->settings.cops_format = format;
		return AT_DONE;
	}
	if (mode != 0 && mode != 2)
		return CME_NOT_SUPPORTED;
	network_register(&t->module->network, mode == 0, t->now_ms);
	return AT_DONE;
}

static enum at_result
cops_read(struct terminal *t, UNUSED const struct at_command *c)
{
	const struct network *n = &t->module->network;
	int mode = n->wanted ? 0 : 2;

	if (n->registered)
		terminal_info(t, "+COPS: %d,%u,\"%s\",7", mode,
		    t->settings.cops_format, cops_operator(t));
	else
		terminal_info(t, "+COPS: %d", mode);
	return AT_DONE;
}

/* --- +CGATT, +CSQ --- */

static enum at_result
cgatt_set(struct terminal *t, const struct at_command *c)
{
	struct network *n = &t->module->network;
	uint32_t attach;

	if (c->count != 1 || !at_param_number(c, 0, 0, 1, &attach))
		return CME_BAD_PARAMETERS;
	if (attach == 1 && !n->registered)
		return CME_NO_SERVICE;
	n->attached = attach == 1;
	return AT_DONE;
}

static enum at_result
cgatt_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+CGATT: %d", network_up(&t->module->network) ? 1 : 0);
	return AT_DONE;
}

/* Signal quality: good, or not known. */
static enum at_result
csq_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(
	    t, "+CSQ: %d,99", t->module->network.registered ? 25 : 99);
	return AT_DONE;
}

const struct at_entry at_network[] = {
    {"+CFUN", NULL, cfun_set, cfun_read, "(0,1,4,15,16),(0,1)"},
    {"+CREG", NULL, reg_set, reg_read, "(0-2)"},
    {"+CGREG", NULL, reg_set, reg_read, "(0-2)"},
    {"+CEREG", NULL, reg_set, reg_read, "(0-2,4)"},
    {"+COPS", NULL, cops_set, cops_read, NULL},
    {"+CGATT", NULL, cgatt_set, cgatt_read, "(0,1)"},
    {"+CSQ", csq_execute, NULL, NULL, "(0-31,99),(0-7,99)"},
    {NULL, NULL, NULL, NULL, NULL},
};
