/*
 * DER as text, for people and their clouds.
 */
#ifndef PKI_PEM_H
#define PKI_PEM_H

#include "base/bytes.h"
#include "base/limits.h"

#define PKI_PEM_MAX (PKI_CERTIFICATE_MAX * 4 / 3 + 128)

/*
 * Writes DER as PEM with a NUL: "-----BEGIN label-----", lines of 64
 * characters. Errors: ERR_SPACE (der over PKI_CERTIFICATE_MAX). Spec: RFC
 * 7468.
 */
MUST_CHECK enum err pki_pem_write(
    const char *label, struct bytes der, char ret_pem[PKI_PEM_MAX]);

#endif
