/*
 * What the files of this room share.
 */
#ifndef DEVICE_INTERNAL_H
#define DEVICE_INTERNAL_H

#include "device/state.h"

/* exchange.c: one confirmable message and the wait for its answer. */

/* Gives a message id to a new message. */
uint16_t exchange_id(struct device *d);

/*
 * Starts to wait for the answer to the datagram that stands in d->exchange,
 * which is sent at the next poll. Errors: ERR_RANDOM, ERR_CRYPTO.
 */
MUST_CHECK enum err exchange_start(
    struct device *d, enum device_phase phase, size_t len, uint64_t now_ms);

/* Ends it, wipes its keys and goes back to idle. */
void exchange_end(struct device *d);

/*
 * Says what to send now, if anything; false when the answer has not come in
 * the time that it has.
 */
bool exchange_poll(
    struct device *d, uint64_t now_ms, struct bytes *ret_datagram);

/* bootstrap.c */
MUST_CHECK enum err bootstrap_start(struct device *d, uint64_t now_ms);
void bootstrap_message_2(
    struct device *d, uint64_t now_ms, const struct coap_message *m);
void bootstrap_response(
    struct device *d, uint64_t now_ms, const struct coap_message *m);

/* checkin.c */
MUST_CHECK enum err checkin_start(
    struct device *d, uint64_t now_ms, uint64_t wall_s);
void checkin_answer(
    struct device *d, uint64_t now_ms, const struct coap_message *m);

/* objects.c */
MUST_CHECK enum err objects_start(struct device *d, uint64_t now_ms);
void objects_answer(
    struct device *d, uint64_t now_ms, const struct coap_message *m);

/*
 * Opens the OSCORE answer in m into d->plain. Errors: ERR_NOT_FOUND (it is
 * not protected), as oscore_open_response.
 */
MUST_CHECK enum err answer_open(struct device *d, const struct coap_message *m,
    struct oscore_inner *ret_inner);

/*
 * device.c: whether a feature or a service may be used. Errors: ERR_STATE
 * (not bootstrapped), ERR_DISABLED (switched off, or suspended).
 */
MUST_CHECK enum err feature_check(const struct device *d, uint32_t feature);

/* ticket.c: the recovery ticket outside of the root of trust. */

/* Reads what lies there; a ticket that cannot be read is none. */
void ticket_load(struct device *d);

/* The ticket of the present generation; empty: there is none. */
struct bytes ticket_bytes(const struct device *d);

/* Whether the present generation needs one. */
bool ticket_wanted(const struct device *d);

/* Stores the ticket of the present generation, if it can be. */
void ticket_keep(struct device *d, struct bytes ticket);

/* Removes it, with the keys that it was for. Error: ERR_IO. */
MUST_CHECK enum err ticket_forget(struct device *d);

/* plan.c: when to do what. */

/* The attempt that runs has failed: backs off. */
void attempt_failed(struct device *d, uint64_t now_ms);

/* The service has answered as it should: nothing holds the device back. */
void attempt_succeeded(struct device *d);

/* The service refuses: silence, until a day has passed. */
void attempt_refused(struct device *d, unsigned status, uint64_t now_ms);

/* Wall time: the platform's, else as the service told it, else 0. */
uint64_t wall_now(const struct device *d, uint64_t now_ms, uint64_t wall_s);

/* Decommissioned: erases the keys, and the ticket that brings them back. */
MUST_CHECK enum err device_erase(struct device *d);

/* Plans the next heartbeat after one that was answered now. */
void heartbeat_plan(struct device *d, uint64_t now_ms);

#endif
