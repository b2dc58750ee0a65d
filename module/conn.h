/*
 * One connection over the host's network, as the loop drives it: TCP or UDP,
 * plain or TLS or DTLS as a security profile says. Nothing here blocks: the
 * name is looked up in a thread, and what cannot be sent yet is queued up to
 * CONN_OUTPUT_MAX bytes.
 *
 * A connection is its owner's from conn_open to conn_close, whatever happens
 * to it meanwhile. Events come from the loop alone, never from inside a call
 * of the owner's, and the owner may do anything in them, conn_close too.
 * Without the network every connection ends.
 */
#ifndef MODULE_CONN_H
#define MODULE_CONN_H

#include "loop.h"
#include "module.h"
#include "resolve.h"

struct conn;

/* What the owner is told; any may be NULL. */
struct conn_events {
	/* A socket has been made, and is not connected yet. */
	void (*made)(void *owner, int fd);
	/* Connected, and the handshake is done. */
	void (*opened)(void *owner);
	/* There is something to read, or the peer has closed. */
	void (*readable)(void *owner);
	/* All that was queued has been sent. */
	void (*writable)(void *owner);
	/*
	 * It is gone. ERR_NOT_FOUND (no such name), ERR_TIMEOUT, ERR_AUTH (the
	 * handshake was refused), ERR_STATE (no network any more), ERR_IO.
	 * system_error is the errno behind it, or 0.
	 */
	void (*closed)(void *owner, enum err err, int system_error);
};

struct conn_config {
	struct module *module;
	const char *host; /* name or address, CONN_HOST_MAX at most */
	uint16_t port;
	uint16_t local_port; /* 0: any */
	bool datagram;
	bool secure; /* TLS, or DTLS */
	unsigned profile; /* of security */
	uint64_t timeout_ms; /* for opened to come */
	const struct conn_events *events;
	void *owner;
};

/*
 * Starts a connection; opened or closed will tell. Errors: ERR_STATE (no
 * network), ERR_INVALID (host), ERR_NOMEM, ERR_IO, and where it is secure
 * those of tls_context_new.
 */
MUST_CHECK enum err conn_open(
    const struct conn_config *config, struct conn **ret_conn);

/*
 * Takes a TCP connection that somebody has made to us: fd, which is closed
 * with it, also when this fails. Of config only module, events and owner
 * count. Errors: ERR_STATE, ERR_NOMEM, ERR_IO.
 */
MUST_CHECK enum err conn_take(
    const struct conn_config *config, int fd, struct conn **ret_conn);

/*
 * Reads up to cap bytes, or one datagram of them. ret_len is 0 when the peer
 * has closed. Errors: ERR_BUSY (nothing now), ERR_STATE (not open), others:
 * it is broken, and closed will not come any more.
 */
MUST_CHECK enum err conn_read(
    struct conn *c, uint8_t *out, size_t cap, size_t *ret_len);

/*
 * Sends all or nothing; what does not go at once is queued, but for
 * datagrams. Errors: ERR_BUSY (no room now), ERR_STATE (not open), others as
 * conn_read.
 */
MUST_CHECK enum err conn_write(struct conn *c, struct bytes data);

/*
 * Whether TLS ended without the peer's saying so: what has come may have been
 * cut off by whoever is on the way.
 */
bool conn_cut(const struct conn *c);

/* How many bytes are queued. */
size_t conn_queued(const struct conn *c);

/*
 * While it is paused readable does not come, and the peer is held back as
 * TCP does it.
 */
void conn_pause(struct conn *c, bool paused);

/* Its socket, or -1. */
int conn_fd(const struct conn *c);

#define CONN_LINGER_MS 10000 /* for what is queued to leave after the end */

/*
 * Ends it as it should: what is queued still leaves, for CONN_LINGER_MS, and
 * TLS is told. The memory is gone for the owner. NULL is allowed.
 */
void conn_close(struct conn *c);

/*
 * The same with another time. What has not left by then is dropped, and TCP
 * is reset; with 0 at once.
 */
void conn_close_within(struct conn *c, uint64_t linger_ms);

/* Does what is due of all connections of a module: before every sleep. */
void conns_settle(struct module *module, uint64_t now_ms);

/* When to do so again at the latest (loop_now_ms; UINT64_MAX: never). */
uint64_t conns_due_ms(const struct module *module, uint64_t now_ms);

/*
 * A reset or the end: all end at once. No owner is told; each still has to
 * conn_close its own.
 */
void conns_drop(struct module *module);

#endif
