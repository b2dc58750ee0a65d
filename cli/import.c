/*
 * holdfast import: sends a file of production records in calls that each are
 * taken whole or not at all. What was taken before a refusal stays.
 */
#include <errno.h>
#include <unistd.h>

#include "cli.h"

#define LINES_MAX 5000 /* of one call */
#define BYTES_MAX (15u << 20)
#define FILE_MAX (1u << 30)
#define TRIES 30 /* while another import is under way */

/* The bytes of the next lines, at least one, as many as a call takes. */
static size_t
part_len(struct bytes rest, size_t *ret_lines)
{
	size_t len = 0, lines = 0;

	while (len < rest.len && lines < LINES_MAX) {
		const uint8_t *end =
		    memchr(rest.ptr + len, '\n', rest.len - len);
		size_t next =
		    end != NULL ? (size_t)(end + 1 - rest.ptr) : rest.len;

		if (next > BYTES_MAX && lines > 0)
			break;
		len = next;
		lines++;
	}
	*ret_lines = lines;
	return len;
}

static int
part_send(
    struct client *client, struct bytes part, long line_base, long long *total)
{
	struct answer answer;
	int status = CLI_OK;

	for (int i = 0; i < TRIES; i++) {
		status = client_call(client, "POST", "/v1/imports",
		    "application/x-ndjson", part, &answer);
		if (status != CLI_OK || answer.status != 503)
			break;
		if (i + 1 < TRIES) {
			answer_free(&answer);
			(void)sleep(1);
		}
	}
	if (status != CLI_OK)
		return status;
	if (answer.status == 201) {
		*total +=
		    json_integer_value(json_object_get(answer.json, "Total"));
		(void)printf("import %lld: %lld devices\n",
		    (long long)json_integer_value(
			json_object_get(answer.json, "ImportID")),
		    (long long)json_integer_value(
			json_object_get(answer.json, "Total")));
	} else {
		status = answer_problem(&answer, line_base);
	}
	answer_free(&answer);
	return status;
}

static int
file_send(struct client *client, struct bytes rest)
{
	long long total = 0;
	long line_base = 0;
	int status = CLI_OK;

	while (rest.len > 0 && status == CLI_OK) {
		size_t lines;
		size_t len = part_len(rest, &lines);

		status = part_send(
		    client, bytes_make(rest.ptr, len), line_base, &total);
		line_base += (long)lines;
		rest.ptr += len;
		rest.len -= len;
	}
	(void)printf("imported %lld devices\n", total);
	return status;
}

int
import_main(int argc, char **argv)
{
	static const struct cli_usage usage = {"import", "FILE",
	    "Imports the records that holdfast-factory or a production line "
	    "wrote, one\nJSON object a line. FILE may be - for standard input.",
	    1, 1};
	struct cli_common common;
	struct client client;
	char **words;
	uint8_t *data;
	size_t len;
	int status = cli_parse(argc, argv, &usage, NULL, 0, &common, &words);

	if (status >= 0)
		return status;
	enum err err = file_slurp(words[0], FILE_MAX, &data, &len);

	if (err != ERR_OK)
		return cli_fail(CLI_FAILED, "%s: %s", words[0],
		    err == ERR_SPACE ? "longer than 1 GiB" : strerror(errno));
	if (len == 0) {
		free(data);
		return cli_fail(CLI_FAILED, "%s: it is empty", words[0]);
	}
	status = client_login(&client, &common);
	if (status == CLI_OK) {
		status = file_send(&client, bytes_make(data, len));
		client_close(&client);
	}
	free(data);
	return status;
}
