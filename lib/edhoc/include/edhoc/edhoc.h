/*
 * EDHOC (RFC 9528), both roles, methods 0 to 3, suites 0, 2 and 3. Pure:
 * no I/O, no allocation.
 *
 * The long-term keys never come in here. Where a role authenticates with a
 * static Diffie-Hellman key, the exchange stops, names the salt and the
 * peer's ephemeral key, and goes on with the PRK that the key's owner (the
 * root of trust, or the keys process) has extracted:
 *
 *	prk = HKDF-Extract(salt, ECDH(static key, peer))
 *
 * Where it signs, it calls back. Call order, initiator:
 *
 *	edhoc_start, edhoc_message_1, edhoc_message_2_open (who is it?),
 *	edhoc_message_2_verify, [edhoc_need -> prk], edhoc_message_3,
 *	[edhoc_message_4_open]; exporter, key update, OSCORE
 *
 * and responder:
 *
 *	edhoc_message_1_open, edhoc_respond, [edhoc_need -> prk],
 *	edhoc_message_2, edhoc_message_3_open (who is it?),
 *	edhoc_message_3_verify (once for each candidate), [edhoc_message_4]
 *
 * A call out of order is ERR_STATE. A failing edhoc_message_3_open or
 * _verify leaves the session as it was, so that a forged message_3 ends
 * nothing (RFC 9528, section 9.7).
 */
#ifndef EDHOC_EDHOC_H
#define EDHOC_EDHOC_H

#include "base/bytes.h"
#include "crypto/crypto.h"
#include "oscore/oscore.h"

#define EDHOC_MESSAGE_MAX 512 /* any message, plaintext or context input */
#define EDHOC_CRED_MAX 320 /* CRED_x: a CCS has 107, an X.509 241 bytes */
#define EDHOC_ID_CRED_MAX 192 /* ID_CRED_x; a CCS by value fits */
#define EDHOC_CID_MAX 7 /* OSCORE's limit on IDs */
#define EDHOC_SUITES_MAX 8
#define EDHOC_EAD_MAX 4 /* EAD items of one message */

enum edhoc_role { EDHOC_INITIATOR, EDHOC_RESPONDER };

enum edhoc_method {
	EDHOC_SIGN_SIGN = 0,
	EDHOC_SIGN_DH = 1, /* the initiator signs, the responder uses DH */
	EDHOC_DH_SIGN = 2,
	EDHOC_DH_DH = 3
};

/* Cipher suites: RFC 9528, section 3.6. */
enum edhoc_suite {
	EDHOC_SUITE_0 = 0, /* CCM-16-64-128, SHA-256, 8, X25519, EdDSA */
	EDHOC_SUITE_2 = 2, /* CCM-16-64-128, SHA-256, 8, P-256, ES256 */
	EDHOC_SUITE_3 = 3 /* CCM-16-128-128, SHA-256, 16, P-256, ES256 */
};

/* A connection identifier, as a byte string of 0 to 7 bytes. */
struct edhoc_cid {
	uint8_t id[EDHOC_CID_MAX];
	size_t len;
};

/* The ephemeral key pair of a session; X25519 uses d and x alone. */
struct edhoc_ephemeral {
	struct p256_secret secret;
	struct p256_point public_key;
};

/* An authentication credential: CRED_x and the public key inside it. */
struct edhoc_cred {
	struct bytes cred; /* CRED_x: a CBOR item, or DER for X.509 */
	bool is_der; /* DER: goes into the transcript as a bstr */
	struct p256_point public_key; /* Ed25519 and X25519: x alone */
};

/* Signs with the role's own key; 64 bytes (r | s, or Ed25519). */
struct edhoc_signer {
	enum err (*sign)(void *ctx, struct bytes message, uint8_t ret_sig[64]);
	void *ctx;
};

/* An EAD item: label (negative: critical) and optional value. */
struct edhoc_ead {
	int64_t label;
	bool has_value;
	struct bytes value;
};

struct edhoc_eads {
	struct edhoc_ead item[EDHOC_EAD_MAX];
	size_t count;
};

enum edhoc_state {
	EDHOC_NEW,
	EDHOC_STARTED, /* I: ephemeral made */
	EDHOC_SENT_1, /* I: message_1 written */
	EDHOC_GOT_1, /* R: message_1 read */
	EDHOC_RESPONDING, /* R: ephemeral made, may need prk_3e2m */
	EDHOC_SENT_2, /* R: message_2 written */
	EDHOC_GOT_2, /* I: message_2 decrypted */
	EDHOC_VERIFIED_2, /* I: responder authenticated */
	EDHOC_GOT_3, /* R: message_3 decrypted */
	EDHOC_COMPLETED, /* message_3 written or verified: keys may be used */
	EDHOC_CONFIRMED /* I: message_4 verified */
};

