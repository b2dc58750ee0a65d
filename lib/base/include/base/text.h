/*
 * Bytes as text: hex (base 16), base64 and base64url of RFC 4648. Decoders
 * are strict: no white space, no stray bits, padding exactly as demanded.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

/* Room for len bytes as text, with the NUL. */
#define HEX_SIZE(len) (2 * (len) + 1)
#define BASE64_SIZE(len) (4 * (((len) + 2) / 3) + 1)

/*
 * Writes bytes as upper-case hex digits and a NUL; out has HEX_SIZE(in.len)
 * bytes. hex_encode_lower writes lower-case digits.
 */
void hex_encode(struct bytes in, char *out);
void hex_encode_lower(struct bytes in, char *out);

/*
 * Reads hex digits of either case; text.len / 2 bytes go to out.
 *
 * Errors: ERR_FORMAT (odd length, another character), ERR_SPACE (more than
 * cap bytes). out may be written to before an error is found.
 */
MUST_CHECK enum err hex_decode(
    struct bytes text, uint8_t *out, size_t cap, size_t *ret_len);

/* Writes base64 with padding and a NUL; out has BASE64_SIZE(in.len) bytes. */
void base64_encode(struct bytes in, char *out);

/* Writes base64url without padding and a NUL, as for identifiers. */
void base64url_encode(struct bytes in, char *out);

/* Reads base64 with padding; errors as hex_decode. */
MUST_CHECK enum err base64_decode(
    struct bytes text, uint8_t *out, size_t cap, size_t *ret_len);

/* Reads base64url without padding; errors as hex_decode. */
MUST_CHECK enum err base64url_decode(
    struct bytes text, uint8_t *out, size_t cap, size_t *ret_len);

#endif
