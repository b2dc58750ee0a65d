/*
 * holdfast events: what happened to devices, newest first.
 */
#include "cli.h"

/* A value of a detail in plain words. */
static void
value_print(const char *name, const json_t *value)
{
	if (json_is_string(value))
		(void)printf("    %-16s %s\n", name, json_string_value(value));
	else if (json_is_integer(value))
		(void)printf("    %-16s %lld\n", name,
		    (long long)json_integer_value(value));
}

static void
event_print(const json_t *item, void *ctx UNUSED)
{
	const char *uid = json_text(item, "ROTPublicUID"), *name;
	json_t *value;

	(void)printf("%s  %s  %s\n", json_text(item, "Date"),
	    uid[0] != '\0' ? uid : "-", json_text(item, "Kind"));
	json_object_foreach(json_object_get(item, "Detail"), name, value)
	{
		value_print(name, value);
	}
}

/* One page, the newest; or all of them. */
static int
events_show(struct client *client, const char *path, bool all)
{
	struct answer answer;
	size_t i;
	json_t *item;
	int status;

	if (all)
		return client_list(client, path, event_print, NULL);
	status = client_json(client, "GET", path, NULL, &answer);
	if (status != CLI_OK)
		return status;
	json_array_foreach(json_object_get(answer.json, "Items"), i, item)
	{
		event_print(item, NULL);
	}
	answer_free(&answer);
	return CLI_OK;
}

int
events_main(int argc, char **argv)
{
	bool all = false;
	static const struct cli_usage usage = {"events", "[ROTPUBLICUID]",
	    "Lists the newest hundred events of the account, or of one "
	    "device: clones,\nunknown profiles, keys that were erased.",
	    0, 1};
	const struct cli_option options[] = {
	    {"all", NULL, "all there are", NULL, &all, false},
	};
	struct cli_common common;
	struct client client;
	char **words, path[128] = "/v1/events";
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	if (words[0] != NULL && strlen(words[0]) > 16)
		return cli_fail(
		    CLI_USAGE, "\"%s\" is no ROTPublicUID", words[0]);
	if (words[0] != NULL)
		(void)snprintf(
		    path, sizeof(path), "/v1/events?device=%s", words[0]);
	status = client_login(&client, &common);
	if (status != CLI_OK)
		return status;
	status = events_show(&client, path, all);
	client_close(&client);
	return status;
}
