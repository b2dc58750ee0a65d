/*
 * holdfast features get, set: of a device, or of a profile.
 */
#include "cli.h"

/* A ROTPublicUID is 16 hex digits, a DeviceProfileUID 22 characters. */
#define DEVICE_UID_LEN 16
#define PROFILE_UID_TEXT_LEN 22

/* Which call, and the body's name for the UID; NULL: it is neither. */
struct target {
	const char *path; /* "set" or "get" follows */
	const char *key;
};

static struct target
target_of(const char *uid)
{
	static const struct target device = {
	    "/v1/device/provisioning/", "ROTPublicUID"};
	static const struct target profile = {
	    "/v1/deviceprofile/bootstrapprovisioning/", "DeviceProfileUID"};

	if (strlen(uid) == DEVICE_UID_LEN)
		return device;
	if (strlen(uid) == PROFILE_UID_TEXT_LEN)
		return profile;
	return (struct target){NULL, NULL};
}

/*
 * NAME=on, NAME=off or, with a certificate authority, NAME=on:CANAME into the
 * object; false: it is none of these.
 */
static bool
word_take(json_t *features, const char *word)
{
	static const char with_ca[] = "=on:";
	size_t len = strcspn(word, "=");
	const char *state = word + len, *ca = NULL;
	bool on = strcmp(state, "=on") == 0;
	char name[64];

	if (strncmp(state, with_ca, sizeof(with_ca) - 1) == 0)
		ca = state + sizeof(with_ca) - 1;
	if (len == 0 || len >= sizeof(name) ||
	    (!on && ca == NULL && strcmp(state, "=off") != 0))
		return false;
	(void)snprintf(name, sizeof(name), "%.*s", (int)len, word);
	return json_object_set_new(features, name,
		   json_pack("{s:b, s:s*}", "Enabled", on || ca != NULL,
		       "CAName", ca)) == 0;
}

/* Every feature with what is wanted, and of a device what it runs. */
static void
features_print(const json_t *answer)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(answer, "Features"), name, value)
	{
		const json_t *confirmed = json_object_get(value, "Confirmed");
		bool on = json_is_true(json_object_get(value, "Enabled"));
		const char *more = "";

		if (confirmed != NULL && json_is_true(confirmed) != on)
			more = on ? "  not yet on the device"
				  : "  still on the device";
		(void)printf("%-20s %s%s\n", name, on ? "on" : "off", more);
	}
}

static int
features_call(const struct cli_common *common, const char *verb,
    const char *uid, json_t *features)
{
	struct target target = target_of(uid);
	struct answer answer;
	char path[96];

	if (target.path == NULL) {
		json_decref(features);
		return cli_fail(CLI_USAGE,
		    "\"%s\" is no ROTPublicUID and no DeviceProfileUID", uid);
	}
	json_t *body = json_pack("{s:s}", target.key, uid);

	if (features != NULL)
		(void)json_object_set_new(body, "Features", features);
	(void)snprintf(path, sizeof(path), "%s%s", target.path, verb);
	int status = client_ask(common, "POST", path, body, &answer);

	if (status != CLI_OK)
		return status;
	features_print(answer.json);
	answer_free(&answer);
	return CLI_OK;
}

static int
features_get(int argc, char **argv)
{
	static const struct cli_usage usage = {"features get", "UID",
	    "Shows the features of a device (ROTPublicUID) or of a device "
	    "profile\n(DeviceProfileUID).",
	    1, 1};
	struct cli_common common;
	char **words;
	int status = cli_parse(argc, argv, &usage, NULL, 0, &common, &words);

	return status >= 0 ? status
			   : features_call(&common, "get", words[0], NULL);
}

static int
features_set(int argc, char **argv)
{
	static const struct cli_usage usage = {"features set",
	    "UID NAME=on|off|on:CANAME...",
	    "Switches features: of a device with its next heartbeat, of a "
	    "device\nprofile for those that bootstrap from now on. Names: "
	    "LocalDataProtection,\nLocalC2C, LocalC2CKeyPairing, ZTPV1, "
	    "E2ESymmetricKMS, E2EDataProtection.\nZTPV1 of a device takes "
	    "the CA of its profile, or the one that is named.",
	    2, 8};
	struct cli_common common;
	char **words;
	int status = cli_parse(argc, argv, &usage, NULL, 0, &common, &words);

	if (status >= 0)
		return status;
	json_t *features = json_object();

	for (char **word = words + 1; *word != NULL; word++) {
		if (word_take(features, *word))
			continue;
		json_decref(features);
		return cli_fail(CLI_USAGE,
		    "\"%s\" is not NAME=on, NAME=off or NAME=on:CANAME", *word);
	}
	return features_call(&common, "set", words[0], features);
}

int
features_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
	    {"get", features_get},
	    {"set", features_set},
	};

	return verb_main("features", verbs, ARRAY_LEN(verbs), argc, argv);
}
