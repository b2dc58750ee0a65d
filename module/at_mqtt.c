/*
 * Commands of the MQTT client. What comes of an operation is a result code of
 * its own, told to the terminal that logged in; so is the number of messages
 * that wait to be read.
 */
#include "at_table.h"
#include "base/text.h"
#include "base/wipe.h"
#include "module.h"

#define ERROR_CLASS 13 /* of +UMQTTER: MQTT */
#define PARAMETERS_MAX (MQTT_TEXT_MAX + 32)

/* --- +UMQTT --- */

/* A client's session is known by its name, at one server. */
static bool
same_session(const struct mqtt_profile *a, const struct mqtt_profile *b)
{
	return strcmp(a->client_id, b->client_id) == 0 &&
	       strcmp(a->user, b->user) == 0 &&
	       strcmp(a->server, b->server) == 0 &&
	       mqtt_profile_port(a) == mqtt_profile_port(b);
}

static void
profile_take(struct module *m, const struct mqtt_profile *p)
{
	if (!same_session(&m->mqtt_profile, p))
		mqtt_session_forget(&m->mqtt);
	m->mqtt_profile = *p;
}

static enum at_result
profile_change(struct terminal *t, const struct at_command *c)
{
	struct mqtt_profile p = t->module->mqtt_profile;
	enum at_result result = mqtt_profile_apply(&p, c);

	if (result == AT_DONE)
		profile_take(t->module, &p);
	wipe(&p, sizeof(p));
	return result;
}

static enum at_result
umqtt_set(struct terminal *t, const struct at_command *c)
{
	const struct mqtt_profile *p = &t->module->mqtt_profile;
	char text[PARAMETERS_MAX];
	uint32_t op;

	if (c->count != 1)
		return profile_change(t, c);
	if (!at_param_number(c, 0, 0, MQTT_PROFILE_OPS - 1, &op))
		return CME_BAD_PARAMETERS;
	if (op == 5)
		return CME_NOT_SUPPORTED;
	mqtt_profile_text(p, (enum mqtt_profile_op)op, text, sizeof(text));
	terminal_info(t, "+UMQTT: %s", text);
	return AT_DONE;
}

/* --- +UMQTTNV: what the settings keep of it --- */

static enum at_result
stored_apply(struct settings *s, const struct at_command *c)
{
	return mqtt_profile_apply(&s->mqtt, c);
}

/* One command a value that is not as after a reset. */
static void
stored_write(const struct settings *s, struct writer *out)
{
	char text[PARAMETERS_MAX], plain[PARAMETERS_MAX];
	struct mqtt_profile reset;
	unsigned op;

	mqtt_profile_reset(&reset);
	for (op = 0; op < MQTT_PROFILE_OPS; op++) {
		/* There is no 5; a server is written as what it is. */
		if (op == 5 || (op == MQTT_SERVER_NAME && s->mqtt.address) ||
		    (op == MQTT_SERVER_ADDRESS && !s->mqtt.address) ||
		    ((op == MQTT_SERVER_NAME || op == MQTT_SERVER_ADDRESS) &&
			s->mqtt.server[0] == '\0'))
			continue;
		mqtt_profile_text(
		    &s->mqtt, (enum mqtt_profile_op)op, text, sizeof(text));
		mqtt_profile_text(
		    &reset, (enum mqtt_profile_op)op, plain, sizeof(plain));
		if (strcmp(text, plain) != 0)
			setting_put(out, "AT+UMQTT=%s", text);
	}
}

/* 0 resets, 1 loads what was stored, 2 stores. */
static enum at_result
umqttnv_set(struct terminal *t, const struct at_command *c)
{
	struct mqtt_profile p;
	struct settings next = t->module->settings;
	uint32_t what;

	if (c->count != 1 || !at_param_number(c, 0, 0, 2, &what))
		return CME_BAD_PARAMETERS;
	mqtt_profile_reset(&p);
	if (what < 2) {
		profile_take(
		    t->module, what == 0 ? &p : &t->module->settings.mqtt);
		return AT_DONE;
	}
	next.mqtt = t->module->mqtt_profile;
	memset(next.mqtt.password, 0, sizeof(next.mqtt.password));
	return at_result_of(
	    settings_keep(t->module->state_fd, &t->module->settings, &next));
}

