/*
 * Certificates of devices, and the CA that each device gets one from.
 */
#ifndef STORE_CERTIFICATES_H
#define STORE_CERTIFICATES_H

#include "store/cas.h"

struct store_certificate {
	uint8_t serial[PKI_SERIAL_LEN];
	uint8_t uid[UID_LEN];
	uint8_t alias[ALIAS_LEN]; /* of the generation that asked */
	uint64_t ca;
	uint8_t public_key[P256_COMPRESSED_LEN];
	uint8_t der[PKI_CERTIFICATE_MAX];
	size_t der_len;
	uint64_t created;
	uint64_t expires;
};

/* Chooses a CA for a device, or for all of a profile's; 0: none. */
MUST_CHECK enum err store_device_ca_set(
    struct store *store, const uint8_t uid[UID_LEN], uint64_t ca);
MUST_CHECK enum err store_profile_ca_set(
    struct store *store, const uint8_t uid[PROFILE_UID_LEN], uint64_t ca);

/*
 * The CA of a device whose owner and profile are these: its own, else its
 * profile's; a CA of another tenant than the owner counts as none. Errors:
 * ERR_NOT_FOUND (none).
 */
MUST_CHECK enum err store_device_ca(struct store *store,
    const uint8_t uid[UID_LEN], const uint8_t profile[PROFILE_UID_LEN],
    uint64_t tenant, struct store_ca *ret_ca);

/* Errors: ERR_EXISTS (the serial). */
MUST_CHECK enum err store_certificate_add(
    struct store *store, const struct store_certificate *certificate);

/*
 * The newest certificate of a CA that a device has under an alias. Errors:
 * ERR_NOT_FOUND.
 */
MUST_CHECK enum err store_certificate_get(struct store *store,
    const uint8_t uid[UID_LEN], const uint8_t alias[ALIAS_LEN], uint64_t ca,
    struct store_certificate *ret_certificate);

#endif
