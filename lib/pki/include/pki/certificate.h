/*
 * X.509 certificates on P-256: what a customer's cloud asks of a device that
 * connects to it. They are made from plain values and a signing key, and read
 * as far as they were made here. Who may have one is decided elsewhere.
 *
 * Host programs only: OpenSSL encodes, and crypto_init must have been called.
 *
 * Spec: RFC 5280; RFC 5480; RFC 5758, section 3.2.
 */
#ifndef PKI_CERTIFICATE_H
#define PKI_CERTIFICATE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/limits.h"
#include "crypto/crypto.h"

/* What a certificate is for: its extensions follow. */
enum pki_kind {
	PKI_CA = 1, /* signs others, of devices alone; self-signed */
	PKI_POP = 2, /* shows that its holder has the CA's key */
	PKI_DEVICE = 3 /* a TLS client */
};

/* What shall stand in a certificate. */
struct pki_wish {
	enum pki_kind kind;
	struct bytes name; /* CN: 1 to PKI_NAME_MAX bytes of UTF-8 */
	struct p256_point key; /* the subject's */
	uint8_t serial[PKI_SERIAL_LEN]; /* the first bit is cleared */
	int64_t not_before; /* Unix seconds */
	int64_t not_after;
};

/* Who signs: a CA's key and the name in its certificate. */
struct pki_signer {
	const struct p256_secret *secret;
	const struct p256_point *key;
	struct bytes name;
};

/* A certificate as DER. */
struct pki_certificate {
	uint8_t der[PKI_CERTIFICATE_MAX];
	size_t len;
};

/*
 * Makes and signs a certificate (ECDSA with SHA-256). A CA's names its own
 * key and name as the signer's.
 *
 * Errors: ERR_INVALID (kind; name empty, too long, not UTF-8 or with control
 * characters; a time before 1970 or after 9999, not_after before not_before),
 * ERR_SPACE (over PKI_CERTIFICATE_MAX), ERR_CRYPTO.
 */
MUST_CHECK enum err pki_certificate_make(const struct pki_wish *wish,
    const struct pki_signer *signer, struct pki_certificate *ret_certificate);

/* What stands in a certificate of a CA. */
struct pki_issuer {
	char name[PKI_NAME_MAX + 1]; /* CN */
	struct p256_point key;
	int64_t not_after;
};

/*
 * Reads a CA's certificate that pki_certificate_make has made. Its signature
 * is not looked at: whoever hands it over is trusted with it.
 *
 * Errors: ERR_FORMAT (not one certificate, not a CA's, no P-256 key, no CN or
 * more than one).
 */
MUST_CHECK enum err pki_issuer_read(
    struct bytes der, struct pki_issuer *ret_issuer);

#endif
