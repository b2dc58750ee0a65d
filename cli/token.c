/*
 * holdfast token: an AuthToken on standard output, and nothing else.
 */
#include "cli.h"

int
token_main(int argc, char **argv)
{
	static const struct cli_usage usage = {"token", "",
	    "Prints an AuthToken, good for an hour:\n\n"
	    "  curl -H \"Authorization: $(holdfast token)\" ...",
	    0, 0};
	struct cli_common common;
	struct client client;
	char **words;
	int status = cli_parse(argc, argv, &usage, NULL, 0, &common, &words);

	if (status >= 0)
		return status;
	status = client_login(&client, &common);
	if (status != CLI_OK)
		return status;
	(void)printf("%s\n", client.token);
	client_close(&client);
	return CLI_OK;
}
