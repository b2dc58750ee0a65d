/*
 * What +UMQTT sets: whom to connect to, as whom, and how. Kept in the
 * module's settings when the host says so, but for the password.
 */
#ifndef MODULE_MQTT_PROFILE_H
#define MODULE_MQTT_PROFILE_H

#include "at_parse.h"
#include "at_result.h"
#include "mqtt_packet.h"

#define MQTT_SERVER_MAX 128 /* name or address */
#define MQTT_KEEPALIVE_MAX 65535

/* The first parameter of +UMQTT. */
enum mqtt_profile_op {
	MQTT_CLIENT_ID = 0,
	MQTT_LOCAL_PORT = 1,
	MQTT_SERVER_NAME = 2,
	MQTT_SERVER_ADDRESS = 3,
	MQTT_CREDENTIALS = 4,
	MQTT_WILL_QOS = 6,
	MQTT_WILL_RETAIN = 7,
	MQTT_WILL_TOPIC = 8,
	MQTT_WILL_MESSAGE = 9,
	MQTT_KEEPALIVE = 10,
	MQTT_SECURE = 11,
	MQTT_CLEAN = 12,
	MQTT_PROFILE_OPS = 13
};

struct mqtt_profile {
	char client_id[MQTT_TEXT_MAX + 1]; /* empty: the IMEI */
	unsigned local_port; /* 0: any */
	char server[MQTT_SERVER_MAX + 1]; /* empty: none */
	bool address; /* it is an address, no name */
	unsigned port; /* 0: 1883 or 8883 */
	char user[MQTT_TEXT_MAX + 1];
	char password[MQTT_TEXT_MAX + 1];
	unsigned will_qos;
	unsigned will_retain;
	char will_topic[MQTT_TEXT_MAX + 1];
	char will_message[MQTT_TEXT_MAX + 1];
	unsigned keepalive_s; /* 0: none */
	unsigned secure;
	unsigned security_profile;
	unsigned clean;
};

void mqtt_profile_reset(struct mqtt_profile *p);

/* Sets one value; AT_DONE or an error, and then nothing has changed. */
MUST_CHECK enum at_result mqtt_profile_apply(
    struct mqtt_profile *p, const struct at_command *c);

/* Writes one value as +UMQTT's parameters, without the password. */
void mqtt_profile_text(const struct mqtt_profile *p, enum mqtt_profile_op op,
    char *out, size_t size);

/* The port to connect to. */
unsigned mqtt_profile_port(const struct mqtt_profile *p);

#endif
