/*
 * Commands of registration: where the module is, with whom, and how well it
 * hears. One operator, one cell, LTE.
 */
#include "at_table.h"
#include "module.h"

#define CELL "\"1A2B\",\"01A2B3C4\",7" /* area, cell, LTE */
#define CELL_CHANNEL 1300 /* EARFCN, in band 3 */
#define CELL_PHYSICAL 162
#define RAT_LTE 7
#define OPERATOR "Holdfast"
#define OPERATOR_SHORT "HF"
#define OPERATOR_NUMBER "00101" /* test network of 3GPP */

/* A good signal, as +CSQ and +CESQ number it. */
#define RSSI 25 /* -63 dBm */
#define RSRP 65 /* -76 dBm */
#define RSRQ 20 /* -10 dB */

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

/* An operator's name in a format of +COPS. */
static const char *
cops_operator(unsigned format)
{
	static const char *const names[] = {
	    OPERATOR, OPERATOR_SHORT, OPERATOR_NUMBER};

	return names[format];
}

/* +COPS=1,<format>,"<operator>": this one, or there is no service. */
static enum at_result
cops_choose(struct terminal *t, const struct at_command *c)
{
	struct bytes name;
	uint32_t format;

	if (c->count < 3 || c->count > 4 ||
	    !at_param_number(c, 1, 0, 2, &format) ||
	    !at_param_text(c, 2, &name))
		return CME_BAD_PARAMETERS;
	if (!bytes_equal(name, bytes_str(cops_operator(format)))) {
		t->module->radio.cause = "No such operator";
		return CME_NO_SERVICE;
	}
	network_register(&t->module->network, true, t->now_ms);
	return AT_DONE;
}

/*
 * 0 registers, 1 and 4 with a certain operator, 2 leaves, 3 sets the format
 * of the operator's name.
 */
static enum at_result
cops_set(struct terminal *t, const struct at_command *c)
{
	uint32_t mode, format;

	if (!at_param_number(c, 0, 0, 4, &mode))
		return CME_BAD_PARAMETERS;
	if (mode == 1 || mode == 4)
		return cops_choose(t, c);
	if (mode == 3) {
		if (c->count != 2 || !at_param_number(c, 1, 0, 2, &format))
			return CME_BAD_PARAMETERS;
		t->settings.cops_format = format;
		return AT_DONE;
	}
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
		    t->settings.cops_format,
		    cops_operator(t->settings.cops_format));
	else
		terminal_info(t, "+COPS: %d", mode);
	return AT_DONE;
}

/* --- signal --- */

static enum at_result
csq_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(
	    t, "+CSQ: %d,99", t->module->network.registered ? RSSI : 99);
	return AT_DONE;
}

static enum at_result
cesq_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	bool heard = t->module->network.registered;

	terminal_info(t, "+CESQ: 99,99,255,255,%d,%d", heard ? RSRQ : 255,
	    heard ? RSRP : 255);
	return AT_DONE;
}

/* What the cell is like, in the words of the one model and of the other. */
static void
cell_tell(struct terminal *t)
{
	if (!t->module->network.registered)
		return;
	if (t->module->radio.cell_mode == 5) {
		terminal_info(t, "+RSRP: %d,%d,\"-%d.00\",", CELL_PHYSICAL,
		    CELL_CHANNEL, 141 - RSRP);
		terminal_info(t, "+RSRQ: %d,%d,\"-%d.00\",", CELL_PHYSICAL,
		    CELL_CHANNEL, 20 - RSRQ / 2);
		return;
	}
	terminal_info(t, "6,4,001,01");
	terminal_info(t,
	    "%d,3,50,50,1a2b,1a2b3c4,%d,00000000,ffff,ff,%d,%d,20.00,255,255,"
	    "255,%d,11,255,0,255,255,0,0",
	    CELL_CHANNEL, CELL_PHYSICAL, RSRP, RSRQ, RSRP);
}

static enum at_result
ucged_set(struct terminal *t, const struct at_command *c)
{
	uint32_t mode;

	if (c->count != 1 || !at_param_number(c, 0, 0, 5, &mode) ||
	    (mode != 0 && mode != 2 && mode != 5))
		return CME_BAD_PARAMETERS;
	t->module->radio.cell_mode = mode;
	return AT_DONE;
}

