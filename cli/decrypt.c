/*
 * holdfast decrypt: opens a message that a device has sealed with
 * +USECE2EDATAENC or +USECE2EFILEENC. The key comes from the service, the
 * message never goes there.
 */
#include <errno.h>

#include "base/text.h"
#include "base/wipe.h"

#include "cli.h"

static int
key_get(const struct cli_common *common, struct bytes header,
    struct envelope_key *key)
{
	char hex[HEX_SIZE(16)];
	struct answer answer;

	hex_encode_lower(header, hex);
	int status =
	    client_ask(common, "POST", "/v1/GetE2EDecryptionParameters",
		json_pack("{s:s}", "EncryptedHeader", hex), &answer);

	if (status != CLI_OK)
		return status;
	if (envelope_key_read(answer.json, key) != ERR_OK)
		status =
		    cli_fail(CLI_FAILED, "the service's answer makes no sense");
	answer_free(&answer);
	return status;
}

static int
message_open(
    const struct cli_common *common, struct bytes message, const char *out)
{
	size_t header = envelope_header(message);
	struct envelope_key key;
	size_t len = 0;

	if (header == 0)
		return cli_fail(
		    CLI_FAILED, "this does not begin as a message of a device");
	int status = key_get(common, bytes_make(message.ptr, header), &key);

	if (status != CLI_OK)
		return status;
	uint8_t *plain = malloc(message.len);
	enum err err = plain != NULL
			   ? envelope_decrypt(&key, message, plain, &len)
			   : ERR_NOMEM;

	if (err == ERR_OK)
		status = file_spill(out, plain, len);
	else
		status = cli_fail(CLI_FAILED,
		    err == ERR_AUTH
			? "the message is damaged or forged: its MAC is wrong"
			: "the message cannot be opened: %s",
		    err_name(err));
	if (plain != NULL)
		wipe(plain, len);
	free(plain);
	wipe(&key, sizeof(key));
	return status;
}

int
decrypt_main(int argc, char **argv)
{
	const char *out = NULL;
	static const struct cli_usage usage = {"decrypt", "FILE",
	    "Opens a message as +USECE2EDATAENC gave it, header first. FILE "
	    "may be - for\nstandard input.",
	    1, 1};
	const struct cli_option options[] = {
	    {"out", "FILE", "where to write it (default: standard output)",
		&out, NULL, false},
	};
	struct cli_common common;
	char **words;
	uint8_t *data;
	size_t len;
	int status = cli_parse(
	    argc, argv, &usage, options, ARRAY_LEN(options), &common, &words);

	if (status >= 0)
		return status;
	enum err err = file_slurp(words[0], CLI_FILE_MAX, &data, &len);

	if (err != ERR_OK)
		return cli_fail(CLI_FAILED, "%s: %s", words[0],
		    err == ERR_SPACE ? "longer than a message can be"
				     : strerror(errno));
	status = message_open(&common, bytes_make(data, len), out);
	free(data);
	return status;
}