/* --- +UMQTTC --- */

static enum at_result
topic_read(const struct at_command *c, size_t i, struct bytes *ret_topic)
{
	char text[MQTT_TEXT_MAX + 1];

	if (!at_param_copy(c, i, text, sizeof(text)) ||
	    !at_param_text(c, i, ret_topic) || ret_topic->len == 0)
		return CME_BAD_PARAMETERS;
	return AT_DONE;
}

/* A topic that is published to has no wildcards. */
static enum at_result
publish_topic_read(const struct at_command *c, size_t i, struct bytes *topic)
{
	enum at_result result = topic_read(c, i, topic);

	if (result == AT_DONE &&
	    (memchr(topic->ptr, '+', topic->len) != NULL ||
		memchr(topic->ptr, '#', topic->len) != NULL))
		return CME_BAD_PARAMETERS;
	return result;
}

static enum at_result
login(struct terminal *t, const struct at_command *c)
{
	struct mqtt_profile *p = &t->module->mqtt_profile;
	struct mqtt_connect connect = {.user = bytes_str(p->user),
	    .password = bytes_str(p->password),
	    .will_topic = bytes_str(p->will_topic),
	    .will_message = bytes_str(p->will_message),
	    .will_qos = p->will_qos,
	    .will_retain = p->will_retain == 1,
	    .clean = p->clean == 1,
	    .keepalive_s = p->keepalive_s};
	char imei[IMEI_LEN + 1];
	enum at_result result;

	if (c->count != 1)
		return CME_BAD_PARAMETERS;
	result = at_network_need(t);
	if (result != AT_DONE)
		return result;
	if (p->server[0] == '\0')
		return CME_NOT_ALLOWED;
	at_imei(t->module, imei);
	connect.client_id =
	    p->client_id[0] == '\0' ? bytes_str(imei) : bytes_str(p->client_id);
	result =
	    at_result_of(mqtt_login(&t->module->mqtt, &connect, t->now_ms));
	if (result == AT_DONE)
		t->module->mqtt_terminal = t->number;
	return result;
}

static enum at_result
logout(struct terminal *t, const struct at_command *c)
{
	if (c->count != 1)
		return CME_BAD_PARAMETERS;
	return at_result_of(mqtt_logout(&t->module->mqtt, t->now_ms));
}

/* <QoS>,<retain> of a message. */
static bool
flags_read(const struct at_command *c, uint32_t *qos, uint32_t *retain)
{
	return at_param_number(c, 1, 0, 2, qos) &&
	       at_param_number(c, 2, 0, 1, retain);
}

static enum at_result
publish(struct terminal *t, enum mqtt_op op, struct bytes topic, uint32_t qos,
    uint32_t retain, struct bytes payload)
{
	return at_result_of(mqtt_publish(
	    &t->module->mqtt, op, topic, qos, retain == 1, payload, t->now_ms));
}

/* 2,<QoS>,<retain>,<hex>,"<topic>","<message>" */
static enum at_result
publish_text(struct terminal *t, const struct at_command *c)
{
	uint8_t raw[AT_LINE_MAX / 2];
	struct bytes topic, message;
	uint32_t qos, retain, hex;
	enum at_result result;
	size_t len;

	if (c->count != 6 || !flags_read(c, &qos, &retain) ||
	    !at_param_number(c, 3, 0, 1, &hex) ||
	    !at_param_text(c, 5, &message))
		return CME_BAD_PARAMETERS;
	result = publish_topic_read(c, 4, &topic);
	if (result != AT_DONE)
		return result;
	if (hex == 1) {
		if (hex_decode(message, raw, sizeof(raw), &len) != ERR_OK)
			return CME_BAD_PARAMETERS;
		message = bytes_make(raw, len);
	}
	return publish(t, MQTT_OP_PUBLISH, topic, qos, retain, message);
}