static enum at_result
ucged_read(struct terminal *t, UNUSED const struct at_command *c)
{
	unsigned mode = t->module->radio.cell_mode;

	if (mode != 5)
		terminal_info(t, "+UCGED: %u", mode);
	if (mode != 0)
		cell_tell(t);
	return AT_DONE;
}

/* --- what the module may use: kept through power-off --- */

/* A profile of an operator can be chosen while there is none. */
static enum at_result
mno_set(struct terminal *t, const struct at_command *c)
{
	if (t->module->network.registered)
		return CME_NOT_ALLOWED;
	return at_setting_set(t, c);
}

static enum at_result
mno_apply(struct settings *s, const struct at_command *c)
{
	uint32_t profile;

	if (c->count != 1 || !at_param_number(c, 0, 0, 201, &profile))
		return CME_BAD_PARAMETERS;
	s->mno_profile = profile;
	return AT_DONE;
}

static void
mno_write(const struct settings *s, struct writer *out)
{
	setting_put(out, "AT+UMNOPROF=%u", s->mno_profile);
}

static enum at_result
mno_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+UMNOPROF: %u", t->module->settings.mno_profile);
	return AT_DONE;
}

/* LTE is the one network there is: it has to be among them. */
static enum at_result
rat_apply(struct settings *s, const struct at_command *c)
{
	uint32_t first, second;

	if (c->count > RATS_MAX || !at_param_number(c, 0, RAT_LTE, 9, &first) ||
	    !at_param_number_or(c, 1, RAT_LTE, 9, 0, &second) ||
	    first == second)
		return CME_BAD_PARAMETERS;
	if (first != RAT_LTE && second != RAT_LTE)
		return CME_NOT_SUPPORTED;
	s->rats[0] = first;
	s->rats[1] = second;
	return AT_DONE;
}

static void
rat_write(const struct settings *s, struct writer *out)
{
	if (s->rats[1] == 0)
		setting_put(out, "AT+URAT=%u", s->rats[0]);
	else
		setting_put(out, "AT+URAT=%u,%u", s->rats[0], s->rats[1]);
}

static enum at_result
rat_set(struct terminal *t, const struct at_command *c)
{
	if (t->module->network.fun == NETWORK_FUN_ON)
		return CME_NOT_ALLOWED;
	return at_setting_set(t, c);
}

static enum at_result
rat_read(struct terminal *t, UNUSED const struct at_command *c)
{
	const unsigned *rats = t->module->settings.rats;

	if (rats[1] == 0)
		terminal_info(t, "+URAT: %u", rats[0]);
	else
		terminal_info(t, "+URAT: %u,%u", rats[0], rats[1]);
	return AT_DONE;
}

/* --- what went wrong --- */

enum at_result
at_network_need(struct terminal *t)
{
	const struct network *n = &t->module->network;

	if (network_up(n))
		return AT_DONE;
	t->module->radio.cause =
	    n->registered ? "Not attached" : "Not registered";
	return CME_NO_CONNECTION;
}

static enum at_result
ceer_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	const char *cause = t->module->radio.cause;

	terminal_info(t, "+CEER: \"%s\"",
	    cause == NULL ? "No cause information available" : cause);
	return AT_DONE;
}

const struct setting settings_network[] = {
    {"+UMNOPROF", mno_apply, mno_write},
    {"+URAT", rat_apply, rat_write},
    {NULL, NULL, NULL},
};

const struct at_entry at_network[] = {
    {"+CREG", NULL, reg_set, reg_read, "(0-2)"},
    {"+CGREG", NULL, reg_set, reg_read, "(0-2)"},
    {"+CEREG", NULL, reg_set, reg_read, "(0-2,4)"},
    {"+COPS", NULL, cops_set, cops_read,
	"(1,\"" OPERATOR "\",\"" OPERATOR_SHORT "\",\"" OPERATOR_NUMBER
	"\",7),,(0-4),(0-2)"},
    {"+CSQ", csq_execute, NULL, NULL, "(0-31,99),(0-7,99)"},
    {"+CESQ", cesq_execute, NULL, NULL,
	"(0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)"},
    {"+UCGED", NULL, ucged_set, ucged_read, "(0,2,5)"},
    {"+UMNOPROF", NULL, mno_set, mno_read, "(0-201)"},
    {"+URAT", NULL, rat_set, rat_read, "(7-9),(7-9)"},
    {"+CEER", ceer_execute, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
