/*
 * The MQTT client against packets that a server sends, right and wrong. What
 * a real broker says of it is in the system tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "mqtt.h"

#define EVENTS_MAX 16

static struct mqtt m;
static struct mqtt_event events[EVENTS_MAX];
static size_t event_count;
static uint64_t now_ms;

static void
tell(UNUSED void *ctx, const struct mqtt_event *event)
{
	assert_true(event_count < EVENTS_MAX);
	events[event_count++] = *event;
}

static int
setup(UNUSED void **state)
{
	mqtt_init(&m, tell, NULL);
	event_count = 0;
	now_ms = 1000;
	return 0;
}

static int
teardown(UNUSED void **state)
{
	mqtt_done(&m);
	return 0;
}

/* The one event since the last time. */
static void
see_event(enum mqtt_op op, unsigned result)
{
	assert_int_equal(event_count, 1);
	assert_int_equal(events[0].op, op);
	assert_int_equal(events[0].result, result);
	event_count = 0;
}

/* What the client sends is exactly this, and leaves. */
static void
see_bytes(const char *bytes, size_t len)
{
	struct bytes out = mqtt_output(&m);

	assert_int_equal(out.len, len);
	assert_memory_equal(out.ptr, bytes, len);
	mqtt_sent(&m, out.len, now_ms);
}
#define SEE(bytes) see_bytes(bytes, sizeof(bytes) - 1)

static void
give_bytes(const char *bytes, size_t len)
{
	mqtt_input(&m, bytes_make(bytes, len), now_ms);
}
#define GIVE(bytes) give_bytes(bytes, sizeof(bytes) - 1)

static void
log_in(unsigned keepalive_s)
{
	struct mqtt_connect c = {.client_id = BYTES_LIT("me"),
	    .clean = true,
	    .keepalive_s = keepalive_s};

	assert_int_equal(mqtt_login(&m, &c, now_ms), ERR_OK);
	assert_true(mqtt_wants_link(&m));
	assert_int_equal(mqtt_output(&m).len, 0);
	mqtt_opened(&m, now_ms);
	mqtt_sent(&m, mqtt_output(&m).len, now_ms);
	GIVE("\x20\x02\x00\x00");
	see_event(MQTT_OP_LOGIN, 1);
}

/* Every field of CONNECT, as the standard lays it out: section 3.1. */
static void
test_connect(void **state)
{
	struct mqtt_connect c = {.client_id = BYTES_LIT("id"),
	    .user = BYTES_LIT("user"),
	    .password = BYTES_LIT("pw"),
	    .will_topic = BYTES_LIT("w/t"),
	    .will_message = BYTES_LIT("gone"),
	    .will_qos = 1,
	    .will_retain = true,
	    .clean = false,
	    .keepalive_s = 0x0102};

	(void)state;
	assert_int_equal(mqtt_login(&m, &c, now_ms), ERR_OK);
	assert_int_equal(mqtt_login(&m, &c, now_ms), ERR_STATE);
	mqtt_opened(&m, now_ms);
	SEE("\x10\x23\x00\x04MQTT\x04\xec\x01\x02\x00\x02id\x00\x03w/t"
	    "\x00\x04gone\x00\x04user\x00\x02pw");
}

static void
test_login_refused(void **state)
{
	struct mqtt_connect c = {.client_id = BYTES_LIT("me"), .clean = true};
	static const char refused[] = "\x20\x02\x00\x05";

	(void)state;
	assert_int_equal(mqtt_login(&m, &c, now_ms), ERR_OK);
	mqtt_opened(&m, now_ms);
	SEE("\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02me");
	GIVE(refused);
	see_event(MQTT_OP_LOGIN, 0);
	assert_int_equal(m.code, MQTT_CODE_REFUSED);
	assert_false(mqtt_wants_link(&m));
	/* It did not even connect. */
	assert_int_equal(mqtt_login(&m, &c, now_ms), ERR_OK);
	mqtt_closed(&m, MQTT_CODE_CONNECT);
	see_event(MQTT_OP_LOGIN, 0);
	assert_int_equal(m.code, MQTT_CODE_CONNECT);
	/* Nothing answers. */
	assert_int_equal(mqtt_login(&m, &c, now_ms), ERR_OK);
	mqtt_opened(&m, now_ms);
	assert_int_equal(mqtt_tick(&m, now_ms), now_ms + MQTT_ANSWER_MS);
	(void)mqtt_tick(&m, now_ms + MQTT_ANSWER_MS);
	see_event(MQTT_OP_LOGIN, 0);
	assert_int_equal(m.code, MQTT_CODE_TIMEOUT);
}

