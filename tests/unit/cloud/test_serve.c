/*
 * The keys process's loop, turn by turn, with a client on each socket; and
 * its budgets, with a clock of the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "factory.h"
#include "serve.h"

static struct keys_state state;
static struct server server;
static int devices_ends[2], api_ends[2], log_fd;
static struct keysproto_client devices, api;

static int
group_setup(void **ignored UNUSED)
{
	assert_int_equal(crypto_init(), ERR_OK);
	test_random_seed(4);
	assert_int_equal(keys_state_generate(&test_random, &state), ERR_OK);
	return 0;
}

static int
setup(void **ignored UNUSED)
{
	assert_return_code(
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, devices_ends), 0);
	assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, api_ends), 0);
	assert_int_equal(
	    keysproto_client_init(&devices, devices_ends[0]), ERR_OK);
	assert_int_equal(keysproto_client_init(&api, api_ends[0]), ERR_OK);
	server_init(&server, &state, devices_ends[1], 5, api_ends[1], 1000000);
	return 0;
}

static int
teardown(void **ignored UNUSED)
{
	size_t i;

	keysproto_client_done(&devices);
	keysproto_client_done(&api);
	for (i = 0; i < 2; i++) {
		close(devices_ends[i]);
		close(api_ends[i]);
	}
	return 0;
}

/* Standard error of a while, as text. */
static void
log_catch(int *ret_saved)
{
	log_fd = memfd_create("log", 0);
	assert_true(log_fd >= 0);
	*ret_saved = dup(STDERR_FILENO);
	dup2(log_fd, STDERR_FILENO);
}

