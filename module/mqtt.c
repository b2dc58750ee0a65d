/*
 * Every operation ends with one event, whatever happens to the connection.
 * What the server sends is answered as the standard demands; a message of
 * QoS 2 is taken once. Messages that find no room are not acknowledged: the
 * connection ends instead, and the server keeps them.
 */
#include "mqtt.h"

#include "base/wipe.h"

#define OUT_MAX (MQTT_PAYLOAD_MAX + 8u * MQTT_HEAD_MAX)
#define IN_MAX (MQTT_PACKET_MAX + MQTT_CHUNK_MAX) /* the next may follow */
#define PING_ANSWER_MS 30000

void
mqtt_init(struct mqtt *m,
    void (*tell)(void *ctx, const struct mqtt_event *event), void *ctx)
{
	memset(m, 0, sizeof(*m));
	m->tell = tell;
	m->ctx = ctx;
	m->op = MQTT_OP_NONE;
	buffer_init(&m->in, IN_MAX);
	buffer_init(&m->out, OUT_MAX);
}

void
mqtt_done(struct mqtt *m)
{
	struct mqtt_message *message;

	while ((message = mqtt_read(m)) != NULL)
		free(message);
	buffer_done(&m->in);
	buffer_done(&m->out);
	m->qos2_count = 0;
	m->state = MQTT_IDLE;
	m->op = MQTT_OP_NONE;
}

/* --- events --- */

static void
result_tell(struct mqtt *m, enum mqtt_op op, unsigned result)
{
	struct mqtt_event event = {.op = op, .result = result};

	m->tell(m->ctx, &event);
}

/* Ends the operation that is under way. */
static void
op_end(struct mqtt *m, bool good)
{
	enum mqtt_op op = m->op;

	m->op = MQTT_OP_NONE;
	if (op != MQTT_OP_NONE)
		result_tell(m, op, good ? 1 : 0);
}

/* The connection has ended; lost: what a host hears that asked nothing. */
static void
connection_end(struct mqtt *m, unsigned lost, enum mqtt_code code)
{
	enum mqtt_state was = m->state;

	if (was == MQTT_IDLE)
		return;
	m->state = MQTT_IDLE;
	m->ping = m->ping_out = false;
	buffer_done(&m->in);
	buffer_done(&m->out);
	if (was == MQTT_LEAVING) {
		op_end(m, true);
		return;
	}
	m->code = code;
	op_end(m, false);
	if (was == MQTT_READY)
		result_tell(m, MQTT_OP_LOGOUT, lost);
}

/* --- sending --- */

static enum err
packet_send(struct mqtt *m, const struct writer *w, uint64_t now_ms)
{
	if (w->err != ERR_OK)
		return w->err;
	m->sent_ms = now_ms;
	return buffer_put(&m->out, writer_bytes(w));
}

static enum err
ack_send(struct mqtt *m, enum mqtt_type type, uint16_t id, uint64_t now_ms)
{
	uint8_t packet[4];
	struct writer w;

	writer_init(&w, packet, sizeof(packet));
	mqtt_ack_write(&w, type, id);
	return packet_send(m, &w, now_ms);
}

static enum err
plain_send(struct mqtt *m, enum mqtt_type type, uint64_t now_ms)
{
	uint8_t packet[2];
	struct writer w;

	writer_init(&w, packet, sizeof(packet));
	mqtt_plain_write(&w, type);
	return packet_send(m, &w, now_ms);
}

static uint16_t
id_next(struct mqtt *m)
{
	if (++m->last_id == 0)
		m->last_id = 1;
	return m->last_id;
}

/* --- operations --- */

static bool
text_fits(struct bytes text, size_t min)
{
	return text.len >= min && text.len <= MQTT_TEXT_MAX;
}

/* An operation begins, and ends with a packet of the server's. */
static void
op_begin(struct mqtt *m, enum mqtt_op op, enum mqtt_type awaited, uint64_t now)
{
	m->op = op;
	m->awaited = awaited;
	m->deadline_ms = now + MQTT_ANSWER_MS;
	m->code = MQTT_CODE_NONE;
}

void
mqtt_session_forget(struct mqtt *m)
{
	m->other = true;
}

bool
mqtt_op_possible(const struct mqtt *m)
{
	return m->state == MQTT_READY && m->op == MQTT_OP_NONE;
}

