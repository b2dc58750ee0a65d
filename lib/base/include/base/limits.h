/*
 * Every maximum that crosses a wire or bounds a buffer, in one place. Sizes
 * are bytes unless the name says otherwise.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Identities: PROTOCOL.md, "Identities". */
#define UID_LEN 8 /* RoTPublicUID */
#define CHIP_ID_LEN 16 /* chip id */
#define PROFILE_UID_LEN 16 /* DeviceProfileUID */
#define SERIAL_MAX 16 /* serial: printable ASCII, at least 1 */
#define ALIAS_LEN 6 /* alias of one generation */
#define INSTANCE_LEN 8 /* instance of the silicon */
#define FIRMWARE_MAX 8 /* firmware version on the wire */
#define REQUEST_ID_LEN 5 /* request id = Partial IV of a check-in */

/* Keys. */
#define KEY_LEN 32 /* root and its 32-byte children */
#define RESUME_LEN 8 /* resume tag */
#define STATE_TAG_LEN 8 /* check-in state tag */
#define P256_LEN 32 /* one coordinate or scalar */
#define P256_POINT_LEN 65 /* uncompressed point: 04 | x | y */
#define P256_COMPRESSED_LEN 33

/* PSK identity and E2E envelopes: PROTOCOL.md, "E2E". */
#define PSK_ID_LEN 14
#define PSK_MAX 32
#define E2E_V1_HEADER_LEN 16
#define E2E_V2_HEADER_LEN 11
#define E2E_V1_TAG_LEN 16
#define E2E_V2_TAG_LEN 8
#define E2E_NONCE_LEN 12
#define E2E_KEY_LEN 16
#define E2E_PLAINTEXT_MAX ((1u << 24) - 1)

/* Files of local data protection: PROTOCOL.md, "Local data protection". */
#define LOCAL_NAME_MAX 64 /* a file's name */
#define LOCAL_OVERHEAD 29 /* version 1, nonce 12, tag 16 */
#define LOCAL_PLAINTEXT_MAX (E2E_PLAINTEXT_MAX - LOCAL_OVERHEAD)

/* Certificates: RFC 5280, Appendix A.1 bounds a CN at 64 characters. */
#define PKI_NAME_MAX 64
#define PKI_SERIAL_LEN 16 /* random */
#define ZTP_TAG_LEN 16 /* of a request for a certificate */
#define PKI_CERTIFICATE_MAX 640 /* DER */

/* Wire: PROTOCOL.md, "Bootstrap" and "Heartbeat". */
#define DATAGRAM_MAX 1152 /* any datagram of ours: fits IPv6's 1,280 */
#define BOOTSTRAP_REQUEST_MAX 320
#define BOOTSTRAP_RESPONSE_MAX 64
#define CHECKIN_REQUEST_MAX 64
#define CHECKIN_RESPONSE_MAX 128
#define PENDING_MAX 6 /* pendings per uid */
#define LEFT_MAX 12 /* left contexts per uid */

/* Blobs wrapped by the keys process: version 1, key id 1, nonce 12, tag 16. */
#define BLOB_OVERHEAD 30
#define BLOB_MAX (BLOB_OVERHEAD + KEY_LEN)
#define TICKET_LEN (PROFILE_UID_LEN + BLOB_MAX) /* a recovery ticket */

#endif
