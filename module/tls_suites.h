/*
 * Cipher suites by their numbers: which there are, and which say nothing
 * about the server or hide nothing.
 *
 * Spec: IANA, "TLS Cipher Suites".
 */
#ifndef MODULE_TLS_SUITES_H
#define MODULE_TLS_SUITES_H

#include <stdbool.h>
#include <stdint.h>

#include "ossl.h"

/* A suite as OpenSSL has it, or NULL: it is too old, too new, or none. */
const SSL_CIPHER *tls_suite_find(SSL *ssl, uint16_t suite);

/*
 * Whether it is for connections that check nothing alone: it does not
 * authenticate the server, or does not encrypt.
 */
bool tls_suite_is_open(const SSL_CIPHER *cipher);

#endif
