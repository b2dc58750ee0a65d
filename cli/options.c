/*
 * Command lines, read by a table: one for each sub-command, which is also
 * where its help comes from.
 */
#include <getopt.h>
#include <stdarg.h>

#include "cli.h"

#define OPTIONS_MAX 16
#define HELP_INDEX (OPTIONS_MAX - 1)

int
cli_fail(int status, const char *fmt, ...)
{
	va_list ap;

	(void)fputs("holdfast: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return status;
}

static void
option_help(const struct cli_option *o)
{
	char left[40];

	(void)snprintf(left, sizeof(left), "--%s%s%s", o->name,
	    o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");
	(void)printf("  %-22s  %s\n", left, o->help);
}

static void
usage_print(const struct cli_usage *usage, const struct cli_option *options,
    size_t count)
{
	(void)printf("Usage: holdfast %s [OPTION]...%s%s\n\n%s\n\n",
	    usage->name, usage->words[0] != '\0' ? " " : "", usage->words,
	    usage->help);
	for (size_t i = 0; i < count; i++)
		option_help(&options[i]);
	(void)printf("  --help                  print this\n");
}

static int
required_check(const struct cli_usage *usage, const struct cli_option *options,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (options[i].required && *options[i].value == NULL)
			return cli_fail(CLI_USAGE,
			    "%s needs --%s %s (see --help)", usage->name,
			    options[i].name, options[i].arg);
	}
	return -1;
}

static int
words_check(const struct cli_usage *usage, size_t count)
{
	if (count < usage->min_words)
		return cli_fail(CLI_USAGE, "%s needs %s (see --help)",
		    usage->name, usage->words);
	if (count > usage->max_words)
		return cli_fail(CLI_USAGE, "%s takes no more words than \"%s\"",
		    usage->name, usage->words);
	return -1;
}

/* getopt's own table; the index of a row comes back as its value. */
static void
table_fill(struct option *out, const struct cli_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		out[i] = (struct option){options[i].name,
		    options[i].arg != NULL ? required_argument : no_argument,
		    NULL, (int)i};
	out[count] = (struct option){"help", no_argument, NULL, HELP_INDEX};
	out[count + 1] = (struct option){NULL, 0, NULL, 0};
}

int
cli_parse(int argc, char **argv, const struct cli_usage *usage,
    const struct cli_option *options, size_t count,
    struct cli_common *ret_common, char ***ret_words)
{
	struct cli_option all[OPTIONS_MAX] = {
	    {"service", "URL",
		"the service (default: HOLDFAST_URL, else that of "
		"the credentials)",
		&ret_common->service, NULL, false},
	    {"credentials", "FILE",
		"API key and secret (default: HOLDFAST_CREDENTIALS, else "
		"~/.config/holdfast/credentials)",
		&ret_common->credentials, NULL, false},
	};
	struct option table[OPTIONS_MAX + 2];
	size_t total = count + 2;

	if (total > HELP_INDEX)
		return cli_fail(CLI_FAILED, "too many options in a table");
	for (size_t i = 0; i < count; i++)
		all[2 + i] = options[i];
	table_fill(table, all, total);
	*ret_common = (struct cli_common){NULL, NULL};
	optind = 0; /* a fresh start, also for the second table */
	opterr = 0;
	for (;;) {
		int i = getopt_long(argc, argv, "", table, NULL);

		if (i < 0)
			break;
		if (i == '?')
			return cli_fail(CLI_USAGE,
			    "%s: %s is no option, or lacks its argument "
			    "(see --help)",
			    usage->name, argv[optind - 1]);
		if (i == HELP_INDEX) {
			usage_print(usage, all, total);
			return CLI_OK;
		}
		if (all[i].flag != NULL)
			*all[i].flag = true;
		else
			*all[i].value = optarg;
	}
	*ret_words = argv + optind;
	int status = required_check(usage, all, total);

	if (status < 0)
		status = words_check(usage, (size_t)(argc - optind));
	return status;
}