static void
test_publish(void **state)
{
	(void)state;
	assert_int_equal(mqtt_publish(&m, MQTT_OP_PUBLISH, BYTES_LIT("t"), 0,
			     false, BYTES_LIT("x"), now_ms),
	    ERR_STATE);
	log_in(0);
	assert_int_equal(mqtt_publish(&m, MQTT_OP_PUBLISH, BYTES_LIT("t"), 0,
			     true, BYTES_LIT("x"), now_ms),
	    ERR_OK);
	/* One operation at a time. */
	assert_int_equal(
	    mqtt_subscribe(&m, BYTES_LIT("t"), 0, now_ms), ERR_STATE);
	assert_int_equal(event_count, 0);
	SEE("\x31\x04\x00\x01tx");
	see_event(MQTT_OP_PUBLISH, 1);
	assert_int_equal(mqtt_publish(&m, MQTT_OP_PUBLISH_BINARY,
			     BYTES_LIT("t"), 1, false, BYTES_NONE, now_ms),
	    ERR_OK);
	SEE("\x32\x05\x00\x01t\x00\x02");
	assert_int_equal(event_count, 0);
	GIVE("\x40\x02\x00\x01"); /* of another */
	assert_int_equal(event_count, 0);
	GIVE("\x40\x02\x00\x02");
	see_event(MQTT_OP_PUBLISH_BINARY, 1);
	assert_int_equal(mqtt_publish(&m, MQTT_OP_PUBLISH_FILE, BYTES_LIT("t"),
			     2, false, BYTES_LIT("y"), now_ms),
	    ERR_OK);
	SEE("\x34\x06\x00\x01t\x00\x03y");
	GIVE("\x70\x02\x00\x03"); /* too early */
	assert_int_equal(event_count, 0);
	GIVE("\x50\x02\x00\x03");
	SEE("\x62\x02\x00\x03");
	GIVE("\x70\x02\x00\x03");
	see_event(MQTT_OP_PUBLISH_FILE, 1);
	/* No answer comes: the operation fails, the connection stays. */
	assert_int_equal(mqtt_publish(&m, MQTT_OP_PUBLISH, BYTES_LIT("t"), 1,
			     false, BYTES_NONE, now_ms),
	    ERR_OK);
	(void)mqtt_tick(&m, now_ms + MQTT_ANSWER_MS);
	see_event(MQTT_OP_PUBLISH, 0);
	assert_int_equal(m.state, MQTT_READY);
}

static void
test_publish_bad(void **state)
{
	static uint8_t large[MQTT_PAYLOAD_MAX + 1];
	static uint8_t topic[MQTT_TEXT_MAX + 1];

	(void)state;
	log_in(0);
	memset(topic, 'a', sizeof(topic));
	assert_int_equal(mqtt_publish(&m, MQTT_OP_PUBLISH, BYTES_NONE, 0, false,
			     BYTES_NONE, now_ms),
	    ERR_INVALID);
	assert_int_equal(mqtt_publish(&m, MQTT_OP_PUBLISH, BYTES_OF(topic), 0,
			     false, BYTES_NONE, now_ms),
	    ERR_INVALID);
	assert_int_equal(mqtt_publish(&m, MQTT_OP_PUBLISH, BYTES_LIT("t"), 0,
			     false, BYTES_OF(large), now_ms),
	    ERR_INVALID);
	assert_int_equal(mqtt_output(&m).len, 0);
	assert_int_equal(
	    mqtt_publish(&m, MQTT_OP_PUBLISH, bytes_make(topic, 256), 2, false,
		bytes_make(large, MQTT_PAYLOAD_MAX), now_ms),
	    ERR_OK);
	assert_int_equal(
	    mqtt_output(&m).len, 1 + 3 + 2 + 256 + 2 + MQTT_PAYLOAD_MAX);
}

