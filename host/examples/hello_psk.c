/*
 * Asks the module for a pre-shared key and prints what a TLS client of the
 * host's own needs: openssl s_client -psk_identity IDENTITY -psk KEY.
 *
 *	hello-psk LINE [16|32]
 */
#include <stdio.h>
#include <string.h>

#include "line.h"

int
main(int argc, char **argv)
{
	struct line line;
	struct hf_host host;
	struct hf_psk psk;
	enum hf_err err;
	size_t i, len;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: hello-psk LINE [16|32]\n");
		return 2;
	}
	len = argc == 3 && strcmp(argv[2], "32") == 0 ? 32 : 16;
	if (!host_open(&host, &line, argv[1]))
		return 1;
	err = hf_psk(&host, len, &psk);
	line_close(&line);
	if (err != HF_OK)
		return host_failed(&host, "AT+USECPSK", err);
	printf("identity %s\nkey ", psk.identity);
	for (i = 0; i < psk.key_len; i++)
		printf("%02x", psk.key[i]);
	printf("\n");
	return 0;
}
