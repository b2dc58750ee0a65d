/*
 * What carries the bytes of the MQTT client: a connection over TCP, with TLS
 * if the profile says so, in the module's loop.
 */
#ifndef MODULE_MQTT_LINK_H
#define MODULE_MQTT_LINK_H

#include "mqtt.h"
#include "mqtt_profile.h"

struct module;
struct mqtt_link;

/* Error: ERR_NOMEM. */
MUST_CHECK enum err mqtt_link_new(
    struct module *module, struct mqtt_link **ret_link);
void mqtt_link_free(struct mqtt_link *link);

/* Opens and closes as the client wants, moves bytes, lets time pass. */
void mqtt_link_settle(struct mqtt_link *link, uint64_t now_ms);

/* Whether a command has set something going that settle would do now. */
bool mqtt_link_waits(const struct mqtt_link *link);

/* When to come again. */
uint64_t mqtt_link_due(const struct mqtt_link *link);

#endif
