/*
 * One function a value, for the terminal and for the file of settings.
 */
#include "mqtt_profile.h"

#include "base/wipe.h"
#include "host_name.h"

#define PORT 1883
#define PORT_SECURE 8883

void
mqtt_profile_reset(struct mqtt_profile *p)
{
	wipe(p, sizeof(*p));
	p->clean = 1;
}

unsigned
mqtt_profile_port(const struct mqtt_profile *p)
{
	if (p->port != 0)
		return p->port;
	return p->secure ? PORT_SECURE : PORT;
}

/* One text that is the whole value. */
static enum at_result
text_apply(const struct at_command *c, char *at)
{
	char text[MQTT_TEXT_MAX + 1];

	if (c->count != 2 || !at_param_copy(c, 1, text, sizeof(text)))
		return CME_BAD_PARAMETERS;
	memcpy(at, text, sizeof(text));
	return AT_DONE;
}

static enum at_result
number_apply(const struct at_command *c, uint32_t max, unsigned *at)
{
	uint32_t value;

	if (c->count != 2 || !at_param_number(c, 1, 0, max, &value))
		return CME_BAD_PARAMETERS;
	*at = value;
	return AT_DONE;
}

static enum at_result
server_apply(struct mqtt_profile *p, const struct at_command *c, bool address)
{
	char server[MQTT_SERVER_MAX + 1];
	uint32_t port;

	if (c->count > 3 || !at_param_copy(c, 1, server, sizeof(server)) ||
	    !at_param_number_or(c, 2, 1, 65535, 0, &port) ||
	    !(address ? host_is_address(server) : host_is_name(server)))
		return CME_BAD_PARAMETERS;
	memcpy(p->server, server, sizeof(p->server));
	p->address = address;
	p->port = port;
	return AT_DONE;
}

/* MQTT has no password without a user's name. */
static enum at_result
credentials_apply(struct mqtt_profile *p, const struct at_command *c)
{
	char user[MQTT_TEXT_MAX + 1], password[MQTT_TEXT_MAX + 1] = "";

	if (c->count > 3 || !at_param_copy(c, 1, user, sizeof(user)) ||
	    (c->count == 3 &&
		!at_param_copy(c, 2, password, sizeof(password))) ||
	    (user[0] == '\0' && password[0] != '\0'))
		return CME_BAD_PARAMETERS;
	memcpy(p->user, user, sizeof(p->user));
	memcpy(p->password, password, sizeof(p->password));
	wipe(password, sizeof(password));
	return AT_DONE;
}

/* +UMQTT=10,<seconds>[,<linger>]: the linger time is the kernel's business */
static enum at_result
keepalive_apply(struct mqtt_profile *p, const struct at_command *c)
{
	uint32_t seconds, linger;

	if (c->count > 3 ||
	    !at_param_number(c, 1, 0, MQTT_KEEPALIVE_MAX, &seconds) ||
	    !at_param_number_or(c, 2, 0, 120, 0, &linger))
		return CME_BAD_PARAMETERS;
	p->keepalive_s = seconds;
	return AT_DONE;
}

static enum at_result
secure_apply(struct mqtt_profile *p, const struct at_command *c)
{
	uint32_t secure, profile;

	if (c->count > 3 || !at_param_number(c, 1, 0, 1, &secure) ||
	    !at_param_number_or(c, 2, 0, 4, 0, &profile))
		return CME_BAD_PARAMETERS;
	p->secure = secure;
	p->security_profile = profile;
	return AT_DONE;
}

enum at_result
mqtt_profile_apply(struct mqtt_profile *p, const struct at_command *c)
{
	uint32_t op;

	if (!at_param_number(c, 0, 0, MQTT_PROFILE_OPS - 1, &op))
		return CME_BAD_PARAMETERS;
	switch ((enum mqtt_profile_op)op) {
	case MQTT_CLIENT_ID:
		return text_apply(c, p->client_id);
	case MQTT_LOCAL_PORT:
		return number_apply(c, 65535, &p->local_port);
	case MQTT_SERVER_NAME:
	case MQTT_SERVER_ADDRESS:
		return server_apply(p, c, op == MQTT_SERVER_ADDRESS);
	case MQTT_CREDENTIALS:
		return credentials_apply(p, c);
	case MQTT_WILL_QOS:
		return number_apply(c, 2, &p->will_qos);
	case MQTT_WILL_RETAIN:
		return number_apply(c, 1, &p->will_retain);
	case MQTT_WILL_TOPIC:
		return text_apply(c, p->will_topic);
	case MQTT_WILL_MESSAGE:
		return text_apply(c, p->will_message);
	case MQTT_KEEPALIVE:
		return keepalive_apply(p, c);
	case MQTT_SECURE:
		return secure_apply(p, c);
	case MQTT_CLEAN:
		return number_apply(c, 1, &p->clean);
	default:
		return CME_NOT_SUPPORTED;
	}
}

void
mqtt_profile_text(const struct mqtt_profile *p, enum mqtt_profile_op op,
    char *out, size_t size)
{
	bool mine = p->address == (op == MQTT_SERVER_ADDRESS);
	unsigned number = 0;

	switch (op) {
	case MQTT_CLIENT_ID:
		(void)snprintf(out, size, "%u,\"%s\"", op, p->client_id);
		return;
	case MQTT_SERVER_NAME:
	case MQTT_SERVER_ADDRESS:
		(void)snprintf(out, size, "%u,\"%s\",%u", op,
		    mine ? p->server : "", mqtt_profile_port(p));
		return;
	case MQTT_CREDENTIALS:
		(void)snprintf(out, size, "%u,\"%s\"", op, p->user);
		return;
	case MQTT_WILL_TOPIC:
		(void)snprintf(out, size, "%u,\"%s\"", op, p->will_topic);
		return;
	case MQTT_WILL_MESSAGE:
		(void)snprintf(out, size, "%u,\"%s\"", op, p->will_message);
		return;
	case MQTT_SECURE:
		if (p->secure)
			(void)snprintf(
			    out, size, "%u,1,%u", op, p->security_profile);
		else
			(void)snprintf(out, size, "%u,0", op);
		return;
	case MQTT_LOCAL_PORT:
		number = p->local_port;
		break;
	case MQTT_WILL_QOS:
		number = p->will_qos;
		break;
	case MQTT_WILL_RETAIN:
		number = p->will_retain;
		break;
	case MQTT_KEEPALIVE:
		number = p->keepalive_s;
		break;
	default:
		number = p->clean;
		break;
	}
	(void)snprintf(out, size, "%u,%u", op, number);
}
