/*
 * Chip-to-chip protection: one side of a session, which seals what it sends
 * into frames and opens the bodies of those that it receives. V1 and V2
 * protect each frame on its own, so that one may be repeated or left out
 * unseen; V3 notices both.
 *
 * Spec: PROTOCOL.md, "Chip-to-chip".
 */
#ifndef C2C_SESSION_H
#define C2C_SESSION_H

#include "base/bytes.h"
#include "base/err.h"
#include "holdfast/c2c.h"

#define C2C_WINDOW 128 /* frames in a row that V3 can lose, and one */

enum c2c_side { C2C_HOST, C2C_MODULE };

/*
 * Starts a session of V1 or V2. crypto must outlive the session.
 *
 * Errors: ERR_INVALID (the pair is of another version: a V3 pair opens V3
 * sessions only).
 */
MUST_CHECK enum err c2c_session_init(struct hf_c2c_session *s,
    const struct hf_crypto *crypto, enum c2c_side side,
    const struct hf_c2c_pair *pair);

/*
 * Starts a session of V3 under keys of its own, from both sides' nonces. One
 * of the two nonces has to be new.
 *
 * Errors: ERR_INVALID (the pair is not of V3), ERR_CRYPTO.
 */
MUST_CHECK enum err c2c_session_init_v3(struct hf_c2c_session *s,
    const struct hf_crypto *crypto, enum c2c_side side,
    const struct hf_c2c_pair *pair, const uint8_t nonce_host[HF_C2C_NONCE_LEN],
    const uint8_t nonce_module[HF_C2C_NONCE_LEN]);

/* Ends a session: wipes it. */
void c2c_session_done(struct hf_c2c_session *s);

/* The most plaintext that this side may put into a frame. */
size_t c2c_seal_max(const struct hf_c2c_session *s);

/* The whole frame's length for so much plaintext. */
size_t c2c_sealed_len(const struct hf_c2c_session *s, size_t plaintext_len);

/*
 * Seals plaintext, which may not overlap ret_frame, into a whole frame of
 * c2c_sealed_len bytes.
 *
 * Errors: ERR_INVALID (over c2c_seal_max), ERR_SPACE (cap is less than
 * c2c_sealed_len), ERR_RANDOM, ERR_CRYPTO, ERR_EXHAUSTED (V3, after 2^64 - 1
 * frames). ret_frame may have been written to, though never with plaintext.
 */
MUST_CHECK enum err c2c_seal(struct hf_c2c_session *s, struct bytes plaintext,
    uint8_t *ret_frame, size_t cap, size_t *ret_len);

/*
 * Opens the body of a frame in place; *ret_plaintext is inside of it. After
 * an error the body has been wiped, and the session goes on: the caller
 * drops the frame, counts it, and answers nothing.
 *
 * Errors: ERR_FORMAT (no body of this version has this length), ERR_AUTH,
 * ERR_REPLAY (V3: its counter was seen, or more than the window was lost),
 * ERR_CRYPTO.
 */
MUST_CHECK enum err c2c_open(struct hf_c2c_session *s, uint8_t *body,
    size_t len, struct bytes *ret_plaintext);

/*
 * Makes the confirmation that a host sends after pairing: a V2 body whose
 * plaintext is the tag that the module gave it. Errors: ERR_RANDOM,
 * ERR_CRYPTO.
 */
MUST_CHECK enum err c2c_confirm_make(const struct hf_crypto *crypto,
    const struct hf_c2c_pair *pair, const uint8_t tag[HF_C2C_TAG_LEN],
    uint8_t ret_confirm[HF_C2C_CONFIRM_LEN]);

/*
 * Checks a host's confirmation against the tag of its pair. Errors: ERR_AUTH
 * (another key or tag, or damaged), ERR_CRYPTO.
 */
MUST_CHECK enum err c2c_confirm_check(const struct hf_crypto *crypto,
    const struct hf_c2c_pair *pair, const uint8_t tag[HF_C2C_TAG_LEN],
    const uint8_t confirm[HF_C2C_CONFIRM_LEN]);

#endif