/* 3,<QoS>,<retain>,"<topic>","<file>" */
static enum at_result
publish_file(struct terminal *t, const struct at_command *c)
{
	struct file_name name;
	struct bytes topic;
	uint32_t qos, retain;
	enum at_result result;
	uint8_t *data;
	size_t len;

	if (c->count != 5 || !flags_read(c, &qos, &retain))
		return CME_BAD_PARAMETERS;
	result = publish_topic_read(c, 3, &topic);
	if (result == AT_DONE)
		result = at_file_param(c, 4, &name);
	if (result == AT_DONE)
		result = at_file_read(t, &name, &data, &len);
	if (result != AT_DONE)
		return result;
	result = publish(
	    t, MQTT_OP_PUBLISH_FILE, topic, qos, retain, bytes_make(data, len));
	free(data);
	return result;
}

static enum at_result
publish_data(struct terminal *t, struct bytes data)
{
	const struct at_command *c = &t->command;
	struct bytes topic;
	uint32_t qos, retain;
	enum at_result result = publish_topic_read(c, 3, &topic);

	if (result != AT_DONE || !flags_read(c, &qos, &retain))
		return CME_BAD_PARAMETERS;
	return publish(t, MQTT_OP_PUBLISH_BINARY, topic, qos, retain, data);
}

/* 9,<QoS>,<retain>,"<topic>",<n>, then n bytes behind a prompt */
static enum at_result
publish_binary(struct terminal *t, const struct at_command *c)
{
	struct bytes topic;
	uint32_t qos, retain, size;
	enum at_result result;

	if (c->count != 5 || !flags_read(c, &qos, &retain) ||
	    !at_param_number(c, 4, 1, MQTT_PAYLOAD_MAX, &size))
		return CME_BAD_PARAMETERS;
	result = publish_topic_read(c, 3, &topic);
	if (result != AT_DONE)
		return result;
	if (!mqtt_op_possible(&t->module->mqtt))
		return CME_NOT_ALLOWED;
	return terminal_prompt(t, size, publish_data);
}

/* 4,<QoS>,"<topic>" */
static enum at_result
subscribe(struct terminal *t, const struct at_command *c)
{
	struct bytes topic;
	uint32_t qos;
	enum at_result result;

	if (c->count != 3 || !at_param_number(c, 1, 0, 2, &qos))
		return CME_BAD_PARAMETERS;
	result = topic_read(c, 2, &topic);
	if (result != AT_DONE)
		return result;
	return at_result_of(
	    mqtt_subscribe(&t->module->mqtt, topic, qos, t->now_ms));
}

/* 5,"<topic>" */
static enum at_result
unsubscribe(struct terminal *t, const struct at_command *c)
{
	struct bytes topic;
	enum at_result result = topic_read(c, 1, &topic);

	if (result != AT_DONE || c->count != 2)
		return CME_BAD_PARAMETERS;
	return at_result_of(
	    mqtt_unsubscribe(&t->module->mqtt, topic, t->now_ms));
}

/*
 * A message: QoS, length of both, topic with its length, message with its
 * length, which may hold any bytes.
 */
static void
message_tell(struct terminal *t, const struct mqtt_message *m)
{
	struct buffer line;
	char head[64];

	buffer_init(&line, MQTT_PACKET_MAX + sizeof(head));
	(void)snprintf(head, sizeof(head), "%u,%zu,%zu,\"", m->qos,
	    m->topic_len + m->len, m->topic_len);
	if (buffer_put(&line, bytes_str(head)) == ERR_OK &&
	    buffer_put(&line, bytes_make(m->bytes, m->topic_len)) == ERR_OK) {
		(void)snprintf(head, sizeof(head), "\",%zu,\"", m->len);
		if (buffer_put(&line, bytes_str(head)) == ERR_OK &&
		    buffer_put(&line, bytes_make(m->bytes + m->topic_len,
					  m->len)) == ERR_OK &&
		    buffer_put(&line, BYTES_LIT("\"")) == ERR_OK)
			terminal_info_bytes(
			    t, "+UMQTTC: 6,", buffer_bytes(&line));
	}
	buffer_done(&line);
}