/*
 * One session. Wiped by edhoc_done. role, state, method, suite, c_i and c_r
 * may be read by anybody, the rest is for this room alone. It holds no
 * pointer to itself and may be copied, if both copies are wiped.
 */
struct edhoc {
	enum edhoc_role role;
	enum edhoc_state state;
	enum edhoc_method method;
	enum edhoc_suite suite;
	struct edhoc_cid c_i, c_r;
	struct edhoc_ephemeral own;
	struct p256_point peer; /* G_Y or G_X */
	uint8_t h_message_1[SHA256_LEN];
	uint8_t th[SHA256_LEN]; /* TH_2, TH_3, then TH_4 */
	uint8_t prk_2e[SHA256_LEN];
	uint8_t prk_3e2m[SHA256_LEN];
	uint8_t prk_4e3m[SHA256_LEN];
	uint8_t prk_out[SHA256_LEN];
	uint8_t prk_exporter[SHA256_LEN];
	uint8_t salt[SHA256_LEN]; /* SALT_3e2m, then SALT_4e3m */
	bool needs_prk;
	uint8_t plaintext[EDHOC_MESSAGE_MAX]; /* of the message opened last */
	size_t plaintext_len;
	size_t proof_at, proof_len; /* Signature_or_MAC, in plaintext */
	size_t ead_at; /* EAD, from here to the end of plaintext */
	uint8_t id_cred[EDHOC_ID_CRED_MAX]; /* of the peer, as a map */
	size_t id_cred_len;
};

/* Wipes a session. */
void edhoc_done(struct edhoc *e);

/* Makes an ephemeral key pair for a suite. Errors: ERR_RANDOM, ERR_CRYPTO,
 * ERR_UNSUPPORTED (the suite). */
MUST_CHECK enum err edhoc_ephemeral_make(enum edhoc_suite suite,
    const struct random_source *source, struct edhoc_ephemeral *ret_own);

/*
 * The static DH that is wanted before the next message can be written: the
 * salt (SALT_3e2m or SALT_4e3m) and the peer's ephemeral public key (suite
 * 0: x alone). False when none is wanted.
 */
bool edhoc_need(const struct edhoc *e, uint8_t ret_salt[SHA256_LEN],
    struct p256_point *ret_peer);

/*
 * The prk of edhoc_need for one who holds the static key in memory: the
 * tests, and the software root of trust through its own function. Errors:
 * ERR_INVALID (the point or the key), ERR_UNSUPPORTED (the suite),
 * ERR_CRYPTO.
 */
MUST_CHECK enum err edhoc_static_prk(enum edhoc_suite suite,
    const uint8_t salt[SHA256_LEN], const struct p256_secret *static_key,
    const struct p256_point *peer, uint8_t ret_prk[SHA256_LEN]);

/* --- initiator --- */

/* Starts a session with an ephemeral key pair made for suite. */
void edhoc_start(struct edhoc *e, enum edhoc_method method,
    enum edhoc_suite suite, const struct edhoc_cid *c_i,
    const struct edhoc_ephemeral *own);

/*
 * Writes message_1. suites is SUITES_I in order of preference, the last one
 * being the suite of the session (RFC 9528, 5.2.2); one alone is written as
 * a number. ead may be NULL.
 *
 * Errors: ERR_STATE, ERR_INVALID (the last suite is not the session's; more
 * than EDHOC_SUITES_MAX; the method; C_I too long), ERR_UNSUPPORTED (the
 * suite), ERR_SPACE (out, or EDHOC_MESSAGE_MAX), ERR_CRYPTO. After an error
 * the session is as it was, what out holds is void.
 */
MUST_CHECK enum err edhoc_message_1(struct edhoc *e,
    const enum edhoc_suite *suites, size_t count, const struct edhoc_eads *ead,
    struct writer *out);

/*
 * Reads and decrypts message_2: C_R, ID_CRED_R and EAD_2 are known then, but
 * not yet authenticated. ret_id_cred is a CBOR item: a map such as
 * {4: h'..'}; a bare kid is given back as that map. It lives in e.
 *
 * Errors: ERR_FORMAT, ERR_TRUNCATED, ERR_INVALID (G_Y; C_R equals C_I),
 * ERR_CRITICAL (a critical EAD item), ERR_SPACE (over EDHOC_MESSAGE_MAX or
 * EDHOC_ID_CRED_MAX), ERR_STATE, ERR_CRYPTO. After an error another
 * message_2 may be opened.
 */
