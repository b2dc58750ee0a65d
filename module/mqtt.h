/*
 * The module's MQTT client as a state machine: one connection, one operation
 * at a time, messages that wait to be read. No I/O; what carries its bytes
 * is mqtt_link.h's.
 *
 * Spec: MQTT Version 3.1.1; the operations are those of +UMQTTC.
 */
#ifndef MODULE_MQTT_H
#define MODULE_MQTT_H

#include "buffer.h"
#include "mqtt_packet.h"

#define MQTT_PAYLOAD_MAX 65535 /* of a message that is published */
#define MQTT_UNREAD_MAX 64 /* messages that wait */
#define MQTT_UNREAD_BYTES_MAX (1024u * 1024) /* their bytes */
#define MQTT_ANSWER_MS 60000 /* for an operation, connecting included */
#define MQTT_CHUNK_MAX 8192 /* that moves at once, in and out */
#define MQTT_QOS2_MAX 64 /* messages of QoS 2 under way from the server */

/* What a host asks for, and hears the result of. */
enum mqtt_op {
	MQTT_OP_LOGOUT = 0,
	MQTT_OP_LOGIN = 1,
	MQTT_OP_PUBLISH = 2,
	MQTT_OP_PUBLISH_FILE = 3,
	MQTT_OP_SUBSCRIBE = 4,
	MQTT_OP_UNSUBSCRIBE = 5,
	MQTT_OP_READ = 6,
	MQTT_OP_PING = 8,
	MQTT_OP_PUBLISH_BINARY = 9,
	MQTT_OP_NONE = 99
};

/* Results of MQTT_OP_LOGOUT that nobody asked for. */
#define MQTT_LOST_INACTIVE 100
#define MQTT_LOST 101
#define MQTT_LOST_PROTOCOL 102

/* What +UMQTTER says after it: class 13. */
enum mqtt_code {
	MQTT_CODE_NONE = 0,
	MQTT_CODE_REFUSED = 1, /* by the server: CONNACK, SUBACK */
	MQTT_CODE_CONNECT = 4, /* no such name, nobody there */
	MQTT_CODE_LOST = 5, /* the connection went */
	MQTT_CODE_PROTOCOL = 6, /* the server sent nonsense */
	MQTT_CODE_SECURE = 7, /* TLS did not come about */
	MQTT_CODE_TIMEOUT = 33,
	MQTT_CODE_NETWORK = 34
};

/* A result: of an operation, or MQTT_OP_READ: how many are unread. */
struct mqtt_event {
	enum mqtt_op op;
	unsigned result; /* 1 good, 0 bad; MQTT_LOST...; unread */
	unsigned qos; /* of a good MQTT_OP_SUBSCRIBE */
	struct bytes topic;
};

struct mqtt_message {
	unsigned qos;
	size_t topic_len;
	size_t len; /* of the payload, behind the topic */
	uint8_t bytes[];
};

enum mqtt_state {
	MQTT_IDLE,
	MQTT_OPENING, /* the link */
	MQTT_LOGIN, /* CONNECT is out */
	MQTT_READY,
	MQTT_LEAVING /* DISCONNECT is on its way out */
};

struct mqtt {
	enum mqtt_state state;
	void (*tell)(void *ctx, const struct mqtt_event *event);
	void *ctx;
	struct buffer in;
	struct buffer out;
	enum mqtt_op op; /* under way; MQTT_OP_NONE: none */
	enum mqtt_type awaited; /* what ends it */
	uint16_t id; /* of it */
	uint16_t last_id;
	char topic[MQTT_TEXT_MAX + 1]; /* that it subscribes to */
	uint64_t deadline_ms; /* of it */
	unsigned keepalive_s;
	bool ping; /* it keeps itself alive */
	bool ping_out; /* a PINGRESP is awaited */
	uint64_t sent_ms; /* when something was sent last */
	uint64_t ping_ms; /* when a ping was */
	uint16_t qos2[MQTT_QOS2_MAX]; /* ids that were taken, not released */
	size_t qos2_count; /* they outlive a connection, with the session */
	bool other; /* the next session is not the last one's continuation */
	struct mqtt_message *unread[MQTT_UNREAD_MAX];
	size_t unread_count;
	size_t unread_bytes;
	enum mqtt_code code; /* why the last operation failed */
};

/* Starts idle; tell hears what comes of operations. */
void mqtt_init(struct mqtt *m,
    void (*tell)(void *ctx, const struct mqtt_event *event), void *ctx);
/* Frees; messages too. */
void mqtt_done(struct mqtt *m);

/*
 * Operations. Errors: ERR_STATE (not in this state, or another is under
 * way), ERR_INVALID (a length), ERR_NOMEM.
 *
 * Login: CONNECT leaves as soon as the link is open.
 */
MUST_CHECK enum err mqtt_login(
    struct mqtt *m, const struct mqtt_connect *connect, uint64_t now_ms);
MUST_CHECK enum err mqtt_logout(struct mqtt *m, uint64_t now_ms);
/* op is one of the three that publish. */
MUST_CHECK enum err mqtt_publish(struct mqtt *m, enum mqtt_op op,
    struct bytes topic, unsigned qos, bool retain, struct bytes payload,
    uint64_t now_ms);
MUST_CHECK enum err mqtt_subscribe(
    struct mqtt *m, struct bytes topic, unsigned qos, uint64_t now_ms);
MUST_CHECK enum err mqtt_unsubscribe(
    struct mqtt *m, struct bytes topic, uint64_t now_ms);
/* The next login is another client's, or at another server. */
void mqtt_session_forget(struct mqtt *m);
/* Whether an operation may begin: logged in, and none under way. */
bool mqtt_op_possible(const struct mqtt *m);
/* Keeps the connection alive by itself, or no more. */
MUST_CHECK enum err mqtt_ping(struct mqtt *m, bool on);
/* Takes the oldest message, which the caller frees; NULL: there is none. */
struct mqtt_message *mqtt_read(struct mqtt *m);
/* Says again how many are left, when there are. */
void mqtt_unread_tell(struct mqtt *m);

/* --- the link's side --- */

/* Whether a link is wanted, and may be closed once all is sent. */
bool mqtt_wants_link(const struct mqtt *m);

void mqtt_opened(struct mqtt *m, uint64_t now_ms);
/* It did not open, was closed, or broke. */
void mqtt_closed(struct mqtt *m, enum mqtt_code code);
/* MQTT_CHUNK_MAX bytes at most. */
void mqtt_input(struct mqtt *m, struct bytes in, uint64_t now_ms);
struct bytes mqtt_output(const struct mqtt *m);
void mqtt_sent(struct mqtt *m, size_t len, uint64_t now_ms);

/* Does what is due; returns when to come again. */
uint64_t mqtt_tick(struct mqtt *m, uint64_t now_ms);

#endif
