/*
 * Where the TEE keeps what the service sent on the bulk channel: files in the
 * root of trust's own directory. Nothing of it is secret; each is written
 * whole or not at all.
 */
#ifndef MODULE_TEE_OBJECTS_H
#define MODULE_TEE_OBJECTS_H

#include "device/device.h"

struct tee_objects {
	int dir_fd; /* of the root of trust */
	struct device_port port; /* for device_init; valid while this is */
};

/* Fills in the port. The directory stays the caller's. */
void tee_objects_init(struct tee_objects *objects, int dir_fd);

/*
 * Reads an object, up to PKI_CERTIFICATE_MAX bytes. Errors: ERR_NOT_FOUND,
 * ERR_FORMAT (longer), ERR_IO.
 */
MUST_CHECK enum err tee_objects_read(const struct tee_objects *objects,
    enum device_object object, uint8_t ret_out[PKI_CERTIFICATE_MAX],
    size_t *ret_len);

#endif