MUST_CHECK enum err edhoc_message_2_open(
    struct edhoc *e, struct bytes message_2, struct bytes *ret_id_cred);

/*
 * Authenticates the responder. ERR_AUTH: the session is over and has been
 * wiped. Other errors, which leave it as it was: ERR_STATE, ERR_INVALID (the
 * credential's key), ERR_SPACE (the credential is too long), ERR_CRYPTO.
 */
MUST_CHECK enum err edhoc_message_2_verify(
    struct edhoc *e, const struct edhoc_cred *cred_r);

/*
 * Writes message_3. prk_4e3m answers edhoc_need, else NULL; signer is for
 * methods 0 and 1, else NULL. id_cred_i is a CBOR map; {4: kid} is sent in
 * its compact form.
 *
 * Errors: ERR_STATE, ERR_INVALID (prk or signer missing or not wanted,
 * id_cred_i no map), ERR_SPACE (out, EDHOC_MESSAGE_MAX, EDHOC_CRED_MAX,
 * EDHOC_ID_CRED_MAX), ERR_CRYPTO, what the signer returns. After an error
 * the session is as it was, what out holds is void.
 */
MUST_CHECK enum err edhoc_message_3(struct edhoc *e, struct bytes id_cred_i,
    const struct edhoc_cred *cred_i, const uint8_t *prk_4e3m,
    const struct edhoc_signer *signer, const struct edhoc_eads *ead,
    struct writer *out);

/*
 * Verifies message_4. Errors, which leave the session as it was: ERR_AUTH,
 * ERR_FORMAT, ERR_TRUNCATED, ERR_CRITICAL, ERR_SPACE, ERR_STATE, ERR_CRYPTO.
 */
MUST_CHECK enum err edhoc_message_4_open(
    struct edhoc *e, struct bytes message_4);

/* --- responder --- */

/*
 * Reads message_1. supported is what this responder offers, in order of its
 * preference.
 *
 * Errors: ERR_UNSUPPORTED (the selected suite is not supported, or the
 * initiator should have selected an earlier one: answer
 * edhoc_error_suites), ERR_FORMAT, ERR_TRUNCATED, ERR_INVALID (method, G_X),
 * ERR_CRITICAL, ERR_SPACE (over EDHOC_MESSAGE_MAX), ERR_CRYPTO. Whatever e
 * held before is gone. Spec: RFC 9528, section 5.2.3.
 */
MUST_CHECK enum err edhoc_message_1_open(struct edhoc *e,
    const enum edhoc_suite *supported, size_t count, struct bytes message_1);

/*
 * A responder with many sessions has their key agreements computed together
 * (p256_ecdh_many), and hands in what came out: that of own with G_X to
 * edhoc_respond, that of its ephemeral key with the candidate's static one to
 * edhoc_message_3_verify. What is returned points to the arguments, and has
 * the error ERR_STATE until it is computed. Of suites on P-256.
 */
struct p256_agreement edhoc_agreement_2(
    const struct edhoc *e, const struct edhoc_ephemeral *own);
struct p256_agreement edhoc_agreement_3(
    const struct edhoc *e, const struct p256_point *static_i);

/*
 * Takes the responder's ephemeral key pair (of e->suite) and C_R, and
 * computes up to the point where edhoc_need tells what the static key has to
 * do. agreed is edhoc_agreement_2, computed; NULL: it is computed here.
 * Errors: ERR_INVALID (C_R equals C_I or is too long; G_X of no use),
 * ERR_UNSUPPORTED (agreed, in a suite not on P-256), ERR_STATE, ERR_CRYPTO.
 */
MUST_CHECK enum err edhoc_respond(struct edhoc *e, const struct edhoc_cid *c_r,
    const struct edhoc_ephemeral *own, const struct p256_agreement *agreed);

/* Writes message_2; as edhoc_message_3, signer for methods 0 and 2. */
MUST_CHECK enum err edhoc_message_2(struct edhoc *e, struct bytes id_cred_r,
    const struct edhoc_cred *cred_r, const uint8_t *prk_3e2m,
    const struct edhoc_signer *signer, const struct edhoc_eads *ead,
    struct writer *out);

/*
 * Reads and decrypts message_3; as edhoc_message_2_open, and ERR_AUTH. May be
 * repeated with another message_3 until one verifies.
 */
