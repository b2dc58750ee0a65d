/*
 * What the files of lib/c2c share: each version seals a body in place and
 * opens it in place; session.c puts frames and limits around them.
 */
#ifndef C2C_INTERNAL_H
#define C2C_INTERNAL_H

#include "base/bytes.h"
#include "base/err.h"
#include "holdfast/c2c.h"

#define BLOCK 16
#define IV_LEN 16
#define HASH_LEN 32
#define V2_MAC_LEN 16
#define V3_TAG_LEN 8
#define V3_OVERHEAD (1 + V3_TAG_LEN)

/* The length of text after RFC 5652 padding: always longer, whole blocks. */
size_t c2c_padded_len(size_t len);

/* Pads len bytes at text, where there is room, to c2c_padded_len(len). */
void c2c_pad(uint8_t *text, size_t len);

/*
 * Finds the text in its padding, which must have been authenticated before.
 * Error: ERR_AUTH (no padding at its end).
 */
MUST_CHECK enum err c2c_unpad(
    const uint8_t *padded, size_t len, struct bytes *ret_text);

/* One version of the protection. */
struct c2c_protection {
	/* How far into the body its plaintext stands before it is sealed. */
	size_t text_at;
	/* The length of a body for so much plaintext. */
	size_t (*body_len)(size_t text_len);
	/* Says whether any plaintext gives a body of this length. */
	bool (*body_fits)(size_t body_len);
	/* Seals text_len bytes at body + text_at to body_len bytes at body. */
	enum err (*seal)(
	    struct hf_c2c_session *s, uint8_t *body, size_t text_len);
	/* Opens len bytes, for which body_fits holds, in place. */
	enum err (*open)(struct hf_c2c_session *s, uint8_t *body, size_t len,
	    struct bytes *ret_text);
};

extern const struct c2c_protection c2c_v1;
extern const struct c2c_protection c2c_v2;
extern const struct c2c_protection c2c_v3;

/* The keys of a V3 session. Error: ERR_CRYPTO. */
MUST_CHECK enum err c2c_v3_keys(const struct hf_crypto *crypto,
    const struct hf_c2c_pair *pair, const uint8_t *nonce_host,
    const uint8_t *nonce_module, uint8_t ret_h2m[HF_C2C_KEY_LEN],
    uint8_t ret_m2h[HF_C2C_KEY_LEN]);

#endif
