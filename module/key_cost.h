/*
 * What it costs to open an encrypted PKCS#8 key, which its maker chooses.
 *
 * Spec: RFC 8018 (PBES1, PBES2), RFC 7914 (scrypt), RFC 7292 (PKCS#12).
 */
#ifndef MODULE_KEY_COST_H
#define MODULE_KEY_COST_H

#include <stdbool.h>

#include "ossl.h"

/*
 * Whether it is known and within CREDENTIAL_ROUNDS_MAX and
 * CREDENTIAL_SCRYPT_MAX: see credentials.h.
 */
bool key_cost_ok(const X509_SIG *encrypted);

#endif
