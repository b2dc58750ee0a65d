/*
 * Holdfast's key schedule, the one place that both ends share. Every
 * derivation is HKDF-Expand with info = CBOR ["holdfast <purpose> v1",
 * context bstr, length], or HMAC for the root. A key is either a salt or a
 * PRK, never both.
 *
 * Spec: PROTOCOL.md, "Keys". Golden vectors stand there too.
 */
#ifndef KEYS_SCHEDULE_H
#define KEYS_SCHEDULE_H

#include "base/bytes.h"
#include "crypto/crypto.h"

/* EDHOC exporter label of the root's input. */
#define KEYS_EXPORTER_LABEL 0x8346
#define KEYS_CONTEXT_MAX 128

/* One struct type a kind of key, so that none is taken for another. */
struct keys_salt {
	uint8_t k[KEY_LEN];
}; /* F, or next(g-1) */
struct keys_root {
	uint8_t k[KEY_LEN];
}; /* root(g) */
struct keys_psk {
	uint8_t k[KEY_LEN];
}; /* PRK of PSKs */
struct keys_up {
	uint8_t k[KEY_LEN];
}; /* PRK of uplink E2E keys */
struct keys_down {
	uint8_t k[KEY_LEN];
}; /* PRK of downlink E2E keys */
struct keys_checkin {
	uint8_t k[KEY_LEN];
}; /* ck(n) */

/* All children of a root. The device keeps these and erases the root. */
struct keys_children {
	struct keys_psk psk;
	struct keys_up up;
	struct keys_down down;
	struct keys_checkin checkin; /* ck(0) */
	struct keys_salt next;
	uint8_t resume[RESUME_LEN];
};

/*
 * Expand(prk, CBOR ["holdfast <purpose> v1", context, len], len). purpose
 * has 32 characters at most, context KEYS_CONTEXT_MAX bytes (ERR_INVALID).
 */
MUST_CHECK enum err keys_expand(struct bytes prk, const char *purpose,
    struct bytes context, uint8_t *ret_out, size_t len);

#define KEYS_ROOT_INPUT_LEN 64

/*
 * What root(g) is the HMAC of, for a salt that never leaves its vault.
 * Errors: ERR_INVALID (a payload over 65,535 bytes), ERR_CRYPTO.
 */
MUST_CHECK enum err keys_root_input(const uint8_t exporter[32],
    const uint8_t uid[UID_LEN], struct bytes request, struct bytes response,
    uint8_t ret_input[KEYS_ROOT_INPUT_LEN]);

/*
 * root(g) = HMAC(salt, exporter | SHA-256(uid | len | request | len |
 * response)); lengths are 2 bytes, big-endian. request and response are the
 * plaintext payloads of exchange 2.
 */
MUST_CHECK enum err keys_root_make(const struct keys_salt *salt,
    const uint8_t exporter[32], const uint8_t uid[UID_LEN],
    struct bytes request, struct bytes response, struct keys_root *ret_root);

/* All children of a root at once. Error: ERR_CRYPTO. */
MUST_CHECK enum err keys_children_make(
    const struct keys_root *root, struct keys_children *ret_children);

/* One child, for a service that keeps the root wrapped. */
MUST_CHECK enum err keys_psk_prk(
    const struct keys_root *root, struct keys_psk *ret_psk);
MUST_CHECK enum err keys_up_prk(
    const struct keys_root *root, struct keys_up *ret_up);
MUST_CHECK enum err keys_down_prk(
    const struct keys_root *root, struct keys_down *ret_down);
MUST_CHECK enum err keys_next_salt(
    const struct keys_root *root, struct keys_salt *ret_next);
MUST_CHECK enum err keys_checkin_first(
    const struct keys_root *root, struct keys_checkin *ret_first);
MUST_CHECK enum err keys_resume(
    const struct keys_root *root, uint8_t ret_resume[RESUME_LEN]);

/* PSK(id, len): len is 16 or 32 (ERR_INVALID). */
MUST_CHECK enum err keys_psk_make(const struct keys_psk *prk,
    const uint8_t id[PSK_ID_LEN], uint8_t *ret_psk, size_t len);

/* The key of one E2E message; header is 11 or 16 bytes (ERR_INVALID). */
MUST_CHECK enum err keys_up_key(const struct keys_up *prk, struct bytes header,
    uint8_t ret_key[E2E_KEY_LEN]);
MUST_CHECK enum err keys_down_key(const struct keys_down *prk,
    struct bytes header, uint8_t ret_key[E2E_KEY_LEN]);

/* An uplink PRK prepared for many messages; wiped like the PRK. */
struct keys_sender {
	struct hmac_key prk;
};

/* Error: ERR_CRYPTO. */
MUST_CHECK enum err keys_sender_init(
    const struct keys_up *prk, struct keys_sender *ret_sender);

/* As keys_up_key. */
MUST_CHECK enum err keys_sender_key(const struct keys_sender *sender,
    struct bytes header, uint8_t ret_key[E2E_KEY_LEN]);

/* ck(n+1) from ck(n), the request id and the request's payload. */
MUST_CHECK enum err keys_checkin_next(const struct keys_checkin *ck,
    const uint8_t request_id[REQUEST_ID_LEN], struct bytes payload,
    struct keys_checkin *ret_next);

/* Master secret of a check-in, of bulk objects, and the state tag. */
MUST_CHECK enum err keys_checkin_oscore(
    const struct keys_checkin *ck, uint8_t ret_master_secret[16]);
MUST_CHECK enum err keys_checkin_bulk(
    const struct keys_checkin *ck, uint8_t ret_master_secret[16]);
MUST_CHECK enum err keys_checkin_state(
    const struct keys_checkin *ck, uint8_t ret_tag[STATE_TAG_LEN]);

#endif
