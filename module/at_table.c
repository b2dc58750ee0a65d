/*
 * Finds a command in the groups and runs the form that was asked for.
 */
#include "at_table.h"

#include "module.h"

static const struct at_entry *const groups[] = {
    at_general,
    at_power,
    at_sim,
    at_network,
    at_packet,
    at_file,
    at_http,
    at_profile,
    at_credential,
    at_mqtt,
    at_socket,
    at_dns,
    at_client,
    at_usec,
    at_e2e,
    at_c2c,
    at_local,
    at_ztp,
};

/* Finds a command and its group; NULL when the model has none. */
static const struct at_entry *
entry_find(const struct model *model, const char *name,
    const struct at_entry **ret_group)
{
	const struct at_entry *e;
	size_t i;

	for (i = 0; i < ARRAY_LEN(groups); i++) {
		if (groups[i] == at_c2c && !model->c2c)
			continue;
		for (e = groups[i]; e->name != NULL; e++) {
			if (strcmp(e->name, name) == 0) {
				*ret_group = groups[i];
				return e;
			}
		}
	}
	return NULL;
}

/* +USECMODE=0: what the security client does is refused. */
static bool
group_is_off(const struct module *m, const struct at_entry *group)
{
	return m->settings.security_off &&
	       (group == at_usec || group == at_e2e || group == at_local ||
		   group == at_ztp);
}

static enum at_result
entry_test(struct terminal *t, const struct at_entry *e)
{
	if (e->values != NULL)
		terminal_info(t, "%s: %s", e->name, e->values);
	return AT_DONE;
}

enum at_result
at_setting_set(struct terminal *t, const struct at_command *c)
{
	return settings_set(t->module->state_fd, &t->module->settings, c);
}

enum at_result
at_run(struct terminal *t, const struct at_command *c)
{
	const struct at_entry *group;
	const struct at_entry *e =
	    entry_find(t->module->model, c->name, &group);
	enum at_result (*run)(struct terminal *, const struct at_command *);

	if (e == NULL)
		return CME_UNKNOWN;
	run = NULL;
	if (c->form == AT_TEST)
		return entry_test(t, e);
	if (c->form == AT_EXECUTE)
		run = e->execute;
	else if (c->form == AT_SET)
		run = e->set;
	else if (c->form == AT_READ)
		run = e->read;
	if (run != NULL && group_is_off(t->module, group))
		return CME_DISABLED;
	return run == NULL ? CME_NOT_SUPPORTED : run(t, c);
}
