/*
 * Readers are strict: reserved flags, lengths that leave bytes over, ids of 0
 * and empty topics end a connection, as the standard demands.
 */
#include "mqtt_packet.h"

#define LENGTH_BYTES_MAX 4

#define CONNECT_CLEAN 0x02
#define CONNECT_WILL 0x04
#define CONNECT_WILL_RETAIN 0x20
#define CONNECT_PASSWORD 0x40
#define CONNECT_USER 0x80

/* --- writing --- */

/* Spec: section 2.2.3. */
static void
length_write(struct writer *w, size_t len)
{
	do {
		writer_u8(w, (uint8_t)(len % 128 | (len >= 128 ? 128 : 0)));
		len /= 128;
	} while (len > 0);
}

static void
text_write(struct writer *w, struct bytes text)
{
	writer_u16(w, (uint16_t)text.len);
	writer_put(w, text);
}

static void
head_write(struct writer *w, enum mqtt_type type, unsigned flags, size_t len)
{
	writer_u8(w, (uint8_t)((unsigned)type << 4 | flags));
	length_write(w, len);
}

static size_t
connect_len(const struct mqtt_connect *c)
{
	size_t len = 10 + 2 + c->client_id.len;

	if (c->will_topic.len > 0)
		len += 4 + c->will_topic.len + c->will_message.len;
	if (c->user.len > 0)
		len += 4 + c->user.len + c->password.len;
	return len;
}

void
mqtt_connect_write(struct writer *w, const struct mqtt_connect *c)
{
	bool will = c->will_topic.len > 0, user = c->user.len > 0;
	unsigned flags = c->clean ? CONNECT_CLEAN : 0;

	if (will)
		flags |= CONNECT_WILL | c->will_qos << 3 |
			 (c->will_retain ? CONNECT_WILL_RETAIN : 0);
	if (user)
		flags |= CONNECT_USER | CONNECT_PASSWORD;
	head_write(w, MQTT_CONNECT, 0, connect_len(c));
	text_write(w, BYTES_LIT("MQTT"));
	writer_u8(w, 4); /* 3.1.1 */
	writer_u8(w, (uint8_t)flags);
	writer_u16(w, (uint16_t)c->keepalive_s);
	text_write(w, c->client_id);
	if (will) {
		text_write(w, c->will_topic);
		text_write(w, c->will_message);
	}
	if (user) {
		text_write(w, c->user);
		text_write(w, c->password);
	}
}

void
mqtt_publish_write(struct writer *w, struct bytes topic, unsigned qos,
    bool retain, uint16_t id, size_t payload_len)
{
	head_write(w, MQTT_PUBLISH, qos << 1 | (retain ? 1 : 0),
	    2 + topic.len + (qos > 0 ? 2 : 0) + payload_len);
	text_write(w, topic);
	if (qos > 0)
		writer_u16(w, id);
}

/* Spec: the fixed header of PUBREL has a flag set, section 3.6.1. */
void
mqtt_ack_write(struct writer *w, enum mqtt_type type, uint16_t id)
{
	head_write(w, type, type == MQTT_PUBREL ? 2 : 0, 2);
	writer_u16(w, id);
}

void
mqtt_subscribe_write(
    struct writer *w, uint16_t id, struct bytes topic, unsigned qos)
{
	head_write(w, MQTT_SUBSCRIBE, 2, 2 + 2 + topic.len + 1);
	writer_u16(w, id);
	text_write(w, topic);
	writer_u8(w, (uint8_t)qos);
}

void
mqtt_unsubscribe_write(struct writer *w, uint16_t id, struct bytes topic)
{
	head_write(w, MQTT_UNSUBSCRIBE, 2, 2 + 2 + topic.len);
	writer_u16(w, id);
	text_write(w, topic);
}

void
mqtt_plain_write(struct writer *w, enum mqtt_type type)
{
	head_write(w, type, 0, 0);
}

/* --- reading --- */

