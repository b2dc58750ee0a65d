/*
 * Secure boot: a firmware image starts only with a manifest that the vendor
 * has signed, and never after a newer one has. The manifest is a COSE_Sign1
 * (ES256) over what the image is; the vendor's public key and the lowest
 * version that may start are in the root of trust, from production on.
 *
 * Spec: PROTOCOL.md, "Secure boot"; RFC 9052, section 4.2.
 */
#ifndef ROT_BOOT_H
#define ROT_BOOT_H

#include "rot/rot.h"

#define BOOT_MANIFEST_MAX 192
#define BOOT_NAME_MAX FIRMWARE_MAX /* what the device calls its firmware */

/* What an image is. */
struct boot_image {
	uint64_t size; /* bytes */
	uint8_t hash[SHA256_LEN];
};

/* What a manifest says of an image. */
struct boot_manifest {
	uint32_t version; /* counts up; never goes back on a device */
	struct boot_image image;
	struct bytes name; /* 1 to BOOT_NAME_MAX printable characters */
};

/*
 * Signs and writes a manifest. Errors: ERR_INVALID (name, version 0, key),
 * ERR_SPACE, ERR_CRYPTO.
 */
MUST_CHECK enum err boot_manifest_write(const struct boot_manifest *m,
    const struct p256_secret *key, struct writer *w);

/*
 * Reads a manifest and verifies it; ret_m points into in. Errors: ERR_FORMAT,
 * ERR_TRUNCATED, ERR_INVALID (a length or a character), ERR_AUTH (the
 * signature is not signer's).
 */
MUST_CHECK enum err boot_manifest_read(struct bytes in,
    const struct p256_point *signer, struct boot_manifest *ret_m);

/*
 * Decides whether an image may start, and remembers its version, durably, if
 * it is higher than any before: from then on no lower one starts.
 *
 * Errors: ERR_UNSUPPORTED (production has fixed no key: this device starts
 * anything), those of boot_manifest_read, ERR_CONFLICT (the image is not the
 * one that was signed), ERR_REPLAY (an older version), ERR_STATE, ERR_IO.
 */
MUST_CHECK enum err rot_boot(struct rot *rot, struct bytes manifest,
    const struct boot_image *image, struct boot_manifest *ret_m);

#endif
