/*
 * Security profiles: +USECPRF. A change is kept durably, sealed, before it
 * counts and before the OK; the session that was kept for the profile goes
 * first, because resuming it would skip the new checks.
 */
#include "at_table.h"
#include "base/text.h"
#include "base/wipe.h"
#include "module.h"
#include "profile_store.h"
#include "tls.h"

/* --- reading --- */

static void
suites_tell(struct terminal *t, unsigned number, const struct profile *p)
{
	char list[5 * PROFILE_SUITES_MAX + 1];
	size_t i, len = 0;

	list[0] = '\0';
	if (p->suites_form == SUITES_DEFAULT) {
		terminal_info(t, "+USECPRF: %u,2,0", number);
	} else if (p->suites_form == SUITES_ONE) {
		terminal_info(t, "+USECPRF: %u,2,99,\"%02X\",\"%02X\"", number,
		    p->suites[0] >> 8, p->suites[0] & 0xff);
	} else {
		for (i = 0; i < p->suite_count; i++)
			len += (size_t)snprintf(list + len, sizeof(list) - len,
			    "%s%04X", i == 0 ? "" : ";", p->suites[i]);
		terminal_info(t, "+USECPRF: %u,2,100,\"%s\"", number, list);
	}
}

static void
text_tell(struct terminal *t, unsigned number, const struct profile *p,
    enum profile_op op)
{
	const struct profile_text *text = profile_text_of(p, op);

	terminal_info(t, "+USECPRF: %u,%d,\"%.*s\"%s", number, (int)op,
	    (int)text->len, text->text, text->hex ? ",1" : "");
}

static enum at_result
profile_tell(struct terminal *t, unsigned number, uint32_t op)
{
	const struct profile *p = &t->module->profiles[number];
	unsigned value;

	switch (op) {
	case PROFILE_VALIDATION:
		value = p->validation;
		break;
	case PROFILE_VERSION:
		value = p->version;
		break;
	case PROFILE_SUITES:
		suites_tell(t, number, p);
		return AT_DONE;
	case PROFILE_CA:
	case PROFILE_HOST:
	case PROFILE_CERT:
	case PROFILE_KEY:
	case PROFILE_PSK_ID:
	case PROFILE_SNI:
		text_tell(t, number, p, (enum profile_op)op);
		return AT_DONE;
	case PROFILE_PASSWORD:
	case PROFILE_PSK:
		return CME_NOT_ALLOWED; /* secrets are never read back */
	case PROFILE_ROT_PSK:
		value = p->rot_psk ? 1 : 0;
		break;
	case PROFILE_RESUME:
		value = p->resume ? 1 : 0;
		break;
	case PROFILE_ZTP:
		value = p->ztp;
		break;
	default:
		return CME_BAD_PARAMETERS;
	}
	terminal_info(t, "+USECPRF: %u,%u,%u", number, (unsigned)op, value);
	return AT_DONE;
}

/* --- setting: to a copy --- */

static enum at_result
number_apply(const struct at_command *c, uint32_t max, unsigned *ret_value)
{
	uint32_t value;

	if (c->count != 3 || !at_param_number(c, 2, 0, max, &value))
		return CME_BAD_PARAMETERS;
	*ret_value = value;
	return AT_DONE;
}

static enum at_result
flag_apply(const struct at_command *c, bool *ret_flag)
{
	unsigned value = 0;
	enum at_result result = number_apply(c, 1, &value);

	if (result == AT_DONE)
		*ret_flag = value == 1;
	return result;
}

/* "<text>"[,<0 text, 1 hex>] */
static enum at_result
text_apply(const struct at_command *c, struct profile *p, enum profile_op op)
{
	struct bytes text;
	uint32_t hex;
	enum err err;

	if (c->count > 4 || !at_param_text(c, 2, &text) ||
	    !at_param_number_or(c, 3, 0, 1, 0, &hex))
		return CME_BAD_PARAMETERS;
	err = profile_text_set(p, op, text, hex == 1);
	return err == ERR_SPACE ? CME_TOO_LONG : at_result_of(err);
}

/* The byte of two hex digits at place i. */
static bool
param_byte(const struct at_command *c, size_t i, uint8_t *ret_byte)
{
	struct bytes text;
	size_t len;

	return at_param_text(c, i, &text) && text.len == 2 &&
	       hex_decode(text, ret_byte, 1, &len) == ERR_OK;
}

