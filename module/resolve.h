/*
 * From the service's URI to an address, without stopping the loop.
 */
#ifndef MODULE_RESOLVE_H
#define MODULE_RESOLVE_H

#include <sys/socket.h>

#include "base/err.h"

#define RESOLVE_HOST_MAX 253
#define RESOLVE_ADDRESSES_MAX 8 /* of one name; others are left out */
#define RESOLVE_THREADS_MAX 16 /* look-ups at the same time, whoever asks */
#define RESOLVE_PORT "5683" /* CoAP's: RFC 7252, section 12.6 */

struct resolve_name {
	char host[RESOLVE_HOST_MAX + 1]; /* name or address, no brackets */
	char port[6];
};

struct resolve_address {
	struct sockaddr_storage addr;
	socklen_t len; /* 0: there is none */
};

/* A name's addresses in the order in which they are to be tried. */
struct resolve_list {
	size_t count;
	struct resolve_address all[RESOLVE_ADDRESSES_MAX];
};

/*
 * Takes coap://HOST[:PORT] apart, and HOST:PORT for a plain address. HOST is
 * a name, an IPv4 address, or an IPv6 address in brackets. Errors:
 * ERR_FORMAT, ERR_SPACE (host too long).
 */
MUST_CHECK enum err resolve_uri(const char *uri, struct resolve_name *ret_name);
MUST_CHECK enum err resolve_host_port(
    const char *text, struct resolve_name *ret_name);

/* Reads a numeric address. Error: ERR_FORMAT (it is a name). */
MUST_CHECK enum err resolve_numeric(
    const struct resolve_name *name, struct resolve_address *ret_address);

/*
 * Looks a name up in a thread of its own. ret_fd becomes readable when it is
 * done, and resolve_end reads the address from it. A thread goes on when
 * nobody waits for it any more, for as long as the name servers are silent.
 * Errors: ERR_BUSY (RESOLVE_THREADS_MAX already run), ERR_IO, ERR_NOMEM.
 */
MUST_CHECK enum err resolve_start(const struct resolve_name *name, int *ret_fd);

/* Takes the result and closes fd. Error: ERR_NOT_FOUND. */
MUST_CHECK enum err resolve_end(int fd, struct resolve_address *ret_address);
/* The same with all of the addresses. */
MUST_CHECK enum err resolve_end_list(int fd, struct resolve_list *ret_list);

/* The same from an address to its name. Errors: as resolve_start. */
MUST_CHECK enum err resolve_reverse_start(
    const struct resolve_address *address, int *ret_fd);

/* Takes the name and closes fd. Error: ERR_NOT_FOUND (it has none). */
MUST_CHECK enum err resolve_reverse_end(
    int fd, char ret_host[RESOLVE_HOST_MAX + 1]);

#endif
