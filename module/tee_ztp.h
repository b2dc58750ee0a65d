/*
 * Key and certificates of zero-touch provisioning, for the front end.
 */
#ifndef MODULE_TEE_ZTP_H
#define MODULE_TEE_ZTP_H

#include "tee_device.h"

/*
 * Gives one of them as DER. They come together or not at all: a certificate
 * of an earlier key is none. Errors: ERR_STATE (not bootstrapped, or erased),
 * ERR_DISABLED (ZTPV1 is off, or the device suspended), ERR_NOT_FOUND (not
 * provisioned yet), ERR_IO, ERR_CRYPTO.
 */
MUST_CHECK enum err tee_ztp_do(
    const struct tee_device *d, enum tee_ztp which, struct tee_answer *answer);

#endif
