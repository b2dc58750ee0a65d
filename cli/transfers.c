/*
 * holdfast transfers offer, list, get, devices, accept, decline, withdraw.
 */
#include "cli.h"

static int
offer_call(const struct cli_common *common, json_t *body)
{
	struct answer answer;
	int status = client_ask(common, "POST", "/v1/transfers", body, &answer);

	if (status != CLI_OK)
		return status;
	(void)printf("%lld\n", (long long)json_integer_value(
				   json_object_get(answer.json, "TransferID")));
	answer_free(&answer);
	return CLI_OK;
}

/* The words after the tenant are devices; without one the profile is. */
static json_t *
offer_body(char **words, const char *readers, const char *profile)
{
	json_t *body = json_pack("{s:I, s:s}", "ToTenantID",
	    (json_int_t)strtoll(words[0], NULL, 10), "Readers", readers);
	json_t *uids = json_array();

	for (size_t i = 1; words[i] != NULL; i++)
		(void)json_array_append_new(uids, json_string(words[i]));
	if (profile != NULL)
		(void)json_object_set_new(
		    body, "DeviceProfileUID", json_string(profile));
	if (json_array_size(uids) > 0)
		(void)json_object_set(body, "ROTPublicUIDs", uids);
	json_decref(uids);
	return body;
}

static int
transfers_offer(int argc, char **argv)
{
	const char *readers = "both", *profile = NULL, *expires = NULL;
	static const struct cli_usage usage = {"transfers offer",
	    "TENANTID [ROTPUBLICUID]...",
	    "Offers devices, or all of a device profile, to another tenant; "
	    "prints the\nTransferID. When it is accepted, the devices are "
	    "that tenant's.",
	    1, 1001};
	const struct cli_option options[] = {
	    {"readers", "WHO",
		"who may open what was encrypted before: old, new or both "
		"(both)",
		&readers, NULL, false},
	    {"profile", "UID", "all devices of this profile", &profile, NULL,
		false},
	    {"expires", "SECONDS", "for how long it stands (604800)", &expires,
		NULL, false},
	};
	struct cli_common common;
	char **words, *end = NULL;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	json_t *body = offer_body(words, readers, profile);

	if (expires != NULL)
		(void)json_object_set_new(body, "ExpiresIn",
		    json_integer(strtoll(expires, &end, 10)));
	if (end != NULL && (*end != '\0' || end == expires)) {
		json_decref(body);
		return cli_fail(
		    CLI_USAGE, "--expires needs seconds, not \"%s\"", expires);
	}
	return offer_call(&common, body);
}

static long long
number(const json_t *item, const char *name)
{
	return (long long)json_integer_value(json_object_get(item, name));
}

static void
transfer_print(const json_t *item, void *ctx UNUSED)
{
	char to[32];
	const char *name = json_text(item, "ToTenantName");

	(void)snprintf(
	    to, sizeof(to), "tenant %lld", number(item, "ToTenantID"));
	(void)printf("%-6lld %-10s %s -> %s  %lld devices, %lld waiting, %lld"
		     " done\n",
	    number(item, "TransferID"), json_text(item, "State"),
	    json_text(item, "FromTenantName"), name[0] != '\0' ? name : to,
	    number(item, "Devices"), number(item, "Waiting"),
	    number(item, "Done"));
}

static int
transfers_list(int argc, char **argv)
{
	static const struct cli_usage usage = {"transfers list", "",
	    "Lists transfers from and to the account, newest first.", 0, 0};

	return list_main(argc, argv, &usage, "/v1/transfers", transfer_print);
}

static int
transfers_get(int argc, char **argv)
{
	static const struct cli_usage usage = {
	    "transfers get", "TRANSFERID", "Shows a transfer, as JSON.", 1, 1};

	return item_main(argc, argv, &usage, "/v1/transfers");
}

static int
transfers_devices(int argc, char **argv)
{
	static const struct cli_usage usage = {"transfers devices",
	    "TRANSFERID",
	    "Shows the first 100 devices of a transfer, as JSON: offered, "
	    "waiting for\ntheir next contact, done, or left behind and why.",
	    1, 1};

	return item_call_main(
	    argc, argv, &usage, "GET", "/v1/transfers", "devices", NULL);
}

static int
transfers_accept(int argc, char **argv)
{
	static const struct cli_usage usage = {"transfers accept",
	    "TRANSFERID DEVICEPROFILEUID",
	    "Takes the offered devices into a device profile of the account.",
	    2, 2};

	return item_call_main(argc, argv, &usage, "POST", "/v1/transfers",
	    "accept", "DeviceProfileUID");
}

static int
transfers_decline(int argc, char **argv)
{
	static const struct cli_usage usage = {"transfers decline",
	    "TRANSFERID", "Declines an offer to the account.", 1, 1};

	return item_call_main(
	    argc, argv, &usage, "POST", "/v1/transfers", "decline", NULL);
}

static int
transfers_withdraw(int argc, char **argv)
{
	static const struct cli_usage usage = {"transfers withdraw",
	    "TRANSFERID", "Withdraws an offer of the account.", 1, 1};

	return item_call_main(
	    argc, argv, &usage, "POST", "/v1/transfers", "withdraw", NULL);
}

int
transfers_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
	    {"offer", transfers_offer},
	    {"list", transfers_list},
	    {"get", transfers_get},
	    {"devices", transfers_devices},
	    {"accept", transfers_accept},
	    {"decline", transfers_decline},
	    {"withdraw", transfers_withdraw},
	};

	return verb_main("transfers", verbs, ARRAY_LEN(verbs), argc, argv);
}