/* 6 reads all messages, 6,1 the oldest. */
static enum at_result
read_messages(struct terminal *t, const struct at_command *c)
{
	struct mqtt *m = &t->module->mqtt;
	struct mqtt_message *message;
	uint32_t one;

	if (c->count > 2 || !at_param_number_or(c, 1, 0, 1, 0, &one))
		return CME_BAD_PARAMETERS;
	message = mqtt_read(m);
	if (message == NULL)
		return CME_NOT_FOUND;
	while (message != NULL) {
		message_tell(t, message);
		free(message);
		message = one == 1 ? NULL : mqtt_read(m);
	}
	mqtt_unread_tell(m);
	return AT_DONE;
}

/* 8,<0|1> */
static enum at_result
ping(struct terminal *t, const struct at_command *c)
{
	uint32_t on;

	if (c->count != 2 || !at_param_number(c, 1, 0, 1, &on))
		return CME_BAD_PARAMETERS;
	return at_result_of(mqtt_ping(&t->module->mqtt, on == 1));
}

static enum at_result
umqttc_set(struct terminal *t, const struct at_command *c)
{
	uint32_t op;

	if (!at_param_number(c, 0, 0, MQTT_OP_PUBLISH_BINARY, &op))
		return CME_BAD_PARAMETERS;
	switch ((enum mqtt_op)op) {
	case MQTT_OP_LOGOUT:
		return logout(t, c);
	case MQTT_OP_LOGIN:
		return login(t, c);
	case MQTT_OP_PUBLISH:
		return publish_text(t, c);
	case MQTT_OP_PUBLISH_FILE:
		return publish_file(t, c);
	case MQTT_OP_SUBSCRIBE:
		return subscribe(t, c);
	case MQTT_OP_UNSUBSCRIBE:
		return unsubscribe(t, c);
	case MQTT_OP_READ:
		return read_messages(t, c);
	case MQTT_OP_PING:
		return ping(t, c);
	case MQTT_OP_PUBLISH_BINARY:
		return publish_binary(t, c);
	default:
		return CME_NOT_SUPPORTED;
	}
}

void
at_mqtt_tell(void *ctx, const struct mqtt_event *event)
{
	const struct module *m = ctx;
	struct terminal *t = terminal_find(m, m->mqtt_terminal);

	if (t == NULL)
		return;
	if (event->op == MQTT_OP_SUBSCRIBE && event->result == 1)
		terminal_urc(t, "+UUMQTTC: 4,1,%u,\"%.*s\"", event->qos,
		    (int)event->topic.len, (const char *)event->topic.ptr);
	else
		terminal_urc(
		    t, "+UUMQTTC: %d,%u", (int)event->op, event->result);
}

/* --- +UMQTTER --- */

static enum at_result
umqtter_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	enum mqtt_code code = t->module->mqtt.code;

	terminal_info(t, "+UMQTTER: %d,%d",
	    code == MQTT_CODE_NONE ? 0 : ERROR_CLASS, (int)code);
	return AT_DONE;
}

const struct setting settings_mqtt[] = {
    {"+UMQTT", stored_apply, stored_write},
    {NULL, NULL, NULL},
};

const struct at_entry at_mqtt[] = {
    {"+UMQTT", NULL, umqtt_set, NULL, "(0-4,6-12)"},
    {"+UMQTTNV", NULL, umqttnv_set, NULL, "(0-2)"},
    {"+UMQTTC", NULL, umqttc_set, NULL, "(0-6,8,9)"},
    {"+UMQTTER", umqtter_execute, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
