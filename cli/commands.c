/*
 * The table of sub-commands.
 */
#include <curl/curl.h>

#include "cli.h"

struct command {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"init", "set a new service up, with its set-up token", init_main},
    {"token", "print an AuthToken, for curl and scripts", token_main},
    {"profiles", "create, list, show and change device profiles",
	profiles_main},
    {"devices", "list, show, suspend, rotate, release, decommission devices",
	devices_main},
    {"events", "list events, such as clones that were found", events_main},
    {"features", "show and switch features of a device or profile",
	features_main},
    {"cas", "certificate authorities for zero-touch provisioning", cas_main},
    {"transfers", "give devices to another tenant, or take them",
	transfers_main},
    {"tenants", "make tenants and change their plans, as operator",
	tenants_main},
    {"apikeys", "make, list and end API keys", apikeys_main},
    {"import", "import the records of a production run", import_main},
    {"psk", "get the PSK of an identity", psk_main},
    {"e2e", "get what opens an encrypted message", e2e_main},
    {"decrypt", "open an encrypted message", decrypt_main},
    {"downlink", "get what encrypts a message to a device", downlink_main},
    {"encrypt", "encrypt a message to a device", encrypt_main},
};

static void
help_print(FILE *out)
{
	(void)fprintf(out,
	    "Usage: holdfast COMMAND [OPTION]... [WORD]...\n\n"
	    "Speaks to a Holdfast service over its REST API.\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		(void)fprintf(
		    out, "  %-10s  %s\n", commands[i].name, commands[i].help);
	(void)fprintf(out,
	    "\nholdfast COMMAND --help says more about each.\n\n"
	    "Exit status: 0 done, 1 refused by the service, 2 wrong command\n"
	    "line, 3 a file or the network failed.\n");
}

/* What was printed has to have got out, also what stdio wrote before. */
static int
output_finish(int status)
{
	bool failed = ferror(stdout) != 0;

	failed = fflush(stdout) != 0 || failed;
	if (!failed || status == CLI_FAILED)
		return status;
	return cli_fail(CLI_FAILED, "cannot write the output");
}

int
cli_run(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
		help_print(stdout);
		return output_finish(CLI_OK);
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
			return cli_fail(CLI_FAILED, "libcurl does not start");
		int status = commands[i].run(argc - 1, argv + 1);

		curl_global_cleanup();
		return output_finish(status);
	}
	help_print(stderr);
	return CLI_USAGE;
}