/* Reads the remaining length. Errors: ERR_TRUNCATED, ERR_FORMAT. */
static enum err
length_read(struct reader *r, size_t *ret_len)
{
	size_t len = 0, shift = 0;
	uint8_t byte;

	do {
		if (shift == 7 * LENGTH_BYTES_MAX)
			return ERR_FORMAT;
		byte = reader_u8(r);
		len |= (size_t)(byte & 127) << shift;
		shift += 7;
	} while (r->err == ERR_OK && (byte & 128) != 0);
	*ret_len = len;
	return r->err;
}

static void
id_read(struct reader *r, struct mqtt_packet *p)
{
	p->id = reader_u16(r);
	if (p->id == 0)
		reader_fail(r, ERR_FORMAT);
}

/* Spec: section 3.3. A topic has no wildcards and no NUL. */
static void
publish_read(struct reader *r, unsigned flags, struct mqtt_packet *p)
{
	size_t i;

	p->qos = flags >> 1 & 3;
	if (p->qos == 3)
		reader_fail(r, ERR_FORMAT);
	p->topic = reader_take(r, reader_u16(r));
	if (p->topic.len == 0)
		reader_fail(r, ERR_FORMAT);
	for (i = 0; i < p->topic.len; i++) {
		if (p->topic.ptr[i] == 0 || p->topic.ptr[i] == '+' ||
		    p->topic.ptr[i] == '#')
			reader_fail(r, ERR_FORMAT);
	}
	if (p->qos > 0)
		id_read(r, p);
	p->payload = reader_rest(r);
}

static void
connack_read(struct reader *r, struct mqtt_packet *p)
{
	unsigned flags = reader_u8(r);

	if (flags > 1)
		reader_fail(r, ERR_FORMAT);
	p->session = flags == 1;
	p->code = reader_u8(r);
}

/* One topic is asked for at a time, so that there is one answer. */
static void
suback_read(struct reader *r, struct mqtt_packet *p)
{
	id_read(r, p);
	p->code = reader_u8(r);
	if (p->code > 2 && p->code != 0x80)
		reader_fail(r, ERR_FORMAT);
}

static void
body_read(struct reader *r, unsigned flags, struct mqtt_packet *p)
{
	if (p->type != MQTT_PUBLISH &&
	    flags != (p->type == MQTT_PUBREL ? 2u : 0u))
		reader_fail(r, ERR_FORMAT);
	switch (p->type) {
	case MQTT_CONNACK:
		connack_read(r, p);
		return;
	case MQTT_PUBLISH:
		publish_read(r, flags, p);
		return;
	case MQTT_PUBACK:
	case MQTT_PUBREC:
	case MQTT_PUBREL:
	case MQTT_PUBCOMP:
	case MQTT_UNSUBACK:
		id_read(r, p);
		return;
	case MQTT_SUBACK:
		suback_read(r, p);
		return;
	case MQTT_PINGRESP:
		return;
	default:
		reader_fail(r, ERR_FORMAT);
	}
}

enum err
mqtt_packet_read(
    struct bytes in, struct mqtt_packet *ret_packet, size_t *ret_used)
{
	struct mqtt_packet p;
	struct reader r, body;
	unsigned head;
	size_t len;
	enum err err;

	memset(&p, 0, sizeof(p));
	reader_init(&r, in);
	head = reader_u8(&r);
	err = length_read(&r, &len);
	if (err != ERR_OK)
		return err;
	if (len > MQTT_PACKET_MAX - 1 - LENGTH_BYTES_MAX)
		return ERR_SPACE;
	p.type = (enum mqtt_type)(head >> 4);
	reader_init(&body, reader_take(&r, len));
	if (r.err != ERR_OK)
		return ERR_TRUNCATED;
	body_read(&body, head & 15, &p);
	if (reader_end(&body) != ERR_OK)
		return ERR_FORMAT;
	*ret_packet = p;
	*ret_used = r.pos;
	return ERR_OK;
}
