/*
 * The root of trust of a device: it holds the keys, counts, and remembers
 * where the device stands with its service. All that must survive a power
 * cut is one record in two slots, sealed under a key of the hardware; every
 * change writes it whole, so that a cut at any moment leaves the old or the
 * new state. No function changes what is in memory before the write has
 * succeeded.
 *
 * What a function writes, by the names of the design: W0 the instance, W1
 * the next key, W2 a pending generation, W3 the confirm's request, W4 the
 * commit, W5 a check-in's request, W6 its answer.
 *
 * Every function that writes can fail with ERR_IO (the slot), ERR_RANDOM and
 * ERR_CRYPTO; where a device is not provisioned it is ERR_STATE. Not
 * repeated below.
 *
 * Spec: PROTOCOL.md, "Keys", "Bootstrap", "Heartbeat", "PSK identity and E2E
 * envelope".
 */
#ifndef ROT_ROT_H
#define ROT_ROT_H

#include <stdbool.h>

#include "crypto/crypto.h"
#include "keys/envelope.h"
#include "keys/messages.h"
#include "keys/schedule.h"
#include "oscore/oscore.h"
#include "rot/port.h"
#include "rot/vault.h"

#define ROT_CREDENTIALS 2 /* of services, by kid */
#define ROT_STRIDE 256 /* counter values reserved by one write */
#define ROT_WINDOW 16 /* downlink counters remembered, each version */

/* Allowances of a device before its bootstrap: PROTOCOL.md, "Evaluation". */
enum rot_allowance {
	ROT_LOCAL_DATA = 0, /* 100 local data protection operations */
	ROT_C2C_SESSION = 1, /* 100 opens and closes of a C2C session */
	ROT_C2C_PAIRING = 2, /* 50 key pairings */
	ROT_ALLOWANCES = 3
};

/* A service's EDHOC credential. */
struct rot_credential {
	uint8_t kid;
	struct p256_point public_key;
};

/* What production puts into a root of trust. */
struct rot_birth {
	uint8_t uid[UID_LEN];
	uint8_t chip_id[CHIP_ID_LEN];
	bool key_inside; /* d0 is made in the vault: key is not looked at */
	struct p256_secret key; /* d0 */
	struct keys_salt factory; /* F */
	size_t credential_count; /* 1 or 2 */
	struct rot_credential credential[ROT_CREDENTIALS];
	bool has_boot_key; /* without one any firmware starts */
	struct p256_point boot_key; /* who signs firmware */
	uint32_t boot_version; /* the lowest that starts */
};

/* A check-in that was written and has to be repeated until answered. */
struct rot_request {
	uint8_t id[REQUEST_ID_LEN];
	uint8_t payload[CHECKIN_REQUEST_MAX];
	size_t payload_len;
};

/*
 * One generation of the device. Generation 0 is the factory: it has a key
 * and, in next, F; nothing else.
 */
struct rot_generation {
	uint32_t number;
	uint8_t alias[ALIAS_LEN];
	struct keys_psk psk;
	struct keys_up up;
	struct keys_down down;
	struct rot_handle next; /* of a salt */
	struct keys_checkin ck; /* ck(n) */
	uint64_t n;
	bool has_request;
	struct rot_request request;
	unsigned status; /* enum bootstrap_status of response 2 */
	bool with_profile; /* request 2 carried the sealed profile */
	uint32_t first_stride; /* strides are counted from here */
};

/* A key pair for EDHOC, whose secret is in the vault. */
struct rot_key {
	struct rot_handle handle;
	struct p256_point public_key;
};

/* Downlink counters that were accepted; none below floor will be. */
struct rot_window {
	uint64_t floor;
	uint64_t seen[ROT_WINDOW];
	size_t count;
};

