/*
 * Commands of the HTTP client: what may be set, what becomes of a request.
 * The client itself meets real servers in the system tests.
 */
#include "host.h"

#define HTTP_TEST(f)                                                           \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

static void
test_profile(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UHTTP=0,1,\"myservice.com\"", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,1",
	    "\r\n+UHTTP: 0,1,\"myservice.com\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,0", "\r\n+UHTTP: 0,0,\"\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,0,\"192.0.2.1\"", "\r\nOK\r\n");
	host_ask(
	    h, "AT+UHTTP=0,0", "\r\n+UHTTP: 0,0,\"192.0.2.1\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,1", "\r\n+UHTTP: 0,1,\"\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,5", "\r\n+UHTTP: 0,5,80\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,6,1,2", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,6", "\r\n+UHTTP: 0,6,1,2\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,5", "\r\n+UHTTP: 0,5,443\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,5,8443", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,5", "\r\n+UHTTP: 0,5,8443\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,6,0", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,6", "\r\n+UHTTP: 0,6,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,2,\"user\"", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,2", "\r\n+UHTTP: 0,2,\"user\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,3,\"secret\"", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,3", "\r\n+CME ERROR: 3\r\n");
	host_ask(h, "AT+UHTTP=0,4,1", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,4", "\r\n+UHTTP: 0,4,1\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,7", "\r\n+UHTTP: 0,7,180\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,7,30", "\r\nOK\r\n");
	/* Another profile has none of it, and a reset takes it all. */
	host_ask(h, "AT+UHTTP=1,0", "\r\n+UHTTP: 1,0,\"\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,0", "\r\n+UHTTP: 0,0,\"\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,2", "\r\n+UHTTP: 0,2,\"\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,7", "\r\n+UHTTP: 0,7,180\r\n\r\nOK\r\n");
}

static void
test_profile_bad(void **state)
{
	static const char *const bad[] = {"AT+UHTTP=4", "AT+UHTTP=0,8",
	    "AT+UHTTP=0,1,\"\"", "AT+UHTTP=0,1,\"a/b\"", "AT+UHTTP=0,1,\"a@b\"",
	    "AT+UHTTP=0,1,\"a b\"", "AT+UHTTP=0,0,\"myservice.com\"",
	    "AT+UHTTP=0,0,\"1.2.3\"", "AT+UHTTP=0,1,5", "AT+UHTTP=0,5,0",
	    "AT+UHTTP=0,5,65536", "AT+UHTTP=0,6,2", "AT+UHTTP=0,6,1,5",
	    "AT+UHTTP=0,4,2", "AT+UHTTP=0,7,0", "AT+UHTTP=0,7,181",
	    "AT+UHTTP=0,2,\"a:b\"", "AT+UHTTP=0,2,\"a\r\nb\"",
	    "AT+UHTTP=0,1,\"a\",1"};
	struct host *h = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++)
		host_ask(h, bad[i], "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UHTTP=0,1", "\r\n+UHTTP: 0,1,\"\"\r\n\r\nOK\r\n");
}

static void
test_request(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UHTTPC=0,1,\"/\"", "\r\n+CME ERROR: 3\r\n");
	host_ask(h, "AT+UHTTPER=0", "\r\n+UHTTPER: 0,10,22\r\n\r\nOK\r\n");
	host_ask(h, "AT+UHTTP=0,1,\"myservice.com\"", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTPC=0,1,\"/a?b=c\"", "\r\nOK\r\n");
	assert_int_equal(h->http.started, 1);
	assert_int_equal(h->http.command, HTTP_GET);
	assert_string_equal(h->http.path, "/a?b=c");
	assert_string_equal(h->http.response, "http_last_response_0");
	host_ask(h, "AT+UHTTPC=0,0,\"/\",\"mine\"", "\r\nOK\r\n");
	assert_int_equal(h->http.command, HTTP_HEAD);
	assert_string_equal(h->http.response, "mine");
	h->http.err = ERR_STATE;
	host_ask(h, "AT+UHTTPC=0,2,\"/\"", "\r\n+CME ERROR: 3\r\n");
	at_http_ended(&h->module, 0, HTTP_GET, h->terminal.number, 0);
	host_see(h, "\r\n+UUHTTPCR: 0,1,1\r\n");
	host_ask(h, "AT+UHTTPER=0", "\r\n+UHTTPER: 0,0,0\r\n\r\nOK\r\n");
	at_http_ended(
	    &h->module, 0, HTTP_HEAD, h->terminal.number, HTTP_CODE_SECURE);
	host_see(h, "\r\n+UUHTTPCR: 0,0,0\r\n");
	host_ask(h, "AT+UHTTPER=0", "\r\n+UHTTPER: 0,3,73\r\n\r\nOK\r\n");
	/* The terminal that asked has gone: nobody else is told. */
	at_http_ended(&h->module, 0, HTTP_HEAD, h->terminal.number + 1, 0);
	host_see(h, "");
	host_ask(h, "AT+CFUN=4", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTPC=0,1,\"/\"", "\r\n+CME ERROR: 1\r\n");
}

