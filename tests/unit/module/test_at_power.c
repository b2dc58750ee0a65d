/*
 * Commands of power: what a driver sends when the module starts.
 */
#include "host.h"

#define POWER_TEST(f)                                                          \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

static void
test_power(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CPWROFF", "\r\nOK\r\n");
	assert_true(h->module.off_wanted);
	host_ask(h, "AT+CFUN=15", "\r\nOK\r\n");
	assert_true(h->module.reset_wanted);
}

static void
test_saving(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UPSV?", "\r\n+UPSV: 0\r\n\r\nOK\r\n");
	host_ask(h, "AT+UPSV=1,1300", "\r\nOK\r\n");
	host_ask(h, "AT+UPSV?", "\r\n+UPSV: 1,1300\r\n\r\nOK\r\n");
	host_ask(h, "AT+UPSV=1,39", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UPSV=4", "\r\nOK\r\n");
	host_ask(h, "AT+UPSV?", "\r\n+UPSV: 4\r\n\r\nOK\r\n");
	host_ask(h, "AT+UPSV=4,1300", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UPSV=5", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UPSMR=1", "\r\nOK\r\n");
	host_ask(h, "AT+UPSMR?", "\r\n+UPSMR: 1\r\n\r\nOK\r\n");
	host_ask(h, "AT+UPSMR=2", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UGPRF?", "\r\n+UGPRF: 0\r\n\r\nOK\r\n");
	host_ask(h, "AT+UGPRF=16", "\r\nOK\r\n");
	host_ask(h, "AT+UGPRF?", "\r\n+UGPRF: 16\r\n\r\nOK\r\n");
	host_ask(h, "AT+UGPRF=128", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UDCONF=1,0", "\r\nOK\r\n");
	host_ask(h, "AT+UDCONF=1", "\r\n+UDCONF: 1,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+UDCONF=1,1", "\r\nOK\r\n");
	host_ask(h, "AT+UDCONF=1", "\r\n+UDCONF: 1,1\r\n\r\nOK\r\n");
	host_ask(h, "AT+UDCONF=66", "\r\n+CME ERROR: 4\r\n");
	host_ask(h, "AT+UDCONF=1,2", "\r\n+CME ERROR: 50\r\n");
}

static void
test_sleep(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CPSMS?",
	    "\r\n+CPSMS: 0,,,\"00000000\",\"00000000\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+CPSMS=1,,,\"01000111\",\"00000010\"", "\r\nOK\r\n");
	host_ask(h, "AT+CPSMS?",
	    "\r\n+CPSMS: 1,,,\"01000111\",\"00000010\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+CPSMS=0", "\r\nOK\r\n");
	host_ask(h, "AT+CPSMS?",
	    "\r\n+CPSMS: 0,,,\"01000111\",\"00000010\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+CPSMS=1,,,\"0100011\",\"00000010\"",
	    "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CPSMS=1,,,\"01000112\"", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CPSMS=3", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CPSMS=1,,,1", "\r\n+CME ERROR: 50\r\n");
}

/* A greeting is heard when the module starts, by whoever is there. */
static void
test_greeting(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CSGT?", "\r\n+CSGT: \"\",0\r\n\r\nOK\r\n");
	host_ask(h, "AT+CSGT=1,\"Ready to serve\"", "\r\nOK\r\n");
	host_ask(
	    h, "AT+CSGT?", "\r\n+CSGT: \"Ready to serve\",1\r\n\r\nOK\r\n");
	at_power_greet(&h->terminal);
	host_see(h, "\r\nReady to serve\r\n");
	host_ask(h, "AT+CSGT=0", "\r\nOK\r\n");
	host_ask(
	    h, "AT+CSGT?", "\r\n+CSGT: \"Ready to serve\",0\r\n\r\nOK\r\n");
	at_power_greet(&h->terminal);
	host_see(h, "");
	host_ask(h,
	    "AT+CSGT=1,\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
	    "\r\nOK\r\n");
	host_ask(h,
	    "AT+CSGT=1,\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
	    "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CSGT=1,\"a\r\nOK\"", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CSGT=2,\"x\"", "\r\n+CME ERROR: 50\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    POWER_TEST(test_power),
	    POWER_TEST(test_saving),
	    POWER_TEST(test_sleep),
	    POWER_TEST(test_greeting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