/* The record: all that survives. Fields are for this room alone. */
struct rot_record {
	uint64_t sequence; /* of the write */
	uint8_t uid[UID_LEN];
	uint8_t chip_id[CHIP_ID_LEN];
	size_t credential_count;
	struct rot_credential credential[ROT_CREDENTIALS];
	bool has_instance;
	uint8_t instance[INSTANCE_LEN];
	bool sealed;
	uint8_t profile[PROFILE_UID_LEN];
	uint8_t serial[SERIAL_MAX];
	size_t serial_len;
	bool erased; /* decommissioned */
	struct rot_key key; /* d(g) */
	struct rot_generation cur;
	bool has_next_key;
	struct rot_key next_key;
	bool has_pend;
	struct rot_generation pend; /* its key is next_key */
	uint8_t resume[RESUME_LEN]; /* of pend */
	uint32_t pend_features;
	uint32_t stride; /* the last stride that was reserved */
	struct rot_window window_v1, window_v2;
	uint16_t used[ROT_ALLOWANCES];
	uint32_t features;
	uint64_t features_version;
	uint64_t features_reported;
	uint8_t firmware_reported[FIRMWARE_MAX];
	size_t firmware_reported_len;
	uint32_t flags; /* enum checkin_flag, as the service said last */
	uint32_t period_s; /* between heartbeats; 0: never said */
	uint64_t heartbeat_s; /* wall time of the last that was sent */
	uint64_t answered_s; /* the service's time in its last answer */
	unsigned e2e_version; /* enum envelope_version */
	bool security_off; /* AT+USECMODE=0 */
	bool has_boot_key;
	struct p256_point boot_key; /* who signs firmware */
	uint32_t boot_version; /* no lower one starts */
};

/* A stride in memory: what is left of it is lost with the power. */
struct rot_stride {
	uint32_t next, end;
	bool valid;
};

enum rot_counter { ROT_PSK = 0, ROT_E2E_V1 = 1, ROT_E2E_V2 = 2 };

/* A root of trust, open. Fields are for this room alone. */
struct rot {
	const struct rot_port *port;
	bool provisioned;
	unsigned slot; /* the slot that rec came from */
	bool torn; /* the last write failed: its slot holds anything */
	bool doubtful; /* the guard may have counted it: only rot_open helps */
	uint64_t draws; /* goes into every random draw */
	struct rot_stride stride[3]; /* by enum rot_counter */
	bool has_sender;
	struct keys_sender sender; /* of rec.cur.up: goes when rec changes */
	struct rot_record rec;
	struct rot_record next; /* a change on its way into a slot */
	uint8_t buf[ROT_RECORD_MAX];
};

/* --- life --- */

/*
 * Opens what the port has: the newer of the slots that are whole. A port
 * without any record gives a root of trust that is not provisioned. port
 * must outlive rot.
 *
 * Errors: ERR_AUTH (records there, but none is whole or of this hardware),
 * ERR_REPLAY (the record is not the one that the platform's guard counted
 * last: an older one was put back, or the guard was), ERR_IO, ERR_CRYPTO.
 */
MUST_CHECK enum err rot_open(struct rot *rot, const struct rot_port *port);

/* Wipes what is in memory; the record stays. */
void rot_done(struct rot *rot);

/*
 * Makes the record of a new device. Errors: ERR_EXISTS (there is a record),
 * ERR_INVALID (no or more than two credentials, a kid twice, a key that is
 * none), ERR_UNSUPPORTED (the vault takes no key from outside).
 */
MUST_CHECK enum err rot_provision(
    struct rot *rot, const struct rot_birth *birth);

/* What is not secret of the record. Valid until the next write. */
struct rot_state {
	bool provisioned;
	const uint8_t *uid; /* UID_LEN */
	bool sealed;
	const uint8_t *profile; /* PROFILE_UID_LEN */
	struct bytes serial;
	bool erased;
	bool erasing; /* of all keys only that of the last check-in is left */
	uint32_t generation; /* 0: never bootstrapped */
	const uint8_t *alias; /* ALIAS_LEN, of the generation */
	unsigned status; /* enum bootstrap_status of the generation */
	bool with_profile; /* the service has been told the profile */
	bool pending; /* a generation waits for its confirm */
	bool has_request; /* a check-in waits for its answer */
	uint32_t features;
	uint64_t features_version;
	bool features_told; /* the service knows that it is this version */
	uint32_t flags; /* enum checkin_flag */
	uint32_t period_s;
	uint64_t heartbeat_s;
	uint64_t answered_s;
	unsigned e2e_version;
	bool security_off;
	bool secure_boot; /* only signed firmware starts */
};
void rot_state(const struct rot *rot, struct rot_state *ret_state);

