/*
 * The device's life cycle as a state machine: seal, bootstrap in three
 * exchanges, heartbeat, and the calls that AT commands end in. No I/O: the
 * program asks device_poll what to send and when to come back, and hands in
 * what was received. Runs in the trusted environment, beside the root of
 * trust it drives.
 *
 * Time: now_ms is a monotonic clock, wall_s is Unix time in seconds as far
 * as the platform knows it (0: not at all).
 *
 * Spec: PROTOCOL.md, "Bootstrap", "Heartbeat" and its state tables.
 */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "rot/rot.h"

/* What AT+USECDEVINFO? tells. */
struct device_info {
	bool module_registered; /* bootstrapped at the service */
	bool device_registered; /* and assigned to its owner */
	bool activated; /* keys of a generation are in use, within the plan */
	bool sealed;
	bool bootstrapping; /* an exchange or a confirm is under way */
	uint32_t generation;
	uint32_t features;
	unsigned refused; /* enum bootstrap_status of a refusal, or 0 */
};

/* What a device keeps outside its root of trust: nothing of it is secret. */
enum device_object {
	DEVICE_CA, /* of its cloud: DER */
	DEVICE_CERTIFICATE /* its own, by that CA: DER */
};

/* What a platform gives to the life cycle. */
struct device_port {
	void *ctx;
	/*
	 * Keeps an object, PKI_CERTIFICATE_MAX bytes at most, in place of the
	 * one before; durable when it returns.
	 */
	enum err (*object_write)(
	    void *ctx, enum device_object object, struct bytes content);
};

/*
 * Storage outside of the root of trust, for the recovery ticket. What lies
 * there is sealed by the service: whoever reads it learns nothing, and what
 * is lost, old or false is found out.
 */
struct device_outside {
	/* Reads all that was written, up to cap bytes. Error: any. */
	enum err (*read)(void *ctx, uint8_t *out, size_t cap, size_t *ret_len);
	/* Replaces it, durably before it returns; empty: removes it. */
	enum err (*write)(void *ctx, struct bytes content);
	void *ctx;
};

/* Differences between models: at-commands.md, "Models". */
struct device_config {
	uint32_t heartbeat_min_s; /* 300 (SARA-R4) or 86400 (SARA-R5) */
	uint32_t heartbeat_s; /* until the service says otherwise: 604800 */
	const char *firmware; /* FIRMWARE_MAX characters at most */
	bool well_known_path; /* /.well-known/edhoc instead of /e */
	const struct device_port *port; /* NULL: objects are left waiting */
	struct device_outside outside; /* no functions: no tickets */
};

struct device; /* defined in device/state.h for those who allocate it */

/* Bytes of a struct device; it lives in the caller's memory. */
size_t device_size(void);

/*
 * Starts: takes a root of trust that rot_open has loaded. Errors: ERR_STATE
 * (not provisioned), ERR_INVALID (firmware too long).
 */
MUST_CHECK enum err device_init(
    struct device *d, struct rot *rot, const struct device_config *config);

/* Wipes what is in memory; the record stays. */
void device_done(struct device *d);

/* The network has come or gone; a bootstrap starts by itself. */
void device_network(struct device *d, bool up, uint64_t now_ms);

/*
 * Says what to do now: a datagram to send to the service (ret_datagram; empty:
 * none) and when to call again at the latest (ret_next_ms, UINT64_MAX:
 * not before something happens). Call it again at once after it gave a
 * datagram. Errors: ERR_IO, ERR_RANDOM, ERR_CRYPTO: call again later.
 */
MUST_CHECK enum err device_poll(struct device *d, uint64_t now_ms,
    uint64_t wall_s, struct bytes *ret_datagram, uint64_t *ret_next_ms);

/*
 * Hands in a datagram from the service. What makes no sense is ignored. Call
 * device_poll afterwards.
 */
void device_receive(
    struct device *d, uint64_t now_ms, uint64_t wall_s, struct bytes datagram);

/* Says where the device stands. */
void device_info(const struct device *d, struct device_info *ret_info);

/*
 * Seals profile and serial for ever. Called again it changes nothing and
 * answers ERR_EXISTS, which AT turns into OK. Errors: ERR_INVALID (serial
 * empty, over 16, not printable ASCII; profile all zero), ERR_IO.
 */
MUST_CHECK enum err device_seal(struct device *d,
    const uint8_t profile[PROFILE_UID_LEN], struct bytes serial);

