/*
 * Secure production of virtual devices: what each step is, so that the
 * program and its tests share it.
 */
#ifndef FACTORY_FACTORY_H
#define FACTORY_FACTORY_H

#include "rot/port_tpm2.h"
#include "rot/rot.h"

/*
 * The public side of a service, from its service.json; and, apart from it,
 * the key of who signs the firmware of its devices.
 */
struct factory_service {
	struct p256_point import_key;
	size_t credential_count;
	struct rot_credential credential[ROT_CREDENTIALS];
	bool has_boot_key;
	struct p256_point boot_key;
	uint32_t boot_version; /* the lowest that starts; 0: any */
};

/* What went wrong, as a sentence for whoever runs the program. */
struct factory_error {
	char text[256];
};

/*
 * Reads service.json. Errors, each with a sentence: ERR_IO (cannot be read),
 * ERR_FORMAT (no JSON, or not of its shape), ERR_INVALID (a key is no point
 * of P-256, a kid is used twice).
 */
MUST_CHECK enum err factory_service_read(const char *path,
    struct factory_service *ret_service, struct factory_error *ret_error);

/* What one device is born with. Wipe it when it is done with. */
struct factory_device {
	struct rot_birth birth;
	struct p256_point public_key; /* of d0; in a TPM, once it is stored */
};

/* Where devices are made. */
struct factory_place {
	const char *dir; /* a directory for each */
	const struct tpm2_relay *tpm; /* for the one in a TPM; or NULL */
	bool replace; /* the device that the TPM holds is erased first */
};

/*
 * Draws chip id, key and factory secret of a new device; inside: its key is
 * made later, where it stays. Errors: ERR_RANDOM, ERR_CRYPTO.
 */
MUST_CHECK enum err factory_device_make(const uint8_t uid[UID_LEN],
    const struct factory_service *service, const struct random_source *random,
    bool inside, struct factory_device *ret_device);

/*
 * Makes DIR/<UID>/rot, the state of the module that is this device, and what
 * of it is in a TPM. Errors: ERR_EXISTS (DIR/<UID> is there), ERR_SPACE
 * (path too long, or the TPM is full), ERR_IO, ERR_RANDOM, ERR_CRYPTO; of a
 * TPM ERR_CONFLICT (it holds a device) and ERR_DENIED (its owner has an
 * authorisation).
 */
MUST_CHECK enum err factory_device_store(
    const struct factory_place *place, struct factory_device *device);

/* Room for a production record with its line feed and NUL. */
#define FACTORY_RECORD_SIZE 512

/*
 * Writes the production record of a device as one line of JSON: F sealed to
 * the service's import key. Spec: PROTOCOL.md, "Production records". Errors:
 * ERR_NOMEM, ERR_SPACE, ERR_RANDOM, ERR_CRYPTO.
 */
MUST_CHECK enum err factory_record_write(const struct factory_device *device,
    const struct factory_service *service, const struct random_source *random,
    char ret_line[FACTORY_RECORD_SIZE]);

#endif
