/*
 * What sub-commands over a resource share: their verbs, a list, and showing
 * one item.
 */
#include "cli.h"

int
verb_main(const char *noun, const struct cli_verb *verbs, size_t count,
    int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < count; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	}
	bool help = strcmp(name, "--help") == 0;
	FILE *out = help ? stdout : stderr;

	(void)fprintf(out, "Usage:\n");
	for (size_t i = 0; i < count; i++)
		(void)fprintf(
		    out, "  holdfast %s %s [--help]\n", noun, verbs[i].name);
	return help ? CLI_OK : CLI_USAGE;
}

/* Names of items are hex or base64url: nothing that has to be escaped. */
static bool
item_is_good(const char *item)
{
	size_t len = strspn(item,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	    "-_");

	return len > 0 && len <= 64 && item[len] == '\0';
}

int
item_path(char *out, size_t cap, const char *path, const char *item,
    const char *tail, const char *words)
{
	if (!item_is_good(item))
		return cli_fail(CLI_USAGE, "\"%s\" is no %s", item, words);
	(void)snprintf(out, cap, "%s/%s%s", path, item, tail);
	return CLI_OK;
}

int
item_call_main(int argc, char **argv, const struct cli_usage *usage,
    const char *method, const char *path, const char *action, const char *field)
{
	struct cli_common common;
	struct answer answer;
	char **words, url[256], tail[64];
	int status = cli_parse(argc, argv, usage, NULL, 0, &common, &words);

	if (status >= 0)
		return status;
	(void)snprintf(tail, sizeof(tail), "%s%s", action != NULL ? "/" : "",
	    action != NULL ? action : "");
	status =
	    item_path(url, sizeof(url), path, words[0], tail, usage->words);
	if (status == CLI_OK)
		status = client_ask(&common, method, url,
		    field != NULL ? json_pack("{s:s}", field, words[1]) : NULL,
		    &answer);
	return status == CLI_OK ? answer_show(&answer) : status;
}

int
item_main(
    int argc, char **argv, const struct cli_usage *usage, const char *path)
{
	return item_call_main(argc, argv, usage, "GET", path, NULL, NULL);
}

int
list_main(int argc, char **argv, const struct cli_usage *usage,
    const char *path, void (*print)(const json_t *item, void *ctx))
{
	struct cli_common common;
	struct client client;
	char **words;
	int status = cli_parse(argc, argv, usage, NULL, 0, &common, &words);

	if (status >= 0)
		return status;
	status = client_login(&client, &common);
	if (status != CLI_OK)
		return status;
	status = client_list(&client, path, print, NULL);
	client_close(&client);
	return status;
}
