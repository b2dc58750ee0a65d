/*
 * The asker's end over a real socket pair: a keys process that answers, says
 * nothing, starts anew, answers late, or is gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "samples.h"

struct pair {
	struct keysproto_client client;
	int asker;
	int keys;
};

static int
setup(void **state)
{
	static struct pair p;
	int fds[2];

	assert_return_code(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	p.asker = fds[0];
	p.keys = fds[1];
	assert_int_equal(keysproto_client_init(&p.client, p.asker), ERR_OK);
	*state = &p;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *p = *state;

	keysproto_client_done(&p->client);
	close(p->asker);
	if (p->keys >= 0)
		close(p->keys);
	return 0;
}

/* Reads a batch as the keys process does; waits for it. */
static size_t
keys_read(int fd, uint64_t *ret_batch, struct keysproto_request *q, size_t cap)
{
	static uint8_t buf[KEYSPROTO_MESSAGE_MAX];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);
	size_t count;

	assert_true(n > 0);
	assert_int_equal(keysproto_requests_decode(bytes_make(buf, (size_t)n),
			     ret_batch, q, cap, &count),
	    ERR_OK);
	return count;
}

static void
keys_say(int fd, uint64_t batch, const struct keysproto_request *q,
    const struct keysproto_answer *a, size_t count)
{
	static uint8_t buf[KEYSPROTO_MESSAGE_MAX];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	assert_int_equal(
	    keysproto_answers_encode(batch, q, a, count, &w), ERR_OK);
	assert_int_equal(send(fd, buf, w.len, 0), w.len);
}

static void
test_asks_without_waiting(void **state)
{
	struct pair *p = *state;
	struct sample_random r = {11};
	struct keysproto_request q[2], got[2];
	struct keysproto_answer a[2], out[2];
	uint8_t pool[SAMPLE_POOL];
	struct bytes message;
	uint64_t first, second, batch;

	assert_int_equal(
	    keysproto_client_receive(&p->client, &batch, &message), ERR_BUSY);
	sample_request(&r, KEYSPROTO_PRK, pool, &q[0]);
	sample_request(&r, KEYSPROTO_CHECKIN, pool, &q[1]);
	assert_int_equal(
	    keysproto_client_send(&p->client, q, 2, &first), ERR_OK);
	assert_int_equal(
	    keysproto_client_send(&p->client, q, 1, &second), ERR_OK);
	assert_true(first != 0 && second != 0 && first != second);
	assert_int_equal(keys_read(p->keys, &batch, got, 2), 2);
	assert_true(batch == first);
	sample_answer(&r, &q[0], &a[0]);
	sample_answer(&r, &q[1], &a[1]);
	keys_say(p->keys, batch, got, a, 2);
	keys_say(p->keys, 0, NULL, NULL, 0);
	assert_int_equal(
	    keysproto_client_receive(&p->client, &batch, &message), ERR_OK);
	assert_true(batch == first);
	assert_int_equal(
	    keysproto_answers_decode(message, &batch, q, 2, out), ERR_OK);
	assert_memory_equal(a, out, sizeof(a));
	assert_int_equal(
	    keysproto_client_receive(&p->client, &batch, &message), ERR_OK);
	assert_true(batch == 0);
}

static void
test_a_full_socket_is_busy(void **state)
{
	struct pair *p = *state;
	struct keysproto_request q = {.op = KEYSPROTO_INFO};
	uint64_t batch, last = 0;
	size_t sent = 0, read;
	enum err err;

	while ((err = keysproto_client_send(&p->client, &q, 1, &batch)) ==
	       ERR_OK) {
		last = batch;
		sent++;
		assert_true(sent < 1000000);
	}
	assert_int_equal(err, ERR_BUSY);
	for (read = 0; read < sent; read++)
		assert_int_equal(keys_read(p->keys, &batch, &q, 1), 1);
	assert_true(batch == last);
}

