/*
 * holdfast apikeys create, list, end.
 */
#include "cli.h"

static int
apikeys_create(int argc, char **argv)
{
	const char *out = NULL;
	static const struct cli_usage usage = {"apikeys create", "",
	    "Makes another API key of the account and prints it with its "
	    "secret, which is\nshown this once. An account has at most five.",
	    0, 0};
	const struct cli_option options[] = {
	    {"out", "FILE", "write it there, for --credentials", &out, NULL,
		false},
	};
	struct cli_common common;
	struct client client;
	struct answer answer;
	char **words;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	status = client_login(&client, &common);
	if (status != CLI_OK)
		return status;
	status = client_json(&client, "POST", "/v1/apikeys", NULL, &answer);
	if (status == CLI_OK) {
		status = credentials_keep(&client, answer.json, out);
		answer_free(&answer);
	}
	client_close(&client);
	return status;
}

static void
apikey_print(const json_t *item, void *ctx UNUSED)
{
	const char *state = "good";

	if (json_is_true(json_object_get(item, "Ended")))
		state = "ended";
	else if (json_is_true(json_object_get(item, "Current")))
		state = "this";
	(void)printf("%s  %-5s  %s\n", json_text(item, "APIKey"), state,
	    json_text(item, "CreateDate"));
}

static int
apikeys_list(int argc, char **argv)
{
	static const struct cli_usage usage = {"apikeys list", "",
	    "Lists the API keys of the account: key; good, ended or this one; "
	    "date.",
	    0, 0};

	return list_main(argc, argv, &usage, "/v1/apikeys", apikey_print);
}

static int
apikeys_end(int argc, char **argv)
{
	static const struct cli_usage usage = {"apikeys end", "APIKEY",
	    "Ends an API key and all its tokens, at once.", 1, 1};

	return item_call_main(
	    argc, argv, &usage, "DELETE", "/v1/apikeys", NULL, NULL);
}

int
apikeys_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
	    {"create", apikeys_create},
	    {"list", apikeys_list},
	    {"end", apikeys_end},
	};

	return verb_main("apikeys", verbs, ARRAY_LEN(verbs), argc, argv);
}
