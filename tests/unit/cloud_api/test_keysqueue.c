/*
 * The queue to keys, with a keys process that the test plays: batches that
 * gather, answers that come late, twice or never, and a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keysqueue.h"

#define CALLS 1024

struct bench {
	struct keys_queue q;
	int fds[2]; /* the queue's end, keys' end */
	struct keys_call calls[CALLS];
	size_t done;
	struct keys_call *last;
};

static struct bench *current;

static void
call_done(struct keys_call *call)
{
	current->done++;
	current->last = call;
}

static int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, b->fds), 0);
	assert_int_equal(keys_queue_init(&b->q, b->fds[0], CALLS), ERR_OK);
	*state = current = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	keys_queue_done(&b->q);
	(void)close(b->fds[0]);
	(void)close(b->fds[1]);
	free(b);
	return 0;
}

/* Asks for the record of a profile whose tenant is the call's number. */
static bool
call_ask(struct bench *b, size_t i, int64_t now)
{
	b->calls[i].done = call_done;
	struct keysproto_request *q = keys_queue_ask(&b->q, &b->calls[i], now);

	if (q == NULL)
		return false;
	memset(q, 0, sizeof(*q));
	q->op = KEYSPROTO_PROFILE;
	q->u.profile.tenant = i;
	return true;
}

/* One batch, as keys has it. */
struct batch {
	uint64_t number;
	size_t count;
	struct keysproto_request requests[KEYSPROTO_BATCH_MAX];
};

static bool
batch_take(struct bench *b, struct batch *ret_batch)
{
	static uint8_t buf[KEYSPROTO_MESSAGE_MAX];
	ssize_t n = recv(b->fds[1], buf, sizeof(buf), 0);

	if (n < 0)
		return false;
	assert_int_equal(keysproto_requests_decode(bytes_make(buf, (size_t)n),
			     &ret_batch->number, ret_batch->requests,
			     KEYSPROTO_BATCH_MAX, &ret_batch->count),
	    ERR_OK);
	return true;
}

/* Answers each with the tenant's number as its record. */
static void
batch_answer(struct bench *b, const struct batch *batch)
{
	static uint8_t buf[KEYSPROTO_MESSAGE_MAX];
	struct keysproto_answer answers[KEYSPROTO_BATCH_MAX] = {0};
	struct writer w;

	for (size_t i = 0; i < batch->count; i++) {
		uint64_t tenant = batch->requests[i].u.profile.tenant;

		memcpy(answers[i].u.record, &tenant, sizeof(tenant));
	}
	writer_init(&w, buf, sizeof(buf));
	assert_int_equal(keysproto_answers_encode(batch->number,
			     batch->requests, answers, batch->count, &w),
	    ERR_OK);
	assert_int_equal(send(b->fds[1], buf, w.len, 0), (ssize_t)w.len);
}

static void
hello(struct bench *b)
{
	uint8_t buf[64];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	assert_int_equal(
	    keysproto_answers_encode(0, NULL, NULL, 0, &w), ERR_OK);
	assert_int_equal(send(b->fds[1], buf, w.len, 0), (ssize_t)w.len);
}

static void
assert_answered(const struct bench *b, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		uint64_t tenant;

		assert_int_equal(b->calls[i].err, ERR_OK);
		memcpy(&tenant, b->calls[i].answer.u.record, sizeof(tenant));
		assert_int_equal(tenant, i);
	}
}

static void
test_a_turn_is_a_batch(void **state)
{
	struct bench *b = *state;
	struct batch batch;

	for (size_t i = 0; i < 5; i++)
		assert_true(call_ask(b, i, 0));
	assert_true(keys_queue_busy(&b->q));
	assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	assert_true(batch_take(b, &batch));
	assert_int_equal(batch.count, 5);
	assert_int_equal(keys_queue_receive(&b->q, 0), ERR_OK);
	assert_int_equal(b->done, 0);
	batch_answer(b, &batch);
	assert_int_equal(keys_queue_receive(&b->q, 0), ERR_OK);
	assert_int_equal(b->done, 5);
	assert_answered(b, 0, 5);
	assert_false(keys_queue_busy(&b->q));
}

static void
test_batches_grow_with_the_load(void **state)
{
	struct bench *b = *state;
	struct batch batches[KEYS_SENT_MAX], batch;
	size_t n = 0;

	/* One call a turn: the first few go alone, the others gather. */
	for (; n < 40; n++) {
		assert_true(call_ask(b, n, 0));
		assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	}
	for (size_t i = 0; i < KEYS_SENT_MAX; i++) {
		assert_true(batch_take(b, &batches[i]));
		assert_int_equal(batches[i].count, 1);
	}
	assert_false(batch_take(b, &batch));
	batch_answer(b, &batches[0]);
	assert_int_equal(keys_queue_receive(&b->q, 0), ERR_OK);
	assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	assert_true(batch_take(b, &batch));
	assert_int_equal(batch.count, 40 - KEYS_SENT_MAX);
	for (size_t i = 1; i < KEYS_SENT_MAX; i++)
		batch_answer(b, &batches[i]);
	batch_answer(b, &batch);
	assert_int_equal(keys_queue_receive(&b->q, 0), ERR_OK);
	assert_int_equal(b->done, 40);
	assert_answered(b, 0, 40);
}

