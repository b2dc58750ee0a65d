/*
 * Certificate authorities (CA) of tenants, for zero-touch provisioning: the
 * customer registers a CA's certificate at its cloud, which then trusts the
 * certificates of devices that the CA signs. The keys process makes and holds
 * the CA's key.
 *
 * Spec: the seed, 7.1.5.
 */
#ifndef SERVICE_CAS_H
#define SERVICE_CAS_H

#include "keysproto/keysproto.h"
#include "service/service.h"
#include "store/cas.h"

#define CAS_MAX 100 /* of a tenant */
#define CA_DAYS_MAX 36500
#define POP_DAYS 30 /* validity of a proof of possession */

/*
 * Draws a CA for a tenant: its name is the certificate's CN too (1 to
 * PKI_NAME_MAX bytes without control characters), its certificate is good for
 * days and those of devices for device_days, 1 to days each. Fills the
 * request for keys.
 *
 * Errors: ERR_INVALID (name or days), ERR_EXISTS (the tenant has one of this
 * name), ERR_EXHAUSTED (CAS_MAX), ERR_RANDOM, the store's.
 */
MUST_CHECK enum err ca_begin(struct service *s, const struct actor *actor,
    struct bytes name, uint32_t days, uint32_t device_days,
    struct store_ca *ret_ca, struct keysproto_request *ret_request);

/*
 * Keeps a CA with what keys has made. Errors: ERR_EXISTS, ERR_EXHAUSTED
 * (others were made meanwhile), the store's.
 */
MUST_CHECK enum err ca_finish(struct service *s, const struct actor *actor,
    const char *source, struct store_ca *ca,
    const struct keysproto_answer *answer);

/*
 * Fills the request for a certificate that proves that the CA's key is the
 * caller's to use: its CN is the code that the caller's cloud gave (1 to
 * PKI_NAME_MAX bytes without control characters). ret_ca has to live as long
 * as the request.
 *
 * Errors: ERR_INVALID (code), ERR_NOT_FOUND (no such CA of the caller),
 * ERR_RANDOM, the store's.
 */
MUST_CHECK enum err ca_pop_begin(struct service *s, const struct actor *actor,
    struct bytes name, struct bytes code, struct store_ca *ret_ca,
    struct keysproto_request *ret_request);

/*
 * Removes a CA: its key is erased, and nothing is signed by it any more.
 *
 * Errors: ERR_NOT_FOUND (no such CA of the caller), ERR_STATE (a profile
 * names it, or a device), those of audit_add.
 */
MUST_CHECK enum err ca_remove(struct service *s, const struct actor *actor,
    const char *source, struct bytes name);

/* When its certificate ends, in Unix seconds: it signs nothing from then on. */
uint64_t ca_end(const struct store_ca *ca);

/*
 * Tells the owners of CAs that have expired, each once, as an event. Errors:
 * the store's.
 */
MUST_CHECK enum err cas_tell_expired(struct service *s);

#endif
