/*
 * holdfast psk: the PSK of an identity, as a server needs it.
 */
#include "base/text.h"
#include "base/wipe.h"

#include "cli.h"

/* The key in hex, as openssl's -psk wants it. */
static int
key_print(const json_t *answer)
{
	uint8_t key[32];
	char hex[HEX_SIZE(sizeof(key))];
	size_t len;

	if (base64_decode(bytes_str(json_text(answer, "Key")), key, sizeof(key),
		&len) != ERR_OK)
		return cli_fail(CLI_FAILED, "the service gave no key");
	hex_encode(bytes_make(key, len), hex);
	(void)printf("%s\n", hex);
	wipe(key, sizeof(key));
	wipe(hex, sizeof(hex));
	return CLI_OK;
}

int
psk_main(int argc, char **argv)
{
	const char *length = NULL;
	bool hex = false;
	static const struct cli_usage usage = {"psk", "KEYID",
	    "Gets the PSK of an identity, 28 hex digits, as +USECPSK and the "
	    "TLS\nhandshake show it.",
	    1, 1};
	const struct cli_option options[] = {
	    {"length", "BITS", "128 (the default) or 256", &length, NULL,
		false},
	    {"hex", NULL, "print the key alone, in hex", NULL, &hex, false},
	};
	struct cli_common common;
	struct answer answer;
	char **words;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	status = client_ask(&common, "POST", "/v1/GetPSK",
	    json_pack("{s:s, s:s}", "KeyID", words[0], "KeyLength",
		length != NULL ? length : "128"),
	    &answer);
	if (status != CLI_OK)
		return status;
	if (!hex)
		return answer_show(&answer);
	status = key_print(answer.json);
	answer_free(&answer);
	return status;
}
