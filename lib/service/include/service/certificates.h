/*
 * Certificates of devices for the cloud of their owner: zero-touch
 * provisioning, as the device path sees it.
 */
#ifndef SERVICE_CERTIFICATES_H
#define SERVICE_CERTIFICATES_H

#include "keys/objects.h"
#include "keysproto/keysproto.h"
#include "store/certificates.h"
#include "store/devices.h"

/* So long before its end it is renewed, or when a third of its life is left. */
#define CERTIFICATE_RENEW_S (30 * 86400u)

/*
 * Says whether a certificate waits for a device: ZTPV1 is on, its owner has
 * chosen a CA that has not expired, and the present generation has no
 * certificate of it, or one that has to be renewed. Errors: the store's.
 */
MUST_CHECK enum err service_certificate_waits(struct store *store,
    const struct store_device *device, uint64_t time, bool *ret_waits);

/* A certificate in the making, or one that there is already. */
struct service_certificate {
	struct store_ca ca;
	struct store_certificate certificate;
	bool is_there;
};

/*
 * Judges a device's request for a certificate, and fills the request for keys
 * unless there is a good one of this key already (is_there). ret stays the
 * caller's until keys has answered: the request's views point into it.
 *
 * Errors: ERR_DENIED (ZTPV1 is off, the device is not active, suspended or
 * quarantined, no CA was chosen, or it has expired, or this generation has a
 * certificate of another key), ERR_RANDOM, the store's.
 */
MUST_CHECK enum err service_certificate_begin(struct store *store,
    const struct random_source *random, const struct store_device *device,
    const struct ztp_request *ask, uint64_t time,
    struct service_certificate *ret, struct keysproto_request *ret_request);

/* Takes what keys has made into ret, ready to be stored. */
void service_certificate_take(
    struct service_certificate *ret, const struct keysproto_answer *answer);

#endif
