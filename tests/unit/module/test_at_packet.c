/*
 * Commands of packet data. Addresses are those of the computer that runs the
 * test: the test asks for them as the module does.
 */
#include "host.h"
#include "host_net.h"

#define PACKET_TEST(f)                                                         \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

/* Sees an answer in which %s stands for the address. */
static void
ask_address(
    struct host *h, const char *line, const char *before, const char *after)
{
	char address[HOST_NET_TEXT], answer[256];

	host_net_address(address);
	(void)snprintf(
	    answer, sizeof(answer), "%s%s%s", before, address, after);
	host_ask(h, line, answer);
}

static void
test_attach(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CGATT?", "\r\n+CGATT: 1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGATT=0", "\r\nOK\r\n");
	assert_false(network_up(&h->module.network));
	host_ask(h, "AT+CGACT=1,1", "\r\n+CME ERROR: 1\r\n");
	host_ask(h, "AT+CEER", "\r\n+CEER: \"Not attached\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGATT=1", "\r\nOK\r\n");
	assert_true(network_up(&h->module.network));
	host_ask(h, "AT+COPS=2", "\r\nOK\r\n");
	host_ask(h, "AT+CGATT=1", "\r\n+CME ERROR: 30\r\n");
	host_ask(h, "AT+UPSDA=0,3", "\r\n+CME ERROR: 1\r\n");
	host_ask(h, "AT+CMEE=2", "\r\nOK\r\n");
	host_ask(
	    h, "AT+CGACT=1,1", "\r\n+CME ERROR: No connection to phone\r\n");
	host_ask(h, "AT+CEER", "\r\n+CEER: \"Not registered\"\r\n\r\nOK\r\n");
}

static void
test_contexts(void **state)
{
	struct host *h = *state;

	ask_address(h, "AT+CGDCONT?", "\r\n+CGDCONT: 1,\"IP\",\"\",\"",
	    "\",0,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGDCONT=1,\"IP\",\"internet\"", "\r\nOK\r\n");
	host_ask(h, "AT+CGDCONT=8,\"IPV4V6\",\"ims\",,0,0", "\r\nOK\r\n");
	host_ask(
	    h, "AT+CGACT?", "\r\n+CGACT: 1,1\r\n\r\n+CGACT: 8,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGPADDR=8", "\r\n+CGPADDR: 8\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGCONTRDP=8", "\r\nOK\r\n");
	host_ask(h, "AT+CGACT=1,8", "\r\nOK\r\n");
	ask_address(
	    h, "AT+CGPADDR=8", "\r\n+CGPADDR: 8,\"", "\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGACT=0,1", "\r\nOK\r\n");
	host_ask(
	    h, "AT+CGACT?", "\r\n+CGACT: 1,0\r\n\r\n+CGACT: 8,1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGDCONT=8", "\r\nOK\r\n");
	host_ask(h, "AT+CGPADDR", "\r\n+CGPADDR: 1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGPADDR=8", "\r\n+CME ERROR: 143\r\n");
	host_ask(h, "AT+CGACT=1,8", "\r\n+CME ERROR: 143\r\n");
	host_ask(h, "AT+CGDCONT=9,\"IP\",\"x\"", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CGDCONT=2,\"PPP\",\"x\"", "\r\n+CME ERROR: 4\r\n");
	host_ask(h, "AT+CGDCONT=2,1", "\r\n+CME ERROR: 50\r\n");
	/* As long as an APN may be, and longer. */
	host_ask(h,
	    "AT+CGDCONT=2,\"IP\",\""
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
	    "\r\nOK\r\n");
	host_ask(h,
	    "AT+CGDCONT=2,\"IP\",\""
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
	    "\r\n+CME ERROR: 50\r\n");
}

