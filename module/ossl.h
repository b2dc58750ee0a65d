/*
 * The parts of OpenSSL that TLS takes. Its ERR_STATE is a type of no use to
 * us, ours an error: it has to step aside.
 */
#ifndef MODULE_OSSL_H
#define MODULE_OSSL_H

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#endif
