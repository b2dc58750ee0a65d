/*
 * The cryptography that Holdfast is built from: one small header with two
 * implementations, openssl/ for hosts and psa/ (mbedTLS) for
 * microcontrollers, chosen by the build. On OpenSSL any thread may call
 * anything, and a process may fork; on PSA all calls are one thread's.
 *
 * Nothing here keeps a caller's bytes. Outputs are written on success only,
 * unless a function says otherwise. All sizes are bytes.
 */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/random.h"

#define SHA256_LEN 32
#define AES128_KEY_LEN 16
#define AES_BLOCK_LEN 16
#define X25519_LEN 32
#define ED25519_PUBLIC_LEN 32
#define ED25519_SIGNATURE_LEN 64
#define P256_SIGNATURE_LEN 64 /* r | s */

/*
 * Prepares the library. Call once, before anything else and before a sandbox
 * is entered: everything that is fetched or allocated for good is fetched
 * here. Error: ERR_CRYPTO.
 */
MUST_CHECK enum err crypto_init(void);

/* Says whether Ed25519 is here: mbedTLS 2.28 has none. */
bool crypto_has_ed25519(void);

/*
 * The system's random source, for programs to hand down. crypto_random also
 * serves alone: ERR_RANDOM when the generator fails.
 */
MUST_CHECK enum err crypto_random(uint8_t *out, size_t len);
extern const struct random_source crypto_random_source;

/* Hashes count parts, one after the other. Error: ERR_CRYPTO. */
MUST_CHECK enum err sha256(
    const struct bytes *parts, size_t count, uint8_t ret_hash[SHA256_LEN]);

/*
 * HMAC-SHA-256 of count parts. An empty key is allowed and means 32 zero
 * bytes, which is the same by RFC 2104. Error: ERR_CRYPTO.
 */
MUST_CHECK enum err hmac_sha256(struct bytes key, const struct bytes *parts,
    size_t count, uint8_t ret_mac[SHA256_LEN]);

/*
 * A key of HMAC-SHA-256 that serves for many messages: on OpenSSL its two
 * blocks are hashed already, half the work of a short message. It is as
 * secret as the key, and its owner wipes it. Fields are for this room alone.
 */
struct hmac_key {
	uint32_t word[16];
};

/* Prepares a key of any length, as hmac_sha256 takes it. Error: ERR_CRYPTO. */
MUST_CHECK enum err hmac_key_init(struct bytes key, struct hmac_key *ret_key);

/* As hmac_sha256. Error: ERR_CRYPTO. */
MUST_CHECK enum err hmac_key_make(const struct hmac_key *key,
    const struct bytes *parts, size_t count, uint8_t ret_mac[SHA256_LEN]);

/* HKDF-Extract with SHA-256. Spec: RFC 5869, section 2.2. */
MUST_CHECK enum err hkdf_extract(
    struct bytes salt, struct bytes ikm, uint8_t ret_prk[SHA256_LEN]);

/*
 * HKDF-Expand with SHA-256 to len bytes, 255 * 32 at most (else
 * ERR_INVALID). prk may have any length of at least 1. On ERR_CRYPTO ret_out
 * has been wiped. Spec: RFC 5869, section 2.3.
 */
MUST_CHECK enum err hkdf_expand(
    struct bytes prk, struct bytes info, uint8_t *ret_out, size_t len);
/* The same with a prk that is prepared. */
MUST_CHECK enum err hmac_key_expand(const struct hmac_key *prk,
    struct bytes info, uint8_t *ret_out, size_t len);

/* AEAD algorithms: key, nonce and tag lengths follow from the name. */
enum aead {
	AEAD_CCM_16_64_128, /* AES-128-CCM, nonce 13, tag 8: COSE 10 */
	AEAD_CCM_16_128_128, /* AES-128-CCM, nonce 13, tag 16: COSE 30 */
	AEAD_CCM_12_64_128, /* AES-128-CCM, nonce 12, tag 8: E2E V2 */
	AEAD_CCM_12_128_128, /* AES-128-CCM, nonce 12, tag 16: E2E V1 */
	AEAD_GCM_256 /* AES-256-GCM, nonce 12, tag 16 */
};

/* Lengths that an algorithm asks for, in bytes. */
size_t aead_key_len(enum aead aead);
size_t aead_nonce_len(enum aead aead);
size_t aead_tag_len(enum aead aead);

/*
 * Encrypts plaintext to plaintext.len + aead_tag_len bytes at ret_out,
 * ciphertext then tag. ret_out may be plaintext.ptr itself, but may not
 * overlap it otherwise. key and nonce have the lengths of the algorithm.
 *
 * CCM takes at most 65,279 bytes of aad, and of plaintext 2^16 - 1 with a
 * nonce of 13 and 2^24 - 1 with one of 12.
 *
 * Errors: ERR_INVALID (a wrong length), ERR_CRYPTO (ret_out has been wiped,
 * for it may be half encrypted).
 */
MUST_CHECK enum err aead_seal(enum aead aead, struct bytes key,
    struct bytes nonce, struct bytes aad, struct bytes plaintext,
    uint8_t *ret_out);

/*
 * Verifies and decrypts ciphertext, tag at its end, to ciphertext.len less
 * aead_tag_len bytes at ret_out, which may be ciphertext.ptr itself. On
 * ERR_AUTH and ERR_CRYPTO ret_out has been wiped.
 *
 * Errors: ERR_INVALID (as aead_seal), ERR_TRUNCATED (shorter than a tag),
 * ERR_AUTH, ERR_CRYPTO.
 */
MUST_CHECK enum err aead_open(enum aead aead, struct bytes key,
    struct bytes nonce, struct bytes aad, struct bytes ciphertext,
    uint8_t *ret_out);