static void
test_body(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UHTTP=3,0,\"2001:db8::1\"", "\r\nOK\r\n");
	host_ask(h, "AT+UHTTPC=3,5,\"/p\",\"r\",\"a=1&b=2\",0", "\r\nOK\r\n");
	assert_string_equal(h->http.body, "a=1&b=2");
	assert_string_equal(h->http.type, "application/x-www-form-urlencoded");
	host_ask(
	    h, "AT+UHTTPC=3,5,\"/p\",,\"{}\",6,\"text/x-own\"", "\r\nOK\r\n");
	assert_string_equal(h->http.body, "{}");
	assert_string_equal(h->http.type, "text/x-own");
	assert_string_equal(h->http.response, "http_last_response_3");
	host_ask(h, "AT+UHTTPC=3,3,\"/p\",\"r\",\"none\",1",
	    "\r\n+CME ERROR: 1612\r\n");
	host_ask(h, "AT+UDWNFILE=\"f\",5", ">");
	host_type(h, "hello");
	host_see(h, "\r\nOK\r\n");
	host_ask(h, "AT+UHTTPC=3,3,\"/p\",\"r\",\"f\",1", "\r\nOK\r\n");
	assert_int_equal(h->http.command, HTTP_PUT);
	assert_string_equal(h->http.body, "hello");
	assert_string_equal(h->http.type, "text/plain");
	assert_string_equal(h->http.form, "");
	host_ask(h, "AT+UHTTPC=3,4,\"/p\",\"r\",\"f\",3", "\r\nOK\r\n");
	assert_string_equal(h->http.form, "f");
	host_ask(h, "AT+UDELFILE=\"f\"", "\r\nOK\r\n");
}

static void
test_request_bad(void **state)
{
	static const char *const bad[] = {"AT+UHTTPC=0", "AT+UHTTPC=0,1",
	    "AT+UHTTPC=4,1,\"/\"", "AT+UHTTPC=0,6,\"/\"", "AT+UHTTPC=0,1,\"\"",
	    "AT+UHTTPC=0,1,\"x\"", "AT+UHTTPC=0,1,\"/a b\"",
	    "AT+UHTTPC=0,1,\"/a\r\nHost: x\"",
	    "AT+UHTTPC=0,1,\"/\",\"r\",\"f\"", "AT+UHTTPC=0,4,\"/\",\"r\"",
	    "AT+UHTTPC=0,4,\"/\",\"r\",\"f\"",
	    "AT+UHTTPC=0,5,\"/\",\"r\",\"d\",7",
	    "AT+UHTTPC=0,5,\"/\",\"r\",\"d\",6",
	    "AT+UHTTPC=0,5,\"/\",\"r\",\"d\",6,\"a\r\nb\"",
	    "AT+UHTTPC=0,5,\"/\",\"r\",\"d\",1,\"x\"", "AT+UHTTPER=4",
	    "AT+UHTTPER=0,1"};
	struct host *h = *state;
	size_t i;

	host_ask(h, "AT+UHTTP=0,1,\"myservice.com\"", "\r\nOK\r\n");
	for (i = 0; i < ARRAY_LEN(bad); i++)
		host_ask(h, bad[i], "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UHTTPC=0,1,\"/\",\"a/b\"", "\r\n+CME ERROR: 1638\r\n");
	assert_int_equal(h->http.started, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HTTP_TEST(test_profile),
	    HTTP_TEST(test_profile_bad),
	    HTTP_TEST(test_request),
	    HTTP_TEST(test_body),
	    HTTP_TEST(test_request_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
