/*
 * What the front end may ask of the trusted environment (TEE), a process of
 * its own that holds the root of trust. Nobody may ask for a root key: a row
 * of this table is all there is.
 *
 * Over the wire each message is one packet of a SOCK_SEQPACKET socket:
 *
 *   request  op u8 | fields
 *   answer   op u8 + 0x80 | error u8 (minus enum err) | fields when it is 0
 *
 * Numbers are big-endian. The data of TEE_E2E, TEE_E2E_OPEN, TEE_LOCAL_SEAL,
 * TEE_LOCAL_OPEN, TEE_VAULT_SEAL and TEE_VAULT_OPEN travels beside the packet, both ways, as a memory file
 * that is sealed against any change.
 */
#ifndef MODULE_TEE_H
#define MODULE_TEE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "holdfast/c2c.h"
#include "maxima.h"

enum tee_op {
	TEE_INFO = 1, /* identity and state */
	TEE_NETWORK = 2, /* the network has come or gone */
	TEE_POLL = 3, /* what is to be sent to the service now */
	TEE_RECEIVE = 4, /* a datagram of the service */
	TEE_SEAL = 5, /* profile and serial, once */
	TEE_HEARTBEAT = 6, /* asks for one now */
	TEE_HEARTBEAT_RESULT = 7, /* how that one ended */
	TEE_PSK = 8, /* a new pre-shared key */
	TEE_E2E = 9, /* encrypts data end to end */
	TEE_E2E_VERSION = 10, /* which envelope TEE_E2E makes; remembered */
	TEE_RESET = 11, /* as after power-on */
	TEE_LOCAL_SEAL = 12, /* makes a file of local data protection */
	TEE_LOCAL_OPEN = 13, /* opens one */
	TEE_E2E_OPEN = 14, /* opens a message to the device, once */
	TEE_VAULT_SEAL = 15, /* seals a secret of the module's own */
	TEE_VAULT_OPEN = 16, /* opens one */
	TEE_ZTP_GET = 17, /* key and certificates for a cloud */
	TEE_BOOT = 18, /* whether the firmware may run, and which it is */
	TEE_C2C_PAIR = 20, /* chip-to-chip: new keys */
	TEE_C2C_CONFIRM = 21, /* the host has them */
	TEE_C2C_OPEN = 22, /* the keys of a session */
	TEE_C2C_CLOSE = 23, /* a session ends as it should */
	TEE_C2C_ERASE = 24 /* a pair of the terminal, or all of them */
};

/*
 * How the start went. With anything but the two first named the firmware may
 * not run, and the TEE answers nothing but TEE_BOOT; 0 is no leave.
 */
enum tee_boot_state {
	TEE_BOOT_UNSIGNED = 1, /* production fixed no key: any firmware runs */
	TEE_BOOT_VERIFIED,
	TEE_BOOT_NO_MANIFEST,
	TEE_BOOT_BAD_MANIFEST, /* malformed, or not the vendor's signature */
	TEE_BOOT_CHANGED, /* the image is not the one that was signed */
	TEE_BOOT_OLD, /* a newer version has run here */
	TEE_BOOT_STATES,
	TEE_BOOT_FAILED = 0 /* image or root of trust could not be read */
};

struct tee_boot {
	enum tee_boot_state state;
	uint32_t version; /* of a verified image */
	char name[FIRMWARE_MAX + 1]; /* of it, else empty */
};

/* What TEE_ZTP_GET gives, as +USECDEVCERT numbers them; all DER. */
enum tee_ztp {
	TEE_ZTP_KEY = 0, /* SEC 1, secret: wipe it */
	TEE_ZTP_CERTIFICATE = 1,
	TEE_ZTP_CA = 2
};

/* The records of chip-to-chip, sealed: nonce, records, tag. */
#define TEE_C2C_DB_MAX (C2C_RECORDS_MAX + 12 + 16)

/* Of TEE_C2C_PAIR, _CONFIRM, _OPEN and _ERASE. The front end keeps the records. */
struct tee_c2c_request {
	uint8_t te_secret[HF_C2C_TE_LEN];
	struct bytes terminal; /* 1 to TERMINAL_NAME_MAX characters */
	uint8_t version; /* PAIR; OPEN: V3 with a nonce, else V2 (or V1) */
	bool rekey; /* PAIR: inside a session of this pair */
	bool all; /* ERASE: whatever the te_secret */
	uint8_t confirm[HF_C2C_CONFIRM_LEN]; /* CONFIRM */
	struct bytes db; /* the records; empty: there are none */
};