/*
 * For a thread that seals and opens much at once. A call puts a key of zeros
 * in the place of the one it has used, which takes a third of its time. From
 * aead_batch on the next call of the same algorithm does that with its key;
 * aead_batch_end does it for the last ones, and from then on each call does
 * again. They do not nest: an inner end ends both.
 */
void aead_batch(void);
void aead_batch_end(void);

/*
 * AES-128-CBC over whole blocks and without padding. in.len, a multiple of
 * 16 that may be 0, bytes go to ret_out, which may be in.ptr itself but may
 * not overlap it otherwise. On ERR_CRYPTO ret_out has been wiped.
 *
 * It authenticates nothing: lib/c2c, whose original demands it, puts a MAC
 * behind it. Errors: ERR_INVALID (no whole blocks), ERR_CRYPTO.
 * Spec: NIST SP 800-38A, section 6.2.
 */
MUST_CHECK enum err aes128_cbc_encrypt(const uint8_t key[AES128_KEY_LEN],
    const uint8_t iv[AES_BLOCK_LEN], struct bytes in, uint8_t *ret_out);
MUST_CHECK enum err aes128_cbc_decrypt(const uint8_t key[AES128_KEY_LEN],
    const uint8_t iv[AES_BLOCK_LEN], struct bytes in, uint8_t *ret_out);

/* A private scalar of P-256, big-endian. Wipe it when it is done with. */
struct p256_secret {
	uint8_t d[P256_LEN];
};

/* A point of P-256: both coordinates, big-endian, known to be on the curve. */
struct p256_point {
	uint8_t x[P256_LEN];
	uint8_t y[P256_LEN];
};

/*
 * Makes a key pair from the source: a scalar in 1..n-1 by rejection, and its
 * public point. Errors: ERR_RANDOM, ERR_CRYPTO.
 */
MUST_CHECK enum err p256_generate(const struct random_source *source,
    struct p256_secret *ret_secret, struct p256_point *ret_public);

/* The public point of a scalar. Errors: ERR_INVALID (not 1..n-1), ERR_CRYPTO. */
MUST_CHECK enum err p256_public(
    const struct p256_secret *secret, struct p256_point *ret_public);

/*
 * Reads a point of 65 (04 | x | y), 33 (02 or 03 | x) or 32 bytes (x alone:
 * the even y is taken, which gives the same shared secret).
 *
 * Errors: ERR_INVALID (another length or prefix, not on the curve),
 * ERR_CRYPTO.
 */
MUST_CHECK enum err p256_point_decode(
    struct bytes in, struct p256_point *ret_point);

/*
 * Checks that x and y are below p and on the curve, as is needed for points
 * that another process handed over. Errors: ERR_INVALID, ERR_CRYPTO.
 */
MUST_CHECK enum err p256_point_check(const struct p256_point *point);

/* Writes 04 | x | y, and 02 or 03 | x. */
void p256_point_encode(
    const struct p256_point *point, uint8_t ret_out[P256_POINT_LEN]);
void p256_point_compress(
    const struct p256_point *point, uint8_t ret_out[P256_COMPRESSED_LEN]);

/*
 * ECDH: the x coordinate of secret * peer, in constant time. Checks peer as
 * p256_point_check does: nobody has to before.
 *
 * Errors: ERR_INVALID (peer not on the curve, point at infinity, bad scalar),
 * ERR_CRYPTO.
 */
MUST_CHECK enum err p256_ecdh(const struct p256_secret *secret,
    const struct p256_point *peer, uint8_t ret_shared[P256_LEN]);

/* One key agreement of many. */
struct p256_agreement {
	const struct p256_secret *secret;
	const struct p256_point *peer;
	uint8_t shared[P256_LEN];
	enum err err; /* as p256_ecdh gives it; shared is zero if it failed */
};

/*
 * p256_ecdh for each of a list. Together they take less time than one by one;
 * none depends on another's success. The caller wipes what is shared.
 */
void p256_ecdh_many(struct p256_agreement *list, size_t count);

/*
 * p256_generate, count times, for less than that takes one by one. Errors: as
 * p256_generate; there is no pair then.
 */
MUST_CHECK enum err p256_generate_many(const struct random_source *source,
    struct p256_secret *ret_secret, struct p256_point *ret_public,
    size_t count);

/* ES256 over SHA-256 of message, as r | s. Spec: RFC 9053, section 2.1. */
MUST_CHECK enum err p256_sign(const struct p256_secret *secret,
    struct bytes message, uint8_t ret_signature[P256_SIGNATURE_LEN]);

/* Errors: ERR_AUTH (signature wrong), ERR_INVALID (point), ERR_CRYPTO. */
MUST_CHECK enum err p256_verify(const struct p256_point *signer,
    struct bytes message, const uint8_t signature[P256_SIGNATURE_LEN]);

/* X25519. ERR_INVALID when the shared secret is all zero. Spec: RFC 7748. */
MUST_CHECK enum err x25519_public(
    const uint8_t secret[X25519_LEN], uint8_t ret_public[X25519_LEN]);
MUST_CHECK enum err x25519_ecdh(const uint8_t secret[X25519_LEN],
    const uint8_t peer[X25519_LEN], uint8_t ret_shared[X25519_LEN]);

/* Ed25519. ERR_UNSUPPORTED without crypto_has_ed25519. Spec: RFC 8032. */
MUST_CHECK enum err ed25519_sign(const uint8_t secret[32], struct bytes message,
    uint8_t ret_signature[ED25519_SIGNATURE_LEN]);
MUST_CHECK enum err ed25519_verify(const uint8_t signer[ED25519_PUBLIC_LEN],
    struct bytes message, const uint8_t signature[ED25519_SIGNATURE_LEN]);

#endif
