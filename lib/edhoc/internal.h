/*
 * What the files of this room share, and what its tests look into. Names are
 * those of RFC 9528.
 */
#ifndef EDHOC_INTERNAL_H
#define EDHOC_INTERNAL_H

#include "edhoc/edhoc.h"

#include "cbor/cbor.h"

#define EDHOC_SHARE_LEN 32 /* G_X, G_Y: the x coordinate alone */
#define EDHOC_MAC_MAX SHA256_LEN
#define EDHOC_PROOF_MAX P256_SIGNATURE_LEN /* Signature_or_MAC */
#define EDHOC_KEY_LEN 16 /* of the AEADs of suites 0, 2 and 3 */
#define EDHOC_IV_LEN 13
#define EDHOC_TAG_MAX 16

/* Labels of EDHOC_KDF. Spec: RFC 9528, section 4.1.2. */
enum edhoc_label {
	EDHOC_KEYSTREAM_2 = 0,
	EDHOC_SALT_3E2M = 1,
	EDHOC_MAC_2 = 2,
	EDHOC_K_3 = 3,
	EDHOC_IV_3 = 4,
	EDHOC_SALT_4E3M = 5,
	EDHOC_MAC_3 = 6,
	EDHOC_PRK_OUT = 7,
	EDHOC_K_4 = 8,
	EDHOC_IV_4 = 9,
	EDHOC_PRK_EXPORTER = 10,
	EDHOC_PRK_OUT_NEXT = 11
};

/* --- suites and methods: suite.c --- */

/* What sets one suite apart: section 3.6. All hash with SHA-256. */
struct edhoc_suite_info {
	enum edhoc_suite suite;
	enum aead aead;
	size_t mac_len; /* of MAC_x with static DH */
	bool is_25519; /* X25519 and EdDSA; else P-256 and ES256 */
};

/* NULL when the suite is none of ours. */
const struct edhoc_suite_info *edhoc_suite_find(int64_t suite);

/* Whether a role authenticates with static DH; else it signs. */
bool edhoc_by_dh(enum edhoc_method method, enum edhoc_role role);

/* ECDH; the peer's point has been checked. */
MUST_CHECK enum err edhoc_ecdh(enum edhoc_suite suite,
    const struct p256_secret *secret, const struct p256_point *peer,
    uint8_t ret_shared[P256_LEN]);

/* Reads G_X or G_Y. ERR_INVALID: another length, or not on the curve. */
MUST_CHECK enum err edhoc_share_read(
    enum edhoc_suite suite, struct bytes in, struct p256_point *ret_share);

/* --- message_1: message_1.c --- */

/* Writes message_1 of e->method, own and c_i, whatever the suites are. */
void edhoc_message_1_write(struct writer *w, const struct edhoc *e,
    const enum edhoc_suite *suites, size_t count, const struct edhoc_eads *ead);

/* --- the key schedule: keys.c --- */

/* Writes info = (label, context, length). */
void edhoc_info_write(
    struct writer *w, uint32_t label, struct bytes context, size_t len);

/* EDHOC_KDF with a PRK of 32 bytes. Errors: as edhoc_exporter. */
MUST_CHECK enum err edhoc_kdf(const uint8_t prk[SHA256_LEN], uint32_t label,
    struct bytes context, uint8_t *ret_out, size_t len);

/*
 * PRK = Extract(salt, ECDH(secret, peer)), which agreed has already, unless it
 * is NULL.
 */
MUST_CHECK enum err edhoc_dh_prk(enum edhoc_suite suite,
    const uint8_t salt[SHA256_LEN], const struct p256_secret *secret,
    const struct p256_point *peer, const struct p256_agreement *agreed,
    uint8_t ret_prk[SHA256_LEN]);

/*
 * TH_2 and PRK_2e from own, peer and h_message_1, G_Y being the one that the
 * role says. Sets th and prk_2e. agreed: as for edhoc_dh_prk.
 */
MUST_CHECK enum err edhoc_agree(
    struct edhoc *e, const struct p256_agreement *agreed);

/*
 * Chooses the PRK that authenticates this role's message: the one that was
 * asked for by edhoc_need, else held. ERR_INVALID: given when not wanted, or
 * the other way round.
 */
MUST_CHECK enum err edhoc_prk_choose(const struct edhoc *e,
    const uint8_t *given, const uint8_t held[SHA256_LEN],
    uint8_t ret_prk[SHA256_LEN]);

/*
 * Moves to TH_3, after PRK_3e2m has been set: th becomes TH_3, and salt
 * SALT_4e3m where the initiator uses static DH.
 */
MUST_CHECK enum err edhoc_advance_3(struct edhoc *e,
    const uint8_t prk_3e2m[SHA256_LEN], struct bytes plaintext_2,
    const struct edhoc_cred *cred_r);

/* Moves to TH_4 and PRK_out: completes the session, wipes what led there. */
MUST_CHECK enum err edhoc_complete(struct edhoc *e,
    const uint8_t prk_4e3m[SHA256_LEN], struct bytes plaintext_3,
    const struct edhoc_cred *cred_i);

