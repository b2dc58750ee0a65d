/*
 * The service's URI and the addresses behind it. The resolver is replaced by
 * one whose servers can be silent.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <signal.h>
#include <unistd.h>

#include "resolve.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static bool silent; /* about silent.example.com */

static void
silent_set(bool value)
{
	pthread_mutex_lock(&lock);
	silent = value;
	pthread_cond_broadcast(&answered);
	pthread_mutex_unlock(&lock);
}

/* In place of the C library's. */
int
getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **ret_list)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (strcmp(host, "silent.example.com") != 0)
		return real(host, port, hints, ret_list);
	pthread_mutex_lock(&lock);
	while (silent)
		pthread_cond_wait(&answered, &lock);
	pthread_mutex_unlock(&lock);
	return real("192.0.2.7", port, hints, ret_list);
}

static void
test_uri(void **state)
{
	static const struct {
		const char *uri, *host, *port;
	} good[] = {
	    {"coap://192.0.2.1:40000", "192.0.2.1", "40000"},
	    {"coap://192.0.2.1", "192.0.2.1", "5683"},
	    {"coap://[2001:db8::1]:1", "2001:db8::1", "1"},
	    {"coap://[::1]", "::1", "5683"},
	    {"coap://service.example.com/", "service.example.com", "5683"},
	    {"coap://service.example.com:65535/", "service.example.com",
		"65535"},
	};
	struct resolve_name name;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(resolve_uri(good[i].uri, &name), ERR_OK);
		assert_string_equal(name.host, good[i].host);
		assert_string_equal(name.port, good[i].port);
	}
}

static void
test_uri_bad(void **state)
{
	static const char *const bad[] = {"", "coap://", "coaps://a", "a:1",
	    "coap://:1", "coap://a:", "coap://a:b", "coap://a:65536",
	    "coap://a:-1", "coap://a:1x", "coap://a:123456", "coap://[::1",
	    "coap://[]", "coap://[::1]5", "coap://a/path", "coap://a:1/path",
	    "coap://a:1//", "coap://::1"};
	struct resolve_name name;
	char longest[400];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(resolve_uri(bad[i], &name), ERR_FORMAT);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "coap://", 7);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(resolve_uri(longest, &name), ERR_SPACE);
}

static void
test_host_port(void **state)
{
	struct resolve_name name;

	(void)state;
	assert_int_equal(resolve_host_port("[::1]:0", &name), ERR_OK);
	assert_string_equal(name.host, "::1");
	assert_string_equal(name.port, "0");
	assert_int_equal(resolve_host_port("127.0.0.1", &name), ERR_FORMAT);
	assert_int_equal(resolve_host_port("127.0.0.1/1", &name), ERR_FORMAT);
}

static void
test_numeric(void **state)
{
	struct resolve_name name;
	struct resolve_address address;

	(void)state;
	assert_int_equal(resolve_uri("coap://[::1]:7", &name), ERR_OK);
	assert_int_equal(resolve_numeric(&name, &address), ERR_OK);
	assert_int_equal(address.addr.ss_family, AF_INET6);
	assert_int_equal(resolve_uri("coap://127.0.0.1:7", &name), ERR_OK);
	assert_int_equal(resolve_numeric(&name, &address), ERR_OK);
	assert_int_equal(address.addr.ss_family, AF_INET);
	assert_int_equal(address.len, sizeof(struct sockaddr_in));
	assert_int_equal(resolve_uri("coap://localhost", &name), ERR_OK);
	assert_int_equal(resolve_numeric(&name, &address), ERR_FORMAT);
}

/* In the thread, for a name that every host has and one that none has. */
static void
test_thread(void **state)
{
	struct resolve_name name;
	struct resolve_address address;
	int fd;

	(void)state;
	assert_int_equal(resolve_uri("coap://localhost:9", &name), ERR_OK);
	assert_int_equal(resolve_start(&name, &fd), ERR_OK);
	assert_int_equal(resolve_end(fd, &address), ERR_OK);
	assert_int_not_equal(address.len, 0);
	assert_int_equal(resolve_uri("coap://300.300.300.300", &name), ERR_OK);
	assert_int_equal(resolve_start(&name, &fd), ERR_OK);
	assert_int_equal(resolve_end(fd, &address), ERR_NOT_FOUND);
}

/* Silent name servers cost so many threads, and no more. */
static void
test_threads(void **state)
{
	struct resolve_address address;
	struct resolve_list list;
	struct resolve_name name, local;
	int fds[RESOLVE_THREADS_MAX], fd;
	size_t i;

	(void)state;
	assert_int_equal(resolve_uri("coap://silent.example.com", &name), 0);
	assert_int_equal(resolve_uri("coap://localhost", &local), ERR_OK);
	silent_set(true);
	for (i = 0; i < RESOLVE_THREADS_MAX; i++)
		assert_int_equal(resolve_start(&name, &fds[i]), ERR_OK);
	assert_int_equal(resolve_start(&local, &fd), ERR_BUSY);
	assert_int_equal(resolve_uri("coap://127.0.0.1", &local), ERR_OK);
	assert_int_equal(resolve_numeric(&local, &address), ERR_OK);
	assert_int_equal(resolve_reverse_start(&address, &fd), ERR_BUSY);
	/* Who does not wait any more makes no room by it. */
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(resolve_start(&name, &fd), ERR_BUSY);
	silent_set(false);
	for (i = 1; i < RESOLVE_THREADS_MAX; i++) {
		assert_int_equal(resolve_end_list(fds[i], &list), ERR_OK);
		assert_int_equal(list.count, 1);
	}
	assert_int_equal(resolve_start(&name, &fd), ERR_OK);
	assert_int_equal(resolve_end(fd, &address), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_uri),
	    cmocka_unit_test(test_uri_bad),
	    cmocka_unit_test(test_host_port),
	    cmocka_unit_test(test_numeric),
	    cmocka_unit_test(test_thread),
	    cmocka_unit_test(test_threads),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
