/*
 * HPKE in base mode for a single message: its sequence number is 0, so the
 * base nonce is the nonce, and no context outlives a call.
 *
 * Spec: RFC 9180, sections 4 (labels), 4.1 (DHKEM), 5.1 (key schedule).
 */
#include "crypto/hpke.h"

#include <string.h>

#include "base/wipe.h"

#define VERSION BYTES_LIT("HPKE-v1")
#define KEM_SUITE BYTES_LIT("KEM\x00\x10")
#define HPKE_SUITE BYTES_LIT("HPKE\x00\x10\x00\x01\x00\x02")

#define MODE_BASE 0
#define GCM_KEY_LEN 32
#define GCM_NONCE_LEN 12
#define KEM_CONTEXT_LEN (2 * P256_POINT_LEN) /* enc | recipient */
#define SCHEDULE_LEN (1 + 2 * SHA256_LEN) /* mode | psk id hash | info hash */
/* What LabeledExpand feeds: L, version, suite, label and its info. */
#define EXPAND_MAX (2 + 7 + 10 + 13 + KEM_CONTEXT_LEN)

/* What one message is sealed with. */
struct message_key {
	uint8_t key[GCM_KEY_LEN];
	uint8_t nonce[GCM_NONCE_LEN];
};

static enum err
labeled_extract(struct bytes suite, struct bytes salt, struct bytes label,
    struct bytes ikm, uint8_t ret_prk[SHA256_LEN])
{
	const struct bytes parts[] = {VERSION, suite, label, ikm};

	return hmac_sha256(salt, parts, ARRAY_LEN(parts), ret_prk);
}

static enum err
labeled_expand(struct bytes suite, const uint8_t prk[SHA256_LEN],
    struct bytes label, struct bytes info, uint8_t *ret_out, size_t len)
{
	uint8_t buf[EXPAND_MAX];
	struct bytes labeled;
	struct writer w;
	enum err err;

	writer_init(&w, buf, sizeof(buf));
	writer_u16(&w, (uint16_t)len);
	writer_put(&w, VERSION);
	writer_put(&w, suite);
	writer_put(&w, label);
	writer_put(&w, info);
	err = writer_end(&w, &labeled);
	if (err == ERR_OK)
		err = hkdf_expand(
		    bytes_make(prk, SHA256_LEN), labeled, ret_out, len);
	return err;
}

/* Spec: RFC 9180, section 4.1, ExtractAndExpand over a DH result. */
static enum err
kem_secret(const uint8_t dh[P256_LEN], const uint8_t enc[HPKE_ENC_LEN],
    const struct p256_point *recipient, uint8_t ret_shared[SHA256_LEN])
{
	uint8_t context[KEM_CONTEXT_LEN];
	uint8_t prk[SHA256_LEN];
	enum err err;

	memcpy(context, enc, HPKE_ENC_LEN);
	p256_point_encode(recipient, context + HPKE_ENC_LEN);
	err = labeled_extract(KEM_SUITE, BYTES_NONE, BYTES_LIT("eae_prk"),
	    bytes_make(dh, P256_LEN), prk);
	if (err == ERR_OK)
		err = labeled_expand(KEM_SUITE, prk, BYTES_LIT("shared_secret"),
		    BYTES_OF(context), ret_shared, SHA256_LEN);
	wipe(prk, sizeof(prk));
	return err;
}

/* Mode and the hashes of an empty psk id and of info. */
static enum err
schedule_context(struct bytes info, uint8_t ret_context[SCHEDULE_LEN])
{
	enum err err;

	ret_context[0] = MODE_BASE;
	err = labeled_extract(HPKE_SUITE, BYTES_NONE, BYTES_LIT("psk_id_hash"),
	    BYTES_NONE, ret_context + 1);
	if (err != ERR_OK)
		return err;
	return labeled_extract(HPKE_SUITE, BYTES_NONE, BYTES_LIT("info_hash"),
	    info, ret_context + 1 + SHA256_LEN);
}

/* Spec: RFC 9180, section 5.1, KeySchedule without psk. */
static enum err
key_schedule(const uint8_t shared[SHA256_LEN], struct bytes info,
    struct message_key *ret_key)
{
	uint8_t context[SCHEDULE_LEN];
	uint8_t secret[SHA256_LEN];
	enum err err = schedule_context(info, context);

	if (err == ERR_OK)
		err =
		    labeled_extract(HPKE_SUITE, bytes_make(shared, SHA256_LEN),
			BYTES_LIT("secret"), BYTES_NONE, secret);
	if (err == ERR_OK)
		err = labeled_expand(HPKE_SUITE, secret, BYTES_LIT("key"),
		    BYTES_OF(context), ret_key->key, GCM_KEY_LEN);
	if (err == ERR_OK)
		err =
		    labeled_expand(HPKE_SUITE, secret, BYTES_LIT("base_nonce"),
			BYTES_OF(context), ret_key->nonce, GCM_NONCE_LEN);
	wipe(secret, sizeof(secret));
	return err;
}

/* The key of the message that own and peer share under enc and info. */
static enum err
message_key(const struct p256_secret *own, const struct p256_point *peer,
    const uint8_t enc[HPKE_ENC_LEN], const struct p256_point *recipient,
    struct bytes info, struct message_key *ret_key)
{
	uint8_t dh[P256_LEN];
	uint8_t shared[SHA256_LEN];
	enum err err = p256_ecdh(own, peer, dh);

	if (err == ERR_OK)
		err = kem_secret(dh, enc, recipient, shared);
	if (err == ERR_OK)
		err = key_schedule(shared, info, ret_key);
	wipe(dh, sizeof(dh));
	wipe(shared, sizeof(shared));
	return err;
}

enum err
hpke_seal(const struct random_source *source,
    const struct p256_point *recipient, struct bytes info, struct bytes aad,
    struct bytes plaintext, uint8_t ret_enc[HPKE_ENC_LEN], uint8_t *ret_out)
{
	struct p256_secret ephemeral;
	struct p256_point ephemeral_public;
	struct message_key key;
	uint8_t enc[HPKE_ENC_LEN];
	enum err err = p256_generate(source, &ephemeral, &ephemeral_public);

	if (err != ERR_OK)
		return err;
	p256_point_encode(&ephemeral_public, enc);
	err = message_key(&ephemeral, recipient, enc, recipient, info, &key);
	if (err == ERR_OK)
		err = aead_seal(AEAD_GCM_256, BYTES_OF(key.key),
		    BYTES_OF(key.nonce), aad, plaintext, ret_out);
	if (err == ERR_OK)
		memcpy(ret_enc, enc, sizeof(enc));
	wipe(&ephemeral, sizeof(ephemeral));
	wipe(&key, sizeof(key));
	return err;
}

enum err
hpke_open(const struct p256_secret *secret, const struct p256_point *recipient,
    const uint8_t enc[HPKE_ENC_LEN], struct bytes info, struct bytes aad,
    struct bytes ciphertext, uint8_t *ret_out)
{
	struct p256_point peer;
	struct message_key key;
	enum err err;

	if (ciphertext.len < HPKE_TAG_LEN)
		return ERR_TRUNCATED;
	err = p256_point_decode(bytes_make(enc, HPKE_ENC_LEN), &peer);
	if (err == ERR_OK)
		err = message_key(secret, &peer, enc, recipient, info, &key);
	if (err == ERR_OK)
		err = aead_open(AEAD_GCM_256, BYTES_OF(key.key),
		    BYTES_OF(key.nonce), aad, ciphertext, ret_out);
	wipe(&key, sizeof(key));
	return err;
}
