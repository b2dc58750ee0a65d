/*
 * Addresses to listen on: HOST:PORT with a numeric host, IPv6 in brackets.
 * Port 0 lets the system choose.
 */
#ifndef CLOUD_ADDRESS_H
#define CLOUD_ADDRESS_H

#include <sys/socket.h>

#include "base/err.h"

#define ADDRESS_TEXT_MAX 64

struct address {
	struct sockaddr_storage sa;
	socklen_t len;
};

/* Errors: ERR_FORMAT (no HOST:PORT with a numeric host and a port). */
MUST_CHECK enum err address_parse(
    const char *text, struct address *ret_address);

/* Writes HOST:PORT, as address_parse reads it. Error: ERR_INVALID. */
MUST_CHECK enum err address_format(
    const struct address *address, char ret_text[ADDRESS_TEXT_MAX]);

/* The address that a socket is really bound to. Error: ERR_IO. */
MUST_CHECK enum err address_of_socket(int fd, struct address *ret_address);

#endif
