/*
 * holdfast cas create, pop, list, get, remove: certificate authorities for
 * zero-touch provisioning. Certificates are printed as PEM.
 */
#include "cli.h"

/* Sends a body and prints one text of the answer. */
static int
text_call(const struct cli_common *common, const char *path, json_t *body,
    const char *field)
{
	struct answer answer;
	int status = client_ask(common, "POST", path, body, &answer);

	if (status != CLI_OK)
		return status;
	(void)fputs(json_text(answer.json, field), stdout);
	answer_free(&answer);
	return CLI_OK;
}

/* Days as a JSON number; NULL: the text is no number. */
static json_t *
days_parse(const char *text)
{
	char *end = NULL;
	long long days = strtoll(text, &end, 10);

	return *text == '\0' || *end != '\0' ? NULL : json_integer(days);
}

static int
cas_create(int argc, char **argv)
{
	const char *days = "3650", *device_days = "1825";
	static const struct cli_usage usage = {"cas create", "NAME",
	    "Creates a certificate authority and prints its certificate, to "
	    "be\nregistered at the cloud that devices will connect to.",
	    1, 1};
	const struct cli_option options[] = {
	    {"days", "N", "validity of its certificate (3650)", &days, NULL,
		false},
	    {"device-days", "N", "validity of devices' certificates (1825)",
		&device_days, NULL, false},
	};
	struct cli_common common;
	char **words;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	json_t *body = json_pack("{s:s, s:o*, s:o*}", "CAName", words[0],
	    "CACertificateValidity", days_parse(days),
	    "DeviceCertificateValidity", days_parse(device_days));

	if (json_object_size(body) != 3) {
		json_decref(body);
		return cli_fail(CLI_USAGE, "days have to be numbers");
	}
	return text_call(&common, "/v1/ztp/rootca/create", body, "Certificate");
}

static int
cas_pop(int argc, char **argv)
{
	static const struct cli_usage usage = {"cas pop", "NAME CODE",
	    "Prints a certificate that proves to a cloud that the CA is "
	    "yours: CODE is\nwhat the cloud gave for it.",
	    2, 2};
	struct cli_common common;
	char **words;
	int status = cli_parse(argc, argv, &usage, NULL, 0, &common, &words);

	if (status >= 0)
		return status;
	return text_call(&common, "/v1/ztp/rootca/popcertificate/generate",
	    json_pack(
		"{s:s, s:s}", "CAName", words[0], "RegistrationCode", words[1]),
	    "PoPCertificate");
}

static void
ca_print(const json_t *item, void *ctx UNUSED)
{
	(void)printf("%s  %s\n", json_text(item, "CreateDate"),
	    json_text(item, "CAName"));
}

static int
cas_list(int argc, char **argv)
{
	static const struct cli_usage usage = {"cas list", "",
	    "Lists the certificate authorities: date and name.", 0, 0};

	return list_main(argc, argv, &usage, "/v1/cas", ca_print);
}

static int
cas_get(int argc, char **argv)
{
	static const struct cli_usage usage = {
	    "cas get", "NAME", "Shows a certificate authority, as JSON.", 1, 1};

	return item_main(argc, argv, &usage, "/v1/cas");
}

static int
cas_remove(int argc, char **argv)
{
	static const struct cli_usage usage = {"cas remove", "NAME",
	    "Removes a certificate authority that no profile and no device "
	    "has. Its key is\nerased; certificates that it has signed stay "
	    "good at the cloud until it is\ntaken off there.",
	    1, 1};

	return item_call_main(
	    argc, argv, &usage, "DELETE", "/v1/cas", NULL, NULL);
}

int
cas_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
	    {"create", cas_create},
	    {"pop", cas_pop},
	    {"list", cas_list},
	    {"get", cas_get},
	    {"remove", cas_remove},
	};

	return verb_main("cas", verbs, ARRAY_LEN(verbs), argc, argv);
}
