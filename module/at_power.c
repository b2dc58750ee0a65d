/*
 * Commands of power: the radio's, the module's, and saving it. A module on a
 * pseudo-terminal needs none: what saves power is remembered, and done by
 * nobody.
 */
#include "at_table.h"
#include "module.h"

/* --- +CFUN, +CPWROFF --- */

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

static enum at_result
power_off_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	t->module->off_wanted = true;
	return AT_DONE;
}

/* --- the serial line --- */

/*
 * +UPSV=<mode>[,<timeout in GSM frames>]: 1 (and 4 on sara-r4) sleeps when
 * the line is quiet, 2 and 3 when the host says so.
 */
static enum at_result
upsv_set(struct terminal *t, const struct at_command *c)
{
	uint32_t mode, timeout;

	if (!at_param_number(c, 0, 0, 4, &mode) ||
	    c->count > (mode == 1 ? 2u : 1u) ||
	    !at_param_number_or(c, 1, 40, 65000, 2000, &timeout))
		return CME_BAD_PARAMETERS;
	t->module->radio.uart_saving = mode;
	t->module->radio.uart_timeout = timeout;
	return AT_DONE;
}

static enum at_result
upsv_read(struct terminal *t, UNUSED const struct at_command *c)
{
	const struct radio *r = &t->module->radio;

	if (r->uart_saving == 1)
		terminal_info(t, "+UPSV: 1,%u", r->uart_timeout);
	else
		terminal_info(t, "+UPSV: %u", r->uart_saving);
	return AT_DONE;
}

/* Whether the module says that it goes to sleep: it never does. */
static enum at_result
upsmr_set(struct terminal *t, const struct at_command *c)
{
	uint32_t on;

	if (c->count != 1 || !at_param_number(c, 0, 0, 1, &on))
		return CME_BAD_PARAMETERS;
	t->module->radio.sleep_reports = on;
	return AT_DONE;
}

static enum at_result
upsmr_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+UPSMR: %u", t->module->radio.sleep_reports);
	return AT_DONE;
}

/* What a receiver of GNSS would be used with, if there were one. */
static enum at_result
ugprf_set(struct terminal *t, const struct at_command *c)
{
	uint32_t profile;

	if (c->count > 3 || !at_param_number(c, 0, 0, 127, &profile))
		return CME_BAD_PARAMETERS;
	t->module->radio.gnss_profile = profile;
	return AT_DONE;
}

static enum at_result
ugprf_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+UGPRF: %u", t->module->radio.gnss_profile);
	return AT_DONE;
}

/* --- +CPSMS --- */

/* A timer of 3GPP TS 24.008 as eight binary digits, or what it was. */
static bool
timer_read(const struct at_command *c, size_t i, char timer[TIMER_LEN + 1])
{
	struct bytes text;
	size_t k;

	if (i >= c->count || c->params[i].type == AT_OMITTED)
		return true;
	if (!at_param_text(c, i, &text) || text.len != TIMER_LEN)
		return false;
	for (k = 0; k < TIMER_LEN; k++) {
		if (text.ptr[k] != '0' && text.ptr[k] != '1')
			return false;
	}
	memcpy(timer, text.ptr, TIMER_LEN);
	return true;
}

/* +CPSMS=<mode>[,<RAU>,<READY>,<periodic TAU>,<active time>] */
static enum at_result
cpsms_apply(struct settings *s, const struct at_command *c)
{
	char unused[TIMER_LEN + 1];
	uint32_t mode;

	if (c->count > 5 || !at_param_number(c, 0, 0, 2, &mode) ||
	    !timer_read(c, 1, unused) || !timer_read(c, 2, unused) ||
	    !timer_read(c, 3, s->psm_periodic) ||
	    !timer_read(c, 4, s->psm_active))
		return CME_BAD_PARAMETERS;
	s->psm = mode == 1;
	return AT_DONE;
}

static void
cpsms_write(const struct settings *s, struct writer *out)
{
	setting_put(out, "AT+CPSMS=%d,,,\"%s\",\"%s\"", s->psm, s->psm_periodic,
	    s->psm_active);
}

static enum at_result
cpsms_read(struct terminal *t, UNUSED const struct at_command *c)
{
	const struct settings *s = &t->module->settings;

	terminal_info(t, "+CPSMS: %d,,,\"%s\",\"%s\"", s->psm, s->psm_periodic,
	    s->psm_active);
	return AT_DONE;
}

/* --- +CSGT --- */

static enum at_result
csgt_apply(struct settings *s, const struct at_command *c)
{
	uint32_t on;

	if (c->count > 2 || !at_param_number(c, 0, 0, 1, &on))
		return CME_BAD_PARAMETERS;
	if (c->count == 2 &&
	    !at_param_copy(c, 1, s->greeting, sizeof(s->greeting)))
		return CME_BAD_PARAMETERS;
	s->greeting_on = on == 1;
	return AT_DONE;
}

static void
csgt_write(const struct settings *s, struct writer *out)
{
	setting_put(out, "AT+CSGT=%d,\"%s\"", s->greeting_on, s->greeting);
}

static enum at_result
csgt_read(struct terminal *t, UNUSED const struct at_command *c)
{
	const struct settings *s = &t->module->settings;

	terminal_info(t, "+CSGT: \"%s\",%d", s->greeting, s->greeting_on);
	return AT_DONE;
}

void
at_power_greet(struct terminal *t)
{
	const struct settings *s = &t->module->settings;

	if (s->greeting_on && s->greeting[0] != '\0')
		terminal_urc(t, "%s", s->greeting);
}

/* --- +UDCONF --- */

/* +UDCONF=1[,<1: data of sockets in commands is hex digits>] */
static enum at_result
udconf_set(struct terminal *t, const struct at_command *c)
{
	bool *hex = &t->module->sockets.hex;
	uint32_t what, value;

	if (c->count > 2 || !at_param_number(c, 0, 0, UINT32_MAX, &what))
		return CME_BAD_PARAMETERS;
	if (what != 1)
		return CME_NOT_SUPPORTED;
	if (c->count == 1) {
		terminal_info(t, "+UDCONF: 1,%d", *hex);
		return AT_DONE;
	}
	if (!at_param_number(c, 1, 0, 1, &value))
		return CME_BAD_PARAMETERS;
	*hex = value == 1;
	return AT_DONE;
}

const struct setting settings_power[] = {
    {"+CPSMS", cpsms_apply, cpsms_write},
    {"+CSGT", csgt_apply, csgt_write},
    {NULL, NULL, NULL},
};

const struct at_entry at_power[] = {
    {"+CFUN", NULL, cfun_set, cfun_read, "(0,1,4,15,16),(0,1)"},
    {"+CPWROFF", power_off_execute, NULL, NULL, NULL},
    {"+UPSV", NULL, upsv_set, upsv_read, "(0-4),(40-65000)"},
    {"+UPSMR", NULL, upsmr_set, upsmr_read, "(0,1)"},
    {"+UGPRF", NULL, ugprf_set, ugprf_read, "(0-127)"},
    {"+CPSMS", NULL, at_setting_set, cpsms_read,
	"(0,1,2),,,(\"00000000\"-\"11111111\"),(\"00000000\"-\"11111111\")"},
    {"+CSGT", NULL, at_setting_set, csgt_read, "(0,1),(0-49)"},
    {"+UDCONF", NULL, udconf_set, NULL, "(1),(0,1)"},
    {NULL, NULL, NULL, NULL, NULL},
};
