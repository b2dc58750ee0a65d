/*
 * Finds a command in the groups and runs the form that was asked for.
 */
#include "at_table.h"

#include "module.h"

static const struct at_entry *const groups[] = {
    at_general,
    at_network,
    at_file,
    at_usec,
    at_c2c,
    at_local,
};

static const struct at_entry *
entry_find(const struct model *model, const char *name)
{
	const struct at_entry *e;
	size_t i;

	for (i = 0; i < ARRAY_LEN(groups); i++) {
		if (groups[i] == at_c2c && !model->c2c)
			continue;
		for (e = groups[i]; e->name != NULL; e++) {
			if (strcmp(e->name, name) == 0)
				return e;
		}
	}
	return NULL;
}

static enum at_result
entry_test(struct terminal *t, const struct at_entry *e)
{
	if (e->values != NULL)
		terminal_info(t, "%s: %s", e->name, e->values);
	return AT_DONE;
}

enum at_result
at_run(struct terminal *t, const struct at_command *c)
{
	const struct at_entry *e = entry_find(t->module->model, c->name);
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
	return run == NULL ? CME_NOT_SUPPORTED : run(t, c);
}
