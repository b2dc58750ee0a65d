/*
 * The program holdfastd: reads its arguments and configuration, then is the
 * supervisor.
 */
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloud/config.h"
#include "cloud/log.h"
#include "supervisor.h"

#define SETS_MAX 64
#define EXIT_USAGE 2

struct arguments {
	const char *data;
	const char *file;
	const char *sets[SETS_MAX];
	size_t set_count;
};

static const char usage[] =
    "usage: holdfastd --data DIR [--config FILE] [--set SECTION.KEY=VALUE]...\n"
    "\n"
    "  --data DIR               directory of everything that is kept\n"
    "  --config FILE            settings, as INI: [SECTION] and KEY = VALUE\n"
    "  --set SECTION.KEY=VALUE  one setting, before the file's\n"
    "  --help                   this text\n"
    "  --version                the version\n"
    "\n"
    "Settings and what they are without a file (relative paths hang on DIR):\n"
    "\n";

enum option_id { OPT_DATA = 1, OPT_CONFIG, OPT_SET, OPT_HELP, OPT_VERSION };

static const struct option options[] = {
    {"data", required_argument, NULL, OPT_DATA},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"set", required_argument, NULL, OPT_SET},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static int
help(void)
{
	fputs(usage, stdout);
	config_help(stdout);
	return EXIT_SUCCESS;
}

static int
bad_usage(const char *sentence)
{
	fprintf(stderr, "holdfastd: %s\nTry holdfastd --help.\n", sentence);
	return EXIT_USAGE;
}

/* Reads the arguments; -1: go on, else the exit status. */
static int
arguments_read(int argc, char **argv, struct arguments *ret_args)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case OPT_DATA:
			ret_args->data = optarg;
			break;
		case OPT_CONFIG:
			ret_args->file = optarg;
			break;
		case OPT_SET:
			if (ret_args->set_count == SETS_MAX)
				return bad_usage("too many --set");
			ret_args->sets[ret_args->set_count++] = optarg;
			break;
		case OPT_HELP:
			return help();
		case OPT_VERSION:
			puts("holdfastd " HOLDFAST_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs("Try holdfastd --help.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		return bad_usage("it takes options only");
	if (ret_args->data == NULL || ret_args->data[0] == '\0')
		return bad_usage("--data DIR is missing");
	return -1;
}

int
main(int argc, char **argv)
{
	struct arguments args = {0};
	char sentence[CONFIG_ERROR_MAX];
	struct config config;
	int status;

	status = arguments_read(argc, argv, &args);
	if (status >= 0)
		return status;
	umask(077);
	/* What was left open by whoever started us is no process's of ours. */
	close_range(STDERR_FILENO + 1, ~0u, 0);
	log_init("supervisor");
	if (config_load(args.data, args.file, args.sets, args.set_count,
		&config, sentence) != ERR_OK) {
		fprintf(stderr, "holdfastd: %s\n", sentence);
		return EXIT_USAGE;
	}
	status = supervisor_run(&config);
	config_done(&config);
	return status;
}