/*
 * Asks for a heartbeat now. Errors: ERR_STATE (not bootstrapped),
 * ERR_TOO_SOON (heartbeat_min_s have not passed since the last that was sent:
 * by now_ms, or over a power cut by wall_s; when that is behind the stored
 * time, or unknown, since power-up), ERR_BUSY (one is under way),
 * ERR_TIMEOUT (no network).
 */
MUST_CHECK enum err device_heartbeat(
    struct device *d, uint64_t now_ms, uint64_t wall_s);

/*
 * How the last heartbeat that was asked for ended: ERR_BUSY while it runs,
 * ERR_OK, ERR_TIMEOUT.
 */
enum err device_heartbeat_result(const struct device *d);

/*
 * A new PSK of 16 or 32 bytes with its identity. Errors: ERR_STATE (not
 * bootstrapped), ERR_DISABLED (E2ESymmetricKMS off), ERR_INVALID (length),
 * ERR_EXHAUSTED, ERR_IO.
 */
MUST_CHECK enum err device_psk(
    struct device *d, size_t len, uint8_t ret_id[PSK_ID_LEN], uint8_t *ret_psk);

/*
 * Seals plaintext to ret_out, plaintext.len + 32 (V1) or + 19 (V2) bytes.
 * version is 1, 2, or 0 for what rot_e2e_version_set has chosen. Errors:
 * ERR_STATE, ERR_DISABLED (E2EDataProtection off), ERR_INVALID (version),
 * ERR_SPACE (over 2^24 - 1), ERR_EXHAUSTED, ERR_IO.
 */
MUST_CHECK enum err device_e2e_seal(struct device *d, unsigned version,
    struct bytes plaintext, uint8_t *ret_out, size_t *ret_len);

/*
 * Opens a downlink message; see rot_e2e_open. ERR_DISABLED while
 * E2EDataProtection is off.
 */
MUST_CHECK enum err device_e2e_open(
    struct device *d, struct bytes message, uint8_t *ret_out, size_t *ret_len);

/*
 * Whether key and certificates for a cloud may be given out. Errors:
 * ERR_STATE (not bootstrapped), ERR_DISABLED (ZTPV1 off, or suspended).
 */
MUST_CHECK enum err device_ztp_check(const struct device *d);

/* Whether a certificate (DER) is of a key. */
bool device_certificate_fits(const struct rot_ztp_key *key, struct bytes der);

/*
 * Local data protection: whether device_local_seal and _open would do their
 * work. ERR_OK with the feature, or before the bootstrap while the
 * evaluation's allowance lasts. Errors: ERR_DISABLED (LocalDataProtection
 * off, or the device suspended), ERR_EXHAUSTED (the allowance is used up),
 * ERR_STATE (the keys have been erased).
 */
MUST_CHECK enum err device_local_check(const struct device *d);

/*
 * Seals a file's content to ret_out, plaintext.len + LOCAL_OVERHEAD bytes.
 * It opens on this module and under this name (1 to LOCAL_NAME_MAX bytes)
 * only. Errors: as device_local_check, ERR_INVALID (name), ERR_SPACE (over
 * LOCAL_PLAINTEXT_MAX), ERR_RANDOM, ERR_CRYPTO, ERR_IO.
 */
MUST_CHECK enum err device_local_seal(struct device *d, struct bytes name,
    struct bytes plaintext, uint8_t *ret_out);

/*
 * Opens what device_local_seal made, file.len - LOCAL_OVERHEAD bytes.
 * Errors: as device_local_check, ERR_INVALID (name), ERR_FORMAT (too short,
 * too long or another format: costs no allowance), ERR_AUTH (changed,
 * renamed or another module's), ERR_CRYPTO, ERR_IO.
 */
MUST_CHECK enum err device_local_open(
    struct device *d, struct bytes name, struct bytes file, uint8_t *ret_out);

/*
 * The same for secrets of the module's own, at any time and without a
 * feature: no host reaches these names. Errors: ERR_INVALID (name),
 * ERR_SPACE, ERR_FORMAT, ERR_AUTH, ERR_RANDOM, ERR_CRYPTO, ERR_IO.
 */
MUST_CHECK enum err device_vault_seal(struct device *d, struct bytes name,
    struct bytes plaintext, uint8_t *ret_out);
MUST_CHECK enum err device_vault_open(
    struct device *d, struct bytes name, struct bytes file, uint8_t *ret_out);

#endif
