/*
 * Commands of the MQTT client, with a server whose packets the test writes.
 */
#include "host.h"

#define MQTT_TEST(f)                                                           \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

static void
test_profile(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UMQTT=0,\"id\"", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=0", "\r\n+UMQTT: 0,\"id\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=1,5000", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=1", "\r\n+UMQTT: 1,5000\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=2,\"broker.example.com\"", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=2",
	    "\r\n+UMQTT: 2,\"broker.example.com\",1883\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=3,\"192.0.2.1\",2883", "\r\nOK\r\n");
	host_ask(
	    h, "AT+UMQTT=3", "\r\n+UMQTT: 3,\"192.0.2.1\",2883\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=2", "\r\n+UMQTT: 2,\"\",2883\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=4,\"user\",\"secret\"", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=4", "\r\n+UMQTT: 4,\"user\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=6,1;+UMQTT=7,1", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=8,\"w\";+UMQTT=9,\"gone\"", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=9", "\r\n+UMQTT: 9,\"gone\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=10,30,5", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=10", "\r\n+UMQTT: 10,30\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=11", "\r\n+UMQTT: 11,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=11,1,2", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=11", "\r\n+UMQTT: 11,1,2\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=12", "\r\n+UMQTT: 12,1\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=12,0", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=5", "\r\n+CME ERROR: 4\r\n");
}

static void
test_profile_bad(void **state)
{
	static const char *const bad[] = {"AT+UMQTT=13", "AT+UMQTT=1,65536",
	    "AT+UMQTT=2,\"\"", "AT+UMQTT=2,\"a b\"", "AT+UMQTT=2,\"a\",0",
	    "AT+UMQTT=3,\"a\"", "AT+UMQTT=4,\"\",\"secret\"", "AT+UMQTT=6,3",
	    "AT+UMQTT=7,2", "AT+UMQTT=10,65536", "AT+UMQTT=11,2",
	    "AT+UMQTT=11,1,5", "AT+UMQTT=12,2", "AT+UMQTT=0,\"a\r\nb\"",
	    "AT+UMQTTNV=3", "AT+UMQTTNV=1,1"};
	struct host *h = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++)
		host_ask(h, bad[i], "\r\n+CME ERROR: 50\r\n");
}

/* What is stored comes back, but for the password. */
static void
test_stored(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UMQTT=0,\"id\";+UMQTT=2,\"broker.example.com\",2883",
	    "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=4,\"user\",\"secret\";+UMQTT=12,0", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTTNV=2", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTTNV=0", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=0", "\r\n+UMQTT: 0,\"\"\r\n\r\nOK\r\n");
	memset(&h->module.settings, 0xa5, sizeof(h->module.settings));
	assert_int_equal(
	    settings_load(h->module.state_fd, &h->module.settings), ERR_OK);
	host_ask(h, "AT+UMQTTNV=1", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=0", "\r\n+UMQTT: 0,\"id\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=2",
	    "\r\n+UMQTT: 2,\"broker.example.com\",2883\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTT=12", "\r\n+UMQTT: 12,0\r\n\r\nOK\r\n");
	assert_string_equal(h->module.mqtt_profile.user, "user");
	assert_string_equal(h->module.mqtt_profile.password, "");
}

/* The server says these bytes. */
static void
server_says(struct host *h, struct bytes bytes)
{
	mqtt_sent(&h->module.mqtt, mqtt_output(&h->module.mqtt).len, h->now_ms);
	mqtt_input(&h->module.mqtt, bytes, h->now_ms);
}

