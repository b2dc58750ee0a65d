/*
 * Lets the module encrypt a text for the cloud and prints the message in
 * hex; what the cloud makes of it again, is in docs and in the README.
 *
 *	hello-e2e LINE TEXT [1|2]
 */
#include <stdio.h>
#include <string.h>

#include "line.h"

#define MESSAGE_MAX 2048

int
main(int argc, char **argv)
{
	static uint8_t message[MESSAGE_MAX];
	struct line line;
	struct hf_host host;
	enum hf_err err = HF_OK;
	size_t i, len = 0;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: hello-e2e LINE TEXT [1|2]\n");
		return 2;
	}
	if (!host_open(&host, &line, argv[1]))
		return 1;
	if (argc == 4)
		err = hf_e2e_version_set(&host, argv[3][0] == '2' ? 2 : 1);
	if (err == HF_OK)
		err = hf_e2e_encrypt(&host, (const uint8_t *)argv[2],
		    strlen(argv[2]), message, sizeof(message), &len);
	line_close(&line);
	if (err != HF_OK)
		return host_failed(&host, "AT+USECE2EDATAENC", err);
	for (i = 0; i < len; i++)
		printf("%02x", message[i]);
	printf("\n");
	return 0;
}
