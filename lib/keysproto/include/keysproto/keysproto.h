/*
 * The protocol between the keys process and the two others, both ends in one
 * room. A message is a batch of requests; its answer is the batch of answers
 * in the same order. Every request is idempotent, so that a batch may be
 * sent again when the keys process was started anew.
 *
 * A table says which process may ask for what; one row takes one kind of
 * wrapped blob. Nobody may ask for a root.
 *
 * Blob: version 01 | key-encryption-key id 1 | nonce 12 | ciphertext | tag
 * 16, AES-256-GCM under Expand(KEK, "wrap", kind | uid), additional data
 * kind 1 | uid 8 | generation 4 | profile 16.
 */
#ifndef KEYSPROTO_KEYSPROTO_H
#define KEYSPROTO_KEYSPROTO_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "crypto/crypto.h"
#include "keys/schedule.h"

#define KEYSPROTO_BATCH_MAX 128 /* requests of one message */
#define KEYSPROTO_MESSAGE_MAX 131072 /* bytes of one message */
#define KEYSPROTO_RECORD_LEN 16 /* MAC of a tenant-profile record */

enum keysproto_asker { KEYSPROTO_DEVICES, KEYSPROTO_API };

enum keysproto_op {
	KEYSPROTO_INFO = 1, /* both: public keys of this service */
	KEYSPROTO_PRK = 2, /* devices: prk_3e2m of an EDHOC session */
	KEYSPROTO_ROOT = 3, /* devices: a root from exchange 2 */
	KEYSPROTO_CHECKIN = 4, /* devices: opens ck(n) */
	KEYSPROTO_ADVANCE = 5, /* devices: ck(n) to ck(n+1), both wrapped */
	KEYSPROTO_TICKET = 6, /* devices: opens a ticket, to a wrapped root */
	KEYSPROTO_ZTP = 7, /* devices: a certificate for a device */
	KEYSPROTO_TICKET_MAKE = 8, /* devices: a wrapped root to a ticket */
	KEYSPROTO_PSK = 16, /* api: a PSK */
	KEYSPROTO_E2E = 17, /* api: the key of one E2E message, up or down */
	KEYSPROTO_PROFILE = 18, /* api: authenticates a tenant-profile record */
	KEYSPROTO_IMPORT = 19, /* api: a new import key, wrapped */
	KEYSPROTO_FACTORY = 20, /* api: rewraps a factory secret */
	KEYSPROTO_CA = 21, /* api: a new CA, its key wrapped */
	KEYSPROTO_POP = 22, /* api: a CA's proof of possession */
	KEYSPROTO_TRANSFER = 23 /* api: a device's right to another profile */
};

/* A wrapped blob of 32 secret bytes. */
struct keysproto_blob {
	uint8_t b[BLOB_MAX];
	size_t len; /* BLOB_MAX, or 0: none */
};

/* Who owns a generation: api shows it with each request for a key. */
struct keysproto_owner {
	uint64_t tenant;
	uint8_t profile[PROFILE_UID_LEN];
	uint8_t record[KEYSPROTO_RECORD_LEN]; /* from KEYSPROTO_PROFILE */
};

/* Who may read what a device has protected before its transfer. */
#define KEYSPROTO_READS_OLD 1u
#define KEYSPROTO_READS_NEW 2u

/*
 * A device's right to go from one owner's profile to another's: up to
 * generation last it is bound to from, the next root is bound to to, and the
 * new owner reads what is older if readers has KEYSPROTO_READS_NEW. Only
 * KEYSPROTO_TRANSFER makes the MAC.
 */
struct keysproto_transfer {
	uint8_t from[PROFILE_UID_LEN];
	uint8_t to[PROFILE_UID_LEN];
	uint32_t last;
	uint8_t readers;
	uint8_t mac[KEYSPROTO_RECORD_LEN];
};

