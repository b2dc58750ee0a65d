/*
 * TLS and DTLS as a security profile says: an SSL_CTX of OpenSSL for one
 * connection, with its versions, suites, credentials, pre-shared key, checks
 * of the peer, server name and session. All of it hangs on the SSL_CTX, so
 * that whoever makes an SSL of it need set nothing more.
 *
 * Spec: RFC 5246, RFC 8446, RFC 6347 (DTLS 1.2), RFC 4279 (PSK).
 */
#ifndef MODULE_TLS_H
#define MODULE_TLS_H

#include "module.h"
#include "ossl.h"

/* One connection's wish. */
struct tls_wish {
	struct module *module;
	unsigned profile; /* 0 to PROFILES_MAX - 1 */
	const char *host; /* name or address that is connected to */
	uint16_t port;
	bool datagram; /* DTLS */
};

/*
 * Makes an SSL_CTX for one connection; SSL_CTX_free frees it and wipes its
 * keys.
 *
 * Errors: ERR_NOT_FOUND (a certificate or key that the profile names is not
 * there), ERR_AUTH (the key's password is missing or wrong, or key and
 * certificate do not belong together), ERR_UNSUPPORTED (no version or suite
 * is left, as with DTLS and TLS 1.3 alone, or the PSK identity cannot be
 * sent), ERR_STATE (PSK of the root of trust before the bootstrap; no ZTP
 * credentials), ERR_DISABLED (E2ESymmetricKMS is off), ERR_NOMEM, ERR_CRYPTO,
 * ERR_IO.
 */
MUST_CHECK enum err tls_context_new(
    const struct tls_wish *wish, SSL_CTX **ret_context);

/*
 * The same to an SSL_CTX that somebody else has made, such as libcurl in
 * CURLOPT_SSL_CTX_FUNCTION. It replaces what stood there: peer, host name and
 * date are checked by it as the profile says, so that the maker's own checks
 * are to be switched off (CURLOPT_SSL_VERIFYPEER and _VERIFYHOST 0). wish
 * need not outlive the call.
 */
MUST_CHECK enum err tls_context_configure(
    const struct tls_wish *wish, SSL_CTX *context);

/*
 * Says whether there is a suite of this IANA number. Of those that a profile
 * lists a connection offers what OpenSSL has; suites without authentication
 * or encryption only where nothing is validated and there is no PSK.
 */
bool tls_suite_known(uint16_t suite);

/*
 * What a call of OpenSSL's that did not succeed means: ERR_BUSY (wait for
 * the socket), ERR_OK (the peer has closed), ERR_AUTH (refused: certificate,
 * key, version or suite), ERR_IO (the way broke). result is what the call
 * returned. Logs why.
 */
enum err tls_failure(const SSL *ssl, int result);

/*
 * Does what is due of a connection, which is to keep its session; when to
 * come again (UINT64_MAX: never). What is not kept before is at its end.
 */
void tls_tick(const SSL *ssl, uint64_t now_ms);
uint64_t tls_due_ms(const SSL *ssl);

/*
 * Forgets the session that was kept for a profile, and all of them. What
 * connections bring that are open now is not kept either. Error: ERR_IO.
 */
MUST_CHECK enum err tls_session_forget(struct module *module, unsigned profile);
MUST_CHECK enum err tls_sessions_forget(struct module *module);

#endif
