/*
 * holdfast tenants create, list, get, plan: for the operator of the
 * installation.
 */
#include "cli.h"

static int
tenants_create(int argc, char **argv)
{
	const char *plan = "Freedom", *out = NULL;
	static const struct cli_usage usage = {"tenants create", "NAME",
	    "Makes a tenant with its first API key, which is shown this once. "
	    "For the\noperator of the installation.",
	    1, 1};
	const struct cli_option options[] = {
	    {"plan", "NAME", "price plan (default: Freedom)", &plan, NULL,
		false},
	    {"out", "FILE", "write its credentials there, for --credentials",
		&out, NULL, false},
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
	status = client_json(&client, "POST", "/v1/tenants",
	    json_pack("{s:s, s:s}", "TenantName", words[0], "Plan", plan),
	    &answer);
	if (status == CLI_OK) {
		(void)printf("TenantID:  %lld\n",
		    (long long)json_integer_value(
			json_object_get(answer.json, "TenantID")));
		status = credentials_keep(&client, answer.json, out);
		answer_free(&answer);
	}
	client_close(&client);
	return status;
}

static void
tenant_print(const json_t *item, void *ctx UNUSED)
{
	(void)printf("%-6lld %-10s %s\n",
	    (long long)json_integer_value(json_object_get(item, "TenantID")),
	    json_text(item, "Plan"), json_text(item, "TenantName"));
}

static int
tenants_list(int argc, char **argv)
{
	static const struct cli_usage usage = {"tenants list", "",
	    "Lists the tenants: TenantID, plan, name. For the operator of "
	    "the\ninstallation.",
	    0, 0};

	return list_main(argc, argv, &usage, "/v1/tenants", tenant_print);
}

static int
tenants_get(int argc, char **argv)
{
	static const struct cli_usage usage = {"tenants get", "TENANTID",
	    "Shows a tenant, as JSON: the own one, or as operator any.", 1, 1};

	return item_main(argc, argv, &usage, "/v1/tenants");
}

static int
tenants_plan(int argc, char **argv)
{
	static const struct cli_usage usage = {"tenants plan", "TENANTID PLAN",
	    "Changes a tenant's plan. For the operator of the installation.", 2,
	    2};

	return item_call_main(
	    argc, argv, &usage, "POST", "/v1/tenants", "plan", "Plan");
}

int
tenants_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
	    {"create", tenants_create},
	    {"list", tenants_list},
	    {"get", tenants_get},
	    {"plan", tenants_plan},
	};

	return verb_main("tenants", verbs, ARRAY_LEN(verbs), argc, argv);
}