/*
 * Random bytes: the port's, mixed with the hardware key, the record's
 * sequence and a count of draws, so that a weak source alone repeats
 * nothing. Errors: ERR_RANDOM, ERR_CRYPTO.
 */
MUST_CHECK enum err rot_random(struct rot *rot, uint8_t *out, size_t len);
struct random_source rot_random_source(struct rot *rot);

/* --- settings --- */

/*
 * Seals profile and serial for ever. Errors: ERR_EXISTS (sealed already),
 * ERR_INVALID (serial empty, over 16, not printable; profile all zero).
 */
MUST_CHECK enum err rot_seal(struct rot *rot,
    const uint8_t profile[PROFILE_UID_LEN], struct bytes serial);

/* The envelope that E2E uses unless told: ENVELOPE_V1 or _V2 (ERR_INVALID). */
MUST_CHECK enum err rot_e2e_version_set(struct rot *rot, unsigned version);

/* Switches the security client off and on. */
MUST_CHECK enum err rot_security_set(struct rot *rot, bool on);

/*
 * Uses up one of an allowance. Free of charge once the device is
 * bootstrapped. ERR_EXHAUSTED: none is left.
 */
MUST_CHECK enum err rot_allowance_use(
    struct rot *rot, enum rot_allowance allowance);

/*
 * Says whether rot_allowance_use would do it, and uses up nothing. Errors:
 * ERR_STATE, ERR_INVALID, ERR_EXHAUSTED.
 */
MUST_CHECK enum err rot_allowance_check(
    const struct rot *rot, enum rot_allowance allowance);

/* --- bootstrap --- */

/* W0: draws the instance unless there is one. */
MUST_CHECK enum err rot_instance_make(struct rot *rot);

/*
 * W1: makes the key of the next generation unless there is one, and tests
 * that it signs and verifies before it is written.
 */
MUST_CHECK enum err rot_next_key_make(struct rot *rot);

/* CRED_I's key, and CRED_R's of a kid (ERR_NOT_FOUND). */
MUST_CHECK enum err rot_public_key(
    const struct rot *rot, struct p256_point *ret_public_key);
MUST_CHECK enum err rot_credential(
    const struct rot *rot, uint8_t kid, struct p256_point *ret_public_key);

/*
 * What EDHOC wants of d(g): HKDF-Extract(salt, ECDH(d(g), peer)), peer being
 * an ephemeral key of suite 2 or 3. Error: ERR_INVALID (peer).
 */
MUST_CHECK enum err rot_static_prk(const struct rot *rot,
    const uint8_t salt[SHA256_LEN], const struct p256_point *peer,
    uint8_t ret_prk[SHA256_LEN]);

/*
 * Writes request 2 as the device stands: sealed or not, with a claim from
 * generation 1 on, with resume while a generation is pending, with a ticket
 * of the present generation if there is one. W0 and W1 must have been done
 * (ERR_STATE). Errors: ERR_INVALID (firmware too long),
 * ERR_SPACE.
 */
MUST_CHECK enum err rot_request_write(const struct rot *rot,
    struct bytes firmware, struct bytes ticket, struct writer *w);

/*
 * W2: makes the generation that response 2 gives and erases its root; any
 * other pending one is replaced. request and response are the payloads as
 * they went inside OSCORE.
 *
 * Errors: ERR_STATE (no next key), ERR_FORMAT or ERR_INVALID (request or
 * response is none; its status makes no generation; the generation does not
 * grow).
 */
MUST_CHECK enum err rot_pend_make(struct rot *rot, const uint8_t exporter[32],
    struct bytes request, struct bytes response);

/* --- check-in: of the pending generation if there is one --- */

