/*
 * The certificates and keys that a security profile names, put onto an
 * SSL_CTX.
 */
#ifndef MODULE_TLS_CREDENTIALS_H
#define MODULE_TLS_CREDENTIALS_H

#include "module.h"
#include "ossl.h"

/*
 * Whom the module trusts: the profile's CA; where it names none, every CA
 * that the host has stored. Errors: ERR_NOT_FOUND (no such CA), ERR_NOMEM, ERR_CRYPTO, ERR_IO.
 */
MUST_CHECK enum err tls_credentials_trust(const struct module *module,
    const struct profile *profile, SSL_CTX *context);

/*
 * What the module shows of itself: the profile's certificate and key, or
 * those of zero-touch provisioning; nothing where it names none. Errors:
 * ERR_NOT_FOUND, ERR_AUTH (password missing or wrong; key and certificate do
 * not belong together), those of TEE_ZTP_GET, ERR_NOMEM, ERR_CRYPTO,
 * ERR_IO.
 */
MUST_CHECK enum err tls_credentials_own(const struct module *module,
    const struct profile *profile, SSL_CTX *context);

#endif
