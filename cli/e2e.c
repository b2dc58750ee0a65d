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
	struct client client;
	struct answer answer;
	char **words;
	int status = cli_parse(argc, argv, &usage, NULL, 0, &common, &words);

	if (status >= 0)
		return status;
	status = client_login(&client, &common);
	if (status != CLI_OK)
		return status;
	status = client_json(&client, "POST", "/v1/GetE2EDecryptionParameters",
	    json_pack("{s:s}", "EncryptedHeader", words[0]), &answer);
	if (status == CLI_OK) {
		(void)fputs(answer.text, stdout);
		answer_free(&answer);
	}
	client_close(&client);
	return status;
}