struct keysproto_request {
	enum keysproto_op op;
	union {
		struct {
			uint8_t kid; /* which of the service's EDHOC keys */
			uint8_t salt[SHA256_LEN];
			struct p256_point peer; /* G_X, checked in keys */
		} prk;
		struct {
			uint8_t uid[UID_LEN];
			uint8_t exporter[32];
			/*
			 * Exactly one prior: the factory secret with the
			 * import key it is wrapped under, or the root of an
			 * earlier generation with its profile (zeros: none).
			 */
			struct keysproto_blob factory;
			uint64_t import_id;
			struct keysproto_blob import_key;
			struct keysproto_blob root;
			uint32_t root_generation;
			uint8_t root_profile[PROFILE_UID_LEN];
			/* With an earlier root alone: where it goes. */
			bool has_transfer;
			struct keysproto_transfer transfer;
			/* Payloads of exchange 2, parsed again in keys. */
			struct bytes request;
			struct bytes response;
		} root;
		struct {
			uint8_t uid[UID_LEN];
			uint32_t generation;
			struct keysproto_blob ck;
			/* KEYSPROTO_ADVANCE alone: */
			uint8_t request_id[REQUEST_ID_LEN];
			struct bytes payload; /* CHECKIN_REQUEST_MAX at most */
		} checkin;
		struct {
			uint8_t uid[UID_LEN];
			struct bytes ticket; /* TICKET alone */
			struct keysproto_blob root; /* TICKET_MAKE alone */
			uint8_t alias[ALIAS_LEN];
			uint32_t generation;
			uint8_t profile[PROFILE_UID_LEN];
			struct p256_point public_key;
		} ticket;
		struct {
			struct keysproto_owner owner;
			uint8_t uid[UID_LEN];
			uint32_t generation;
			struct keysproto_blob root;
			uint8_t id[E2E_V1_HEADER_LEN]; /* identity or header */
			size_t id_len; /* 14; or 11, 16 */
			uint8_t key_len; /* PSK: 16 or 32 */
			/*
			 * E2E alone: the root is bound to transfer.from, and
			 * the owner to transfer.to.
			 */
			bool has_transfer;
			struct keysproto_transfer transfer;
		} derive; /* KEYSPROTO_PSK and KEYSPROTO_E2E */
		struct {
			uint64_t tenant;
			uint8_t profile[PROFILE_UID_LEN];
		} profile;
		struct {
			uint64_t import_id;
			struct keysproto_blob import_key; /* FACTORY alone */
			uint8_t uid[UID_LEN];
			uint8_t public_key[P256_POINT_LEN];
			uint8_t enc[P256_POINT_LEN];
			uint8_t sealed[KEY_LEN + 16];
		} factory; /* KEYSPROTO_IMPORT and KEYSPROTO_FACTORY */
		struct {
			uint64_t ca_id;
			uint64_t tenant; /* whose CA it is */
			/* POP alone: the CA's key, and its certificate. */
			struct keysproto_blob key;
			struct bytes issuer; /* DER */
			struct bytes name; /* CN of the new certificate */
			uint8_t serial[PKI_SERIAL_LEN];
			uint64_t not_before; /* Unix seconds */
			uint64_t not_after;
		} certificate; /* KEYSPROTO_CA and KEYSPROTO_POP */
		struct {
			/* Whose device it is, by its root; as for a PSK. */
			struct keysproto_owner owner;
			uint8_t uid[UID_LEN];
			uint32_t generation;
			struct keysproto_blob root;
			/* What the device asks: under its root. */
			uint8_t key[P256_COMPRESSED_LEN];
			uint8_t tag[ZTP_TAG_LEN];
			/* A CA of the same owner. */
			uint64_t ca_id;
			struct keysproto_blob ca_key;
			struct bytes issuer; /* DER */
			uint8_t serial[PKI_SERIAL_LEN];
			uint64_t not_before;
			uint64_t not_after;
		} ztp;
		struct {
			struct keysproto_owner from;
			struct keysproto_owner to;
			uint8_t uid[UID_LEN];
			uint32_t generation; /* the current one, and */
			struct keysproto_blob root; /* its root: from's */
			uint32_t last; /* the highest ever given */
			uint8_t readers;
		} transfer;
	} u;
};

#define KEYSPROTO_CREDENTIALS_MAX 2

struct keysproto_answer {
	enum err err; /* ERR_DENIED, ERR_AUTH, ERR_FORMAT, ERR_BUSY, ... */
	union {
		struct {
			struct p256_point import_key; /* HPKE recipient */
			size_t credential_count;
			struct {
				uint8_t kid;
				struct p256_point public_key;
			} credential[KEYSPROTO_CREDENTIALS_MAX];
		} info;
		uint8_t prk[SHA256_LEN];
		struct {
			struct keysproto_blob root;
			struct keysproto_blob ck; /* ck(0) */
			uint8_t resume[RESUME_LEN];
			uint8_t profile[PROFILE_UID_LEN]; /* in its AAD */
		} root;
		struct keys_checkin ck; /* CHECKIN */
		struct keysproto_blob
		    blob; /* ADVANCE, TICKET*, IMPORT, FACTORY */
		struct {
			uint8_t key[PSK_MAX];
			size_t len;
		} key; /* PSK and E2E */
		uint8_t record[KEYSPROTO_RECORD_LEN]; /* PROFILE, TRANSFER */
		struct {
			struct keysproto_blob key; /* CA: wrapped */
			uint8_t der[PKI_CERTIFICATE_MAX];
			size_t len;
		} certificate; /* CA, POP, ZTP */
	} u;
};

