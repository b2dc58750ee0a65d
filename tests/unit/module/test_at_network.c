/*
 * Commands of registration: states, operator, signal, what is kept of them.
 */
#include "host.h"

#define NETWORK_TEST(f)                                                        \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

static void
test_registration(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CFUN?", "\r\n+CFUN: 1,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+CEREG?", "\r\n+CEREG: 0,1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CEREG=4", "\r\nOK\r\n");
	host_ask(h, "AT+CEREG?",
	    "\r\n+CEREG: 4,1,\"1A2B\",\"01A2B3C4\",7\r\n\r\nOK\r\n");
	host_ask(h, "AT+CREG=1;+CGREG=2", "\r\nOK\r\n");
	host_ask(h, "AT+CREG?", "\r\n+CREG: 1,1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CEREG=3", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CREG=4", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CFUN=4", "\r\nOK\r\n");
	at_network_changed(&h->terminal);
	host_see(h, "\r\n+CREG: 0\r\n\r\n+CGREG: 0\r\n\r\n+CEREG: 0\r\n");
	host_ask(h, "AT+CFUN=1", "\r\nOK\r\n");
	host_ask(h, "AT+CEREG?", "\r\n+CEREG: 4,2\r\n\r\nOK\r\n");
	network_tick(&h->module.network, h->now_ms + 299);
	host_ask(h, "AT+CREG?", "\r\n+CREG: 1,2\r\n\r\nOK\r\n");
	network_tick(&h->module.network, h->now_ms + 300);
	at_network_changed(&h->terminal);
	host_see(h, "\r\n+CREG: 1\r\n"
		    "\r\n+CGREG: 1,\"1A2B\",\"01A2B3C4\",7\r\n"
		    "\r\n+CEREG: 1,\"1A2B\",\"01A2B3C4\",7\r\n");
	host_ask(h, "AT+CFUN=2", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CFUN=", "\r\n+CME ERROR: 50\r\n");
}

static void
test_operator(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+COPS?", "\r\n+COPS: 0,0,\"Holdfast\",7\r\n\r\nOK\r\n");
	host_ask(h, "AT+COPS=3,2", "\r\nOK\r\n");
	host_ask(h, "AT+COPS?", "\r\n+COPS: 0,2,\"00101\",7\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGATT?", "\r\n+CGATT: 1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGATT=0", "\r\nOK\r\n");
	assert_false(network_up(&h->module.network));
	host_ask(h, "AT+CGATT=1", "\r\nOK\r\n");
	assert_true(network_up(&h->module.network));
	host_ask(h, "AT+COPS=2", "\r\nOK\r\n");
	assert_false(network_up(&h->module.network));
	host_ask(h, "AT+COPS?", "\r\n+COPS: 2\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGATT=1", "\r\n+CME ERROR: 30\r\n");
	host_ask(h, "AT+CSQ", "\r\n+CSQ: 99,99\r\n\r\nOK\r\n");
	host_ask(h, "AT+COPS=1,2,\"00102\"", "\r\n+CME ERROR: 30\r\n");
	host_ask(h, "AT+COPS=1,2", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+COPS=1,3,\"00101\"", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CEER", "\r\n+CEER: \"No such operator\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+COPS=1,2,\"00101\"", "\r\nOK\r\n");
	host_ask(h, "AT+COPS?", "\r\n+COPS: 0\r\n\r\nOK\r\n");
	host_ask(h, "AT+COPS=2", "\r\nOK\r\n");
	host_ask(h, "AT+COPS=4,0,\"Holdfast\"", "\r\nOK\r\n");
	host_ask(h, "AT+COPS=2", "\r\nOK\r\n");
	host_ask(h, "AT+COPS=0", "\r\nOK\r\n");
	host_ask(h, "AT+COPS?", "\r\n+COPS: 0\r\n\r\nOK\r\n");
	network_tick(&h->module.network, h->now_ms + 300);
	assert_true(network_up(&h->module.network));
}

static void
test_signal(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CSQ", "\r\n+CSQ: 25,99\r\n\r\nOK\r\n");
	host_ask(h, "AT+CESQ", "\r\n+CESQ: 99,99,255,255,20,65\r\n\r\nOK\r\n");
	host_type(h, "AT+UCGED?\r");
	host_see(h, "\r\n+UCGED: "
		    "2\r\n\r\n6,4,001,01\r\n\r\n1300,3,50,50,1a2b,1a2b3c4,162,"
		    "00000000,ffff,ff,65,20,20.00,255,255,255,65,11,255,0,255,"
		    "255,0,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+UCGED=5", "\r\nOK\r\n");
	host_ask(h, "AT+UCGED?",
	    "\r\n+RSRP: 162,1300,\"-76.00\",\r\n\r\n+RSRQ: "
	    "162,1300,\"-10.00\",\r\n\r\nOK\r\n");
	host_ask(h, "AT+UCGED=0", "\r\nOK\r\n");
	host_ask(h, "AT+UCGED?", "\r\n+UCGED: 0\r\n\r\nOK\r\n");
	host_ask(h, "AT+UCGED=1", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UCGED=2", "\r\nOK\r\n");
	host_ask(h, "AT+CFUN=4", "\r\nOK\r\n");
	host_ask(h, "AT+UCGED?", "\r\n+UCGED: 2\r\n\r\nOK\r\n");
	host_ask(h, "AT+CSQ", "\r\n+CSQ: 99,99\r\n\r\nOK\r\n");
	host_ask(
	    h, "AT+CESQ", "\r\n+CESQ: 99,99,255,255,255,255\r\n\r\nOK\r\n");
}

static void
test_kept(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UMNOPROF?", "\r\n+UMNOPROF: 100\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMNOPROF=90", "\r\n+CME ERROR: 3\r\n");
	host_ask(h, "AT+URAT=8,7", "\r\n+CME ERROR: 3\r\n");
	host_ask(h, "AT+CFUN=0", "\r\nOK\r\n");
	host_ask(h, "AT+UMNOPROF=90", "\r\nOK\r\n");
	host_ask(h, "AT+UMNOPROF?", "\r\n+UMNOPROF: 90\r\n\r\nOK\r\n");
	host_ask(h, "AT+UMNOPROF=202", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+URAT?", "\r\n+URAT: 7\r\n\r\nOK\r\n");
	host_ask(h, "AT+URAT=8,7", "\r\nOK\r\n");
	host_ask(h, "AT+URAT?", "\r\n+URAT: 8,7\r\n\r\nOK\r\n");
	host_ask(h, "AT+URAT=8", "\r\n+CME ERROR: 4\r\n");
	host_ask(h, "AT+URAT=7,7", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+URAT=7,10", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+URAT=7", "\r\nOK\r\n");
	host_ask(h, "AT+URAT?", "\r\n+URAT: 7\r\n\r\nOK\r\n");
}

static void
test_sim(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CPIN?", "\r\n+CPIN: READY\r\n\r\nOK\r\n");
	host_ask(h, "AT+CIMI", "\r\n001012254530117\r\n\r\nOK\r\n");
	host_ask(h, "AT+CCID", "\r\n+CCID: 89001012254530117000\r\n\r\nOK\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    NETWORK_TEST(test_registration),
	    NETWORK_TEST(test_operator),
	    NETWORK_TEST(test_signal),
	    NETWORK_TEST(test_kept),
	    NETWORK_TEST(test_sim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