enum err
mqtt_login(struct mqtt *m, const struct mqtt_connect *connect, uint64_t now_ms)
{
	uint8_t packet[MQTT_HEAD_MAX];
	struct writer w;
	enum err err;

	if (m->state != MQTT_IDLE)
		return ERR_STATE;
	if (!text_fits(connect->client_id, 0) || !text_fits(connect->user, 0) ||
	    !text_fits(connect->password, 0) ||
	    !text_fits(connect->will_topic, 0) ||
	    !text_fits(connect->will_message, 0))
		return ERR_INVALID;
	writer_init(&w, packet, sizeof(packet));
	mqtt_connect_write(&w, connect);
	err = packet_send(m, &w, now_ms);
	wipe(packet, sizeof(packet));
	if (err != ERR_OK)
		return err;
	if (connect->clean || m->other)
		m->qos2_count = 0;
	m->other = false;
	m->keepalive_s = connect->keepalive_s;
	m->state = MQTT_OPENING;
	op_begin(m, MQTT_OP_LOGIN, MQTT_CONNACK, now_ms);
	return ERR_OK;
}

enum err
mqtt_logout(struct mqtt *m, uint64_t now_ms)
{
	enum err err;

	if (!mqtt_op_possible(m))
		return ERR_STATE;
	err = plain_send(m, MQTT_DISCONNECT, now_ms);
	if (err != ERR_OK)
		return err;
	op_begin(m, MQTT_OP_LOGOUT, MQTT_DISCONNECT, now_ms);
	m->state = MQTT_LEAVING;
	return ERR_OK;
}

enum err
mqtt_publish(struct mqtt *m, enum mqtt_op op, struct bytes topic, unsigned qos,
    bool retain, struct bytes payload, uint64_t now_ms)
{
	uint8_t head[MQTT_HEAD_MAX];
	struct writer w;
	enum err err;

	if (!mqtt_op_possible(m))
		return ERR_STATE;
	if (!text_fits(topic, 1) || payload.len > MQTT_PAYLOAD_MAX || qos > 2)
		return ERR_INVALID;
	m->id = id_next(m);
	writer_init(&w, head, sizeof(head));
	mqtt_publish_write(&w, topic, qos, retain, m->id, payload.len);
	err = packet_send(m, &w, now_ms);
	if (err == ERR_OK)
		err = buffer_put(&m->out, payload);
	if (err != ERR_OK) {
		/* A head without its payload would be the end of all sense. */
		connection_end(m, MQTT_LOST, MQTT_CODE_LOST);
		return err;
	}
	op_begin(m, op, qos == 2 ? MQTT_PUBREC : MQTT_PUBACK, now_ms);
	if (qos == 0)
		m->awaited = MQTT_PUBLISH; /* it is done when it has left */
	return ERR_OK;
}

enum err
mqtt_subscribe(
    struct mqtt *m, struct bytes topic, unsigned qos, uint64_t now_ms)
{
	uint8_t packet[MQTT_HEAD_MAX];
	struct writer w;
	enum err err;

	if (!mqtt_op_possible(m))
		return ERR_STATE;
	if (!text_fits(topic, 1) || qos > 2)
		return ERR_INVALID;
	m->id = id_next(m);
	writer_init(&w, packet, sizeof(packet));
	mqtt_subscribe_write(&w, m->id, topic, qos);
	err = packet_send(m, &w, now_ms);
	if (err != ERR_OK)
		return err;
	memcpy(m->topic, topic.ptr, topic.len);
	m->topic[topic.len] = '\0';
	op_begin(m, MQTT_OP_SUBSCRIBE, MQTT_SUBACK, now_ms);
	return ERR_OK;
}

enum err
mqtt_unsubscribe(struct mqtt *m, struct bytes topic, uint64_t now_ms)
{
	uint8_t packet[MQTT_HEAD_MAX];
	struct writer w;
	enum err err;

	if (!mqtt_op_possible(m))
		return ERR_STATE;
	if (!text_fits(topic, 1))
		return ERR_INVALID;
	m->id = id_next(m);
	writer_init(&w, packet, sizeof(packet));
	mqtt_unsubscribe_write(&w, m->id, topic);
	err = packet_send(m, &w, now_ms);
	if (err != ERR_OK)
		return err;
	op_begin(m, MQTT_OP_UNSUBSCRIBE, MQTT_UNSUBACK, now_ms);
	return ERR_OK;
}

enum err
mqtt_ping(struct mqtt *m, bool on)
{
	if (m->state != MQTT_READY)
		return ERR_STATE;
	m->ping = on;
	return ERR_OK;
}

/* --- messages --- */

struct mqtt_message *
mqtt_read(struct mqtt *m)
{
	struct mqtt_message *message;

	if (m->unread_count == 0)
		return NULL;
	message = m->unread[0];
	m->unread_count--;
	m->unread_bytes -= message->topic_len + message->len;
	memmove(m->unread, m->unread + 1,
	    m->unread_count * sizeof(struct mqtt_message *));
	return message;
}

void
mqtt_unread_tell(struct mqtt *m)
{
	if (m->unread_count > 0)
		result_tell(m, MQTT_OP_READ, (unsigned)m->unread_count);
}