static void
test_subscribe(void **state)
{
	(void)state;
	log_in(0);
	assert_int_equal(
	    mqtt_subscribe(&m, BYTES_LIT("a/#"), 2, now_ms), ERR_OK);
	SEE("\x82\x08\x00\x01\x00\x03"
	    "a/#\x02");
	GIVE("\x90\x03\x00\x01\x01");
	assert_int_equal(events[0].qos, 1);
	assert_true(bytes_equal(events[0].topic, BYTES_LIT("a/#")));
	see_event(MQTT_OP_SUBSCRIBE, 1);
	assert_int_equal(mqtt_subscribe(&m, BYTES_LIT("b"), 0, now_ms), ERR_OK);
	SEE("\x82\x06\x00\x02\x00\x01"
	    "b\x00");
	GIVE("\x90\x03\x00\x02\x80");
	see_event(MQTT_OP_SUBSCRIBE, 0);
	assert_int_equal(m.code, MQTT_CODE_REFUSED);
	assert_int_equal(
	    mqtt_unsubscribe(&m, BYTES_LIT("a/#"), now_ms), ERR_OK);
	SEE("\xa2\x07\x00\x03\x00\x03"
	    "a/#");
	GIVE("\xb0\x02\x00\x03");
	see_event(MQTT_OP_UNSUBSCRIBE, 1);
}

/* The oldest message is this one. */
static void
read_message(const char *topic, const char *payload, unsigned qos)
{
	struct mqtt_message *x = mqtt_read(&m);

	assert_non_null(x);
	assert_int_equal(x->qos, qos);
	assert_int_equal(x->topic_len, strlen(topic));
	assert_int_equal(x->len, strlen(payload));
	assert_memory_equal(x->bytes, topic, x->topic_len);
	assert_memory_equal(x->bytes + x->topic_len, payload, x->len);
	free(x);
}

static void
test_messages(void **state)
{
	static const char one[] = "\x30\x06\x00\x02t/ab";
	size_t i;

	(void)state;
	log_in(0);
	for (i = 0; i < sizeof(one) - 1; i++) /* byte by byte */
		give_bytes(one + i, 1);
	see_event(MQTT_OP_READ, 1);
	GIVE("\x32\x06\x00\x01t\x00\x09x"
	     "\x34\x06\x00\x01t\x00\x0ay");
	SEE("\x40\x02\x00\x09\x50\x02\x00\x0a");
	assert_int_equal(event_count, 2);
	assert_int_equal(events[1].result, 3);
	event_count = 0;
	/* A repetition of QoS 2 is no new message until it is released. */
	GIVE("\x3c\x06\x00\x01t\x00\x0ay");
	SEE("\x50\x02\x00\x0a");
	GIVE("\x62\x02\x00\x0a");
	SEE("\x70\x02\x00\x0a");
	assert_int_equal(event_count, 0);
	GIVE("\x34\x06\x00\x01t\x00\x0az");
	see_event(MQTT_OP_READ, 4);
	read_message("t/", "ab", 0);
	mqtt_unread_tell(&m);
	see_event(MQTT_OP_READ, 3);
	read_message("t", "x", 1);
	read_message("t", "y", 2);
	read_message("t", "z", 2);
	assert_null(mqtt_read(&m));
	mqtt_unread_tell(&m);
	assert_int_equal(event_count, 0);
}

/* The largest packet, and more behind it in the same piece. */
static void
test_messages_large(void **state)
{
	static uint8_t in[MQTT_PACKET_MAX + MQTT_CHUNK_MAX];
	size_t body = MQTT_PACKET_MAX - 5, pos;

	(void)state;
	log_in(0);
	/* 4 bytes of head; the next begins in the middle of a piece. */
	memcpy(in, "\x30\x00\x00\x00\x00\x01t", 7);
	in[1] = (uint8_t)((body & 127) | 128);
	in[2] = (uint8_t)((body >> 7 & 127) | 128);
	in[3] = (uint8_t)(body >> 14);
	for (pos = 4 + body; pos + 2 <= sizeof(in); pos += 2)
		memcpy(in + pos, "\xd0\x00", 2);
	for (pos = 0; pos < sizeof(in); pos += MQTT_CHUNK_MAX)
		mqtt_input(&m, bytes_make(in + pos, MQTT_CHUNK_MAX), now_ms);
	see_event(MQTT_OP_READ, 1);
	assert_int_equal(m.unread[0]->len, body - 3);
	assert_int_equal(m.state, MQTT_READY);
}

