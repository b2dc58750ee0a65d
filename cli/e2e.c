/*
 * holdfast e2e: what opens a message, by its header.
 */
#include "cli.h"

int
e2e_main(int argc, char **argv)
{
	static const struct cli_usage usage = {"e2e", "HEADER",
	    "Gets cipher suite, key, MAC length and nonce for the message "
	    "with a header\n(32 or 22 hex digits), as JSON.",
	    1, 1};
	struct cli_common common;
	struct answer answer;
	char **words;
	int status = cli_parse(argc, argv, &usage, NULL, 0, &common, &words);

	if (status >= 0)
		return status;
	status = client_ask(&common, "POST", "/v1/GetE2EDecryptionParameters",
	    json_pack("{s:s}", "EncryptedHeader", words[0]), &answer);
	return status == CLI_OK ? answer_show(&answer) : status;
}
