/*
 * Resumption: the last session with a server, kept in a file sealed by the
 * root of trust, one for each security profile. It is offered to the host
 * and port that it came from alone.
 *
 * Spec: RFC 5077, RFC 8446, section 4.6.1.
 */
#ifndef MODULE_TLS_SESSION_H
#define MODULE_TLS_SESSION_H

#include "module.h"
#include "ossl.h"

/* Of one connection; all zero: sessions are not kept. */
struct tls_session {
	const struct module *module;
	unsigned profile;
	char host[CONN_HOST_MAX + 1];
	uint16_t port;
	SSL_SESSION *old; /* NULL: none */
};

/*
 * Starts keeping, and takes what was kept for this server. A file that does
 * not open is as none. Errors: ERR_SPACE (host), ERR_NOMEM.
 */
MUST_CHECK enum err tls_session_load(struct tls_session *s,
    const struct module *module, unsigned profile, const char *host,
    uint16_t port);
void tls_session_done(struct tls_session *s);

/* Offers the old session, if there is one, in the handshake that begins. */
void tls_session_offer(struct tls_session *s, SSL *ssl);

/* Keeps a new one in place of the old; that it cannot is logged. */
void tls_session_keep(const struct tls_session *s, SSL_SESSION *session);

#endif
