/*
 * OSCORE (RFC 8613): protects one CoAP request and its response at a time.
 * Pure: bytes in, bytes out. Sequence numbers and replay windows belong to
 * the caller, because Holdfast's check-ins draw random Partial IVs and keep
 * them in non-volatile memory (PROTOCOL.md, "Heartbeat"); struct
 * oscore_window serves contexts that count.
 *
 * AES-CCM-16-64-128 and HKDF-SHA-256 always: the application algorithms of
 * EDHOC's cipher suites 0 to 3 are no others.
 */
#ifndef OSCORE_OSCORE_H
#define OSCORE_OSCORE_H

#include "base/bytes.h"
#include "coap/coap.h"
#include "crypto/crypto.h"

#define OSCORE_ID_MAX 7 /* nonce 13 less 6 */
#define OSCORE_PIV_MAX 5
#define OSCORE_ID_CONTEXT_MAX 8
#define OSCORE_KEY_LEN 16
#define OSCORE_IV_LEN 13
#define OSCORE_TAG_LEN 8

struct oscore_id {
	uint8_t id[OSCORE_ID_MAX];
	size_t len;
};

struct oscore_context {
	struct oscore_id sender;
	struct oscore_id recipient;
	uint8_t id_context[OSCORE_ID_CONTEXT_MAX];
	size_t id_context_len;
	bool has_id_context;
	uint8_t sender_key[OSCORE_KEY_LEN];
	uint8_t recipient_key[OSCORE_KEY_LEN];
	uint8_t common_iv[OSCORE_IV_LEN];
};

/*
 * Derives a context. id_context NULL means none, which is not the same as an
 * empty one. Errors: ERR_INVALID (an ID over 7 bytes, the same ID twice, an
 * ID Context over 8), ERR_CRYPTO. Spec: RFC 8613, section 3.2.
 */
MUST_CHECK enum err oscore_derive(struct oscore_context *ret_context,
    struct bytes master_secret, struct bytes master_salt,
    const struct bytes *id_context, struct bytes sender_id,
    struct bytes recipient_id);

/* Wipes a context. */
void oscore_done(struct oscore_context *context);

/* The OSCORE option of a message, decoded. Spec: RFC 8613, section 6.1. */
struct oscore_option {
	struct bytes piv; /* 0 to 5 bytes */
	bool has_kid_context;
	struct bytes kid_context;
	bool has_kid;
	struct bytes kid; /* of any length that fits; over 7 finds no context */
};

/* Errors: ERR_FORMAT, ERR_TRUNCATED (as RFC 8613 section 2 demands). */
MUST_CHECK enum err oscore_option_decode(
    struct bytes value, struct oscore_option *ret_option);

/*
 * Writes an option's value as short as it can be: nothing at all when the
 * option holds nothing. ERR_INVALID, in the writer, for a PIV over 5 bytes or
 * a kid context over 255. Spec: RFC 8613, section 6.1.
 */
void oscore_option_encode(
    const struct oscore_option *option, struct writer *out);

/* What binds a response to its request: request_kid and request_piv. */
struct oscore_request_ref {
	struct oscore_id kid;
	uint8_t piv[OSCORE_PIV_MAX];
	size_t piv_len;
};

/* The inside of a message: what OSCORE protects. */
struct oscore_inner {
	uint8_t code;
	struct bytes options; /* encoded class E options */
	struct bytes payload;
};

/*
 * The outside of a message: what a peer on the path can read and change.
 * options, encoded and mostly empty, are of class U, such as Uri-Host; the
 * OSCORE and EDHOC options are added by protecting.
 */
struct oscore_outer {
	enum coap_type type;
	uint16_t id;
	struct bytes token;
	struct bytes options;
};

/*
 * Says whether an option may stand outside (class U of RFC 8613, figure 5,
 * with EDHOC of RFC 9668 and Echo of RFC 9175). A receiver discards all
 * others from the outside of a message that it opens. Spec: RFC 8613,
 * section 4.1.
 */
bool oscore_class_u(uint32_t number);

/*
 * Protects a request and appends it to out. piv, 1 to 5 bytes without
 * leading zeros unless it is one byte or a drawn 5-byte value, goes on the
 * wire as it is. edhoc_message_3, when not empty, makes it a combined
 * request: the EDHOC option is added and message_3 is put before the
 * ciphertext (RFC 9668, section 3). with_kid_context sends the ID Context.
 *
 * Outer code is POST; the OSCORE option holds piv and kid. On an error out
 * is as it was.
 *
 * Errors: ERR_SPACE, ERR_INVALID (piv, a kid context that the context has
 * not, an outer option that is not of class U), ERR_CRYPTO. Spec: RFC 8613,
 * section 8.1.
 */
MUST_CHECK enum err oscore_protect_request(const struct oscore_context *context,
    const struct oscore_outer *outer, struct bytes piv, bool with_kid_context,
    struct bytes edhoc_message_3, const struct oscore_inner *inner,
    struct writer *out, struct oscore_request_ref *ret_ref);

/*
 * Opens a request into buf, which must have room for the plaintext and
 * outlive ret_inner; buf may be where ciphertext starts. ciphertext is the
 * payload of the outer message, less message_3 in a combined request. Replay
 * is for the caller to judge, after ERR_OK.
 *
 * Errors: ERR_INVALID (no kid or piv; kid or kid context not of this
 * context), ERR_SPACE, ERR_AUTH (also: shorter than a tag), ERR_FORMAT
 * (inside, authentic but no message), ERR_CRYPTO. Spec: RFC 8613, section
 * 8.2.
 */
MUST_CHECK enum err oscore_open_request(const struct oscore_context *context,
    const struct oscore_option *option, struct bytes ciphertext, uint8_t *buf,
    size_t cap, struct oscore_inner *ret_inner,
    struct oscore_request_ref *ret_ref);

/*
 * Protects a response to the request that ref names. piv empty: the
 * request's nonce is used (RFC 8613, 5.2), else piv stands in the response.
 * Outer code is 2.04. Errors as oscore_protect_request. Spec: section 8.3.
 */
MUST_CHECK enum err oscore_protect_response(
    const struct oscore_context *context, const struct oscore_outer *outer,
    const struct oscore_request_ref *ref, struct bytes piv,
    const struct oscore_inner *inner, struct writer *out);

/*
 * Opens a response to the request that ref names; option is the response's
 * own, whose kid, if it has one, must be the peer's. Errors as
 * oscore_open_request. Spec: RFC 8613, section 8.4.
 */
MUST_CHECK enum err oscore_open_response(const struct oscore_context *context,
    const struct oscore_request_ref *ref, const struct oscore_option *option,
    struct bytes ciphertext, uint8_t *buf, size_t cap,
    struct oscore_inner *ret_inner);

/* A replay window of 32 for contexts that count. Spec: RFC 8613, 7.4. */
struct oscore_window {
	uint64_t highest;
	uint32_t seen;
	bool started;
};

/* Starts a window that has seen nothing. */
void oscore_window_init(struct oscore_window *window);

/* Says whether seq is new; does not mark it. ERR_REPLAY when it is not. */
MUST_CHECK enum err oscore_window_check(
    const struct oscore_window *window, uint64_t seq);
void oscore_window_mark(struct oscore_window *window, uint64_t seq);

/*
 * A Partial IV as a number, and a number as its shortest Partial IV, whose
 * length is returned: 0 when the number has more than 40 bits.
 */
uint64_t oscore_piv_number(struct bytes piv);
size_t oscore_piv_encode(uint64_t seq, uint8_t ret_piv[OSCORE_PIV_MAX]);

#endif