static size_t
log_count(int saved, const char *what)
{
	static char text[65536];
	size_t n = 0;
	ssize_t len;
	char *at;

	dup2(saved, STDERR_FILENO);
	close(saved);
	len = pread(log_fd, text, sizeof(text) - 1, 0);
	assert_true(len >= 0);
	text[len] = '\0';
	close(log_fd);
	for (at = text; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static uint64_t
send_info(struct keysproto_client *c, size_t count)
{
	static struct keysproto_request q[KEYSPROTO_BATCH_MAX];
	uint64_t batch;
	size_t i;

	for (i = 0; i < count; i++)
		q[i].op = KEYSPROTO_INFO;
	assert_int_equal(keysproto_client_send(c, q, count, &batch), ERR_OK);
	return batch;
}

/* Takes the answer of a batch; returns how many were refused as busy. */
static size_t
take_info(struct keysproto_client *c, uint64_t batch, size_t count)
{
	static struct keysproto_request q[KEYSPROTO_BATCH_MAX];
	static struct keysproto_answer a[KEYSPROTO_BATCH_MAX];
	struct bytes message;
	uint64_t got;
	size_t i, busy = 0;

	for (i = 0; i < count; i++)
		q[i].op = KEYSPROTO_INFO;
	assert_int_equal(keysproto_client_receive(c, &got, &message), ERR_OK);
	assert_true(got == batch);
	assert_int_equal(
	    keysproto_answers_decode(message, &got, q, count, a), ERR_OK);
	for (i = 0; i < count; i++)
		busy += a[i].err == ERR_BUSY;
	return busy;
}

static void
assert_silent(struct keysproto_client *c)
{
	struct bytes message;
	uint64_t batch;

	assert_int_equal(
	    keysproto_client_receive(c, &batch, &message), ERR_BUSY);
}

static void
test_says_hello_to_both(void **ignored UNUSED)
{
	struct bytes message;
	uint64_t batch = 1;

	server_hello(&server);
	assert_int_equal(
	    keysproto_client_receive(&devices, &batch, &message), ERR_OK);
	assert_int_equal(batch, 0);
	batch = 1;
	assert_int_equal(
	    keysproto_client_receive(&api, &batch, &message), ERR_OK);
	assert_int_equal(batch, 0);
}

static void
test_answers_one_message_of_each_in_turn(void **ignored UNUSED)
{
	uint64_t a1 = send_info(&api, 1), a2 = send_info(&api, 2);
	uint64_t d1 = send_info(&devices, 3);

	server_turn(&server, 1);
	assert_int_equal(take_info(&api, a1, 1), 0);
	assert_silent(&api);
	assert_int_equal(take_info(&devices, d1, 3), 0);
	server_turn(&server, 1);
	assert_int_equal(take_info(&api, a2, 2), 0);
	server_turn(&server, 1);
	assert_silent(&api);
	assert_silent(&devices);
}

static void
test_each_end_is_its_own_asker(void **ignored UNUSED)
{
	struct keysproto_request q = {.op = KEYSPROTO_PRK};
	struct keysproto_answer a;
	struct bytes message;
	uint64_t batch;
	int saved;

	log_catch(&saved);
	assert_int_equal(keysproto_client_send(&api, &q, 1, &batch), ERR_OK);
	server_turn(&server, 1);
	assert_int_equal(
	    keysproto_client_receive(&api, &batch, &message), ERR_OK);
	assert_int_equal(
	    keysproto_answers_decode(message, &batch, &q, 1, &a), ERR_OK);
	assert_int_equal(a.err, ERR_DENIED);
	assert_int_equal(
	    log_count(saved, "event=request-refused asker=api"), 1);
}

static void
test_a_budget_is_a_seconds(void **ignored UNUSED)
{
	uint64_t d1, d2;
	int saved;

	log_catch(&saved);
	d1 = send_info(&devices, 4);
	d2 = send_info(&devices, 4);
	server_turn(&server, 7);
	server_turn(&server, 7);
	assert_int_equal(take_info(&devices, d1, 4), 0);
	assert_int_equal(take_info(&devices, d2, 4), 3);
	d1 = send_info(&devices, 1);
	server_turn(&server, 7);
	assert_int_equal(take_info(&devices, d1, 1), 1);
	/* The other asker has its own. */
	d1 = send_info(&api, 100);
	server_turn(&server, 7);
	assert_int_equal(take_info(&api, d1, 100), 0);
	d1 = send_info(&devices, 6);
	server_turn(&server, 8);
	assert_int_equal(take_info(&devices, d1, 6), 1);
	/* One line for each second. */
	assert_int_equal(
	    log_count(saved, "event=budget-exceeded asker=devices"), 2);
}

static void
test_garbage_is_dropped(void **ignored UNUSED)
{
	static uint8_t big[KEYSPROTO_MESSAGE_MAX + 1];
	uint64_t batch;
	int saved;

	log_catch(&saved);
	assert_int_equal(send(api_ends[0], "garbage", 7, 0), 7);
	assert_int_equal(send(api_ends[0], big, sizeof(big), 0), sizeof(big));
	batch = send_info(&api, 1);
	server_turn(&server, 1);
	server_turn(&server, 2);
	assert_silent(&api);
	server_turn(&server, 2);
	assert_int_equal(take_info(&api, batch, 1), 0);
	assert_int_equal(log_count(saved, "event=bad-message asker=api"), 2);
}

static void
test_an_asker_that_does_not_listen_stops_only_itself(void **ignored UNUSED)
{
	struct keysproto_request q = {.op = KEYSPROTO_INFO};
	uint64_t batch, first = 0, last = 0;
	size_t sent = 0, i;

	/* Until answers, the one that waits, and requests fill everything. */
	for (i = 0; i < 100000; i++) {
		if (keysproto_client_send(&api, &q, 1, &batch) != ERR_OK)
			break;
		first = first == 0 ? batch : first;
		last = batch;
		sent++;
		server_turn(&server, 1);
	}
	assert_true(i < 100000);
	assert_true(server.askers[1].out_len > 0);
	batch = send_info(&devices, 1);
	server_turn(&server, 1);
	assert_int_equal(take_info(&devices, batch, 1), 0);
	/* It listens again, and has lost nothing. */
	for (i = 0; i < sent; i++) {
		assert_int_equal(take_info(&api, first + i, 1), 0);
		server_turn(&server, 1);
	}
	assert_true(first + sent - 1 == last);
}

static void
test_secrets_do_not_stay(void **ignored UNUSED)
{
	static const struct keysproto_answer zero;
	struct keysproto_request q;
	struct keysproto_answer a;
	struct test_device d;
	struct bytes message;
	uint64_t batch;
	size_t i;

	device_make(&state, 1, &d);
	device_bootstrap(&state, &d, test_profile, BOOTSTRAP_ASSIGNED, 1);
	q = psk_request(&state, &d);
	assert_int_equal(keysproto_client_send(&api, &q, 1, &batch), ERR_OK);
	server_turn(&server, 1);
	assert_int_equal(
	    keysproto_client_receive(&api, &batch, &message), ERR_OK);
	assert_int_equal(
	    keysproto_answers_decode(message, &batch, &q, 1, &a), ERR_OK);
	assert_int_equal(a.err, ERR_OK);
	assert_memory_equal(&server.answers[0], &zero, sizeof(zero));
	for (i = 0; i < sizeof(server.askers[1].out); i++)
		assert_int_equal(server.askers[1].out[i], 0);
}

static void *
run(void *arg)
{
	server_run(&server, *(int *)arg);
	return NULL;
}

static void
test_runs_until_it_shall_stop(void **ignored UNUSED)
{
	struct keysproto_port port = keysproto_client_port(&api);
	struct keysproto_request q = {.op = KEYSPROTO_INFO};
	struct keysproto_answer a;
	pthread_t thread;
	int stop[2], i;

	assert_return_code(pipe(stop), 0);
	assert_int_equal(pthread_create(&thread, NULL, run, &stop[0]), 0);
	for (i = 0; i < 100; i++) {
		assert_int_equal(port.call(port.ctx, &q, 1, &a), ERR_OK);
		assert_int_equal(a.err, ERR_OK);
	}
	assert_int_equal(write(stop[1], "x", 1), 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(stop[0]);
	close(stop[1]);
}

static void
test_ends_when_both_askers_are_gone(void **ignored UNUSED)
{
	int stop[2];

	assert_return_code(pipe(stop), 0);
	shutdown(devices_ends[0], SHUT_RDWR);
	shutdown(api_ends[0], SHUT_RDWR);
	server_run(&server, stop[0]);
	assert_true(server.askers[0].gone && server.askers[1].gone);
	close(stop[0]);
	close(stop[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_says_hello_to_both),
	    TEST(test_answers_one_message_of_each_in_turn),
	    TEST(test_each_end_is_its_own_asker),
	    TEST(test_a_budget_is_a_seconds),
	    TEST(test_garbage_is_dropped),
	    TEST(test_an_asker_that_does_not_listen_stops_only_itself),
	    TEST(test_secrets_do_not_stay),
	    TEST(test_runs_until_it_shall_stop),
	    TEST(test_ends_when_both_askers_are_gone),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
