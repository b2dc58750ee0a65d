/*
 * General commands: identification, errors, echo, the V.250 settings that
 * hosts set and that have one value here, the clock.
 */
#include "at_table.h"

#include <time.h>

#include "base/text.h"
#include "module.h"

#define MANUFACTURER "Holdfast"

/* --- basic commands --- */

static enum at_result
echo_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	t->settings.echo = false;
	return AT_DONE;
}

static enum at_result
echo_set(struct terminal *t, const struct at_command *c)
{
	uint32_t on;

	if (!at_param_number(c, 0, 0, 1, &on))
		return CME_BAD_PARAMETERS;
	t->settings.echo = on == 1;
	return AT_DONE;
}

static enum at_result
identify(struct terminal *t)
{
	terminal_info(t, "Manufacturer: %s", MANUFACTURER);
	terminal_info(t, "Model: %s", t->module->model->name);
	terminal_info(t, "Revision: %s", t->module->firmware);
	return AT_DONE;
}

static enum at_result
identify_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	return identify(t);
}

/* ATI0 to ATI9; 9 tells the firmware as hosts look for it at power-on. */
static enum at_result
identify_set(struct terminal *t, const struct at_command *c)
{
	uint32_t what;

	if (!at_param_number(c, 0, 0, 9, &what))
		return CME_BAD_PARAMETERS;
	if (what == 0)
		return identify(t);
	if (what == 9)
		terminal_info(
		    t, "%s,%s", t->module->firmware, t->module->firmware);
	else
		terminal_info(t, "%s", t->module->model->ordering_code);
	return AT_DONE;
}

/* Default settings of this terminal. */
static enum at_result
defaults_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	t->settings.echo = true;
	t->settings.cmee = 0;
	memset(t->settings.reg, 0, sizeof(t->settings.reg));
	t->settings.cops_format = 0;
	t->settings.context_reports = 0;
	return AT_DONE;
}

static enum at_result
defaults_set(struct terminal *t, const struct at_command *c)
{
	uint32_t profile;

	if (!at_param_number(c, 0, 0, 1, &profile))
		return CME_BAD_PARAMETERS;
	return defaults_execute(t, c);
}

/* A line that no modem wire carries: taken and without effect. */
static enum at_result
wire_set(UNUSED struct terminal *t, const struct at_command *c)
{
	uint32_t value;

	return at_param_number(c, 0, 0, 4, &value) ? AT_DONE
						   : CME_BAD_PARAMETERS;
}

static enum at_result
wire_execute(UNUSED struct terminal *t, UNUSED const struct at_command *c)
{
	return AT_DONE;
}

/* Results in words, and not suppressed, are the only form here. */
static enum at_result
verbose_set(UNUSED struct terminal *t, const struct at_command *c)
{
	uint32_t value;

	return at_param_number(c, 0, 1, 1, &value) ? AT_DONE
						   : CME_NOT_SUPPORTED;
}

static enum at_result
quiet_set(UNUSED struct terminal *t, const struct at_command *c)
{
	uint32_t value;

	return at_param_number(c, 0, 0, 0, &value) ? AT_DONE
						   : CME_NOT_SUPPORTED;
}

/* S parameters that have one value: CR, LF, BS. */
static unsigned
register_value(const struct at_command *c)
{
	if (c->name[1] == '3')
		return '\r';
	return c->name[1] == '4' ? '\n' : 8;
}

static enum at_result
register_set(UNUSED struct terminal *t, const struct at_command *c)
{
	unsigned only = register_value(c);
	uint32_t value;

	return at_param_number(c, 0, only, only, &value) ? AT_DONE
							 : CME_NOT_SUPPORTED;
}

static enum at_result
register_read(struct terminal *t, const struct at_command *c)
{
	terminal_info(t, "%03u", register_value(c));
	return AT_DONE;
}

/* --- identification --- */

static enum at_result
manufacturer_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "%s", MANUFACTURER);
	return AT_DONE;
}

static enum at_result
model_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "%s", t->module->model->name);
	return AT_DONE;
}

static enum at_result
revision_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "%s", t->module->firmware);
	return AT_DONE;
}

