/*
 * Packets of MQTT 3.1.1: those that a client writes, and those that it reads.
 * No I/O.
 *
 * Spec: MQTT Version 3.1.1, OASIS Standard.
 */
#ifndef MODULE_MQTT_PACKET_H
#define MODULE_MQTT_PACKET_H

#include "base/bytes.h"

#define MQTT_PACKET_MAX (256u * 1024) /* that may come, with its header */
#define MQTT_TEXT_MAX 256 /* of ours: topic, name, client id, will */
#define MQTT_HEAD_MAX (5 * (MQTT_TEXT_MAX + 2) + 32) /* without a payload */

enum mqtt_type {
	MQTT_CONNECT = 1,
	MQTT_CONNACK = 2,
	MQTT_PUBLISH = 3,
	MQTT_PUBACK = 4,
	MQTT_PUBREC = 5,
	MQTT_PUBREL = 6,
	MQTT_PUBCOMP = 7,
	MQTT_SUBSCRIBE = 8,
	MQTT_SUBACK = 9,
	MQTT_UNSUBSCRIBE = 10,
	MQTT_UNSUBACK = 11,
	MQTT_PINGREQ = 12,
	MQTT_PINGRESP = 13,
	MQTT_DISCONNECT = 14
};

/* What a server sends. */
struct mqtt_packet {
	enum mqtt_type type;
	uint16_t id; /* PUBLISH with QoS 1 and 2, all acknowledgements */
	unsigned code; /* CONNACK: 0 good; SUBACK: QoS, 0x80 refused */
	bool session; /* CONNACK: the server has one of this client's */
	unsigned qos; /* PUBLISH */
	struct bytes topic;
	struct bytes payload;
};

/*
 * Reads the first packet in the bytes that have come; views point into them.
 * Errors: ERR_TRUNCATED (more has to come), ERR_SPACE (longer than
 * MQTT_PACKET_MAX), ERR_FORMAT (no packet that a server may send).
 */
MUST_CHECK enum err mqtt_packet_read(
    struct bytes in, struct mqtt_packet *ret_packet, size_t *ret_used);

/* What a client says of itself; texts have MQTT_TEXT_MAX bytes at most. */
struct mqtt_connect {
	struct bytes client_id;
	struct bytes user; /* empty: none */
	struct bytes password;
	struct bytes will_topic; /* empty: no will */
	struct bytes will_message;
	unsigned will_qos;
	bool will_retain;
	bool clean;
	unsigned keepalive_s; /* 0: for ever */
};

void mqtt_connect_write(struct writer *w, const struct mqtt_connect *c);
/* The head of a PUBLISH; payload_len bytes come behind it. id of QoS 1, 2. */
void mqtt_publish_write(struct writer *w, struct bytes topic, unsigned qos,
    bool retain, uint16_t id, size_t payload_len);
/* PUBACK, PUBREC, PUBREL or PUBCOMP. */
void mqtt_ack_write(struct writer *w, enum mqtt_type type, uint16_t id);
void mqtt_subscribe_write(
    struct writer *w, uint16_t id, struct bytes topic, unsigned qos);
void mqtt_unsubscribe_write(struct writer *w, uint16_t id, struct bytes topic);
/* PINGREQ or DISCONNECT. */
void mqtt_plain_write(struct writer *w, enum mqtt_type type);

#endif
