/*
 * Answers as bytes: each has exactly the shape that its request demands, and
 * a bad message leaves no key behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "samples.h"

static uint8_t message[KEYSPROTO_MESSAGE_MAX];

static enum err
try_encode(uint64_t batch, const struct keysproto_request *q,
    const struct keysproto_answer *a, size_t count, struct bytes *ret_out)
{
	struct writer w;
	enum err err;

	writer_init(&w, message, sizeof(message));
	err = keysproto_answers_encode(batch, q, a, count, &w);
	*ret_out = writer_bytes(&w);
	return err;
}

static struct bytes
encode(uint64_t batch, const struct keysproto_request *q,
    const struct keysproto_answer *a, size_t count)
{
	struct bytes out;

	assert_int_equal(try_encode(batch, q, a, count, &out), ERR_OK);
	return out;
}

static void
test_every_kind_round_trips(void **state UNUSED)
{
	struct sample_random r = {sample_seed()};
	static struct keysproto_request q[KEYSPROTO_BATCH_MAX];
	static struct keysproto_answer in[KEYSPROTO_BATCH_MAX];
	static struct keysproto_answer out[KEYSPROTO_BATCH_MAX];
	uint8_t pool[SAMPLE_POOL];
	size_t round, i, count;
	uint64_t batch, said;

	for (round = 0; round < 300; round++) {
		count = 1 + (size_t)(sample_number(&r) % KEYSPROTO_BATCH_MAX);
		batch = sample_number(&r) | 1;
		for (i = 0; i < count; i++) {
			sample_request(&r,
			    sample_ops[sample_number(&r) % sample_op_count],
			    pool, &q[i]);
			sample_answer(&r, &q[i], &in[i]);
			if (sample_number(&r) % 4 != 0)
				continue;
			memset(&in[i], 0, sizeof(in[i]));
			in[i].err = -(1 + (int)(sample_number(&r) % 23));
		}
		memset(out, 0xa5, sizeof(out));
		assert_int_equal(
		    keysproto_answers_decode(
			encode(batch, q, in, count), &said, q, count, out),
		    ERR_OK);
		assert_true(said == batch);
		assert_memory_equal(in, out, count * sizeof(*in));
	}
}

static void
test_the_hello_is_an_empty_batch(void **state UNUSED)
{
	static const uint8_t hello[10] = {0};
	struct keysproto_request q = {.op = KEYSPROTO_INFO};
	struct keysproto_answer a = {.err = ERR_BUSY};
	struct bytes out;
	uint64_t batch = 1;

	out = encode(0, NULL, NULL, 0);
	assert_true(bytes_equal(out, BYTES_OF(hello)));
	assert_int_equal(
	    keysproto_answers_decode(out, &batch, NULL, 0, NULL), ERR_OK);
	assert_int_equal(batch, 0);
	assert_int_equal(try_encode(0, &q, &a, 1, &out), ERR_INVALID);
	assert_int_equal(try_encode(1, &q, &a, 0, &out), ERR_INVALID);
}

static void
test_every_truncation_is_refused_and_wiped(void **state UNUSED)
{
	struct sample_random r = {sample_seed()};
	static const struct keysproto_answer zero;
	uint8_t pool[SAMPLE_POOL];
	struct keysproto_request q;
	struct keysproto_answer a, got;
	struct bytes full, cut;
	uint64_t batch = 9;
	size_t i;

	for (i = 0; i < sample_op_count; i++) {
		sample_request(&r, sample_ops[i], pool, &q);
		sample_answer(&r, &q, &a);
		full = encode(7, &q, &a, 1);
		for (cut = full, cut.len = 0; cut.len < full.len; cut.len++) {
			memset(&got, 0xa5, sizeof(got));
			assert_int_equal(
			    keysproto_answers_decode(cut, &batch, &q, 1, &got),
			    ERR_TRUNCATED);
			assert_memory_equal(&got, &zero, sizeof(got));
		}
		message[full.len] = 0;
		full.len++;
		assert_int_equal(
		    keysproto_answers_decode(full, &batch, &q, 1, &got),
		    ERR_FORMAT);
		assert_memory_equal(&got, &zero, sizeof(got));
		assert_int_equal(batch, 9);
	}
}

static void
test_another_count_is_refused(void **state UNUSED)
{
	struct keysproto_request q[2] = {
	    {.op = KEYSPROTO_PROFILE}, {.op = KEYSPROTO_PROFILE}};
	struct keysproto_answer a[2] = {{.err = ERR_OK}, {.err = ERR_OK}};
	struct bytes full;
	uint64_t batch;

	full = encode(7, q, a, 2);
	assert_int_equal(
	    keysproto_answers_decode(full, &batch, q, 1, a), ERR_FORMAT);
	full = encode(7, q, a, 1);
	assert_int_equal(
	    keysproto_answers_decode(full, &batch, q, 2, a), ERR_FORMAT);
}

static void
test_unknown_errors_are_refused(void **state UNUSED)
{
	struct keysproto_request q = {.op = KEYSPROTO_PRK};
	struct keysproto_answer a = {.err = ERR_DENIED}, got;
	struct bytes full = encode(7, &q, &a, 1);
	uint64_t batch;
	int err;

	for (err = 1; err < 256; err++) {
		message[10] = (uint8_t)err;
		assert_int_equal(
		    keysproto_answers_decode(full, &batch, &q, 1, &got),
		    err <= -ERR_CRITICAL ? ERR_OK : ERR_FORMAT);
		if (err <= -ERR_CRITICAL)
			assert_int_equal(got.err, -err);
	}
	a.err = (enum err)1;
	assert_int_equal(try_encode(7, &q, &a, 1, &full), ERR_INVALID);
	a.err = (enum err)(ERR_CRITICAL - 1);
	assert_int_equal(try_encode(7, &q, &a, 1, &full), ERR_INVALID);
}

static void
test_a_key_has_the_length_that_was_asked(void **state UNUSED)
{
	struct sample_random r = {6};
	struct keysproto_request q;
	struct keysproto_answer a;
	struct bytes out;
	uint64_t batch;

	sample_request(&r, KEYSPROTO_PSK, NULL, &q);
	q.u.derive.key_len = 16;
	sample_answer(&r, &q, &a);
	out = encode(7, &q, &a, 1);
	q.u.derive.key_len = 32;
	assert_int_equal(
	    keysproto_answers_decode(out, &batch, &q, 1, &a), ERR_TRUNCATED);
	sample_answer(&r, &q, &a);
	a.u.key.len = 16;
	assert_int_equal(try_encode(7, &q, &a, 1, &out), ERR_INVALID);
	/* A request that could not have been sent. */
	q.u.derive.key_len = 33;
	a.u.key.len = 33;
	assert_int_equal(try_encode(7, &q, &a, 1, &out), ERR_INVALID);
	q.u.derive.key_len = 32;
	a.u.key.len = 32;
	out = encode(7, &q, &a, 1);
	q.u.derive.key_len = 33;
	assert_int_equal(
	    keysproto_answers_decode(out, &batch, &q, 1, &a), ERR_INVALID);
}

