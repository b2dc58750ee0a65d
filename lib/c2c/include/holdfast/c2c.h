/*
 * Chip-to-chip: the types that a module and its host share. Plain C99, and
 * no other header of Holdfast is needed, for microcontrollers that see
 * nothing else of it. What is done with them is in c2c/frame.h, c2c/session.h
 * and c2c/records.h on the module's side, in holdfast/host.h on the host's.
 *
 * Spec: PROTOCOL.md, "Chip-to-chip".
 */
#ifndef HOLDFAST_C2C_H
#define HOLDFAST_C2C_H

#include <stddef.h>
#include <stdint.h>

#define HF_C2C_KEY_LEN 16
#define HF_C2C_TE_LEN 16 /* TE_SECRET: names a pair, protects nothing */
#define HF_C2C_TAG_LEN 16 /* confirmation tag */
#define HF_C2C_NONCE_LEN 16 /* of each side, V3 */
#define HF_C2C_CONFIRM_LEN 64 /* a V2 body that holds a tag */

/* The most plaintext in one frame, by its direction. */
#define HF_C2C_HOST_MAX 255 /* host to module */
#define HF_C2C_MODULE_MAX 1040 /* module to host */

/* The longest frames: V1, whose overhead is the largest. */
#define HF_C2C_HOST_FRAME_MAX 310
#define HF_C2C_MODULE_FRAME_MAX 1110

/* Versions of the protection; a pair keeps the one it was made for. */
enum hf_c2c_version {
	HF_C2C_V1 = 1, /* hash, then encrypt: for old firmware only */
	HF_C2C_V2 = 2, /* encrypt, then MAC */
	HF_C2C_V3 = 3 /* session keys, counters, AES-CCM */
};

/*
 * The cryptography that chip-to-chip needs, filled in by the platform:
 * hardware, the vendor's library, holdfast/soft.h, or lib/crypto through
 * c2c/port.h. Every function returns 0 when it did what it says, and
 * something else when it did not. len is in bytes; ctx is the structure's.
 */
struct hf_crypto {
	/* AES-128-CBC in place, without padding; len is a multiple of 16. */
	int (*cbc_encrypt)(void *ctx, const uint8_t key[16],
	    const uint8_t iv[16], uint8_t *data, size_t len);
	int (*cbc_decrypt)(void *ctx, const uint8_t key[16],
	    const uint8_t iv[16], uint8_t *data, size_t len);

	/*
	 * AES-CCM-16-64-128 of RFC 9053 in place, no additional data: nonce
	 * of 13, tag of 8 bytes. ccm_seal writes the tag behind the len bytes
	 * of data, where there is room; ccm_open verifies the one there, and
	 * when it is wrong leaves nothing of the plaintext. V3 only.
	 */
	int (*ccm_seal)(void *ctx, const uint8_t key[16],
	    const uint8_t nonce[13], uint8_t *data, size_t len);
	int (*ccm_open)(void *ctx, const uint8_t key[16],
	    const uint8_t nonce[13], uint8_t *data, size_t len);

	/* SHA-256; V1 only. */
	int (*sha256)(
	    void *ctx, const uint8_t *data, size_t len, uint8_t hash[32]);

	/* HMAC-SHA-256; keys are of 16 or 32 bytes. */
	int (*hmac_sha256)(void *ctx, const uint8_t *key, size_t key_len,
	    const uint8_t *data, size_t len, uint8_t mac[32]);

	/* Random bytes that nobody can guess: IVs, nonces and TE_SECRETs. */
	int (*random)(void *ctx, uint8_t *out, size_t len);

	/*
	 * May be NULL. Says that a key of a session will not be used any
	 * more, for a platform that has prepared it once and kept that.
	 */
	void (*forget)(void *ctx, const uint8_t key[16]);

	void *ctx;
};

/*
 * What a pairing leaves on both sides. The host keeps it where nobody can
 * read it; fields may be stored one by one.
 */
struct hf_c2c_pair {
	uint8_t version; /* enum hf_c2c_version; pinned by the pairing */
	uint8_t te_secret[HF_C2C_TE_LEN];
	uint8_t key[HF_C2C_KEY_LEN];
	uint8_t hmac_key[HF_C2C_KEY_LEN]; /* V1 has none */
};

/* One side of one session. Fields are for lib/c2c alone. */
struct hf_c2c_session {
	const struct hf_crypto *crypto;
	uint8_t version;
	uint8_t side;
	uint8_t te_secret[HF_C2C_TE_LEN];
	uint8_t seal_key[HF_C2C_KEY_LEN];
	uint8_t open_key[HF_C2C_KEY_LEN];
	uint8_t hmac_key[HF_C2C_KEY_LEN];
	uint64_t seal_counter; /* of the next frame, V3 */
	uint64_t open_counter; /* the lowest that is accepted, V3 */
};

/* Finds frames in a stream of bytes. Fields are for lib/c2c alone. */
struct hf_c2c_decoder {
	uint8_t *buf;
	size_t cap;
	size_t len;
	size_t seen; /* before it, only buf[0] may still start a frame */
	size_t inside; /* bytes of frames that were delivered before seen */
	size_t taken; /* to be dropped by the next call */
	uint32_t frames; /* delivered */
	uint32_t dropped; /* bytes outside of frames */
};

#endif