static enum err
message_keep(struct mqtt *m, const struct mqtt_packet *p)
{
	size_t size = p->topic.len + p->payload.len;
	struct mqtt_message *message;

	if (m->unread_count == MQTT_UNREAD_MAX ||
	    size > MQTT_UNREAD_BYTES_MAX - m->unread_bytes)
		return ERR_SPACE;
	message = malloc(sizeof(*message) + size);
	if (message == NULL)
		return ERR_NOMEM;
	message->qos = p->qos;
	message->topic_len = p->topic.len;
	message->len = p->payload.len;
	memcpy(message->bytes, p->topic.ptr, p->topic.len);
	if (p->payload.len > 0)
		memcpy(message->bytes + p->topic.len, p->payload.ptr,
		    p->payload.len);
	m->unread[m->unread_count++] = message;
	m->unread_bytes += size;
	mqtt_unread_tell(m);
	return ERR_OK;
}

/* The place of an id among those of QoS 2; qos2_count: it is not there. */
static size_t
qos2_find(const struct mqtt *m, uint16_t id)
{
	size_t i = 0;

	while (i < m->qos2_count && m->qos2[i] != id)
		i++;
	return i;
}

/* Spec: section 4.3.3, method A: the message is kept with its PUBLISH. */
static enum err
publish_take(struct mqtt *m, const struct mqtt_packet *p, uint64_t now_ms)
{
	bool again = p->qos == 2 && qos2_find(m, p->id) < m->qos2_count;
	enum err err = ERR_OK;

	if (p->qos == 2 && !again && m->qos2_count == MQTT_QOS2_MAX)
		return ERR_SPACE;
	if (!again)
		err = message_keep(m, p);
	if (err != ERR_OK || p->qos == 0)
		return err;
	if (p->qos == 1)
		return ack_send(m, MQTT_PUBACK, p->id, now_ms);
	if (!again)
		m->qos2[m->qos2_count++] = p->id;
	return ack_send(m, MQTT_PUBREC, p->id, now_ms);
}

static enum err
release_take(struct mqtt *m, const struct mqtt_packet *p, uint64_t now_ms)
{
	size_t i = qos2_find(m, p->id);

	if (i < m->qos2_count)
		m->qos2[i] = m->qos2[--m->qos2_count];
	return ack_send(m, MQTT_PUBCOMP, p->id, now_ms);
}

/* --- answers --- */

static void
login_take(struct mqtt *m, const struct mqtt_packet *p)
{
	if (p->code != 0) {
		connection_end(m, MQTT_LOST, MQTT_CODE_REFUSED);
		return;
	}
	/* Spec: 3.1.2.4: ids of QoS 2 are a part of the session. */
	if (!p->session)
		m->qos2_count = 0;
	m->state = MQTT_READY;
	op_end(m, true);
}

static void
suback_take(struct mqtt *m, const struct mqtt_packet *p)
{
	struct mqtt_event event = {.op = MQTT_OP_SUBSCRIBE,
	    .result = 1,
	    .qos = p->code,
	    .topic = bytes_str(m->topic)};

	if (p->code == 0x80) {
		m->code = MQTT_CODE_REFUSED;
		op_end(m, false);
		return;
	}
	m->op = MQTT_OP_NONE;
	m->tell(m->ctx, &event);
}

/* An answer to the operation; what answers none is ignored. */
static enum err
answer_take(struct mqtt *m, const struct mqtt_packet *p, uint64_t now_ms)
{
	if (m->op == MQTT_OP_NONE || p->type != m->awaited || p->id != m->id)
		return ERR_OK;
	switch (p->type) {
	case MQTT_PUBREC:
		m->awaited = MQTT_PUBCOMP;
		return ack_send(m, MQTT_PUBREL, p->id, now_ms);
	case MQTT_SUBACK:
		suback_take(m, p);
		return ERR_OK;
	default:
		op_end(m, true);
		return ERR_OK;
	}
}

static enum err
packet_take(struct mqtt *m, const struct mqtt_packet *p, uint64_t now_ms)
{
	/* Spec: CONNACK comes first, and once: section 3.2. */
	if ((p->type == MQTT_CONNACK) != (m->state == MQTT_LOGIN))
		return m->state == MQTT_LEAVING ? ERR_OK : ERR_FORMAT;
	switch (p->type) {
	case MQTT_CONNACK:
		login_take(m, p);
		return ERR_OK;
	case MQTT_PUBLISH:
		return publish_take(m, p, now_ms);
	case MQTT_PUBREL:
		return release_take(m, p, now_ms);
	case MQTT_PINGRESP:
		m->ping_out = false;
		return ERR_OK;
	default:
		return answer_take(m, p, now_ms);
	}
}

