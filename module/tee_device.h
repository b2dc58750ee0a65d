/*
 * Requests to the TEE, done on the device's state machine. No I/O but the
 * root of trust's own.
 */
#ifndef MODULE_TEE_DEVICE_H
#define MODULE_TEE_DEVICE_H

#include "device/device.h"
#include "tee.h"
#include "tee_objects.h"

struct tee_device {
	struct rot *rot;
	const struct rot_port *port;
	struct device *device;
	struct device_config config;
	struct tee_objects objects;
	bool c2c_v1; /* chip-to-chip V1 is on */
	const char *manifest; /* of the firmware; NULL: beside the program */
	bool measured;
	struct tee_boot boot; /* how the start went */
	char firmware[FIRMWARE_MAX + 1]; /* the name of a verified one */
};

/*
 * Opens the root of trust and starts the device; both live in the caller's
 * memory. Errors: those of rot_open and device_init.
 */
MUST_CHECK enum err tee_device_start(struct tee_device *d);

/* Wipes what is in memory. */
void tee_device_stop(struct tee_device *d);

/*
 * Does one request and fills in the answer. Where data travels beside it,
 * answer->u.data.ptr has tee_device_room bytes for the result.
 */
void tee_device_do(struct tee_device *d, const struct tee_request *request,
    uint64_t now_ms, uint64_t wall_s, struct tee_answer *answer);

/* How long the data of the answer may be. */
size_t tee_device_room(
    const struct tee_device *d, const struct tee_request *request);

#endif
