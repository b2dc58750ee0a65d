/*
 * Addresses to listen on, there and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <unistd.h>

#include "cloud/address.h"

static void
test_good_addresses_come_back(void **ignored UNUSED)
{
	static const char *const good[] = {"127.0.0.1:8080", "0.0.0.0:0",
	    "255.255.255.255:65535", "10.9.100.199:10000", "[::]:5683",
	    "[::1]:1", "[2001:db8::7]:443", "[::ffff:192.0.2.1]:80"};
	char text[ADDRESS_TEXT_MAX];
	struct address a;
	size_t i;

	for (i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(address_parse(good[i], &a), ERR_OK);
		assert_int_equal(address_format(&a, text), ERR_OK);
		assert_string_equal(text, good[i]);
	}
}

static void
test_bad_addresses_are_refused(void **ignored UNUSED)
{
	static const char too_long[] =
	    "[00000000000000000000000000000000000000000000000000000000000000]"
	    ":80";
	static const char *const bad[] = {"", ":", "127.0.0.1",
	    "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1x",
	    "127.0.0.1:+1", "127.0.0.1:000001", "127.0.0:80", "localhost:80",
	    ":80", "::1:80", "[::1]", "[::1:80", "::1]:80", "[127.0.0.1]:80",
	    "[]:80", "[:80", "[::1%lo]:80", " 127.0.0.1:80", too_long};
	struct address a;
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(address_parse(bad[i], &a), ERR_FORMAT);
}

static void
test_a_socket_says_its_port(void **ignored UNUSED)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char text[ADDRESS_TEXT_MAX];
	struct address a;

	assert_true(fd >= 0);
	assert_int_equal(address_parse("127.0.0.1:0", &a), ERR_OK);
	assert_return_code(bind(fd, (const struct sockaddr *)&a.sa, a.len), 0);
	assert_int_equal(address_of_socket(fd, &a), ERR_OK);
	assert_int_equal(address_format(&a, text), ERR_OK);
	assert_memory_equal(text, "127.0.0.1:", 10);
	assert_string_not_equal(text, "127.0.0.1:0");
	close(fd);
	assert_int_equal(address_of_socket(fd, &a), ERR_IO);
	memset(&a, 0, sizeof(a));
	assert_int_equal(address_format(&a, text), ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_addresses_come_back),
	    cmocka_unit_test(test_bad_addresses_are_refused),
	    cmocka_unit_test(test_a_socket_says_its_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