static void
test_parameters(void **state)
{
	struct host *h = *state;
	char address[HOST_NET_TEXT], dns[HOST_NET_DNS_MAX][HOST_NET_TEXT];
	char answer[256];

	host_net_address(address);
	host_net_dns(dns);
	(void)snprintf(answer, sizeof(answer),
	    "\r\n+CGCONTRDP: 1,5,\"\",\"%s.255.255.255.255\",\"0.0.0.0\","
	    "\"%s\",\"%s\"\r\n\r\nOK\r\n",
	    address, dns[0], dns[1]);
	host_ask(h, "AT+CGCONTRDP=1", answer);
	host_ask(h, "AT+CGCONTRDP", answer);
	host_ask(h, "AT+UAUTHREQ=1,0", "\r\nOK\r\n");
	host_ask(h, "AT+UAUTHREQ=1,2,\"secret\",\"user\"", "\r\nOK\r\n");
	host_ask(h, "AT+UAUTHREQ=1,2", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UAUTHREQ=1,4", "\r\n+CME ERROR: 50\r\n");
}

/* What drivers of the older modules make data possible with. */
static void
test_profiles(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UPSND=0,8", "\r\n+UPSND: 0,8,0\r\n\r\nOK\r\n");
	host_ask(
	    h, "AT+UPSND=0,0", "\r\n+UPSND: 0,0,\"0.0.0.0\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UPSD=0,0,0", "\r\nOK\r\n");
	host_ask(h, "AT+UPSD=0,100,1", "\r\nOK\r\n");
	host_ask(h, "AT+UPSD=0,100", "\r\n+UPSD: 0,100,1\r\n\r\nOK\r\n");
	ask_address(h, "AT+UPSDA=0,3", "\r\nOK\r\n\r\n+UUPSDA: 0,\"", "\"\r\n");
	host_ask(h, "AT+UPSND=0,8", "\r\n+UPSND: 0,8,1\r\n\r\nOK\r\n");
	ask_address(
	    h, "AT+UPSND=0,0", "\r\n+UPSND: 0,0,\"", "\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UPSD=0,0,1", "\r\n+CME ERROR: 3\r\n");
	host_ask(h, "AT+UPSDA=0,4", "\r\nOK\r\n");
	host_ask(h, "AT+UPSND=0,8", "\r\n+UPSND: 0,8,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+UPSD=0,100,5", "\r\nOK\r\n");
	host_ask(h, "AT+UPSDA=0,3", "\r\n+CME ERROR: 143\r\n");
	host_ask(h, "AT+UPSD=0,1,\"apn\"", "\r\n+CME ERROR: 4\r\n");
	host_ask(h, "AT+UPSD=7,0,0", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UPSDA=0,5", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UPSND=0,7", "\r\n+CME ERROR: 4\r\n");
}

/* Stored and loaded: power-off and a reset leave what is stored. */
static void
test_profiles_stored(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UPSD=2,0,3;+UPSD=2,100,1;+UPSD=3,0,1", "\r\nOK\r\n");
	host_ask(h, "AT+UPSDA=2,1;+UPSDA=2,0", "\r\nOK\r\n");
	memset(&h->module.radio, 0, sizeof(h->module.radio));
	memset(&h->module.settings, 0xa5, sizeof(h->module.settings));
	assert_int_equal(
	    settings_load(h->module.state_fd, &h->module.settings), ERR_OK);
	host_ask(h, "AT+UPSD=2,0", "\r\n+UPSD: 2,0,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+UPSDA=2,2", "\r\nOK\r\n");
	host_ask(h, "AT+UPSD=2,0", "\r\n+UPSD: 2,0,3\r\n\r\nOK\r\n");
	host_ask(h, "AT+UPSD=2,100", "\r\n+UPSD: 2,100,1\r\n\r\nOK\r\n");
	/* What was not stored loads as it is after production. */
	host_ask(h, "AT+UPSD=3,0,1;+UPSDA=3,2", "\r\nOK\r\n");
	host_ask(h, "AT+UPSD=3,0", "\r\n+UPSD: 3,0,0\r\n\r\nOK\r\n");
	/* One that is active stays as it is. */
	ask_address(h, "AT+UPSDA=2,3", "\r\nOK\r\n\r\n+UUPSDA: 0,\"", "\"\r\n");
	host_ask(h, "AT+UPSDA=2,2", "\r\n+CME ERROR: 3\r\n");
	host_ask(h, "AT+UPSDA=2,4", "\r\nOK\r\n");
}

static void
test_reports(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CGEREP?", "\r\n+CGEREP: 0,0\r\n\r\nOK\r\n");
	at_packet_changed(&h->terminal);
	host_see(h, "");
	host_ask(h, "AT+CGEREP=1", "\r\nOK\r\n");
	host_ask(h, "AT+CGEREP?", "\r\n+CGEREP: 1,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGACT=0,1", "\r\nOK\r\n\r\n+CGEV: ME PDN DEACT 1\r\n");
	host_ask(h, "AT+CGACT=0,1", "\r\nOK\r\n");
	ask_address(h, "AT+UPSDA=2,3", "\r\nOK\r\n\r\n+UUPSDA: 0,\"", "\"\r\n");
	host_ask(h, "AT+CFUN=4", "\r\nOK\r\n");
	at_packet_changed(&h->terminal);
	host_see(h, "\r\n+CGEV: ME DETACH\r\n\r\n+UUPSDD: 2\r\n");
	host_ask(h, "AT+CFUN=1", "\r\nOK\r\n");
	network_tick(&h->module.network, h->now_ms + 300);
	at_packet_changed(&h->terminal);
	host_see(h, "\r\n+CGEV: ME PDN ACT 1\r\n");
	/* A new session has its contexts as they are at first. */
	host_ask(h, "AT+CGACT?", "\r\n+CGACT: 1,1\r\n\r\nOK\r\n");
	host_ask(h, "AT+UPSND=2,8", "\r\n+UPSND: 2,8,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGEREP=3", "\r\n+CME ERROR: 50\r\n");
}

static void
test_counters(void **state)
{
	struct host *h = *state;
	struct module *m = &h->module;

	host_ask(h, "AT+UGCNTRD", "\r\n+UGCNTRD: 1,0,0,0,0\r\n\r\nOK\r\n");
	traffic_sent(&m->traffic, m->network.session, 100);
	traffic_received(&m->traffic, m->network.session, 20);
	host_ask(
	    h, "AT+UGCNTRD", "\r\n+UGCNTRD: 1,100,20,100,20\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGATT=0", "\r\nOK\r\n");
	host_ask(h, "AT+CGATT=1", "\r\nOK\r\n");
	host_ask(h, "AT+UGCNTRD", "\r\n+UGCNTRD: 1,0,0,100,20\r\n\r\nOK\r\n");
	traffic_received(&m->traffic, m->network.session, 5);
	host_ask(h, "AT+UGCNTRD", "\r\n+UGCNTRD: 1,0,5,100,25\r\n\r\nOK\r\n");
	host_ask(h, "AT+UGCNTSET=1,7,4294967295", "\r\nOK\r\n");
	traffic_sent(&m->traffic, m->network.session, 1);
	host_ask(
	    h, "AT+UGCNTRD", "\r\n+UGCNTRD: 1,1,5,8,4294967295\r\n\r\nOK\r\n");
	host_ask(h, "AT+UGCNTSET=2,0,0", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UGCNTSET=1,0", "\r\n+CME ERROR: 50\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    PACKET_TEST(test_attach),
	    PACKET_TEST(test_contexts),
	    PACKET_TEST(test_parameters),
	    PACKET_TEST(test_profiles),
	    PACKET_TEST(test_profiles_stored),
	    PACKET_TEST(test_reports),
	    PACKET_TEST(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
