/*
 * Resumption: the last session with a server, kept in a file sealed by the
 * root of trust, one for each security profile. It is offered to the host
 * and port that it came from alone, and only while the profile and what it
 * trusts are as they were, because who resumes checks nothing.
 *
 * A server may send any number of sessions. The last one waits in memory and
 * is written twice for a connection at most: a moment after the first came,
 * and when the connection ends.
 *
 * Spec: RFC 5077, RFC 8446, section 4.6.1.
 */
#ifndef MODULE_TLS_SESSION_H
#define MODULE_TLS_SESSION_H

#include "module.h"
#include "ossl.h"
#include "tls_binding.h"

#define TLS_SESSION_WAIT_MS 1000 /* from the first to its being written */

/* Of one connection; all zero: sessions are not kept. */
struct tls_session {
	const struct module *module;
	unsigned profile;
	uint32_t epoch; /* of the module's when the connection began */
	uint8_t binding[TLS_BINDING_LEN];
	char host[CONN_HOST_MAX + 1];
	uint16_t port;
	SSL_SESSION *old; /* NULL: none */
	SSL_SESSION *fresh; /* the last that came, not written; NULL: none */
	uint64_t due_ms; /* when to write it; UINT64_MAX: at the end */
	bool written; /* once already, before the end */
};

/*
 * Starts keeping, and takes what was kept for this server and binding
 * (TLS_BINDING_LEN bytes). A file that does not open is as none. Errors:
 * ERR_SPACE (host), ERR_NOMEM.
 */
MUST_CHECK enum err tls_session_load(struct tls_session *s,
    const struct module *module, unsigned profile, const char *host,
    uint16_t port, const uint8_t *binding);
/* The connection has ended: writes what was not, and frees. */
void tls_session_done(struct tls_session *s);

/* Offers the old session, if there is one, in the handshake that begins. */
void tls_session_offer(struct tls_session *s, SSL *ssl);

/*
 * Takes a new one, with its reference, in place of the last. One of a
 * connection that began before the profile or a certificate changed is
 * dropped, then and whenever it would be written.
 */
void tls_session_take(struct tls_session *s, SSL_SESSION *session);

/* Writes what is due; that it cannot is logged. */
void tls_session_tick(struct tls_session *s, uint64_t now_ms);

#endif
