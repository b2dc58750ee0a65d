/*
 * The module's eight sockets: TCP and UDP over the host's network, plain or
 * secure by a security profile. What arrives waits for the host up to
 * SOCKET_INPUT_MAX bytes each; then TCP holds its peer back, and datagrams
 * are lost as on any network.
 *
 * A socket belongs to the terminal that made it: no other reads it, its
 * result codes go there alone, and it ends with it.
 */
#ifndef MODULE_SOCKETS_H
#define MODULE_SOCKETS_H

#include "buffer.h"
#include "loop.h"
#include "maxima.h"
#include "resolve.h"

struct conn;
struct module;
struct terminal;

enum { SOCKET_FREE = 0, SOCKET_TCP = 6, SOCKET_UDP = 17 };

enum socket_state {
	SOCKET_IDLE, /* no connection; datagrams to any address */
	SOCKET_CONNECTING,
	SOCKET_CONNECTED,
	SOCKET_LISTENING,
	SOCKET_ENDED /* the peer has closed; the rest may be read */
};

#define SOCKET_DATAGRAMS_MAX 32 /* that wait */
#define SOCKET_OPTIONS 8

/* Where something comes from or goes to. */
struct socket_address {
	char ip[46];
	uint16_t port;
};

/* What closing does with what has not been sent. */
struct socket_linger {
	bool on; /* off: it leaves in its time */
	uint32_t ms; /* it has so long, and is dropped then */
};

struct socket_datagram {
	struct socket_address from;
	size_t len; /* what is left of it */
};

struct socket_option {
	bool set;
	int value;
};

struct socket {
	struct module *module;
	unsigned number;
	int protocol; /* SOCKET_FREE: none of the rest counts */
	enum socket_state state;
	uint64_t terminal; /* its number */
	bool secure;
	unsigned profile;
	uint16_t local_port;
	struct conn *conn; /* while connecting, connected or ended */
	struct loop_source source; /* UDP without a peer, or a listener */
	struct socket_option options[SOCKET_OPTIONS];
	struct socket_linger linger;
	bool asynchronous; /* +UUSOCO is to come */
	bool told; /* of what waits */
	enum err failed; /* how connecting ended, if it did */
	int error; /* the last errno */
	uint64_t sent, received;
	struct buffer input;
	struct socket_datagram datagrams[SOCKET_DATAGRAMS_MAX];
	size_t datagram_count;
	struct socket_address peer;
};

/* All zero: all are free. */
struct sockets {
	struct socket all[SOCKETS_MAX];
	int error; /* of the last that failed: +USOER */
	bool hex; /* +UDCONF=1,1: data of commands in hex digits */
};

/* A reset or the end: closes all at once and tells nobody. */
void sockets_drop(struct module *module);

/*
 * Before every sleep: sockets end with their terminal and with the network.
 */
void sockets_settle(struct module *module);

/*
 * Takes a free socket for a terminal. local_port 0: any. Errors: ERR_SPACE
 * (none is free), ERR_STATE (no network), ERR_IO (the port is taken).
 */
MUST_CHECK enum err socket_make(struct terminal *t, int protocol,
    uint16_t local_port, struct socket **ret_socket);

/* The socket of a number, if it is this terminal's; else NULL. */
struct socket *socket_find(const struct terminal *t, uint32_t number);

/*
 * Closes it; what was written still leaves, unless linger says other. It is
 * free at once.
 */
void socket_close(struct socket *s);

/*
 * Starts to connect; state and failed tell how it ends. Errors: ERR_STATE (it
 * is connected, or listens), those of conn_open.
 */
MUST_CHECK enum err socket_connect(
    struct socket *s, const char *host, uint16_t port, bool asynchronous);

/*
 * Sends to the peer. ret_len is how much was taken, which is all or none.
 * Errors: ERR_STATE (not connected), ERR_IO.
 */
MUST_CHECK enum err socket_write(
    struct socket *s, struct bytes data, size_t *ret_len);

/*
 * Sends a datagram to an address. Errors: ERR_STATE (connected, or TCP),
 * ERR_FORMAT (not an address), ERR_IO.
 */
MUST_CHECK enum err socket_send_to(
    struct socket *s, const char *host, uint16_t port, struct bytes data);

/* How many bytes wait to be read. */
size_t socket_waiting(const struct socket *s);

/*
 * What waits, up to len bytes and of one datagram, and where it is from.
 * Valid until socket_read drops len bytes of it and more is received.
 */
struct bytes socket_peek(
    const struct socket *s, size_t len, struct socket_address *ret_from);
void socket_read(struct socket *s, size_t len);

/* Listens for TCP connections. Errors: ERR_STATE, ERR_IO (port taken). */
MUST_CHECK enum err socket_listen(struct socket *s, uint16_t port);

/*
 * Sets and reads an option by the numbers of +USOSO. Errors: ERR_UNSUPPORTED
 * (no such), ERR_INVALID (value), ERR_IO (refused).
 */
MUST_CHECK enum err socket_option_set(
    struct socket *s, uint32_t level, uint32_t name, uint32_t value);
MUST_CHECK enum err socket_option_get(
    struct socket *s, uint32_t level, uint32_t name, uint32_t *ret_value);

#endif