/* --- message_3 and message_4: aead.c --- */

/* An AEAD call on message 3 or 4: key, IV and A_x. */
struct edhoc_aead {
	enum aead aead;
	uint8_t key[EDHOC_KEY_LEN];
	uint8_t iv[EDHOC_IV_LEN];
	uint8_t aad[64];
	size_t aad_len;
};

/* label_key is EDHOC_K_3 or EDHOC_K_4. The caller wipes ret_aead. */
MUST_CHECK enum err edhoc_aead_make(const struct edhoc *e,
    const uint8_t prk[SHA256_LEN], enum edhoc_label label_key,
    struct edhoc_aead *ret_aead);

/* Writes and reads message_3 and message_4, each one AEAD in a bstr. */
MUST_CHECK enum err edhoc_aead_write(
    const struct edhoc_aead *aead, struct bytes plaintext, struct writer *out);
MUST_CHECK enum err edhoc_aead_read(const struct edhoc_aead *aead,
    struct bytes message, uint8_t ret_plaintext[EDHOC_MESSAGE_MAX],
    size_t *ret_len);

/* --- transcript hashes: transcript.c --- */

MUST_CHECK enum err edhoc_th_2(const uint8_t g_y[EDHOC_SHARE_LEN],
    const uint8_t h_message_1[SHA256_LEN], uint8_t ret_th[SHA256_LEN]);

/* TH_3 and TH_4: H(TH before, PLAINTEXT_x, CRED_x). */
MUST_CHECK enum err edhoc_th_next(const uint8_t th[SHA256_LEN],
    struct bytes plaintext, const struct edhoc_cred *cred,
    uint8_t ret_th[SHA256_LEN]);

/* Writes CRED_x as the transcript has it: DER as a byte string. */
void edhoc_cred_write(struct writer *w, const struct edhoc_cred *cred);

/* --- Signature_or_MAC_2 and _3: proof.c --- */

/* What a proof covers. eads serve the writer, ead_raw the reader. */
struct edhoc_proof {
	enum edhoc_suite suite;
	bool by_dh;
	enum edhoc_label label; /* EDHOC_MAC_2 or EDHOC_MAC_3 */
	const struct edhoc_cid *c_r; /* for MAC_2, else NULL */
	struct bytes id_cred;
	const uint8_t *th;
	const struct edhoc_cred *cred;
	const struct edhoc_eads *eads;
	struct bytes ead_raw;
	const uint8_t *prk;
};

/* context_2 or context_3, and "Message to be signed". */
void edhoc_context_write(struct writer *w, const struct edhoc_proof *p);
void edhoc_signed_write(
    struct writer *w, const struct edhoc_proof *p, struct bytes mac);

MUST_CHECK enum err edhoc_mac(const struct edhoc_proof *p,
    uint8_t ret_mac[EDHOC_MAC_MAX], size_t *ret_len);

/* Makes the proof. ERR_INVALID: signer missing or not wanted. */
MUST_CHECK enum err edhoc_proof_make(const struct edhoc_proof *p,
    const struct edhoc_signer *signer, uint8_t ret_proof[EDHOC_PROOF_MAX],
    size_t *ret_len);

/* Checks one. ERR_AUTH: it is not that. */
MUST_CHECK enum err edhoc_proof_check(
    const struct edhoc_proof *p, struct bytes proof);

/* --- PLAINTEXT_2 and _3: plaintext.c --- */

/* Writes ([C_R,] ID_CRED_x, Signature_or_MAC_x, ? EAD_x). */
MUST_CHECK enum err edhoc_plaintext_write(struct writer *w,
    const struct edhoc_proof *p, const struct edhoc_signer *signer);

/*
 * Takes a decrypted plaintext into e, when it reads well: C_R too if
 * with_c_r, else e->c_r stays. e is changed on success only.
 */
MUST_CHECK enum err edhoc_plaintext_read(
    struct edhoc *e, struct bytes plaintext, bool with_c_r);

/* The parts of the plaintext that was taken last. */
struct bytes edhoc_plaintext(const struct edhoc *e);
struct bytes edhoc_plaintext_proof(const struct edhoc *e);
struct bytes edhoc_plaintext_ead(const struct edhoc *e);
struct bytes edhoc_plaintext_id_cred(const struct edhoc *e);

/* --- identifiers: cid.c --- */

bool edhoc_cid_equal(const struct edhoc_cid *a, const struct edhoc_cid *b);

/* C_x and kid alike: one byte 00-17 or 20-37 stands as an integer. */
void edhoc_identifier_write(struct writer *w, struct bytes id);
struct bytes edhoc_identifier_read(struct reader *r);

/* --- external authorization data: ead.c --- */

void edhoc_eads_write(struct writer *w, const struct edhoc_eads *eads);

/* Reads one item. */
void edhoc_ead_read(struct reader *r, struct edhoc_ead *ret_ead);

/* Reads all items; ERR_CRITICAL for a negative label: none is known here. */
MUST_CHECK enum err edhoc_eads_check(struct bytes raw);

#endif
