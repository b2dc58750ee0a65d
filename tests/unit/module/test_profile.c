/*
 * Security profiles as values, and +USECPRF as hosts type it.
 */
#include "host.h"
#include "profile.h"

static void
test_defaults_and_back(void **state)
{
	struct host *h = *state;

	h->module.profiles[2].validation = VALIDATE_CA;
	host_ask(h, "AT+USECPRF=2,0", "\r\n+USECPRF: 2,0,1\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=2,2", "\r\n+USECPRF: 2,2,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=2,4", "\r\n+USECPRF: 2,4,\"\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=2,0,3", "\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=2,4,\"a.example.com\"", "\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=2,4",
	    "\r\n+USECPRF: 2,4,\"a.example.com\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=2,0", "\r\n+USECPRF: 2,0,3\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=2", "\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=2,0;+USECPRF=2,4",
	    "\r\n+USECPRF: 2,0,1\r\n\r\n+USECPRF: 2,4,\"\"\r\n\r\nOK\r\n");
}

/* The seed's lines, with the spaces it prints; secrets never come back. */
static void
test_psk_as_the_seed_prints_it(void **state)
{
	struct host *h = *state;
	const struct profile *p = &h->module.profiles[0];
	uint8_t raw[PROFILE_TEXT_MAX];
	size_t len;

	host_ask(h, "AT+USECPRF=0, 8, \"DEDD8D0A62D9D24059F392688D738236\", 1",
	    "\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=0, 9, \"1101000000112233445566778899\", 1",
	    "\r\nOK\r\n");
	profile_text_bytes(profile_text_of(p, PROFILE_PSK), raw, &len);
	assert_int_equal(len, 16);
	assert_int_equal(raw[0], 0xde);
	/* "As an ASCII string", the seed says of it. */
	profile_text_bytes(profile_text_of(p, PROFILE_PSK_ID), raw, &len);
	assert_int_equal(len, 28);
	assert_memory_equal(raw, "1101000000112233445566778899", len);
	host_ask(h, "AT+USECPRF=0,9",
	    "\r\n+USECPRF: 0,9,\"1101000000112233445566778899\",1\r\n"
	    "\r\nOK\r\n");
	host_ask(
	    h, "AT+USECPRF=0,9,\"1101000000112233445566778899\"", "\r\nOK\r\n");
	profile_text_bytes(profile_text_of(p, PROFILE_PSK_ID), raw, &len);
	assert_int_equal(len, 28);
	/* Any other is the bytes that it says. */
	host_ask(h, "AT+USECPRF=0,9,\"1201000000112233445566778899\",1",
	    "\r\nOK\r\n");
	profile_text_bytes(profile_text_of(p, PROFILE_PSK_ID), raw, &len);
	assert_int_equal(len, 14);
	assert_int_equal(raw[0], 0x12);
	host_ask(h, "AT+USECPRF=0,8", "\r\n+CME ERROR: 3\r\n");
	host_ask(h, "AT+USECPRF=0,7", "\r\n+CME ERROR: 3\r\n");
}

static void
test_suites(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+USECPRF=1,2,99,\"c0\",\"2b\"", "\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=1,2",
	    "\r\n+USECPRF: 1,2,99,\"C0\",\"2B\"\r\n\r\nOK\r\n");
	/* A list starts anew, keeps its order, and has each suite once. */
	host_ask(h, "AT+USECPRF=1,2,100,\"C0\",\"2C\",0", "\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=1,2,100,\"00\",\"A8\"", "\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=1,2,100,\"C0\",\"2C\",0", "\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=1,2",
	    "\r\n+USECPRF: 1,2,100,\"C02C;00A8\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=1,2,100,\"C0\",\"2C\",1", "\r\nOK\r\n");
	host_ask(
	    h, "AT+USECPRF=1,2,100,\"C0\",\"2C\",1", "\r\n+CME ERROR: 22\r\n");
	host_ask(h, "AT+USECPRF=1,2",
	    "\r\n+USECPRF: 1,2,100,\"00A8\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECPRF=1,2,0", "\r\nOK\r\n");
}

static void
test_malformed(void **state)
{
	struct host *h = *state;
	static const char *const lines[] = {"AT+USECPRF=5", "AT+USECPRF=0,12",
	    "AT+USECPRF=0,15", "AT+USECPRF=0,0,4", "AT+USECPRF=0,0,1,1",
	    "AT+USECPRF=0,0,\"1\"", "AT+USECPRF=0,1,5", "AT+USECPRF=0,2,1",
	    "AT+USECPRF=0,2,0,0", "AT+USECPRF=0,2,99,\"C0\"",
	    "AT+USECPRF=0,2,99,\"C0\",\"2B\",0",
	    "AT+USECPRF=0,2,100,\"C02\",\"2B\",0",
	    "AT+USECPRF=0,2,100,\"C0\",\"2B\",2", "AT+USECPRF=0,3,1",
	    "AT+USECPRF=0,3,\"ca\",1", "AT+USECPRF=0,8,\"0\",1",
	    "AT+USECPRF=0,8,\"0g\",1", "AT+USECPRF=0,8,\"00\",2",
	    "AT+USECPRF=0,11,2", "AT+USECPRF=0,13,2", "AT+USECPRF=0,14,3",
	    "AT+USECPRF=", "AT+USECPRF=0,"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++)
		host_ask(h, lines[i], "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECPRF=0,2,99,\"FF\",\"FE\"", "\r\n+CME ERROR: 4\r\n");
}

/* A profile that cannot be kept does not count. */
static void
test_what_is_not_kept(void **state)
{
	struct host *h = *state;

	h->tee.err = ERR_IO;
	host_ask(h, "AT+USECPRF=3,0,2", "\r\n+CME ERROR: 23\r\n");
	host_ask(h, "AT+USECPRF=3,0", "\r\n+USECPRF: 3,0,0\r\n\r\nOK\r\n");
}

static void
test_encoding(void **state)
{
	uint8_t out[PROFILE_MAX];
	struct profile p, again;
	struct writer w;
	struct bytes all;
	uint16_t i;

	(void)state;
	profile_default(&p, VALIDATE_CA);
	for (i = 0; i < PROFILE_SUITES_MAX; i++)
		assert_int_equal(profile_suite_add(&p, i), ERR_OK);
	assert_int_equal(profile_suite_add(&p, 999), ERR_SPACE);
	assert_int_equal(profile_suite_add(&p, 3), ERR_OK);
	assert_int_equal(profile_suite_remove(&p, 999), ERR_NOT_FOUND);
	p.suites_form = SUITES_LIST;
	p.rot_psk = true;
	assert_int_equal(
	    profile_text_set(&p, PROFILE_PSK, BYTES_LIT("00ff"), true), ERR_OK);
	writer_init(&w, out, sizeof(out));
	assert_int_equal(profile_encode(&p, &w), ERR_OK);
	all = writer_bytes(&w);
	assert_int_equal(profile_decode(all, &again), ERR_OK);
	assert_memory_equal(&p, &again, sizeof(p));
	for (i = 0; i < all.len; i++)
		assert_int_not_equal(
		    profile_decode(bytes_make(all.ptr, i), &again), ERR_OK);
}

int
main(void)
{
#define PROFILE_TEST(f)                                                        \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)
	const struct CMUnitTest tests[] = {
	    PROFILE_TEST(test_defaults_and_back),
	    PROFILE_TEST(test_psk_as_the_seed_prints_it),
	    PROFILE_TEST(test_suites),
	    PROFILE_TEST(test_malformed),
	    PROFILE_TEST(test_what_is_not_kept),
	    PROFILE_TEST(test_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