/*
 * Encodes a batch of count requests, 1 to KEYSPROTO_BATCH_MAX, with a batch
 * number of the caller's choice, but not 0. Lengths are strict: a blob has
 * BLOB_MAX bytes, an identity 14, a header 11 or 16, a PSK 16 or 32; a root
 * has exactly one prior. 128 roots with the longest payloads do not fit.
 *
 * Errors: ERR_SPACE (does not fit), ERR_INVALID (a field, count, batch).
 */
MUST_CHECK enum err keysproto_requests_encode(uint64_t batch,
    const struct keysproto_request *requests, size_t count, struct writer *out);

/*
 * Decodes a batch; views point into in. requests may be written to before an
 * error is found. Errors: ERR_FORMAT, ERR_TRUNCATED, ERR_SPACE (more than
 * cap).
 */
MUST_CHECK enum err keysproto_requests_decode(struct bytes in,
    uint64_t *ret_batch, struct keysproto_request *requests, size_t cap,
    size_t *ret_count);

/*
 * Encodes the answers to count requests, which say what each answer looks
 * like. No request and batch 0 is the hello. Errors: ERR_SPACE, ERR_INVALID
 * (a field does not fit its request, count, batch).
 */
MUST_CHECK enum err keysproto_answers_encode(uint64_t batch,
    const struct keysproto_request *requests,
    const struct keysproto_answer *answers, size_t count, struct writer *out);

/*
 * Decodes the answers to count requests. answers are wiped on error: they
 * carry keys, and the caller wipes them too when it is done.
 *
 * Errors: ERR_FORMAT (also another count), ERR_TRUNCATED, ERR_INVALID (a
 * request that no batch can hold).
 */
MUST_CHECK enum err keysproto_answers_decode(struct bytes in,
    uint64_t *ret_batch, const struct keysproto_request *requests, size_t count,
    struct keysproto_answer *answers);

/* Says whether a process may ask for an operation: the fixed table. */
bool keysproto_allowed(enum keysproto_asker asker, enum keysproto_op op);

/*
 * The way to the keys, as the protocol handlers see it: call answers all
 * count requests (KEYSPROTO_BATCH_MAX at most) or fails as a whole. The
 * daemon's goes over a socket, the simulator's straight into cloud/keys.
 */
struct keysproto_port {
	enum err (*call)(void *ctx, const struct keysproto_request *requests,
	    size_t count, struct keysproto_answer *ret_answers);
	void *ctx;
};

/* --- the asker's end over a SOCK_SEQPACKET socket --- */

/*
 * One asker's connection. The keys process says hello (an empty batch with
 * number 0) whenever it starts: what was asked and not answered is sent
 * again then.
 */
struct keysproto_client {
	int fd;
	uint64_t next_batch;
	uint8_t *buf; /* KEYSPROTO_MESSAGE_MAX bytes */
	size_t used; /* bytes of buf to wipe */
	int timeout_ms; /* of call: 10000 from init on */
};

/*
 * Starts on the asker's end of the pair, which stays the caller's. Errors:
 * ERR_NOMEM, ERR_RANDOM.
 */
MUST_CHECK enum err keysproto_client_init(
    struct keysproto_client *client, int fd);

/* Wipes and frees the buffer; the socket stays open. */
void keysproto_client_done(struct keysproto_client *client);

/*
 * A port over the client, which is then used for nothing else: answers that
 * were not asked for by call are dropped. call blocks and sends the batch
 * again when the keys process has started anew. Errors of call: ERR_TIMEOUT
 * (10 seconds), ERR_IO (the pair is broken), those of encode and decode.
 */
struct keysproto_port keysproto_client_port(struct keysproto_client *client);

/*
 * Asks without waiting: sends a batch and gives its number back. The caller
 * keeps the requests until the answer has come, for they may have to be sent
 * again. Errors: ERR_BUSY (the socket is full), ERR_IO, those of encode.
 */
MUST_CHECK enum err keysproto_client_send(struct keysproto_client *client,
    const struct keysproto_request *requests, size_t count,
    uint64_t *ret_batch);

/*
 * Reads one message without waiting. ret_batch 0:
 * the keys process has started anew, send everything unanswered again under
 * new numbers. Otherwise ret_message is the encoded answer, valid until the
 * next call, for keysproto_answers_decode; a number the caller does not know
 * is an answer to nobody and is dropped. Errors: ERR_BUSY (none is there),
 * ERR_IO (the pair is broken), ERR_FORMAT, ERR_TRUNCATED.
 */
MUST_CHECK enum err keysproto_client_receive(struct keysproto_client *client,
    uint64_t *ret_batch, struct bytes *ret_message);

#endif
