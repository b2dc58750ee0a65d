/*
 * What a struct device is, for those who allocate it. Fields are for this
 * room alone.
 */
#ifndef DEVICE_STATE_H
#define DEVICE_STATE_H

#include "device/device.h"
#include "edhoc/edhoc.h"
#include "oscore/oscore.h"

/* Which answer is waited for. */
enum device_phase {
	DEVICE_IDLE,
	DEVICE_MESSAGE_1, /* message_2 */
	DEVICE_MESSAGE_3, /* response 2 */
	DEVICE_CHECKIN, /* a check-in's, or the confirm's */
	DEVICE_OBJECTS /* that with the objects */
};

/* A confirmable message and its retransmission: RFC 7252, section 4.2. */
struct device_exchange {
	uint8_t datagram[DATAGRAM_MAX];
	size_t len;
	uint16_t id;
	unsigned sent; /* transmissions so far */
	uint64_t timeout_ms;
	uint64_t due_ms; /* when it is sent again, or given up */
	unsigned echoes; /* challenges answered in this attempt */
};

/* A recovery ticket as it lies outside: alias 6 | ticket 78. */
#define DEVICE_TICKET_LEN (ALIAS_LEN + TICKET_LEN)

struct device_ticket {
	bool there;
	uint8_t b[DEVICE_TICKET_LEN];
};

struct device {
	struct rot *rot;
	struct device_config config;
	char firmware[FIRMWARE_MAX + 1];
	struct random_source random;
	bool network;
	enum device_phase phase;
	struct device_exchange exchange;
	uint16_t next_id; /* of CoAP messages */

	struct edhoc edhoc;
	struct edhoc edhoc_kept; /* as it was before a message_2 */
	struct oscore_context oscore;
	struct oscore_request_ref ref;
	uint8_t request[BOOTSTRAP_REQUEST_MAX]; /* request 2 as it was sent */
	size_t request_len;
	uint8_t plain[DATAGRAM_MAX]; /* of an answer */

	unsigned failures; /* in a row: the back-off doubles with each */
	uint64_t not_before_ms;
	unsigned unanswered; /* check-in attempts in a row, for D4 */
	uint64_t unanswered_ms; /* when the first of them began */
	bool in_doubt; /* the service itself sent us to EDHOC */
	bool edhoc_failed; /* the last attempt in doubt was EDHOC */
	unsigned refused; /* enum bootstrap_status, or 0 */

	struct device_ticket ticket; /* the last that was stored */
	bool ticket_asked; /* in the request that stands */
	bool ticket_denied; /* asked for in vain: not before the heartbeat */
	bool by_value; /* the next EDHOC brings credential and ticket */

	bool asked; /* device_heartbeat waits for its end */
	enum err asked_result;
	bool scheduled; /* heartbeat_ms is set */
	uint64_t heartbeat_ms; /* when the next one is due */

	bool time_known; /* an answer has told the time */
	bool started; /* start_ms is known */
	uint64_t start_ms; /* of the monotonic clock, since power-up */
	bool beat_known; /* a heartbeat was sent since then, at beat_ms */
	uint64_t beat_ms;
	uint64_t time_s;
	uint64_t time_ms; /* when it did */
};

#endif
