/*
 * holdfast devices list, get, generations, and what an operator does to one.
 */
#include <time.h>

#include "cli.h"

static void
time_text(const json_t *value, char *out, size_t cap)
{
	time_t t = (time_t)json_integer_value(value);
	struct tm tm;

	if (!json_is_integer(value) || gmtime_r(&t, &tm) == NULL ||
	    strftime(out, cap, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, cap, "-");
}

static void
device_print(const json_t *item, void *ctx UNUSED)
{
	const char *serial = json_text(item, "DeviceSerialNumber");
	char seen[32];

	time_text(json_object_get(item, "LastSeen"), seen, sizeof(seen));
	(void)printf("%s  %-11s  %-20s  %s\n", json_text(item, "ROTPublicUID"),
	    json_text(item, "Status"), seen, serial[0] != '\0' ? serial : "-");
}

static int
devices_list(int argc, char **argv)
{
	static const struct cli_usage usage = {"devices list", "",
	    "Lists the devices of the account: ROTPublicUID, status, when it "
	    "was last\nseen, serial number.",
	    0, 0};

	return list_main(argc, argv, &usage, "/v1/devices", device_print);
}

static int
devices_get(int argc, char **argv)
{
	static const struct cli_usage usage = {
	    "devices get", "ROTPUBLICUID", "Shows a device, as JSON.", 1, 1};

	return item_main(argc, argv, &usage, "/v1/devices");
}

static void
generation_print(const json_t *item, void *ctx UNUSED)
{
	const char *end = json_text(item, "EndDate");
	const char *erased =
	    json_is_true(json_object_get(item, "Erased")) ? "  erased" : "";

	(void)printf("%10lld  %s  %s  %s%s\n",
	    (long long)json_integer_value(json_object_get(item, "Generation")),
	    json_text(item, "Alias"), json_text(item, "CreateDate"),
	    end[0] != '\0' ? end : "current", erased);
}

static int
devices_generations(int argc, char **argv)
{
	static const struct cli_usage usage = {"devices generations",
	    "ROTPUBLICUID",
	    "Lists the generations of a device, newest first: number, alias, "
	    "from, until.",
	    1, 1};
	struct cli_common common;
	struct client client;
	char **words, path[128];
	int status = cli_parse(argc, argv, &usage, NULL, 0, &common, &words);

	if (status >= 0)
		return status;
	status = item_path(path, sizeof(path), "/v1/devices", words[0],
	    "/generations", usage.words);
	if (status != CLI_OK)
		return status;
	status = client_login(&client, &common);
	if (status != CLI_OK)
		return status;
	status = client_list(&client, path, generation_print, NULL);
	client_close(&client);
	return status;
}

/* --- operations --- */

/* What stands after an operation, in a line. */
static void
operation_print(const json_t *device)
{
	const json_t *rotation = json_object_get(device, "Rotation");
	bool rotate = json_is_true(json_object_get(rotation, "Wanted"));

	(void)printf("%s  %s  generation %lld%s\n",
	    json_text(device, "ROTPublicUID"), json_text(device, "Status"),
	    (long long)json_integer_value(
		json_object_get(device, "Generation")),
	    rotate ? ", a new root is wanted" : "");
}

/* Calls an operation of a device with a body, which is used up, or NULL. */
static int
operation_call(const struct cli_common *common, const char *uid,
    const char *operation, json_t *body)
{
	struct answer answer;
	char path[128], tail[32];
	int status;

	(void)snprintf(tail, sizeof(tail), "/%s", operation);
	status = item_path(
	    path, sizeof(path), "/v1/devices", uid, tail, "ROTPUBLICUID");
	if (status != CLI_OK) {
		json_decref(body);
		return status;
	}
	status = client_ask(common, "POST", path, body, &answer);
	if (status != CLI_OK)
		return status;
	operation_print(answer.json);
	answer_free(&answer);
	return CLI_OK;
}

static int
plain_operation(
    int argc, char **argv, const struct cli_usage *usage, const char *operation)
{
	struct cli_common common;
	char **words;
	int status = cli_parse(argc, argv, usage, NULL, 0, &common, &words);

	return status >= 0 ? status
			   : operation_call(&common, words[0], operation, NULL);
}

static int
devices_suspend(int argc, char **argv)
{
	static const struct cli_usage usage = {"devices suspend",
	    "ROTPUBLICUID",
	    "Suspends a device: its keys are refused at once, its features "
	    "are off\nfrom its next heartbeat.",
	    1, 1};

	return plain_operation(argc, argv, &usage, "suspend");
}

static int
devices_resume(int argc, char **argv)
{
	static const struct cli_usage usage = {
	    "devices resume", "ROTPUBLICUID", "Ends a suspension.", 1, 1};

	return plain_operation(argc, argv, &usage, "resume");
}

static int
devices_rotate(int argc, char **argv)
{
	static const struct cli_usage usage = {"devices rotate", "ROTPUBLICUID",
	    "Asks a device for a new root, which it makes at its next "
	    "contact. Old\ngenerations are kept: what they protect opens as "
	    "before.",
	    1, 1};

	return plain_operation(argc, argv, &usage, "rotate");
}

static json_t *
release_body(const char *instance, const char *generation)
{
	char *end = NULL;
	long long number;

	if (generation == NULL)
		return json_pack("{s:s}", "Instance", instance);
	number = strtoll(generation, &end, 10);
	if (*generation == '\0' || *end != '\0')
		return NULL;
	return json_pack("{s:I}", "Generation", (json_int_t)number);
}

static int
devices_release(int argc, char **argv)
{
	const char *instance = NULL, *generation = NULL;
	static const struct cli_usage usage = {"devices release",
	    "ROTPUBLICUID",
	    "Decides who may go on after a clone was found, and so ends a "
	    "quarantine;\nthe events of the device name both. Also names the "
	    "instance that may come\nof a device that was produced anew.",
	    1, 1};
	const struct cli_option options[] = {
	    {"instance", "HEX", "the silicon that may go on, or come",
		&instance, NULL, false},
	    {"generation", "N", "the generation whose holder may go on",
		&generation, NULL, false},
	};
	struct cli_common common;
	char **words;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	if ((instance == NULL) == (generation == NULL))
		return cli_fail(CLI_USAGE,
		    "devices release needs --instance or --generation");
	json_t *body = release_body(instance, generation);

	if (body == NULL)
		return cli_fail(CLI_USAGE,
		    "--generation needs a number, not \"%s\"", generation);
	return operation_call(&common, words[0], "release", body);
}

static int
devices_decommission(int argc, char **argv)
{
	bool yes = false, now = false;
	static const struct cli_usage usage = {"devices decommission",
	    "ROTPUBLICUID",
	    "Ends a device for good: it erases its keys at its next contact, "
	    "the service\nerases them once it has. Nothing that they protect "
	    "can be opened then.",
	    1, 1};
	const struct cli_option options[] = {
	    {"yes", NULL, "yes, for good", NULL, &yes, false},
	    {"now", NULL, "the service does not wait for the device", NULL,
		&now, false},
	};
	struct cli_common common;
	char **words;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	if (!yes)
		return cli_fail(CLI_USAGE,
		    "decommissioning cannot be undone, and what the keys of "
		    "%s protect\nis lost with them: say --yes if that is meant",
		    words[0]);
	return operation_call(&common, words[0], "decommission",
	    json_pack("{s:s, s:s}", "Confirm", words[0], "Erase",
		now ? "now" : "confirmed"));
}

int
devices_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
	    {"list", devices_list},
	    {"get", devices_get},
	    {"generations", devices_generations},
	    {"suspend", devices_suspend},
	    {"resume", devices_resume},
	    {"rotate", devices_rotate},
	    {"release", devices_release},
	    {"decommission", devices_decommission},
	};

	return verb_main("devices", verbs, ARRAY_LEN(verbs), argc, argv);
}
