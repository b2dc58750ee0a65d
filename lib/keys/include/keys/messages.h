/*
 * What exchange 2 of the bootstrap and the check-in carry inside OSCORE:
 * encoders and decoders side by side, for both ends.
 *
 * Spec: PROTOCOL.md, "Bootstrap" and "Heartbeat".
 */
#ifndef KEYS_MESSAGES_H
#define KEYS_MESSAGES_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/limits.h"

/*
 * Features and services, as bits of a set. The services, which every plan but
 * the smallest has, stand lowest: a set of them alone is one byte of CBOR.
 */
enum feature {
	SERVICE_PSK = 1 << 0, /* E2ESymmetricKMS */
	SERVICE_E2E = 1 << 1, /* E2EDataProtection */
	FEATURE_LOCAL_DATA = 1 << 2, /* LocalDataProtection (LocalDPR) */
	FEATURE_C2C = 1 << 3, /* LocalC2C */
	FEATURE_C2C_PAIRING = 1 << 4, /* LocalC2CKeyPairing */
	FEATURE_ZTP = 1 << 5, /* ZTPV1 */
	FEATURE_ALL = (1 << 6) - 1
};

/* The name of a single feature bit as the REST API spells it, else NULL. */
const char *feature_name(uint32_t bit);
/* The bit of a name, or 0. "LocalDPR" is known too. */
uint32_t feature_bit(struct bytes name);

/* Status of response 2. Numbers stay below 24: one byte each. */
enum bootstrap_status {
	BOOTSTRAP_ASSIGNED = 0, /* new pending, has an owner */
	BOOTSTRAP_REGISTERED = 1, /* new pending, no profile was given */
	BOOTSTRAP_UNKNOWN_PROFILE = 2, /* new pending, profile unknown */
	BOOTSTRAP_INACTIVE = 3, /* new pending, owned, over its plan */
	BOOTSTRAP_AGAIN = 8, /* go on with the confirm */
	BOOTSTRAP_STALE = 9, /* the state moved on: do nothing */
	BOOTSTRAP_MALFORMED = 16, /* request 2 makes no sense */
	BOOTSTRAP_CLONE = 17, /* refused: another holds this identity */
	BOOTSTRAP_QUARANTINED = 18, /* refused until an operator decides */
	BOOTSTRAP_UNKNOWN = 19, /* refused: no such device, bad ticket */
	BOOTSTRAP_BUSY = 20, /* refused for now: come back later */
	BOOTSTRAP_DECOMMISSIONED = 21 /* refused for ever: erase the keys */
};

/* Whether a status makes a new pending (0 to 3). */
bool bootstrap_status_is_new(unsigned status);

struct bootstrap_resume {
	uint8_t alias[ALIAS_LEN];
	uint8_t tag[RESUME_LEN];
	uint8_t request_id[REQUEST_ID_LEN];
	bool has_request_id;
};

struct bootstrap_claim {
	uint32_t generation;
	uint8_t alias[ALIAS_LEN];
	uint64_t n;
	uint8_t tag[STATE_TAG_LEN];
	uint8_t request_id[REQUEST_ID_LEN];
	bool has_request_id;
};

/* [instance, key, firmware, ? (profile, serial), ? resume, claim, ticket] */
struct bootstrap_request {
	uint8_t instance[INSTANCE_LEN];
	uint8_t key[P256_COMPRESSED_LEN];
	struct bytes firmware; /* text, FIRMWARE_MAX at most */
	bool sealed;
	uint8_t profile[PROFILE_UID_LEN];
	struct bytes serial; /* text, 1 to SERIAL_MAX */
	bool has_resume;
	struct bootstrap_resume resume;
	bool has_claim;
	struct bootstrap_claim claim;
	struct bytes ticket; /* TICKET_LEN bytes; empty: none */
};

/* Writes request 2; the cursor keeps ERR_SPACE and ERR_INVALID. */
void bootstrap_request_write(
    struct writer *w, const struct bootstrap_request *m);
/*
 * Reads request 2; views point into in. Errors: ERR_FORMAT, ERR_TRUNCATED,
 * ERR_INVALID (a length or a character).
 */
MUST_CHECK enum err bootstrap_request_read(
    struct bytes in, struct bootstrap_request *ret_m);

/* [status, alias, generation, features] when new, else [status] */
struct bootstrap_response {
	unsigned status;
	uint8_t alias[ALIAS_LEN];
	uint32_t generation;
	uint32_t features;
};

/* Writes response 2; the cursor keeps ERR_SPACE. */
void bootstrap_response_write(
    struct writer *w, const struct bootstrap_response *m);
/* Reads response 2. Errors as bootstrap_request_read. */
MUST_CHECK enum err bootstrap_response_read(
    struct bytes in, struct bootstrap_response *ret_m);

/* Empty, or a map {? 1: features version, ? 2: firmware, ? 3: true}. */
struct checkin_request {
	bool has_features_version;
	uint64_t features_version;
	struct bytes firmware; /* empty: not sent */
	bool wants_ticket; /* asks for a recovery ticket */
};

/* Writes the payload of a check-in, which may be empty. */
void checkin_request_write(struct writer *w, const struct checkin_request *m);
/* Reads it. Errors as bootstrap_request_read. */
MUST_CHECK enum err checkin_request_read(
    struct bytes in, struct checkin_request *ret_m);

enum checkin_flag {
	CHECKIN_ROTATE = 1 << 0, /* make a new root now */
	CHECKIN_SUSPENDED = 1 << 1, /* nothing but check-ins until further */
	CHECKIN_OBJECTS = 1 << 2, /* something waits on the bulk channel */
	CHECKIN_ERASE = 1 << 3 /* decommissioned: erase the keys */
};

/*
 * time, or
 * [time, {? 1: period, ? 2: flags, ? 3: [features, version], ? 4: ticket}]
 */
struct checkin_response {
	uint64_t time; /* Unix seconds */
	bool has_period;
	uint32_t period; /* seconds */
	bool has_flags;
	uint32_t flags;
	bool has_features;
	uint32_t features;
	uint64_t features_version;
	struct bytes ticket; /* TICKET_LEN bytes; empty: none */
};

/* Writes the answer to a check-in. */
void checkin_response_write(struct writer *w, const struct checkin_response *m);
/* Reads it. Errors as bootstrap_request_read. */
MUST_CHECK enum err checkin_response_read(
    struct bytes in, struct checkin_response *ret_m);

#endif
