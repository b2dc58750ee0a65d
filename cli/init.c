/*
 * holdfast init: the first set-up of a service. What it prints is shown this
 * once; the API key also goes to the credentials.
 */
#include <errno.h>
#include <unistd.h>

#include "base/wipe.h"

#include "cli.h"

#define SETUP_TOKEN_MAX 128

struct init_args {
	const char *data;
	const char *tenant;
	const char *admin;
	const char *profile;
	const char *plan;
	bool force;
};

/* Reads DATA/setup-token, without its newline. */
static int
token_read(const char *path, char *out, size_t cap)
{
	uint8_t *data;
	size_t len;
	enum err err = file_slurp(path, SETUP_TOKEN_MAX, &data, &len);

	if (err == ERR_IO && errno == ENOENT)
		return cli_fail(CLI_FAILED,
		    "%s: there is no set-up token: the service has not been "
		    "started, or it has been set up already",
		    path);
	if (err != ERR_OK)
		return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
	while (len > 0 && data[len - 1] == '\n')
		len--;
	len = len < cap ? len : cap - 1;
	memcpy(out, data, len);
	out[len] = '\0';
	wipe(data, len);
	free(data);
	return CLI_OK;
}

static void
result_print(const json_t *r, const char *path)
{
	(void)printf("Tenant           %s (plan %s)\n"
		     "Administrator    %s\n"
		     "Password         %s\n"
		     "API key          %s\n"
		     "API secret       %s\n"
		     "Device profile   %s (%s)\n"
		     "\n"
		     "Password and secret are shown this once. The API key is "
		     "in\n%s\n",
	    json_text(r, "TenantName"), json_text(r, "Plan"),
	    json_text(r, "AdminEmail"), json_text(r, "AdminPassword"),
	    json_text(r, "APIKey"), json_text(r, "APISecret"),
	    json_text(r, "DeviceProfileUID"), json_text(r, "DeviceProfileName"),
	    path);
}

static int
result_keep(const struct client *client, const json_t *r, const char *path)
{
	struct credentials c;

	(void)snprintf(c.service, sizeof(c.service), "%s", client->service);
	(void)snprintf(
	    c.apikey, sizeof(c.apikey), "%s", json_text(r, "APIKey"));
	(void)snprintf(
	    c.secret, sizeof(c.secret), "%s", json_text(r, "APISecret"));
	enum err err = credentials_write(path, &c);

	wipe(&c, sizeof(c));
	if (err == ERR_OK)
		return CLI_OK;
	return cli_fail(CLI_FAILED,
	    "%s: %s: keep the API key and secret yourself", path,
	    strerror(errno));
}

static int
init_call(struct client *client, const struct init_args *args,
    const char *token_path, const char *path)
{
	char token[SETUP_TOKEN_MAX + 1];
	struct answer answer;
	int status = token_read(token_path, token, sizeof(token));

	if (status != CLI_OK)
		return status;
	json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "SetupToken", token,
	    "TenantName", args->tenant, "AdminEmail", args->admin,
	    "DeviceProfileName", args->profile);

	if (args->plan != NULL)
		(void)json_object_set_new(
		    body, "Plan", json_string(args->plan));
	wipe(token, sizeof(token));
	status = client_json(client, "POST", "/v1/init", body, &answer);
	if (status != CLI_OK)
		return status;
	result_print(answer.json, path);
	status = result_keep(client, answer.json, path);
	answer_free(&answer);
	/* It is dead; the service could not remove it itself. */
	(void)unlink(token_path);
	return status;
}

int
init_main(int argc, char **argv)
{
	struct init_args args = {.profile = "default"};
	const struct cli_usage usage = {"init", "",
	    "Makes the first tenant of a new service with its administrator, "
	    "an API key\nand a device profile. Works once, with the set-up "
	    "token in the data\ndirectory of holdfastd.",
	    0, 0};
	const struct cli_option options[] = {
	    {"data", "DIR", "data directory of holdfastd", &args.data, NULL,
		true},
	    {"tenant", "NAME", "name of the tenant", &args.tenant, NULL, true},
	    {"admin", "EMAIL", "of its administrator", &args.admin, NULL, true},
	    {"profile", "NAME", "of the device profile (default: default)",
		&args.profile, NULL, false},
	    {"plan", "NAME", "price plan (default: Freedom)", &args.plan, NULL,
		false},
	    {"force", NULL, "replace credentials that are there", NULL,
		&args.force, false},
	};
	struct cli_common common;
	struct client client;
	char path[4096], token_path[4096], **words;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	if (credentials_path(&common, path, sizeof(path)) != ERR_OK)
		return cli_fail(CLI_USAGE, "no home: give --credentials FILE");
	if (!args.force && access(path, F_OK) == 0)
		return cli_fail(CLI_USAGE,
		    "%s is there already: give --credentials FILE, or --force "
		    "to replace it",
		    path);
	(void)snprintf(
	    token_path, sizeof(token_path), "%s/setup-token", args.data);
	status = client_open(&client, &common);
	if (status == CLI_OK)
		status = init_call(&client, &args, token_path, path);
	client_close(&client);
	return status;
}