static void
test_there_are_one_or_two_credentials(void **state UNUSED)
{
	struct sample_random r = {7};
	struct keysproto_request q = {.op = KEYSPROTO_INFO};
	struct keysproto_answer a;
	struct bytes full;
	uint64_t batch;
	unsigned n;

	for (n = 0; n < 256; n++) {
		sample_answer(&r, &q, &a);
		a.u.info.credential_count = 2;
		full = encode(7, &q, &a, 1);
		message[10 + 1 + 64] = (uint8_t)n;
		if (n == 1)
			full.len -= 1 + 64;
		assert_int_equal(
		    keysproto_answers_decode(full, &batch, &q, 1, &a),
		    n == 1 || n == 2 ? ERR_OK : ERR_FORMAT);
		a.u.info.credential_count = n;
		if (n != 1 && n != 2)
			assert_int_equal(
			    try_encode(7, &q, &a, 1, &full), ERR_INVALID);
	}
}

static void
test_blobs_are_whole(void **state UNUSED)
{
	struct sample_random r = {8};
	struct keysproto_request q = {.op = KEYSPROTO_IMPORT};
	struct keysproto_answer a;
	struct bytes out;

	sample_answer(&r, &q, &a);
	a.u.blob.len = 0;
	assert_int_equal(try_encode(7, &q, &a, 1, &out), ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_kind_round_trips),
	    cmocka_unit_test(test_the_hello_is_an_empty_batch),
	    cmocka_unit_test(test_every_truncation_is_refused_and_wiped),
	    cmocka_unit_test(test_another_count_is_refused),
	    cmocka_unit_test(test_unknown_errors_are_refused),
	    cmocka_unit_test(test_a_key_has_the_length_that_was_asked),
	    cmocka_unit_test(test_there_are_one_or_two_credentials),
	    cmocka_unit_test(test_blobs_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