static void
log_in(struct host *h)
{
	host_ask(h, "AT+UMQTT=3,\"192.0.2.1\"", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTTC=1", "\r\nOK\r\n");
	mqtt_opened(&h->module.mqtt, h->now_ms);
	server_says(h, BYTES_LIT("\x20\x02\x00\x00"));
	host_see(h, "\r\n+UUMQTTC: 1,1\r\n");
}

static void
test_login(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UMQTTC=1", "\r\n+CME ERROR: 3\r\n");
	log_in(h);
	host_ask(h, "AT+UMQTTC=1", "\r\n+CME ERROR: 3\r\n");
	host_ask(h, "AT+UMQTTER", "\r\n+UMQTTER: 0,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTTC=8,1", "\r\nOK\r\n");
	assert_true(h->module.mqtt.ping);
	mqtt_closed(&h->module.mqtt, MQTT_CODE_LOST);
	host_see(h, "\r\n+UUMQTTC: 0,101\r\n");
	host_ask(h, "AT+UMQTTER", "\r\n+UMQTTER: 13,5\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTTC=8,1", "\r\n+CME ERROR: 3\r\n");
	log_in(h);
	host_ask(h, "AT+UMQTTC=0", "\r\nOK\r\n");
	server_says(h, BYTES_NONE);
	host_see(h, "\r\n+UUMQTTC: 0,1\r\n");
	host_ask(h, "AT+CFUN=4", "\r\nOK\r\n");
	host_ask(h, "AT+UMQTTC=1", "\r\n+CME ERROR: 1\r\n");
}

/* Without a client id it is the IMEI. */
static void
test_client_id(void **state)
{
	struct host *h = *state;
	char imei[IMEI_LEN + 1];

	log_in(h);
	mqtt_closed(&h->module.mqtt, MQTT_CODE_LOST);
	host_see(h, "\r\n+UUMQTTC: 0,101\r\n");
	host_ask(h, "AT+UMQTTC=1", "\r\nOK\r\n");
	mqtt_opened(&h->module.mqtt, h->now_ms);
	at_imei(&h->module, imei);
	assert_memory_equal(
	    mqtt_output(&h->module.mqtt).ptr + 14, imei, IMEI_LEN);
}

static void
test_publish(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UMQTTC=2,0,0,0,\"t\",\"x\"", "\r\n+CME ERROR: 3\r\n");
	host_ask(h, "AT+UMQTTC=9,0,0,\"t\",3", "\r\n+CME ERROR: 3\r\n");
	log_in(h);
	host_ask(h, "AT+UMQTTC=2,1,0,1,\"t\",\"0a0b\"", "\r\nOK\r\n");
	assert_memory_equal(
	    mqtt_output(&h->module.mqtt).ptr + 7, "\x0a\x0b", 2);
	host_ask(h, "AT+UMQTTC=4,0,\"t\"", "\r\n+CME ERROR: 3\r\n");
	server_says(h, BYTES_LIT("\x40\x02\x00\x01"));
	host_see(h, "\r\n+UUMQTTC: 2,1\r\n");
	host_ask(h, "AT+UMQTTC=9,0,1,\"t\",3", ">");
	host_type(h, "\"\r\n");
	host_see(h, "\r\nOK\r\n");
	server_says(h, BYTES_NONE);
	host_see(h, "\r\n+UUMQTTC: 9,1\r\n");
	host_ask(
	    h, "AT+UMQTTC=3,0,0,\"t\",\"none\"", "\r\n+CME ERROR: 1612\r\n");
	host_ask(h, "AT+UDWNFILE=\"f\",5", ">");
	host_type(h, "hello");
	host_see(h, "\r\nOK\r\n");
	host_ask(h, "AT+UMQTTC=3,0,0,\"t\",\"f\"", "\r\nOK\r\n");
	server_says(h, BYTES_NONE);
	host_see(h, "\r\n+UUMQTTC: 3,1\r\n");
	host_ask(h, "AT+UDELFILE=\"f\"", "\r\nOK\r\n");
}