MUST_CHECK enum err edhoc_message_3_open(
    struct edhoc *e, struct bytes message_3, struct bytes *ret_id_cred);

/*
 * Authenticates the initiator against one candidate credential. agreed is
 * edhoc_agreement_3 with its key, computed; NULL: it is computed here.
 * ERR_AUTH: another candidate may be tried. On ERR_OK the session is
 * complete. Other errors as edhoc_message_2_verify.
 */
MUST_CHECK enum err edhoc_message_3_verify(struct edhoc *e,
    const struct edhoc_cred *cred_i, const struct p256_agreement *agreed);

/* Writes message_4 (no EAD). Errors: ERR_STATE, ERR_SPACE, ERR_CRYPTO. */
MUST_CHECK enum err edhoc_message_4(struct edhoc *e, struct writer *out);

/* --- both --- */

/*
 * EAD items of the message that was opened last, padding left out; the views
 * live in e. Errors: ERR_STATE (none opened), ERR_SPACE (over EDHOC_EAD_MAX).
 */
MUST_CHECK enum err edhoc_ead(const struct edhoc *e, struct edhoc_eads *ret);

/*
 * EDHOC_Exporter. Errors: ERR_STATE (before completion), ERR_INVALID (len
 * over 8,160), ERR_SPACE (context over EDHOC_MESSAGE_MAX), ERR_CRYPTO. Spec:
 * RFC 9528, section 4.2.1.
 */
MUST_CHECK enum err edhoc_exporter(const struct edhoc *e, uint32_t label,
    struct bytes context, uint8_t *ret_out, size_t len);

/* EDHOC_KeyUpdate. Errors as edhoc_exporter. Spec: RFC 9528, appendix H. */
MUST_CHECK enum err edhoc_key_update(struct edhoc *e, struct bytes context);

/*
 * The OSCORE context of this role. Errors: ERR_STATE (before completion),
 * ERR_CRYPTO. Spec: RFC 9528, appendix A.1.
 */
MUST_CHECK enum err edhoc_oscore(
    const struct edhoc *e, struct oscore_context *ret_context);

/* --- connection identifiers, credentials and errors --- */

/*
 * Writes a connection identifier: one byte 00-17 or 20-37 as an integer, any
 * other as a byte string; ERR_INVALID in the cursor when it is too long.
 */
void edhoc_cid_write(struct writer *w, const struct edhoc_cid *cid);
/* Reads one; ERR_FORMAT in the cursor for anything else or too long. */
void edhoc_cid_read(struct reader *r, struct edhoc_cid *ret_cid);

/* Writes ID_CRED_x = {4: kid}. */
void edhoc_kid_write(struct writer *w, struct bytes kid);
/* Reads the kid of an ID_CRED_x {4: kid}; false for any other form. */
bool edhoc_kid_read(struct bytes id_cred, struct bytes *ret_kid);
/* Writes ID_CRED_x = {14: CCS by value}. */
void edhoc_kccs_write(struct writer *w, struct bytes ccs);
/* Reads ID_CRED_x = {14: CCS by value}; false for any other form. */
bool edhoc_kccs_read(struct bytes id_cred, struct bytes *ret_ccs);

/*
 * Writes a CCS of RFC 9529's shape with a P-256 key:
 * {2: subject, 8: {1: {1: 2, 2: kid, -1: 1, -2: x, -3: y}}}.
 */
void edhoc_ccs_write(struct writer *w, struct bytes subject, struct bytes kid,
    const struct p256_point *public_key);
/* Reads one back. Errors: ERR_FORMAT, ERR_INVALID (not on the curve). */
MUST_CHECK enum err edhoc_ccs_read(struct bytes ccs, struct bytes *ret_subject,
    struct bytes *ret_kid, struct p256_point *ret_public_key);

/* Writes error 1 (unspecified, with a text) or 2 (SUITES_R). */
void edhoc_error_write(struct writer *w, const char *text);
void edhoc_error_suites(
    struct writer *w, const enum edhoc_suite *supported, size_t count);

/*
 * An error message: code 1 has a text, 2 has SUITES_R (its first
 * EDHOC_SUITES_MAX), 3 (unknown credential) and all others have neither.
 */
struct edhoc_error {
	int code;
	struct bytes text;
	int suites[EDHOC_SUITES_MAX];
	size_t suite_count;
};

/* Reads an error message. Errors: ERR_FORMAT, ERR_TRUNCATED. */
MUST_CHECK enum err edhoc_error_read(
    struct bytes in, struct edhoc_error *ret_error);

#endif