static void
test_all_calls_have_room(void **state)
{
	struct bench *b = *state;
	struct batch batch;

	for (size_t i = 0; i < CALLS; i++) {
		assert_true(call_ask(b, i, 0));
		/* The worst: small batches are on their way already. */
		assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	}
	while (b->done < CALLS) {
		assert_true(batch_take(b, &batch));
		batch_answer(b, &batch);
		assert_int_equal(keys_queue_receive(&b->q, 0), ERR_OK);
		assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	}
	assert_answered(b, 0, CALLS);
}

static void
test_there_is_an_end(void **state)
{
	struct bench *b = *state;
	size_t n = 0;

	while (n < 100000 && call_ask(b, n % CALLS, 0))
		n++;
	assert_in_range(n, CALLS, CALLS + 8 * KEYSPROTO_BATCH_MAX);
}

static void
test_a_new_keys_process_is_asked_again(void **state)
{
	struct bench *b = *state;
	struct batch old[2], batch;

	assert_true(call_ask(b, 0, 0));
	assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	assert_true(call_ask(b, 1, 0));
	assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	assert_true(batch_take(b, &old[0]));
	assert_true(batch_take(b, &old[1]));
	hello(b);
	assert_int_equal(keys_queue_receive(&b->q, 0), ERR_OK);
	assert_int_equal(b->done, 0);
	assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	for (size_t i = 0; i < 2; i++) {
		assert_true(batch_take(b, &batch));
		assert_int_not_equal(batch.number, old[0].number);
		assert_int_not_equal(batch.number, old[1].number);
		assert_int_equal(batch.requests[0].u.profile.tenant, i);
		batch_answer(b, &batch);
	}
	assert_int_equal(keys_queue_receive(&b->q, 0), ERR_OK);
	assert_int_equal(b->done, 2);
	assert_answered(b, 0, 2);
	assert_int_equal(b->q.resent, 2);
	/* An answer of the old process comes to nobody. */
	batch_answer(b, &old[0]);
	assert_int_equal(keys_queue_receive(&b->q, 0), ERR_OK);
	assert_int_equal(b->done, 2);
}

static void
test_silence_has_an_end(void **state)
{
	struct bench *b = *state;
	struct batch batch;

	assert_true(call_ask(b, 0, 1000));
	assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	keys_queue_expire(&b->q, 1000 + KEYS_TIMEOUT_MS - 1);
	assert_int_equal(b->done, 0);
	keys_queue_expire(&b->q, 1000 + KEYS_TIMEOUT_MS);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->calls[0].err, ERR_TIMEOUT);
	assert_int_equal(b->q.timeouts, 1);
	assert_true(batch_take(b, &batch));
	batch_answer(b, &batch);
	assert_int_equal(keys_queue_receive(&b->q, 0), ERR_OK);
	assert_int_equal(b->done, 1);
	/* What was never sent has an end too. */
	assert_true(call_ask(b, 1, 2000));
	keys_queue_expire(&b->q, 2000 + KEYS_TIMEOUT_MS);
	assert_int_equal(b->done, 2);
	assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	assert_false(batch_take(b, &batch));
	assert_int_equal(b->q.sent, 0);
}

static void
test_an_answer_that_makes_no_sense(void **state)
{
	struct bench *b = *state;
	struct batch batch;

	assert_true(call_ask(b, 0, 0));
	assert_true(call_ask(b, 1, 0));
	assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	assert_true(batch_take(b, &batch));
	batch.count = 1; /* one answer too few */
	batch_answer(b, &batch);
	assert_int_equal(keys_queue_receive(&b->q, 0), ERR_OK);
	assert_int_equal(b->done, 2);
	assert_int_equal(b->calls[0].err, ERR_FORMAT);
	assert_int_equal(b->calls[1].err, ERR_FORMAT);
}

static void
test_a_request_that_cannot_be_encoded(void **state)
{
	struct bench *b = *state;
	struct keysproto_request *q;

	b->calls[0].done = call_done;
	q = keys_queue_ask(&b->q, &b->calls[0], 0);
	assert_non_null(q);
	memset(q, 0, sizeof(*q));
	q->op = KEYSPROTO_PSK; /* without an identity */
	assert_int_equal(keys_queue_flush(&b->q), ERR_OK);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->calls[0].err, ERR_INTERNAL);
	assert_false(keys_queue_busy(&b->q));
}

static void
test_keys_that_are_gone(void **state)
{
	struct bench *b = *state;

	assert_int_equal(shutdown(b->fds[1], SHUT_RDWR), 0);
	assert_int_equal(keys_queue_receive(&b->q, 0), ERR_IO);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_a_turn_is_a_batch),
	    TEST(test_batches_grow_with_the_load),
	    TEST(test_all_calls_have_room),
	    TEST(test_there_is_an_end),
	    TEST(test_a_new_keys_process_is_asked_again),
	    TEST(test_silence_has_an_end),
	    TEST(test_an_answer_that_makes_no_sense),
	    TEST(test_a_request_that_cannot_be_encoded),
	    TEST(test_keys_that_are_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