static enum at_result
suite_read(const struct at_command *c, uint16_t *ret_suite)
{
	uint8_t high, low;

	if (!param_byte(c, 3, &high) || !param_byte(c, 4, &low))
		return CME_BAD_PARAMETERS;
	*ret_suite = (uint16_t)(high << 8 | low);
	return tls_suite_known(*ret_suite) ? AT_DONE : CME_NOT_SUPPORTED;
}

/* 99,"hh","ll": this suite and no other. */
static enum at_result
suite_only(const struct at_command *c, struct profile *p)
{
	uint16_t suite;
	enum at_result result = suite_read(c, &suite);

	if (c->count != 5)
		return CME_BAD_PARAMETERS;
	if (result != AT_DONE)
		return result;
	p->suites_form = SUITES_ONE;
	p->suite_count = 0;
	return at_result_of(profile_suite_add(p, suite));
}

/* 100,"hh","ll",<0 adds, 1 removes> */
static enum at_result
suite_change(const struct at_command *c, struct profile *p)
{
	uint16_t suite;
	uint32_t remove;
	enum at_result result = suite_read(c, &suite);

	if (c->count > 6 || !at_param_number_or(c, 5, 0, 1, 0, &remove))
		return CME_BAD_PARAMETERS;
	if (result != AT_DONE)
		return result;
	if (p->suites_form != SUITES_LIST)
		p->suite_count = 0;
	p->suites_form = SUITES_LIST;
	return at_result_of(remove == 1 ? profile_suite_remove(p, suite)
					: profile_suite_add(p, suite));
}

static enum at_result
suites_apply(const struct at_command *c, struct profile *p)
{
	uint32_t form;

	if (!at_param_number(c, 2, 0, SUITES_LIST, &form))
		return CME_BAD_PARAMETERS;
	if (form == SUITES_ONE)
		return suite_only(c, p);
	if (form == SUITES_LIST)
		return suite_change(c, p);
	if (form != SUITES_DEFAULT || c->count != 3)
		return CME_BAD_PARAMETERS;
	p->suites_form = SUITES_DEFAULT;
	p->suite_count = 0;
	return AT_DONE;
}

static enum at_result
op_apply(const struct model *model, const struct at_command *c, uint32_t op,
    struct profile *p)
{
	switch (op) {
	case PROFILE_VALIDATION:
		return number_apply(c, VALIDATE_DATE, &p->validation);
	case PROFILE_VERSION:
		return number_apply(
		    c, model->tls_1_3 ? VERSION_1_3 : VERSION_1_2, &p->version);
	case PROFILE_SUITES:
		return suites_apply(c, p);
	case PROFILE_ROT_PSK:
		if (!model->rot_psk)
			return CME_NOT_SUPPORTED;
		return flag_apply(c, &p->rot_psk);
	case PROFILE_RESUME:
		return flag_apply(c, &p->resume);
	case PROFILE_ZTP:
		return number_apply(c, ZTP_WITHOUT_CA, &p->ztp);
	default:
		break;
	}
	if (op < PROFILE_TEXT_FIRST || op > PROFILE_TEXT_LAST)
		return CME_BAD_PARAMETERS;
	return text_apply(c, p, (enum profile_op)op);
}

static enum at_result
profile_set(struct terminal *t, const struct at_command *c)
{
	struct module *m = t->module;
	struct profile p;
	enum at_result result = AT_DONE;
	uint32_t number, op;

	if (!at_param_number(c, 0, 0, PROFILES_MAX - 1, &number))
		return CME_BAD_PARAMETERS;
	if (c->count > 1 && !at_param_number(c, 1, 0, PROFILE_ZTP, &op))
		return CME_BAD_PARAMETERS;
	if (c->count == 2)
		return profile_tell(t, number, op);
	p = m->profiles[number];
	if (c->count == 1)
		profile_default(&p, m->model->validation);
	else
		result = op_apply(m->model, c, op, &p);
	if (result == AT_DONE)
		result = at_result_of(profile_store(m, number, &p));
	wipe(&p, sizeof(p));
	return result;
}

const struct at_entry at_profile[] = {
    {"+USECPRF", NULL, profile_set, NULL, "(0-4),(0-11,13,14)"},
    {NULL, NULL, NULL, NULL, NULL},
};