struct tee_c2c_answer {
	struct hf_c2c_pair pair; /* PAIR, OPEN; its te_secret is not sent */
	uint8_t tag[HF_C2C_TAG_LEN]; /* PAIR */
	uint8_t db[TEE_C2C_DB_MAX]; /* but OPEN: to be kept */
	size_t db_len; /* 0: as they were */
};

struct tee_request {
	enum tee_op op;
	union {
		bool up; /* TEE_NETWORK */
		struct bytes datagram; /* TEE_RECEIVE */
		struct {
			uint8_t profile[PROFILE_UID_LEN];
			struct bytes serial;
		} seal;
		uint32_t psk_len; /* TEE_PSK: 16 or 32 */
		struct bytes
		    file; /* TEE_LOCAL_, TEE_VAULT_SEAL and _OPEN: its name */
		unsigned e2e_version; /* 0 V1, 1 V2 */
		enum tee_ztp ztp; /* TEE_ZTP_GET */
		struct tee_c2c_request c2c;
	} u;
	struct bytes data; /* beside the packet; decoded: its length alone */
};

/* In the features of struct tee_info. */
#define TEE_FEATURE_PSK 1
#define TEE_FEATURE_E2E 2
#define TEE_FEATURE_LOCAL_DATA 4
#define TEE_FEATURE_C2C 8
#define TEE_FEATURE_C2C_PAIRING 16
#define TEE_FEATURE_ZTP 32

/* TEE_INFO: see struct device_info. */
struct tee_info {
	uint8_t uid[UID_LEN];
	bool module_registered;
	bool device_registered;
	bool activated;
	bool sealed;
	bool bootstrapping;
	uint32_t generation;
	uint32_t features;
	unsigned refused;
	unsigned e2e_version; /* 0 V1, 1 V2 */
	enum err local_data; /* whether TEE_LOCAL_SEAL and _OPEN would work */
};

struct tee_answer {
	enum err err; /* of the operation; the rest counts when it is ERR_OK */
	union {
		struct tee_info info;
		struct {
			uint64_t delay_ms; /* come again after it */
			size_t len; /* 0: nothing to send */
			uint8_t datagram[DATAGRAM_MAX];
		} poll;
		enum err heartbeat; /* ERR_OK, ERR_BUSY or ERR_TIMEOUT */
		struct {
			uint8_t id[PSK_ID_LEN];
			uint8_t key[PSK_MAX];
			size_t key_len;
		} psk;
		struct {
			uint8_t *ptr; /* the asker frees it */
			size_t len;
		} data; /* what travels beside the packet */
		struct {
			uint8_t der[PKI_CERTIFICATE_MAX];
			size_t len;
		} ztp;
		struct tee_boot boot;
		struct tee_c2c_answer c2c;
	} u;
};

/*
 * The way to the TEE: call asks and waits for the answer. It fails as a whole
 * when the TEE is gone (ERR_IO), does not answer in time (ERR_TIMEOUT) or
 * answers nonsense (ERR_FORMAT).
 */
struct tee {
	enum err (*call)(void *ctx, const struct tee_request *request,
	    struct tee_answer *ret_answer);
	void *ctx;
	int fd; /* hangs up when the TEE is gone; -1: it never does */
};

/*
 * Asks the TEE; the answer's own error comes back as the result, so that one
 * check is enough. Errors: those of call, those of the operation.
 */
MUST_CHECK enum err tee_ask(const struct tee *tee,
    const struct tee_request *request, struct tee_answer *ret_answer);

/* Whether data travels beside the packets of an operation. */
bool tee_op_has_data(enum tee_op op);

/*
 * Encodes a request, without what travels beside it. Errors: ERR_SPACE,
 * ERR_INVALID (unknown op).
 */
MUST_CHECK enum err tee_request_encode(
    const struct tee_request *request, struct writer *out);

/* Decodes one; views point into in. Errors: ERR_FORMAT, ERR_TRUNCATED. */
MUST_CHECK enum err tee_request_decode(
    struct bytes in, struct tee_request *ret_request);

/* Encodes the answer to op. Errors: ERR_SPACE, ERR_INVALID. */
MUST_CHECK enum err tee_answer_encode(
    enum tee_op op, const struct tee_answer *answer, struct writer *out);

/* Decodes the answer to op. Errors: ERR_FORMAT, ERR_TRUNCATED. */
MUST_CHECK enum err tee_answer_decode(
    enum tee_op op, struct bytes in, struct tee_answer *ret_answer);

#endif
