/*
 * Who may have a key of a device: the conditions of the seed's 6.1.1.1,
 * step 5, and 6.2.3, checked on every call. The customer is known (the
 * actor), the generation is his, the service is on, the device is not
 * suspended.
 */
#ifndef SERVICE_KEYRIGHTS_H
#define SERVICE_KEYRIGHTS_H

#include "keysproto/keysproto.h"
#include "keys/envelope.h"
#include "service/service.h"

/*
 * Judges a request for a PSK of len bytes (16 or 32) and fills the request
 * for keys. ret_uid is the device's.
 *
 * Errors: ERR_FORMAT (not an identity), ERR_INVALID (len), ERR_NOT_FOUND
 * (no such generation, or not the caller's: these look alike), ERR_DISABLED
 * (E2ESymmetricKMS is not on), ERR_EXHAUSTED (over the plan), ERR_DENIED
 * (suspended or quarantined), ERR_STATE (decommissioned, or the generation
 * was erased when it was), the store's.
 */
MUST_CHECK enum err psk_begin(struct service *s, const struct actor *actor,
    struct bytes identity, unsigned len, struct keysproto_request *ret_request,
    uint8_t ret_uid[UID_LEN]);

/* What opens or seals one message, its key aside. */
struct e2e_parameters {
	uint8_t uid[UID_LEN];
	uint8_t header[E2E_V1_HEADER_LEN];
	size_t header_len;
	enum envelope_version version;
	uint8_t nonce[E2E_NONCE_LEN];
	unsigned mac_bits;
};

/*
 * The same for the key of one message that a device has sealed, by its
 * header. Errors: as psk_begin, ERR_TOO_SOON (the caller gave the device away
 * and may read, but the device has not made its new root yet), ERR_FORMAT also for a downlink header.
 */
MUST_CHECK enum err e2e_begin(struct service *s, const struct actor *actor,
    struct bytes header, struct keysproto_request *ret_request,
    struct e2e_parameters *ret_parameters);

/* How far ahead of the clock downlink counters may run, in seconds. */
#define DOWNLINK_AHEAD_S 16

/*
 * The same for one message to a device, in the generation it is in now. Its
 * header has a counter that no other has had: the last one and 1, or the
 * clock, whichever is more. It is written before this returns, whatever comes
 * of the key. A service whose backup is older than its last message goes on
 * with the clock, so that counters may not run ahead of that: V1 has 65,536
 * for each second, V2 one.
 *
 * Errors: as psk_begin, by the device's uid; ERR_INVALID (version);
 * ERR_TOO_SOON (too many messages: counters are DOWNLINK_AHEAD_S ahead; also
 * where the clock has gone back).
 * Spec: PROTOCOL.md, "PSK identity and E2E envelope".
 */
MUST_CHECK enum err downlink_begin(struct service *s, const struct actor *actor,
    const uint8_t uid[UID_LEN], enum envelope_version version,
    struct keysproto_request *ret_request,
    struct e2e_parameters *ret_parameters);

#endif
