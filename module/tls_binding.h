/*
 * What a TLS session was made under: a digest of the security profile, of
 * the certificates that were trusted, and of the module's own. A session is
 * resumed under the same alone.
 */
#ifndef MODULE_TLS_BINDING_H
#define MODULE_TLS_BINDING_H

#include "module.h"
#include "ossl.h"

#define TLS_BINDING_LEN 32

/*
 * Makes the digest, TLS_BINDING_LEN bytes. context is configured as the
 * profile says; trust: its store is what the server is checked against.
 * Errors: ERR_SPACE, ERR_CRYPTO, ERR_NOMEM.
 */
MUST_CHECK enum err tls_binding_make(const struct profile *profile,
    const SSL_CTX *context, bool trust, uint8_t *ret_binding);

#endif