static void
log_in_again(bool clean, const char *answer)
{
	struct mqtt_connect c = {.client_id = BYTES_LIT("me"), .clean = clean};

	assert_int_equal(mqtt_login(&m, &c, now_ms), ERR_OK);
	mqtt_opened(&m, now_ms);
	mqtt_sent(&m, mqtt_output(&m).len, now_ms);
	give_bytes(answer, 4);
	see_event(MQTT_OP_LOGIN, 1);
}

/* A message of QoS 2 whose PUBREC was lost comes again. */
static void
lose_and_repeat(bool clean, const char *answer, size_t messages)
{
	mqtt_closed(&m, MQTT_CODE_LOST);
	see_event(MQTT_OP_LOGOUT, MQTT_LOST);
	log_in_again(clean, answer);
	GIVE("\x3c\x06\x00\x01t\x00\x0ay");
	SEE("\x50\x02\x00\x0a");
	assert_int_equal(event_count, messages);
	event_count = 0;
}

#define CONNACK_NEW "\x20\x02\x00\x00"
#define CONNACK_KEPT "\x20\x02\x01\x00"

/* Spec: section 4.3.3, over the connections of one session. */
static void
test_exactly_once(void **state)
{
	(void)state;
	log_in_again(false, CONNACK_NEW);
	GIVE("\x34\x06\x00\x01t\x00\x0ay");
	event_count = 0;
	lose_and_repeat(false, CONNACK_KEPT, 0);
	lose_and_repeat(false, CONNACK_NEW, 1);
	lose_and_repeat(true, CONNACK_NEW, 1);
	lose_and_repeat(false, CONNACK_KEPT, 0);
	mqtt_session_forget(&m); /* it was another's */
	lose_and_repeat(false, CONNACK_KEPT, 1);
	lose_and_repeat(false, CONNACK_KEPT, 0);
}

/* Messages that nobody reads: the connection ends before they are lost. */
static void
test_messages_full(void **state)
{
	size_t i;

	(void)state;
	log_in(0);
	for (i = 0; i < MQTT_UNREAD_MAX; i++) {
		GIVE("\x32\x05\x00\x01t\x00\x09");
		SEE("\x40\x02\x00\x09");
		see_event(MQTT_OP_READ, (unsigned)i + 1);
	}
	GIVE("\x32\x05\x00\x01t\x00\x09");
	see_event(MQTT_OP_LOGOUT, MQTT_LOST_PROTOCOL);
	assert_int_equal(m.state, MQTT_IDLE);
	/* What was taken can still be read. */
	read_message("t", "", 1);
}

static void
test_logout(void **state)
{
	(void)state;
	assert_int_equal(mqtt_logout(&m, now_ms), ERR_STATE);
	log_in(0);
	assert_int_equal(mqtt_logout(&m, now_ms), ERR_OK);
	assert_true(mqtt_wants_link(&m));
	GIVE("\x30\x04\x00\x01tx"); /* on its way still */
	SEE("\xe0\x00");
	assert_int_equal(m.state, MQTT_IDLE);
	assert_false(mqtt_wants_link(&m));
	assert_int_equal(event_count, 2);
	assert_int_equal(events[1].op, MQTT_OP_LOGOUT);
	assert_int_equal(events[1].result, 1);
}

static void
test_connection_lost(void **state)
{
	(void)state;
	log_in(0);
	mqtt_closed(&m, MQTT_CODE_LOST);
	see_event(MQTT_OP_LOGOUT, MQTT_LOST);
	/* With an operation under way both are told. */
	log_in(0);
	assert_int_equal(mqtt_unsubscribe(&m, BYTES_LIT("t"), now_ms), ERR_OK);
	mqtt_closed(&m, MQTT_CODE_NETWORK);
	assert_int_equal(event_count, 2);
	assert_int_equal(events[0].op, MQTT_OP_UNSUBSCRIBE);
	assert_int_equal(events[0].result, 0);
	assert_int_equal(events[1].op, MQTT_OP_LOGOUT);
	assert_int_equal(m.code, MQTT_CODE_NETWORK);
	event_count = 0;
	mqtt_closed(&m, MQTT_CODE_LOST);
	assert_int_equal(event_count, 0);
}

