/*
 * PSK identities and the E2E envelope: who wrote what under which key. The
 * header is the key's identity; a message is header | ciphertext | tag.
 *
 *	PSK identity    11 01 | alias 6 | counter 6		14 bytes
 *	E2E header V1   11 01 | alias 6 | counter 6 | 00 00	16 bytes
 *	E2E header V2   21    | alias 6 | counter 4		11 bytes
 *	downlink        12 01 and 22 instead of 11 01 and 21
 *
 * Spec: PROTOCOL.md, "PSK identity and E2E envelope"; the seed, 6.2.3.
 */
#ifndef KEYS_ENVELOPE_H
#define KEYS_ENVELOPE_H

#include "keys/schedule.h"

#define COUNTER48_MAX ((UINT64_C(1) << 48) - 1)

enum envelope_version { ENVELOPE_V1 = 1, ENVELOPE_V2 = 2 };
enum envelope_direction { ENVELOPE_UP, ENVELOPE_DOWN };

struct psk_identity {
	uint8_t alias[ALIAS_LEN];
	uint64_t counter; /* COUNTER48_MAX at most */
};

struct envelope_header {
	enum envelope_version version;
	enum envelope_direction direction;
	uint8_t alias[ALIAS_LEN];
	uint64_t counter; /* V1: COUNTER48_MAX at most; V2: UINT32_MAX */
};

/* Errors: ERR_INVALID (counter). */
MUST_CHECK enum err psk_identity_encode(
    const struct psk_identity *id, uint8_t ret_out[PSK_ID_LEN]);
/* Errors: ERR_FORMAT (length or first bytes). */
MUST_CHECK enum err psk_identity_decode(
    struct bytes in, struct psk_identity *ret_id);

/* Writes the header to 16 or 11 bytes. Errors: ERR_INVALID (counter). */
MUST_CHECK enum err envelope_header_encode(const struct envelope_header *h,
    uint8_t ret_out[E2E_V1_HEADER_LEN], size_t *ret_len);
/*
 * Reads a header that has exactly its length. Errors: ERR_FORMAT (length,
 * first nibble, first bytes, V1 without its two zeros).
 */
MUST_CHECK enum err envelope_header_decode(
    struct bytes in, struct envelope_header *ret_header);

/* How long the header of a message is: 16, 11, or 0 for neither. */
size_t envelope_header_len(struct bytes message);

/* Tag length, and header plus tag. */
size_t envelope_tag_len(enum envelope_version version);
size_t envelope_overhead(enum envelope_version version);

/* The nonce: V1 the header's last 12 bytes, V2 00 | header. */
void envelope_nonce(struct bytes header, uint8_t ret_nonce[E2E_NONCE_LEN]);

/*
 * Seals plaintext, E2E_PLAINTEXT_MAX bytes at most, to ret_out, which has
 * plaintext.len + envelope_overhead bytes and may not overlap it. header is
 * as envelope_header_encode made it, and key comes from keys_up_key or
 * keys_down_key with it.
 *
 * Errors: ERR_INVALID (header), ERR_SPACE (plaintext too long), ERR_CRYPTO.
 */
MUST_CHECK enum err envelope_seal(struct bytes header,
    const uint8_t key[E2E_KEY_LEN], struct bytes plaintext, uint8_t *ret_out);

/*
 * Opens a message; header is the one whose key this is, ret_out gets
 * message.len less overhead bytes. Errors: ERR_INVALID (header),
 * ERR_TRUNCATED, ERR_AUTH (also for another header), ERR_CRYPTO.
 */
MUST_CHECK enum err envelope_open(struct bytes header,
    const uint8_t key[E2E_KEY_LEN], struct bytes message, uint8_t *ret_out);

#endif