/* --- the link --- */

bool
mqtt_wants_link(const struct mqtt *m)
{
	if (m->state == MQTT_LEAVING)
		return buffer_bytes(&m->out).len > 0;
	return m->state != MQTT_IDLE;
}

void
mqtt_opened(struct mqtt *m, uint64_t now_ms)
{
	if (m->state == MQTT_OPENING) {
		m->state = MQTT_LOGIN;
		m->sent_ms = now_ms;
	}
}

void
mqtt_closed(struct mqtt *m, enum mqtt_code code)
{
	connection_end(m, MQTT_LOST, code);
}

void
mqtt_input(struct mqtt *m, struct bytes in, uint64_t now_ms)
{
	struct mqtt_packet packet;
	size_t used = 0;
	enum err err = buffer_put(&m->in, in);

	while (err == ERR_OK &&
	       (m->state == MQTT_LOGIN || m->state == MQTT_READY ||
		   m->state == MQTT_LEAVING)) {
		err = mqtt_packet_read(buffer_bytes(&m->in), &packet, &used);
		if (err == ERR_TRUNCATED)
			return;
		if (err == ERR_OK)
			err = packet_take(m, &packet, now_ms);
		/* The connection may have ended, and its bytes with it. */
		if (buffer_bytes(&m->in).len >= used && err == ERR_OK)
			buffer_drop(&m->in, used);
	}
	if (err == ERR_FORMAT || err == ERR_SPACE)
		connection_end(m, MQTT_LOST_PROTOCOL, MQTT_CODE_PROTOCOL);
	else if (err != ERR_OK)
		connection_end(m, MQTT_LOST, MQTT_CODE_LOST);
}

struct bytes
mqtt_output(const struct mqtt *m)
{
	if (m->state == MQTT_IDLE || m->state == MQTT_OPENING)
		return BYTES_NONE;
	return buffer_bytes(&m->out);
}

void
mqtt_sent(struct mqtt *m, size_t len, uint64_t now_ms)
{
	buffer_drop(&m->out, len);
	m->sent_ms = now_ms;
	if (buffer_bytes(&m->out).len > 0)
		return;
	/* A message of QoS 0 is done when it has left. */
	if (m->op != MQTT_OP_NONE && m->awaited == MQTT_PUBLISH)
		op_end(m, true);
	if (m->state == MQTT_LEAVING)
		connection_end(m, MQTT_LOST, MQTT_CODE_NONE);
}

/* --- time --- */

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Before its time is over the client sends a ping, or else leaves. */
static uint64_t
keepalive_follow(struct mqtt *m, uint64_t now_ms)
{
	uint64_t idle_ms = (uint64_t)m->keepalive_s * 1000, due_ms;

	if (m->state != MQTT_READY || idle_ms == 0)
		return UINT64_MAX;
	due_ms = m->sent_ms + (m->ping ? idle_ms / 4 * 3 : idle_ms);
	if (now_ms < due_ms)
		return due_ms;
	if (!m->ping) {
		connection_end(m, MQTT_LOST_INACTIVE, MQTT_CODE_TIMEOUT);
		return UINT64_MAX;
	}
	if (plain_send(m, MQTT_PINGREQ, now_ms) != ERR_OK)
		return UINT64_MAX; /* much waits to be sent: no need for it */
	if (!m->ping_out)
		m->ping_ms = now_ms;
	m->ping_out = true;
	return now_ms + idle_ms / 4 * 3;
}

static uint64_t
ping_follow(struct mqtt *m, uint64_t now_ms)
{
	uint64_t due_ms = m->ping_ms + PING_ANSWER_MS;

	if (m->state != MQTT_READY || !m->ping_out)
		return UINT64_MAX;
	if (now_ms < due_ms)
		return due_ms;
	connection_end(m, MQTT_LOST, MQTT_CODE_TIMEOUT);
	return UINT64_MAX;
}

/* An operation whose answer does not come fails; a login's link with it. */
static uint64_t
op_follow(struct mqtt *m, uint64_t now_ms)
{
	if (m->op == MQTT_OP_NONE)
		return UINT64_MAX;
	if (now_ms < m->deadline_ms)
		return m->deadline_ms;
	if (m->state != MQTT_READY) {
		connection_end(m, MQTT_LOST, MQTT_CODE_TIMEOUT);
		return UINT64_MAX;
	}
	m->code = MQTT_CODE_TIMEOUT;
	op_end(m, false);
	return UINT64_MAX;
}

uint64_t
mqtt_tick(struct mqtt *m, uint64_t now_ms)
{
	uint64_t next_ms = op_follow(m, now_ms);

	next_ms = earlier(next_ms, keepalive_follow(m, now_ms));
	return earlier(next_ms, ping_follow(m, now_ms));
}