static void
test_keepalive(void **state)
{
	(void)state;
	log_in(40);
	assert_int_equal(mqtt_tick(&m, now_ms), now_ms + 40000);
	assert_int_equal(mqtt_ping(&m, true), ERR_OK);
	assert_int_equal(mqtt_tick(&m, now_ms), now_ms + 30000);
	now_ms += 30000;
	(void)mqtt_tick(&m, now_ms);
	SEE("\xc0\x00");
	GIVE("\xd0\x00");
	now_ms += 30000;
	assert_int_equal(mqtt_tick(&m, now_ms), now_ms + 30000);
	SEE("\xc0\x00");
	/* No answer: the connection is no good any more. */
	(void)mqtt_tick(&m, now_ms + 30000);
	see_event(MQTT_OP_LOGOUT, MQTT_LOST);
	assert_int_equal(mqtt_ping(&m, true), ERR_STATE);
	/* Without pings it ends by itself when nothing was sent in time. */
	log_in(40);
	now_ms += 39999;
	(void)mqtt_tick(&m, now_ms);
	assert_int_equal(event_count, 0);
	(void)mqtt_tick(&m, now_ms + 1);
	see_event(MQTT_OP_LOGOUT, MQTT_LOST_INACTIVE);
}

/* What no server may send ends the connection. */
static void
test_nonsense(void **state)
{
	const struct bytes bad[] = {
	    BYTES_LIT("\x20\x02\x00\x00"), /* CONNACK again */
	    BYTES_LIT("\x10\x00"), BYTES_LIT("\x00\x00"), BYTES_LIT("\xf0\x00"),
	    BYTES_LIT("\xe0\x00"),
	    BYTES_LIT("\x36\x06\x00\x01t\x00\x01x"), /* QoS 3 */
	    BYTES_LIT("\x32\x06\x00\x01t\x00\x00x"), /* id 0 */
	    BYTES_LIT("\x30\x02\x00\x00"), /* no topic */
	    BYTES_LIT("\x30\x03\x00\x05t"), /* longer than the packet */
	    BYTES_LIT("\x30\x03\x00\x01#"), BYTES_LIT("\x30\x03\x00\x01\x00"),
	    BYTES_LIT("\x41\x02\x00\x01"), /* flags */
	    BYTES_LIT("\x60\x02\x00\x01"), BYTES_LIT("\x40\x01\x00"),
	    BYTES_LIT("\x40\x03\x00\x01\x00"),
	    BYTES_LIT("\x90\x03\x00\x01\x03"), BYTES_LIT("\xd0\x01\x00"),
	    BYTES_LIT("\x30\xff\xff\xff\xff\x01"), /* five bytes of length */
	    BYTES_LIT("\x30\xff\xff\xff\x7f"), /* 256 MiB */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		log_in(0);
		mqtt_input(&m, bad[i], now_ms);
		see_event(MQTT_OP_LOGOUT, MQTT_LOST_PROTOCOL);
		assert_int_equal(m.code, MQTT_CODE_PROTOCOL);
	}
	/* Before CONNACK nothing else is good. */
	struct mqtt_connect c = {.client_id = BYTES_LIT("me")};

	assert_int_equal(mqtt_login(&m, &c, now_ms), ERR_OK);
	mqtt_opened(&m, now_ms);
	GIVE("\xd0\x00");
	see_event(MQTT_OP_LOGIN, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_connect),
	    TEST(test_login_refused),
	    TEST(test_publish),
	    TEST(test_publish_bad),
	    TEST(test_subscribe),
	    TEST(test_messages),
	    TEST(test_messages_large),
	    TEST(test_exactly_once),
	    TEST(test_messages_full),
	    TEST(test_logout),
	    TEST(test_connection_lost),
	    TEST(test_keepalive),
	    TEST(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