/*
 * W3, W5: draws the request id and writes it with the payload, unless a
 * request stands already. heartbeat_s is the wall time to remember as that
 * of the last heartbeat, 0 to leave it; wants_ticket asks for a recovery
 * ticket. Errors: ERR_STATE (generation 0),
 * ERR_INVALID (firmware too long).
 */
MUST_CHECK enum err rot_checkin_begin(struct rot *rot, struct bytes firmware,
    uint64_t heartbeat_s, bool wants_ticket);

/*
 * The request that stands, and the OSCORE context to send it under, whose
 * sender is the alias. Errors: ERR_STATE (no request), ERR_CRYPTO.
 */
MUST_CHECK enum err rot_checkin_open(const struct rot *rot,
    struct rot_request *ret_request, struct oscore_context *ret_context);

/*
 * W4, W6: takes the verified answer to the request. Advances the chain, and
 * commits the pending generation: its predecessor's keys, F or next are
 * gone then. Period, flags and features are taken over; features only with a
 * version that is higher. Errors: ERR_STATE (no request).
 */
MUST_CHECK enum err rot_checkin_done(
    struct rot *rot, const struct checkin_response *answer);

/*
 * Master secret for objects under the present check-in key: the caller draws
 * an ID Context of 8 fresh random bytes. Errors: ERR_STATE (generation 0, or
 * one is pending).
 */
MUST_CHECK enum err rot_bulk_secret(
    const struct rot *rot, uint8_t ret_master_secret[16]);

/* --- zero-touch provisioning --- */

/* A key pair that may come out: the host uses it for its own connections. */
struct rot_ztp_key {
	struct p256_secret secret;
	struct p256_point public_key;
};

/*
 * The device's key pair for its cloud: one for each generation, derived when
 * it is wanted. Wipe it. Errors: ERR_STATE (generation 0), ERR_CRYPTO.
 */
MUST_CHECK enum err rot_ztp_key(
    const struct rot *rot, struct rot_ztp_key *ret_key);

/*
 * Writes the request for a certificate of that key (keys/objects.h). Errors:
 * as rot_ztp_key, ERR_SPACE.
 */
MUST_CHECK enum err rot_ztp_request(const struct rot *rot, struct writer *w);

/* What waited on the bulk channel has come: not again until told anew. */
MUST_CHECK enum err rot_objects_done(struct rot *rot);

/*
 * Decommissioned: erases every key and the request; what is left is the
 * identity.
 */
MUST_CHECK enum err rot_erase(struct rot *rot);

/* --- keys for the host's data; all of the present generation --- */

/*
 * A new PSK of 16 or 32 bytes (ERR_INVALID) and its identity. Errors:
 * ERR_STATE (generation 0), ERR_EXHAUSTED (counters used up: the device
 * rotates its root).
 */
MUST_CHECK enum err rot_psk(
    struct rot *rot, size_t len, uint8_t ret_id[PSK_ID_LEN], uint8_t *ret_psk);

/*
 * Seals plaintext to ret_out, plaintext.len + envelope_overhead(version)
 * bytes. Errors: ERR_STATE, ERR_INVALID (version), ERR_SPACE (over 2^24 - 1),
 * ERR_EXHAUSTED.
 */
MUST_CHECK enum err rot_e2e_seal(struct rot *rot, enum envelope_version version,
    struct bytes plaintext, uint8_t *ret_out, size_t *ret_len);

/*
 * Opens a downlink message to ret_out, message.len less overhead bytes, and
 * remembers its counter before it gives anything away.
 *
 * Errors: ERR_STATE, ERR_FORMAT (no downlink header), ERR_NOT_FOUND (another
 * alias), ERR_TRUNCATED, ERR_AUTH, ERR_REPLAY.
 */
MUST_CHECK enum err rot_e2e_open(
    struct rot *rot, struct bytes message, uint8_t *ret_out, size_t *ret_len);

/* Keys of the hardware, which survive every bootstrap. */
MUST_CHECK enum err rot_local_data_key(
    const struct rot *rot, uint8_t slot, uint8_t ret_key[KEY_LEN]);
MUST_CHECK enum err rot_c2c_record_key(
    const struct rot *rot, uint8_t ret_key[KEY_LEN]);

#endif