static void
test_subscribe_and_read(void **state)
{
	struct host *h = *state;

	log_in(h);
	host_ask(h, "AT+UMQTTC=6,1", "\r\n+CME ERROR: 22\r\n");
	host_ask(h, "AT+UMQTTC=4,1,\"a/#\"", "\r\nOK\r\n");
	server_says(h, BYTES_LIT("\x90\x03\x00\x01\x01"));
	host_see(h, "\r\n+UUMQTTC: 4,1,1,\"a/#\"\r\n");
	server_says(h, BYTES_LIT("\x30\x08\x00\x03"
				 "a/b\"\r\n"
				 "\x30\x05\x00\x03"
				 "a/c"
				 "\x30\x06\x00\x03"
				 "a/dz"));
	host_see(h, "\r\n+UUMQTTC: 6,1\r\n\r\n+UUMQTTC: 6,2\r\n"
		    "\r\n+UUMQTTC: 6,3\r\n");
	host_ask(h, "AT+UMQTTC=6,1",
	    "\r\n+UMQTTC: 6,0,6,3,\"a/b\",3,\"\"\r\n\"\r\n\r\nOK\r\n"
	    "\r\n+UUMQTTC: 6,2\r\n");
	host_ask(h, "AT+UMQTTC=6",
	    "\r\n+UMQTTC: 6,0,3,3,\"a/c\",0,\"\"\r\n"
	    "\r\n+UMQTTC: 6,0,4,3,\"a/d\",1,\"z\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMQTTC=5,\"a/#\"", "\r\nOK\r\n");
	server_says(h, BYTES_LIT("\xb0\x02\x00\x02"));
	host_see(h, "\r\n+UUMQTTC: 5,1\r\n");
	host_ask(h, "AT+UMQTTC=4,0,\"b\"", "\r\nOK\r\n");
	server_says(h, BYTES_LIT("\x90\x03\x00\x03\x80"));
	host_see(h, "\r\n+UUMQTTC: 4,0\r\n");
	host_ask(h, "AT+UMQTTER", "\r\n+UMQTTER: 13,1\r\n\r\nOK\r\n");
}

static void
test_bad(void **state)
{
	static const char *const bad[] = {"AT+UMQTTC=10", "AT+UMQTTC=1,1",
	    "AT+UMQTTC=0,1", "AT+UMQTTC=2,3,0,0,\"t\",\"x\"",
	    "AT+UMQTTC=2,0,2,0,\"t\",\"x\"", "AT+UMQTTC=2,0,0,2,\"t\",\"x\"",
	    "AT+UMQTTC=2,0,0,0,\"\",\"x\"", "AT+UMQTTC=2,0,0,0,\"a/#\",\"x\"",
	    "AT+UMQTTC=2,0,0,0,\"+\",\"x\"", "AT+UMQTTC=2,0,0,1,\"t\",\"0\"",
	    "AT+UMQTTC=2,0,0,0,\"t\"", "AT+UMQTTC=9,0,0,\"t\",0",
	    "AT+UMQTTC=9,0,0,\"t\",65536", "AT+UMQTTC=9,0,0,\"#\",1",
	    "AT+UMQTTC=4,3,\"t\"", "AT+UMQTTC=4,0", "AT+UMQTTC=5",
	    "AT+UMQTTC=5,\"t\",1", "AT+UMQTTC=6,2", "AT+UMQTTC=8",
	    "AT+UMQTTC=8,2"};
	struct host *h = *state;
	size_t i;

	log_in(h);
	for (i = 0; i < ARRAY_LEN(bad); i++)
		host_ask(h, bad[i], "\r\n+CME ERROR: 50\r\n");
	host_ask(
	    h, "AT+UMQTTC=3,0,0,\"t\",\"a/b\"", "\r\n+CME ERROR: 1638\r\n");
	host_ask(h, "AT+UMQTTC=7", "\r\n+CME ERROR: 4\r\n");
	assert_int_equal(mqtt_output(&h->module.mqtt).len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    MQTT_TEST(test_profile),
	    MQTT_TEST(test_profile_bad),
	    MQTT_TEST(test_stored),
	    MQTT_TEST(test_login),
	    MQTT_TEST(test_client_id),
	    MQTT_TEST(test_publish),
	    MQTT_TEST(test_subscribe_and_read),
	    MQTT_TEST(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
