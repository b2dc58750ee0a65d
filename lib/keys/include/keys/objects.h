/*
 * What travels on the bulk channel: a device's request for a certificate and
 * the service's answer. Encoders and decoders side by side, for both ends.
 *
 * Spec: PROTOCOL.md, "Objects".
 */
#ifndef KEYS_OBJECTS_H
#define KEYS_OBJECTS_H

#include "keys/schedule.h"

#define OBJECT_REQUEST_MAX 64
#define OBJECT_RESPONSE_MAX 1040 /* leaves room for OSCORE in a datagram */

/* [1, key, tag]: the device's key for its cloud, under its root. */
struct ztp_request {
	uint8_t key[P256_COMPRESSED_LEN];
	uint8_t tag[ZTP_TAG_LEN];
};

/* Writes a request; the cursor keeps ERR_SPACE. */
void ztp_request_write(struct writer *w, const struct ztp_request *m);
/* Reads one. Errors: ERR_FORMAT, ERR_TRUNCATED, ERR_INVALID (a length). */
MUST_CHECK enum err ztp_request_read(
    struct bytes in, struct ztp_request *ret_m);

/* [CA, certificate]: both DER, 1 to PKI_CERTIFICATE_MAX bytes. */
struct ztp_response {
	struct bytes ca;
	struct bytes certificate;
};

/* Writes an answer; the cursor keeps ERR_SPACE and ERR_INVALID. */
void ztp_response_write(struct writer *w, const struct ztp_response *m);
/* Reads one; views point into in. Errors as ztp_request_read. */
MUST_CHECK enum err ztp_response_read(
    struct bytes in, struct ztp_response *ret_m);

/*
 * Shows that a certificate request comes from who holds the root: Expand(up,
 * "ztp request", key). Error: ERR_CRYPTO.
 */
MUST_CHECK enum err keys_ztp_tag(const struct keys_up *up,
    const uint8_t key[P256_COMPRESSED_LEN], uint8_t ret_tag[ZTP_TAG_LEN]);

#endif
