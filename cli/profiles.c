/*
 * holdfast profiles create, list, get.
 */
#include "cli.h"

/* LocalDPR,ZTPV1 as {"LocalDPR": {"Enabled": true}, ...}. */
static json_t *
features_parse(const char *list)
{
	json_t *features = json_object();

	while (*list != '\0') {
		char name[64];
		size_t len = strcspn(list, ",");

		(void)snprintf(name, sizeof(name), "%.*s", (int)len, list);
		(void)json_object_set_new(
		    features, name, json_pack("{s:b}", "Enabled", 1));
		list += len + (list[len] == ',');
	}
	return features;
}

static int
create_call(struct client *client, const char *name, const char *features,
    const char *period)
{
	struct answer answer;
	json_t *body = json_pack("{s:s}", "Name", name);
	char *end = NULL;

	if (features != NULL)
		(void)json_object_set_new(
		    body, "Features", features_parse(features));
	if (period != NULL)
		(void)json_object_set_new(body, "HeartbeatPeriod",
		    json_integer(strtoll(period, &end, 10)));
	if (end != NULL && *end != '\0') {
		json_decref(body);
		return cli_fail(
		    CLI_USAGE, "--period needs seconds, not \"%s\"", period);
	}
	int status =
	    client_json(client, "POST", "/v1/deviceprofiles", body, &answer);

	if (status != CLI_OK)
		return status;
	(void)printf("%s\n", json_text(answer.json, "DeviceProfileUID"));
	answer_free(&answer);
	return CLI_OK;
}

static int
profiles_create(int argc, char **argv)
{
	const char *features = NULL, *period = NULL;
	static const struct cli_usage usage = {"profiles create", "NAME",
	    "Creates a device profile and prints its DeviceProfileUID, to be "
	    "sealed\ninto devices.",
	    1, 1};
	const struct cli_option options[] = {
	    {"features", "LIST",
		"LocalDataProtection, LocalC2C, LocalC2CKeyPairing, ZTPV1",
		&features, NULL, false},
	    {"period", "SECONDS", "between two heartbeats", &period, NULL,
		false},
	};
	struct cli_common common;
	struct client client;
	char **words;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	status = client_login(&client, &common);
	if (status != CLI_OK)
		return status;
	status = create_call(&client, words[0], features, period);
	client_close(&client);
	return status;
}

static void
profile_print(const json_t *item, void *ctx UNUSED)
{
	(void)printf("%s  %s\n", json_text(item, "DeviceProfileUID"),
	    json_text(item, "Name"));
}

static int
profiles_list(int argc, char **argv)
{
	static const struct cli_usage usage = {"profiles list", "",
	    "Lists the device profiles: DeviceProfileUID and name.", 0, 0};

	return list_main(
	    argc, argv, &usage, "/v1/deviceprofiles", profile_print);
}

static int
profiles_get(int argc, char **argv)
{
	static const struct cli_usage usage = {
	    "profiles get", "UID", "Shows a device profile, as JSON.", 1, 1};

	return item_main(argc, argv, &usage, "/v1/deviceprofiles");
}

int
profiles_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
	    {"create", profiles_create},
	    {"list", profiles_list},
	    {"get", profiles_get},
	};

	return verb_main("profiles", verbs, ARRAY_LEN(verbs), argc, argv);
}