static void
test_garbage_and_a_closed_pair_are_errors(void **state)
{
	struct pair *p = *state;
	struct keysproto_request q = {.op = KEYSPROTO_INFO};
	struct bytes message;
	uint64_t batch;

	assert_int_equal(send(p->keys, "short", 5, 0), 5);
	assert_int_equal(keysproto_client_receive(&p->client, &batch, &message),
	    ERR_TRUNCATED);
	assert_int_equal(send(p->keys, "\1\1\1\1\1\1\1\1\377\377", 10, 0), 10);
	assert_int_equal(
	    keysproto_client_receive(&p->client, &batch, &message), ERR_FORMAT);
	close(p->keys);
	p->keys = -1;
	assert_int_equal(
	    keysproto_client_receive(&p->client, &batch, &message), ERR_IO);
	assert_int_equal(
	    keysproto_client_send(&p->client, &q, 1, &batch), ERR_IO);
}

/* A keys process that loses the first batch, starts anew, then answers. */
struct script {
	int fd;
	bool lose_first;
	struct keysproto_answer answer;
};

static void *
keys_thread(void *arg)
{
	struct script *s = arg;
	static const struct keysproto_answer stray = {.err = ERR_BUSY};
	struct keysproto_request q;
	uint64_t batch, lost = 0;

	if (s->lose_first) {
		keys_read(s->fd, &lost, &q, 1);
		keys_say(s->fd, 0, NULL, NULL, 0);
	}
	keys_read(s->fd, &batch, &q, 1);
	if (batch == lost)
		return NULL;
	keys_say(s->fd, batch + 1000, &q, &stray, 1);
	keys_say(s->fd, batch, &q, &s->answer, 1);
	return s;
}

static void
call_against_script(struct pair *p, bool lose_first)
{
	struct keysproto_port port = keysproto_client_port(&p->client);
	struct sample_random r = {12};
	struct keysproto_request q;
	struct keysproto_answer got;
	struct script s = {p->keys, lose_first, {.err = ERR_OK}};
	pthread_t thread;
	void *result;

	sample_request(&r, KEYSPROTO_PROFILE, NULL, &q);
	sample_answer(&r, &q, &s.answer);
	assert_int_equal(pthread_create(&thread, NULL, keys_thread, &s), 0);
	assert_int_equal(port.call(port.ctx, &q, 1, &got), ERR_OK);
	assert_memory_equal(&got, &s.answer, sizeof(got));
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_non_null(result);
}

static void
test_call_takes_its_own_answer(void **state)
{
	call_against_script(*state, false);
}

static void
test_call_sends_again_after_a_hello(void **state)
{
	call_against_script(*state, true);
}

static void
test_call_gives_up(void **state)
{
	struct pair *p = *state;
	struct keysproto_port port = keysproto_client_port(&p->client);
	struct keysproto_request q = {.op = KEYSPROTO_INFO};
	struct keysproto_answer got;
	uint64_t batch;

	assert_int_equal(p->client.timeout_ms, 10000);
	p->client.timeout_ms = 1;
	assert_int_equal(port.call(port.ctx, &q, 1, &got), ERR_TIMEOUT);
	while (keysproto_client_send(&p->client, &q, 1, &batch) == ERR_OK)
		continue;
	assert_int_equal(port.call(port.ctx, &q, 1, &got), ERR_TIMEOUT);
	q.op = (enum keysproto_op)99;
	assert_int_equal(port.call(port.ctx, &q, 1, &got), ERR_INVALID);
	q.op = KEYSPROTO_INFO;
	close(p->keys);
	p->keys = -1;
	assert_int_equal(port.call(port.ctx, &q, 1, &got), ERR_IO);
}

static void
test_two_clients_do_not_share_numbers(void **state)
{
	struct pair *p = *state;
	struct keysproto_client other;

	assert_int_equal(keysproto_client_init(&other, p->asker), ERR_OK);
	assert_true(other.next_batch != p->client.next_batch);
	keysproto_client_done(&other);
	keysproto_client_done(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_asks_without_waiting, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_a_full_socket_is_busy, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_garbage_and_a_closed_pair_are_errors, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_call_takes_its_own_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_call_sends_again_after_a_hello, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_call_gives_up, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_two_clients_do_not_share_numbers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
