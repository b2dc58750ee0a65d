/*
 * General commands.
 */
#include "host.h"

#define GENERAL_TEST(f)                                                        \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

static void
test_identity(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CGMI", "\r\nHoldfast\r\n\r\nOK\r\n");
	host_ask(h, "AT+GMI", "\r\nHoldfast\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGMM", "\r\nSARA-R510S\r\n\r\nOK\r\n");
	h->module.model = model_find("sara-r4");
	host_ask(h, "AT+GMM", "\r\nSARA-R410M-63B\r\n\r\nOK\r\n");
	host_ask(h, "ATI",
	    "\r\nManufacturer: Holdfast\r\n"
	    "\r\nModel: SARA-R410M-63B\r\n"
	    "\r\nRevision: 0.1.0\r\n\r\nOK\r\n");
	host_ask(h, "ATI9", "\r\n0.1.0,0.1.0\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGMR", "\r\n0.1.0\r\n\r\nOK\r\n");
	assert_null(model_find("sara"));
}

/* 15 digits whose sum by Luhn's rule ends in 0, the same every time. */
static void
test_imei(void **state)
{
	struct host *h = *state;
	char imei[16];
	unsigned sum = 0, d;
	size_t i;

	host_type(h, "AT+CGSN\r");
	assert_int_equal(terminal_output(&h->terminal).len, 2 + 15 + 2 + 6);
	memcpy(imei, terminal_output(&h->terminal).ptr + 2, 15);
	imei[15] = '\0';
	for (i = 0; i < 15; i++) {
		assert_in_range(imei[i], '0', '9');
		d = (unsigned)(imei[i] - '0');
		sum += i % 2 == 0 ? d : d > 4 ? 2 * d - 9 : 2 * d;
	}
	assert_int_equal(sum % 10, 0);
	terminal_sent(&h->terminal, terminal_output(&h->terminal).len);
	host_type(h, "AT+GSN\r");
	assert_memory_equal(terminal_output(&h->terminal).ptr + 2, imei, 15);
}

/* What drivers send at power-on. */
static void
test_settings(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT&C1", "\r\nOK\r\n");
	host_ask(h, "AT&D0", "\r\nOK\r\n");
	host_ask(h, "AT&K3", "\r\nOK\r\n");
	host_ask(h, "ATV1Q0", "\r\nOK\r\n");
	host_ask(h, "ATV0", "\r\n+CME ERROR: 4\r\n");
	host_ask(h, "ATS3?", "\r\n013\r\n\r\nOK\r\n");
	host_ask(h, "ATS4?", "\r\n010\r\n\r\nOK\r\n");
	host_ask(h, "ATS3=13", "\r\nOK\r\n");
	host_ask(h, "ATS3=10", "\r\n+CME ERROR: 4\r\n");
	host_ask(h, "ATD123", "\r\n+CME ERROR: 100\r\n");
	host_ask(h, "AT+CMEE", "\r\n+CME ERROR: 4\r\n");
	host_ask(h, "AT+CTZU?", "\r\n+CTZU: 1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CTZU=0", "\r\nOK\r\n");
	host_ask(h, "AT+CTZU=3", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+CTZU?", "\r\n+CTZU: 0\r\n\r\nOK\r\n");
	host_ask(h, "AT&F", "\r\nOK\r\n");
	host_type(h, "AT+CMEE?\r");
	host_see(h, "AT+CMEE?\r\r\n+CMEE: 0\r\n\r\nOK\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GENERAL_TEST(test_identity),
	    GENERAL_TEST(test_imei),
	    GENERAL_TEST(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
