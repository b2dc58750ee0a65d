/*
 * Commands of local data protection, with a TEE whose answers the test
 * decides: what is a file, what is refused, and that it is before the prompt.
 */
#include "host.h"

static void
test_as_the_seed_prints_it(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+USECDATAENC=13,\"ciphertextfile\"\r");
	host_see(h, ">");
	host_type(h, "datatoencrypt");
	host_see(h, "\r\nOK\r\n");
	host_ask(h, "AT+USECFILEDEC=\"ciphertextfile\"",
	    "\r\n+USECFILEDEC: 13,\"datatoencrypt\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+ULSTFILE=2,\"ciphertextfile\"",
	    "\r\n+ULSTFILE: 42\r\n\r\nOK\r\n");
}

/* Written anew, not appended to; and any byte is a byte. */
static void
test_a_second_time(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+USECDATAENC=5,\"f\"\rfirst");
	host_see(h, ">\r\nOK\r\n");
	host_type(h, "AT+USECDATAENC=4,\"f\"\r\r\"\n>");
	host_see(h, ">\r\nOK\r\n");
	host_ask(h, "AT+USECFILEDEC=\"f\"",
	    "\r\n+USECFILEDEC: 4,\"\r\"\n>\"\r\n\r\nOK\r\n");
}

static void
test_malformed(void **state)
{
	struct host *h = *state;
	static const char *const lines[] = {"AT+USECDATAENC=5",
	    "AT+USECDATAENC=0,\"f\"", "AT+USECDATAENC=16777187,\"f\"",
	    "AT+USECDATAENC=5,\"f\",1", "AT+USECDATAENC=\"5\",\"f\"",
	    "AT+USECFILEDEC=1", "AT+USECFILEDEC=\"f\",1"};
	static const char *const names[] = {"AT+USECDATAENC=5,\"a/b\"",
	    "AT+USECDATAENC=5,\"\"", "AT+USECFILEDEC=\"\"",
	    "AT+USECFILEDEC=\"..\""};
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++)
		host_ask(h, lines[i], "\r\n+CME ERROR: 50\r\n");
	for (i = 0; i < ARRAY_LEN(names); i++)
		host_ask(h, names[i], "\r\n+CME ERROR: 1638\r\n");
	host_ask(h, "AT+USECFILEDEC=\"f\"", "\r\n+CME ERROR: 1612\r\n");
	assert_int_equal(h->tee.asked[TEE_LOCAL_SEAL], 0);
	assert_int_equal(h->tee.asked[TEE_LOCAL_OPEN], 0);
}

static void
test_what_is_no_such_file(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+UDWNFILE=\"short\",5\rHELLO");
	host_see(h, ">\r\nOK\r\n");
	host_ask(h, "AT+USECFILEDEC=\"short\"", "\r\n+CME ERROR: 1679\r\n");
	host_type(
	    h, "AT+UDWNFILE=\"other\",30\r012345678901234567890123456789");
	host_see(h, ">\r\nOK\r\n");
	host_ask(h, "AT+USECFILEDEC=\"other\"", "\r\n+CME ERROR: 1679\r\n");
}

/* Refused before the prompt, by name where the feature is off. */
static void
test_refused(void **state)
{
	struct host *h = *state;

	h->tee.info.generation = 1;
	h->tee.info.local_data = ERR_DISABLED;
	host_ask(h, "AT+USECDATAENC=5,\"f\"", "\r\n+CME ERROR: 1673\r\n");
	h->terminal.settings.cmee = 2;
	host_ask(h, "AT+USECDATAENC=5,\"f\"",
	    "\r\n+CME ERROR: LocalDataProtection is not enabled\r\n");
	h->tee.info.local_data = ERR_EXHAUSTED;
	host_ask(h, "AT+USECDATAENC=5,\"f\"",
	    "\r\n+CME ERROR: SEC resource not available\r\n");
	h->tee.info.local_data = ERR_OK;
	host_type(h, "AT+USECDATAENC=5,\"f\"\rHELLO");
	host_see(h, ">\r\nOK\r\n");
	h->tee.err = ERR_DISABLED;
	host_ask(h, "AT+USECFILEDEC=\"f\"",
	    "\r\n+CME ERROR: LocalDataProtection is not enabled\r\n");
	/* Switched off while the prompt waited: the old file stands. */
	host_type(h, "AT+USECDATAENC=5,\"f\"\rOTHER");
	host_see(h, ">\r\n+CME ERROR: LocalDataProtection is not enabled\r\n");
	h->tee.err = ERR_OK;
	host_ask(h, "AT+USECFILEDEC=\"f\"",
	    "\r\n+USECFILEDEC: 5,\"HELLO\"\r\n\r\nOK\r\n");
}

int
main(void)
{
#define LOCAL_TEST(f)                                                          \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)
	const struct CMUnitTest tests[] = {
	    LOCAL_TEST(test_as_the_seed_prints_it),
	    LOCAL_TEST(test_a_second_time),
	    LOCAL_TEST(test_malformed),
	    LOCAL_TEST(test_what_is_no_such_file),
	    LOCAL_TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
