/*
 * holdfast profiles create, list, get, set.
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

/* What create and set take alike; NULL: not named. */
struct terms {
	const char *period, *rotation, *clones;
};

#define TERMS_OPTIONS(t)                                                       \
	{"period", "SECONDS", "between two heartbeats; 0: the service's",      \
	    &(t).period, NULL, false},                                         \
	    {"rotation", "SECONDS",                                            \
		"until a new root is asked for; 0: the service's",             \
		&(t).rotation, NULL, false},                                   \
	{                                                                      \
		"clones", "POLICY", "alert or quarantine, when one is found",  \
		    &(t).clones, NULL, false                                   \
	}

/* Adds a number of seconds to a body. */
static int
seconds_add(
    json_t *body, const char *name, const char *option, const char *text)
{
	char *end = NULL;

	if (text == NULL)
		return CLI_OK;
	(void)json_object_set_new(
	    body, name, json_integer(strtoll(text, &end, 10)));
	if (*text != '\0' && *end == '\0')
		return CLI_OK;
	return cli_fail(
	    CLI_USAGE, "--%s needs seconds, not \"%s\"", option, text);
}

static int
terms_add(json_t *body, const struct terms *t)
{
	int status = seconds_add(body, "HeartbeatPeriod", "period", t->period);

	if (status == CLI_OK)
		status = seconds_add(
		    body, "RotationPeriod", "rotation", t->rotation);
	if (status == CLI_OK && t->clones != NULL)
		(void)json_object_set_new(
		    body, "ClonePolicy", json_string(t->clones));
	return status;
}

/* Calls with a body, which is used up, and prints one text of the answer. */
static int
profile_call(const struct cli_common *common, const char *method,
    const char *path, json_t *body, const char *shown)
{
	struct answer answer;
	int status = client_ask(common, method, path, body, &answer);

	if (status != CLI_OK)
		return status;
	(void)printf("%s\n",
	    shown != NULL ? json_text(answer.json, shown) : answer.text);
	answer_free(&answer);
	return CLI_OK;
}

static int
profiles_create(int argc, char **argv)
{
	const char *features = NULL;
	struct terms terms = {NULL, NULL, NULL};
	static const struct cli_usage usage = {"profiles create", "NAME",
	    "Creates a device profile and prints its DeviceProfileUID, to be "
	    "sealed\ninto devices.",
	    1, 1};
	const struct cli_option options[] = {
	    {"features", "LIST",
		"LocalDataProtection, LocalC2C, LocalC2CKeyPairing, ZTPV1",
		&features, NULL, false},
	    TERMS_OPTIONS(terms),
	};
	struct cli_common common;
	char **words;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	json_t *body = json_pack("{s:s}", "Name", words[0]);

	if (features != NULL)
		(void)json_object_set_new(
		    body, "Features", features_parse(features));
	status = terms_add(body, &terms);
	if (status != CLI_OK) {
		json_decref(body);
		return status;
	}
	return profile_call(
	    &common, "POST", "/v1/deviceprofiles", body, "DeviceProfileUID");
}

static int
profiles_set(int argc, char **argv)
{
	const char *name = NULL;
	struct terms terms = {NULL, NULL, NULL};
	static const struct cli_usage usage = {"profiles set", "UID",
	    "Changes a device profile and shows it, as JSON. Its devices hear "
	    "of it with\ntheir next heartbeat.",
	    1, 1};
	const struct cli_option options[] = {
	    {"name", "NAME", "the new name", &name, NULL, false},
	    TERMS_OPTIONS(terms),
	};
	struct cli_common common;
	char **words, path[128];
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	json_t *body = json_object();

	status = terms_add(body, &terms);
	if (status == CLI_OK)
		status = item_path(path, sizeof(path), "/v1/deviceprofiles",
		    words[0], "", usage.words);
	if (status != CLI_OK) {
		json_decref(body);
		return status;
	}
	if (name != NULL)
		(void)json_object_set_new(body, "Name", json_string(name));
	return profile_call(&common, "PATCH", path, body, NULL);
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
	    {"set", profiles_set},
	};

	return verb_main("profiles", verbs, ARRAY_LEN(verbs), argc, argv);
}
