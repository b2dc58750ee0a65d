/*
 * The heart of the keys process: pure, from a request to its answer. The
 * process calls it with what comes over its sockets; the simulator and tests
 * call it in their own process, through keys_port_direct.
 */
#ifndef CLOUD_KEYS_H
#define CLOUD_KEYS_H

#include "keysproto/keysproto.h"

#define KEYS_KEK_MAX 4

/* A key-encryption key and what is expanded from it once for all. */
struct keys_kek {
	uint8_t id; /* 1 to 255; 0 stands for an import key in a blob */
	uint8_t kek[KEY_LEN];
	uint8_t record[KEY_LEN]; /* Expand(KEK, "profile record") */
};

/* One of the service's EDHOC keys. */
struct keys_credential {
	uint8_t kid;
	struct p256_secret secret;
	struct p256_point public_key;
};

/* What blobs of one kind and device are wrapped under: of KEK number id. */
struct wrapping_key {
	uint8_t id;
	uint8_t k[KEY_LEN];
};

/*
 * Check-in keys that CHECKIN has opened and ADVANCE has not asked for yet, so
 * that each is opened once: as many as wait in one turn of the devices.
 */
#define KEYS_MEMO_MAX 512
struct keys_memo {
	bool used; /* since it was wiped */
	struct keys_memo_entry {
		bool is;
		uint8_t uid[UID_LEN];
		uint32_t generation;
		uint8_t blob[BLOB_MAX];
		struct wrapping_key key;
		uint8_t secret[KEY_LEN];
	} entry[KEYS_MEMO_MAX];
};

/* Wipes all of it. */
void keys_memo_wipe(struct keys_memo *memo);

/*
 * All private keys of a service. The last key-encryption key wraps, all
 * unwrap. Nonces and import keys come from random. memo, if it is not NULL,
 * is the caller's, who wipes it.
 */
struct keys_state {
	struct keys_kek kek[KEYS_KEK_MAX];
	size_t kek_count;
	struct keys_credential credential[KEYSPROTO_CREDENTIALS_MAX];
	size_t credential_count;
	struct p256_secret import_secret; /* HPKE recipient of the factory */
	struct p256_point import_public;
	const struct random_source *random;
	struct keys_memo *memo;
};

/*
 * Makes the keys of a new service: one key-encryption key with id 1, one
 * EDHOC key with kid 1, one import key. random must outlive the state.
 * Errors: ERR_RANDOM, ERR_CRYPTO.
 */
MUST_CHECK enum err keys_state_generate(
    const struct random_source *random, struct keys_state *ret_state);

/* Wipes all keys. */
void keys_state_done(struct keys_state *state);

/*
 * The state as the text of its file, one key a line and a checksum at the
 * end. Error: ERR_SPACE.
 */
#define KEYS_TEXT_MAX 2048
MUST_CHECK enum err keys_state_encode(
    const struct keys_state *state, struct writer *out);

/*
 * Reads the text that keys_state_encode writes, byte for byte.
 *
 * Errors: ERR_UNSUPPORTED (a version that we do not know), ERR_AUTH (the
 * checksum is wrong), ERR_FORMAT, ERR_TRUNCATED, ERR_INVALID (a key is none),
 * ERR_CRYPTO.
 */
MUST_CHECK enum err keys_state_decode(struct bytes text,
    const struct random_source *random, struct keys_state *ret_state);

/*
 * The public side, as DATA/service.json holds it for the factory. Error:
 * ERR_SPACE.
 */
MUST_CHECK enum err keys_state_public_json(
    const struct keys_state *state, struct writer *out);

/*
 * Answers one request. The error returned is the answer's: ERR_OK and the
 * answer, or an answer with nothing but the error:
 *
 *	ERR_DENIED	the asker may not ask for this; the tenant-profile
 *			record is not ours, or names no profile
 *	ERR_AUTH	a blob or a sealed secret does not open: damaged, of
 *			another kind, device, generation, profile or service
 *	ERR_FORMAT	a payload, identity or header is none
 *	ERR_INVALID	a point is not on the curve; a response that makes no
 *			new generation; a downlink header; a length
 *	ERR_NOT_FOUND	no EDHOC key has this kid
 *	ERR_UNSUPPORTED	an operation that we do not know
 *	ERR_RANDOM, ERR_CRYPTO
 *
 * Spec: PROTOCOL.md, "Keys" and "Production records".
 */
MUST_CHECK enum err keys_answer(const struct keys_state *state,
    enum keysproto_asker asker, const struct keysproto_request *request,
    struct keysproto_answer *ret_answer);

/*
 * keys_answer for each of a batch, KEYSPROTO_BATCH_MAX at most; key
 * agreements of EDHOC are computed together, which takes less time.
 */
void keys_answer_many(const struct keys_state *state,
    enum keysproto_asker asker, const struct keysproto_request *requests,
    size_t count, struct keysproto_answer *ret_answers);

/* A port straight into a state, as one of the askers sees it. */
struct keys_direct {
	const struct keys_state *state;
	enum keysproto_asker asker;
};
struct keysproto_port keys_port_direct(struct keys_direct *direct);

#endif
