/*
 * Any command line: what is read of it lies within it and within the limits,
 * and reading comes to an end.
 */
#include "at_parse.h"
#include "fuzz.h"

static void
param_check(const struct at_param *p, struct bytes line)
{
	switch (p->type) {
	case AT_OMITTED:
	case AT_NUMBER:
		break;
	case AT_TEXT:
		fuzz_check(p->text.ptr >= line.ptr);
		fuzz_check(p->text.ptr + p->text.len < line.ptr + line.len);
		fuzz_check(p->text.len == 0 ||
			   memchr(p->text.ptr, '"', p->text.len) == NULL);
		break;
	default:
		fuzz_check(false);
	}
}

static void
command_check(const struct at_command *c, struct bytes line)
{
	size_t i, len = strlen(c->name);

	fuzz_check(len > 0 && len <= AT_NAME_MAX);
	fuzz_check(c->count <= AT_PARAMS_MAX);
	fuzz_check((c->count > 0) == (c->form == AT_SET));
	for (i = 0; i < len; i++)
		fuzz_check(c->name[i] < 'a' || c->name[i] > 'z');
	for (i = 0; i < c->count; i++)
		param_check(&c->params[i], line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = bytes_make(data, len);
	struct at_command c;
	struct at_line line;
	size_t before;

	if (at_line_start(&line, in) != ERR_OK)
		return 0;
	while (at_line_more(&line)) {
		before = line.pos;
		if (at_line_next(&line, &c) != ERR_OK)
			break;
		fuzz_check(line.pos > before && line.pos <= len);
		command_check(&c, in);
	}
	return 0;
}
