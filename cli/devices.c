/*
 * holdfast devices list, get.
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

int
devices_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
	    {"list", devices_list},
	    {"get", devices_get},
	};

	return verb_main("devices", verbs, ARRAY_LEN(verbs), argc, argv);
}
