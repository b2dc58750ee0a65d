/*
 * CoAP messages (RFC 7252) over datagrams: one decoder, one encoder, no
 * state and no I/O. Options stay where they were received and are walked in
 * order; the encoder takes them in ascending order of number.
 */
#ifndef COAP_COAP_H
#define COAP_COAP_H

#include "base/bytes.h"

enum coap_type { COAP_CON = 0, COAP_NON = 1, COAP_ACK = 2, COAP_RST = 3 };

#define COAP_CODE(class, detail) ((class) << 5 | (detail))
enum coap_code {
	COAP_EMPTY = 0,
	COAP_GET = 1,
	COAP_POST = 2,
	COAP_PUT = 3,
	COAP_DELETE = 4,
	COAP_FETCH = 5,
	COAP_CREATED = COAP_CODE(2, 1),
	COAP_CHANGED = COAP_CODE(2, 4),
	COAP_CONTENT = COAP_CODE(2, 5),
	COAP_CONTINUE = COAP_CODE(2, 31),
	COAP_BAD_REQUEST = COAP_CODE(4, 0),
	COAP_UNAUTHORIZED = COAP_CODE(4, 1),
	COAP_BAD_OPTION = COAP_CODE(4, 2),
	COAP_FORBIDDEN = COAP_CODE(4, 3),
	COAP_NOT_FOUND = COAP_CODE(4, 4),
	COAP_METHOD_NOT_ALLOWED = COAP_CODE(4, 5),
	COAP_NOT_ACCEPTABLE = COAP_CODE(4, 6),
	COAP_CONFLICT = COAP_CODE(4, 9),
	COAP_TOO_LARGE = COAP_CODE(4, 13),
	COAP_UNSUPPORTED_FORMAT = COAP_CODE(4, 15),
	COAP_TOO_MANY = COAP_CODE(4, 29),
	COAP_SERVER_ERROR = COAP_CODE(5, 0),
	COAP_UNAVAILABLE = COAP_CODE(5, 3)
};

enum coap_option_number {
	COAP_OPT_IF_MATCH = 1,
	COAP_OPT_URI_HOST = 3,
	COAP_OPT_ETAG = 4,
	COAP_OPT_OBSERVE = 6,
	COAP_OPT_URI_PORT = 7,
	COAP_OPT_OSCORE = 9,
	COAP_OPT_URI_PATH = 11,
	COAP_OPT_CONTENT_FORMAT = 12,
	COAP_OPT_MAX_AGE = 14,
	COAP_OPT_URI_QUERY = 15,
	COAP_OPT_HOP_LIMIT = 16,
	COAP_OPT_ACCEPT = 17,
	COAP_OPT_EDHOC = 21,
	COAP_OPT_BLOCK2 = 23,
	COAP_OPT_BLOCK1 = 27,
	COAP_OPT_SIZE2 = 28,
	COAP_OPT_PROXY_URI = 35,
	COAP_OPT_PROXY_SCHEME = 39,
	COAP_OPT_SIZE1 = 60,
	COAP_OPT_ECHO = 252,
	COAP_OPT_NO_RESPONSE = 258,
	COAP_OPT_REQUEST_TAG = 292
};

#define COAP_MARKER 0xff /* stands between options and payload */
#define COAP_TOKEN_MAX 8
#define COAP_OPTIONS_MAX 32 /* options of one message; more: ERR_SPACE */
#define COAP_FORMAT_LINK 40 /* application/link-format */
#define COAP_FORMAT_EDHOC 64 /* application/edhoc+cbor-seq */
#define COAP_FORMAT_CID_EDHOC 65 /* application/cid-edhoc+cbor-seq */

/* A message: views of the datagram that was decoded. */
struct coap_message {
	enum coap_type type;
	uint8_t code; /* enum coap_code, or any other */
	uint16_t id;
	uint8_t token[COAP_TOKEN_MAX];
	size_t token_len;
	struct bytes options; /* encoded; walked by coap_option_next */
	struct bytes payload;
};

/*
 * Decodes a datagram, options checked to their ends.
 *
 * Errors: ERR_TRUNCATED, ERR_FORMAT (version, reserved token length or
 * option nibble, option number over 65535, payload marker without payload,
 * content in an empty message), ERR_SPACE (more than COAP_OPTIONS_MAX
 * options). Spec: RFC 7252, section 3.
 */
MUST_CHECK enum err coap_decode(
    struct bytes datagram, struct coap_message *ret_message);

/*
 * Decodes options and payload without a header, as they stand in an OSCORE
 * plaintext after the code. Errors as coap_decode.
 */
MUST_CHECK enum err coap_decode_body(
    struct bytes in, struct bytes *ret_options, struct bytes *ret_payload);

/* One option; repeatable options come once each. */
struct coap_option {
	uint32_t number;
	struct bytes value;
};

/* Walks options that coap_decode has checked. */
struct coap_options {
	struct reader in;
	uint32_t number;
};

/* Starts a walk over checked options. */
void coap_options_init(struct coap_options *it, struct bytes options);
/* Gives the next option; false after the last. */
bool coap_option_next(struct coap_options *it, struct coap_option *ret_option);

/* Finds the first option of a number; false when there is none. */
bool coap_option_find(
    struct bytes options, uint32_t number, struct bytes *ret_value);

/* Reads an option value as a number (RFC 7252, 3.2); over 4 bytes: false. */
bool coap_option_uint(struct bytes value, uint32_t *ret_number);

/* Says whether an option must be understood: RFC 7252, section 5.4.1. */
bool coap_option_critical(uint32_t number);

/*
 * Says whether the Uri-Path options spell path, written without a leading
 * slash; "" is the root path.
 */
bool coap_path_is(struct bytes options, const char *path);

/* Writes a message step by step into the caller's buffer. */
struct coap_writer {
	struct writer out;
	uint32_t number; /* of the last option */
};

/*
 * Writes the header and the token; ERR_INVALID for a token over
 * COAP_TOKEN_MAX or in an empty message.
 */
void coap_write_head(struct coap_writer *w, uint8_t *ptr, size_t cap,
    enum coap_type type, uint8_t code, uint16_t id, struct bytes token);

/* Starts with options at once, as an OSCORE plaintext needs after its code. */
void coap_write_body(struct coap_writer *w, uint8_t *ptr, size_t cap);

/*
 * Adds an option; ERR_INTERNAL when the number falls, is over 65535, or comes
 * after the payload.
 */
void coap_write_option(
    struct coap_writer *w, uint32_t number, struct bytes value);
void coap_write_option_uint(
    struct coap_writer *w, uint32_t number, uint32_t value);

/*
 * Adds a Uri-Path option for every segment of path; "" adds none.
 * ERR_INVALID for a segment over 255 bytes.
 */
void coap_write_path(struct coap_writer *w, const char *path);

/*
 * Adds the marker and the payload; an empty payload adds nothing. Nothing
 * may follow (ERR_INTERNAL).
 */
void coap_write_payload(struct coap_writer *w, struct bytes payload);

/* Ends: the first error, or the whole message. */
MUST_CHECK enum err coap_write_end(
    const struct coap_writer *w, struct bytes *ret_message);

#endif