/* The digit that makes the sum of Luhn's rule a multiple of ten. */
static char
luhn_digit(const char *digits, size_t len)
{
	unsigned sum = 0, d;
	size_t i;

	for (i = 0; i < len; i++) {
		d = (unsigned)(digits[len - 1 - i] - '0');
		if (i % 2 == 0)
			d = d > 4 ? 2 * d - 9 : 2 * d;
		sum += d;
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

/* Test numbers 00..., from the RoTPublicUID. */
void
at_imei(const struct module *module, char ret_imei[IMEI_LEN + 1])
{
	const uint8_t *uid = module->uid;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < UID_LEN; i++)
		n = n << 8 | uid[i];
	(void)snprintf(ret_imei, IMEI_LEN + 1, "00%012llu",
	    (unsigned long long)(n % 1000000000000ull));
	ret_imei[IMEI_LEN - 1] = luhn_digit(ret_imei, IMEI_LEN - 1);
	ret_imei[IMEI_LEN] = '\0';
}

static enum at_result
serial_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	char imei[IMEI_LEN + 1];

	at_imei(t->module, imei);
	terminal_info(t, "%s", imei);
	return AT_DONE;
}

/* --- errors, time --- */

static enum at_result
cmee_set(struct terminal *t, const struct at_command *c)
{
	uint32_t mode;

	if (c->count != 1 || !at_param_number_or(c, 0, 0, 2, 0, &mode))
		return CME_BAD_PARAMETERS;
	t->settings.cmee = mode;
	return AT_DONE;
}

static enum at_result
cmee_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+CMEE: %u", t->settings.cmee);
	return AT_DONE;
}

/* The clock in UTC: the emulated network tells it so. */
static enum at_result
clock_read(struct terminal *t, UNUSED const struct at_command *c)
{
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL)
		return CME_UNKNOWN;
	terminal_info(t, "+CCLK: \"%02d/%02d/%02d,%02d:%02d:%02d+00\"",
	    tm.tm_year % 100, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
	return AT_DONE;
}

/* Whether the clock follows the network's time zone, which is UTC. */
static enum at_result
time_zone_apply(struct settings *s, const struct at_command *c)
{
	uint32_t on;

	if (c->count != 1 || !at_param_number(c, 0, 0, 1, &on))
		return CME_BAD_PARAMETERS;
	s->time_zone = on;
	return AT_DONE;
}

static void
time_zone_write(const struct settings *s, struct writer *out)
{
	setting_put(out, "AT+CTZU=%u", s->time_zone);
}

static enum at_result
time_zone_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+CTZU: %u", t->module->settings.time_zone);
	return AT_DONE;
}

const struct setting settings_general[] = {
    {"+CTZU", time_zone_apply, time_zone_write},
    {NULL, NULL, NULL},
};

const struct at_entry at_general[] = {
    {"E", echo_execute, echo_set, NULL, NULL},
    {"I", identify_execute, identify_set, NULL, NULL},
    {"Z", defaults_execute, defaults_set, NULL, NULL},
    {"&F", defaults_execute, defaults_set, NULL, NULL},
    {"V", wire_execute, verbose_set, NULL, NULL},
    {"Q", wire_execute, quiet_set, NULL, NULL},
    {"&C", wire_execute, wire_set, NULL, NULL},
    {"&D", wire_execute, wire_set, NULL, NULL},
    {"&K", wire_execute, wire_set, NULL, NULL},
    {"S3", NULL, register_set, register_read, NULL},
    {"S4", NULL, register_set, register_read, NULL},
    {"S5", NULL, register_set, register_read, NULL},
    {"+CGMI", manufacturer_execute, NULL, NULL, NULL},
    {"+GMI", manufacturer_execute, NULL, NULL, NULL},
    {"+CGMM", model_execute, NULL, NULL, NULL},
    {"+GMM", model_execute, NULL, NULL, NULL},
    {"+CGMR", revision_execute, NULL, NULL, NULL},
    {"+GMR", revision_execute, NULL, NULL, NULL},
    {"+CGSN", serial_execute, NULL, NULL, NULL},
    {"+GSN", serial_execute, NULL, NULL, NULL},
    {"+CMEE", NULL, cmee_set, cmee_read, "(0-2)"},
    {"+CCLK", NULL, NULL, clock_read, NULL},
    {"+CTZU", NULL, at_setting_set, time_zone_read, "(0,1)"},
    {NULL, NULL, NULL, NULL, NULL},
};
