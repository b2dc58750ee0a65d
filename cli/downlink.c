/*
 * holdfast downlink and holdfast encrypt: messages to a device, which opens
 * them with +USECE2EDATADEC. The key comes from the service, the message
 * never goes there.
 */
#include <errno.h>

#include "base/text.h"
#include "base/wipe.h"

#include "cli.h"

#define HEADER_MAX 16

static int
parameters_get(const struct cli_common *common, const char *uid,
    const char *version, struct answer *ret_answer)
{
	return client_ask(common, "POST",
	    "/v1/e2e/downlink/protectionparameters/get",
	    json_pack("{s:s, s:s}", "ROTPublicUID", uid, "Version",
		version != NULL ? version : "1"),
	    ret_answer);
}

int
downlink_main(int argc, char **argv)
{
	const char *version = NULL;
	static const struct cli_usage usage = {"downlink", "UID",
	    "Gets header, cipher suite, key, MAC length and nonce for one "
	    "message to a\ndevice (16 hex digits), as JSON.",
	    1, 1};
	const struct cli_option options[] = {
	    {"version", "N", "1 (the default) or 2, of the envelope", &version,
		NULL, false},
	};
	struct cli_common common;
	struct answer answer;
	char **words;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	status = parameters_get(&common, words[0], version, &answer);
	return status == CLI_OK ? answer_show(&answer) : status;
}

/* Makes the message out of what the service answered. */
static int
message_make(const struct answer *answer, struct bytes plain, const char *out)
{
	struct bytes hex =
	    bytes_str(json_text(answer->json, "EncryptedHeader"));
	uint8_t header[HEADER_MAX];
	struct envelope_key key;
	size_t header_len = 0, len = 0;
	int status;

	if (hex_decode(hex, header, sizeof(header), &header_len) != ERR_OK ||
	    envelope_header(bytes_make(header, header_len)) != header_len ||
	    header_len == 0 || envelope_key_read(answer->json, &key) != ERR_OK)
		return cli_fail(
		    CLI_FAILED, "the service's answer makes no sense");
	uint8_t *message = malloc(header_len + plain.len + key.tag_len);
	enum err err = message != NULL ? envelope_encrypt(&key,
					     bytes_make(header, header_len),
					     plain, message, &len)
				       : ERR_NOMEM;

	if (err == ERR_OK)
		status = file_spill(out, message, len);
	else
		status = cli_fail(CLI_FAILED,
		    "the message cannot be encrypted: %s", err_name(err));
	free(message);
	wipe(&key, sizeof(key));
	return status;
}

int
encrypt_main(int argc, char **argv)
{
	const char *version = NULL, *out = NULL;
	static const struct cli_usage usage = {"encrypt", "UID FILE",
	    "Encrypts a file to a device (16 hex digits), for one "
	    "+USECE2EDATADEC. FILE may\nbe - for standard input.",
	    2, 2};
	const struct cli_option options[] = {
	    {"version", "N", "1 (the default) or 2, of the envelope", &version,
		NULL, false},
	    {"out", "FILE", "where to write it (default: standard output)",
		&out, NULL, false},
	};
	struct cli_common common;
	struct answer answer;
	char **words;
	uint8_t *data;
	size_t len;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	enum err err = file_slurp(words[1], CLI_PLAIN_MAX, &data, &len);

	if (err != ERR_OK)
		return cli_fail(CLI_FAILED, "%s: %s", words[1],
		    err == ERR_SPACE ? "longer than a message can be"
				     : strerror(errno));
	status = parameters_get(&common, words[0], version, &answer);
	if (status == CLI_OK) {
		status = message_make(&answer, bytes_make(data, len), out);
		answer_free(&answer);
	}
	if (len > 0)
		wipe(data, len);
	free(data);
	return status;
}
