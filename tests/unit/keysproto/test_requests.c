/*
 * Requests as bytes: what goes in comes out, and nothing but what an encoder
 * makes is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "samples.h"

static uint8_t message[KEYSPROTO_MESSAGE_MAX];

static struct bytes
encode(uint64_t batch, const struct keysproto_request *q, size_t count)
{
	struct writer w;

	writer_init(&w, message, sizeof(message));
	assert_int_equal(
	    keysproto_requests_encode(batch, q, count, &w), ERR_OK);
	return writer_bytes(&w);
}

static enum err
try_encode(uint64_t batch, const struct keysproto_request *q, size_t count)
{
	struct writer w;

	writer_init(&w, message, sizeof(message));
	return keysproto_requests_encode(batch, q, count, &w);
}

static enum err
try_decode(struct bytes in)
{
	static struct keysproto_request q[KEYSPROTO_BATCH_MAX];
	uint64_t batch;
	size_t count;

	return keysproto_requests_decode(
	    in, &batch, q, KEYSPROTO_BATCH_MAX, &count);
}

/* The views of a request, wherever they are. */
static void
views(struct keysproto_request *q, struct bytes *ret_v[2])
{
	ret_v[0] = ret_v[1] = NULL;
	if (q->op == KEYSPROTO_ROOT) {
		ret_v[0] = &q->u.root.request;
		ret_v[1] = &q->u.root.response;
	} else if (q->op == KEYSPROTO_ADVANCE) {
		ret_v[0] = &q->u.checkin.payload;
	} else if (q->op == KEYSPROTO_TICKET) {
		ret_v[0] = &q->u.ticket.ticket;
	} else if (q->op == KEYSPROTO_CA) {
		ret_v[0] = &q->u.certificate.name;
	} else if (q->op == KEYSPROTO_ZTP) {
		ret_v[0] = &q->u.ztp.issuer;
	} else if (q->op == KEYSPROTO_POP) {
		ret_v[0] = &q->u.certificate.name;
		ret_v[1] = &q->u.certificate.issuer;
	}
}

static void
assert_same(struct keysproto_request *a, struct keysproto_request *b)
{
	struct bytes *va[2], *vb[2];
	size_t i;

	assert_int_equal(a->op, b->op);
	views(a, va);
	views(b, vb);
	for (i = 0; i < 2; i++) {
		if (va[i] == NULL)
			continue;
		assert_true(bytes_equal(*va[i], *vb[i]));
		*va[i] = *vb[i];
	}
	assert_memory_equal(a, b, sizeof(*a));
}

static void
test_every_kind_round_trips(void **state UNUSED)
{
	struct sample_random r = {sample_seed()};
	static uint8_t pool[KEYSPROTO_BATCH_MAX][SAMPLE_POOL];
	static struct keysproto_request in[KEYSPROTO_BATCH_MAX];
	static struct keysproto_request out[KEYSPROTO_BATCH_MAX];
	size_t round, i, count, got;
	uint64_t batch, said;

	for (round = 0; round < 300; round++) {
		/* A hundred of the longest always fit. */
		count = 1 + (size_t)(sample_number(&r) % 100);
		batch = sample_number(&r) | 1;
		for (i = 0; i < count; i++)
			sample_request(&r,
			    sample_ops[sample_number(&r) % sample_op_count],
			    pool[i], &in[i]);
		assert_int_equal(
		    keysproto_requests_decode(encode(batch, in, count), &said,
			out, KEYSPROTO_BATCH_MAX, &got),
		    ERR_OK);
		assert_true(said == batch);
		assert_int_equal(got, count);
		for (i = 0; i < count; i++)
			assert_same(&in[i], &out[i]);
	}
}

static void
test_every_truncation_is_refused(void **state UNUSED)
{
	struct sample_random r = {sample_seed()};
	uint8_t pool[SAMPLE_POOL];
	struct keysproto_request q;
	struct bytes full, cut;
	size_t i;

	for (i = 0; i < sample_op_count; i++) {
		sample_request(&r, sample_ops[i], pool, &q);
		full = encode(7, &q, 1);
		for (cut = full, cut.len = 0; cut.len < full.len; cut.len++)
			assert_int_equal(try_decode(cut), ERR_TRUNCATED);
		message[full.len] = 0;
		full.len++;
		assert_int_equal(try_decode(full), ERR_FORMAT);
	}
}

/* Flips of single bytes: no crash, and what is taken encodes to itself. */
static void
test_changed_bytes_decode_to_themselves_or_not_at_all(void **state UNUSED)
{
	struct sample_random r = {sample_seed()};
	static uint8_t copy[KEYSPROTO_MESSAGE_MAX];
	uint8_t pool[SAMPLE_POOL];
	struct keysproto_request q, got;
	struct bytes full;
	uint64_t batch;
	size_t i, k, count;

	for (i = 0; i < sample_op_count; i++) {
		sample_request(&r, sample_ops[i], pool, &q);
		full = encode(7, &q, 1);
		memcpy(copy, full.ptr, full.len);
		for (k = 0; k < full.len; k++) {
			copy[k] ^= (uint8_t)(1 + sample_number(&r) % 255);
			if (keysproto_requests_decode(
				bytes_make(copy, full.len), &batch, &got, 1,
				&count) == ERR_OK)
				assert_true(
				    bytes_equal(encode(batch, &got, count),
					bytes_make(copy, full.len)));
			memcpy(copy, encode(7, &q, 1).ptr, full.len);
		}
	}
}

static void
test_batches_have_bounds(void **state UNUSED)
{
	static struct keysproto_request q[KEYSPROTO_BATCH_MAX + 1];
	struct keysproto_request one;
	struct bytes full;
	uint64_t batch = 42;
	size_t i, count = 43;

	for (i = 0; i < ARRAY_LEN(q); i++)
		q[i].op = KEYSPROTO_INFO;
	assert_int_equal(try_encode(0, q, 1), ERR_INVALID);
	assert_int_equal(try_encode(1, q, 0), ERR_INVALID);
	assert_int_equal(
	    try_encode(1, q, KEYSPROTO_BATCH_MAX + 1), ERR_INVALID);
	full = encode(1, q, KEYSPROTO_BATCH_MAX);
	assert_int_equal(try_decode(full), ERR_OK);
	assert_int_equal(
	    keysproto_requests_decode(full, &batch, &one, 1, &count),
	    ERR_SPACE);
	/* Outputs are written on success only. */
	assert_int_equal(batch, 42);
	assert_int_equal(count, 43);
	message[9]++; /* 129 are said */
	assert_int_equal(try_decode(full), ERR_FORMAT);
	message[9] = 0; /* none is said */
	assert_int_equal(try_decode(full), ERR_FORMAT);
	full = encode(1, q, 1);
	message[7] = 0; /* number 0 */
	assert_int_equal(try_decode(full), ERR_FORMAT);
}

static void
test_a_batch_that_does_not_fit_is_refused(void **state UNUSED)
{
	struct keysproto_request q[2] = {
	    {.op = KEYSPROTO_INFO}, {.op = KEYSPROTO_INFO}};
	struct writer w;

	writer_init(&w, message, 11);
	assert_int_equal(keysproto_requests_encode(1, q, 2, &w), ERR_SPACE);
}

static void
test_unknown_operations_are_refused(void **state UNUSED)
{
	struct sample_random r = {1};
	struct keysproto_request q = {.op = KEYSPROTO_INFO};
	struct bytes full = encode(1, &q, 1);
	unsigned op, i, known;

	for (op = 0; op < 256; op++) {
		for (i = 0, known = 0; i < sample_op_count; i++)
			known |= sample_ops[i] == op;
		if (known)
			continue;
		message[10] = (uint8_t)op;
		assert_int_equal(try_decode(full), ERR_FORMAT);
		sample_request(&r, KEYSPROTO_PROFILE, NULL, &q);
		q.op = (enum keysproto_op)op;
		assert_int_equal(try_encode(1, &q, 1), ERR_INVALID);
		q.op = KEYSPROTO_INFO;
		full = encode(1, &q, 1);
	}
}

static void
test_a_root_has_exactly_one_prior(void **state UNUSED)
{
	struct sample_random r = {2};
	uint8_t pool[SAMPLE_POOL];
	struct keysproto_request q, none;
	struct bytes full;

	do
		sample_request(&r, KEYSPROTO_ROOT, pool, &q);
	while (q.u.root.root.len != 0);
	full = encode(1, &q, 1);
	assert_int_equal(try_decode(full), ERR_OK);
	message[10 + 1 + UID_LEN + 32] = 3;
	assert_int_equal(try_decode(full), ERR_FORMAT);
	none = q;
	none.u.root.factory.len = 0;
	assert_int_equal(try_encode(1, &none, 1), ERR_INVALID);
	none = q;
	none.u.root.import_key.len = 0;
	assert_int_equal(try_encode(1, &none, 1), ERR_INVALID);
	q.u.root.root = q.u.root.factory; /* both */
	assert_int_equal(try_encode(1, &q, 1), ERR_INVALID);
	q.u.root.factory.len = 0; /* a root, and an import key left over */
	assert_int_equal(try_encode(1, &q, 1), ERR_INVALID);
	q.u.root.import_key.len = 0;
	assert_int_equal(try_encode(1, &q, 1), ERR_OK);
}

static void
test_lengths_are_strict(void **state UNUSED)
{
	struct sample_random r = {3};
	static uint8_t longest[BOOTSTRAP_REQUEST_MAX + 1];
	uint8_t pool[SAMPLE_POOL];
	struct keysproto_request q;

	sample_request(&r, KEYSPROTO_CHECKIN, pool, &q);
	q.u.checkin.ck.len = BLOB_MAX - 1;
	assert_int_equal(try_encode(1, &q, 1), ERR_INVALID);
	sample_request(&r, KEYSPROTO_ROOT, pool, &q);
	q.u.root.request = bytes_make(longest, BOOTSTRAP_REQUEST_MAX + 1);
	assert_int_equal(try_encode(1, &q, 1), ERR_INVALID);
	sample_request(&r, KEYSPROTO_ROOT, pool, &q);
	q.u.root.response = bytes_make(longest, BOOTSTRAP_RESPONSE_MAX + 1);
	assert_int_equal(try_encode(1, &q, 1), ERR_INVALID);
	sample_request(&r, KEYSPROTO_ADVANCE, pool, &q);
	q.u.checkin.payload = bytes_make(longest, CHECKIN_REQUEST_MAX + 1);
	assert_int_equal(try_encode(1, &q, 1), ERR_INVALID);
	sample_request(&r, KEYSPROTO_TICKET, pool, &q);
	q.u.ticket.ticket = bytes_make(longest, BOOTSTRAP_REQUEST_MAX + 1);
	assert_int_equal(try_encode(1, &q, 1), ERR_INVALID);
}

static void
test_a_view_longer_than_its_limit_is_refused(void **state UNUSED)
{
	struct sample_random r = {4};
	uint8_t pool[SAMPLE_POOL];
	struct keysproto_request q;
	struct bytes full;
	size_t at;

	sample_request(&r, KEYSPROTO_ADVANCE, pool, &q);
	q.u.checkin.payload = bytes_make(pool, CHECKIN_REQUEST_MAX);
	full = encode(1, &q, 1);
	at = full.len - CHECKIN_REQUEST_MAX - 2;
	message[at + 1]++;
	message[full.len] = 0;
	full.len++;
	assert_int_equal(try_decode(full), ERR_FORMAT);
}

static void
test_identities_headers_and_keys_have_their_lengths(void **state UNUSED)
{
	struct sample_random r = {5};
	struct keysproto_request q;
	struct bytes full;
	size_t len;

	for (len = 0; len <= E2E_V1_HEADER_LEN + 1; len++) {
		sample_request(&r, KEYSPROTO_PSK, NULL, &q);
		q.u.derive.id_len = len;
		assert_int_equal(
		    try_encode(1, &q, 1), len == 14 ? ERR_OK : ERR_INVALID);
		sample_request(&r, KEYSPROTO_E2E, NULL, &q);
		q.u.derive.id_len = len;
		assert_int_equal(try_encode(1, &q, 1),
		    len == 11 || len == 16 ? ERR_OK : ERR_INVALID);
	}
	for (len = 0; len < 256; len++) {
		sample_request(&r, KEYSPROTO_PSK, NULL, &q);
		full = encode(1, &q, 1);
		message[full.len - 1] = (uint8_t)len;
		assert_int_equal(try_decode(full),
		    len == 16 || len == 32 ? ERR_OK : ERR_FORMAT);
		q.u.derive.key_len = (uint8_t)len;
		assert_int_equal(try_encode(1, &q, 1),
		    len == 16 || len == 32 ? ERR_OK : ERR_INVALID);
	}
}

static void
test_the_table_says_who_may_ask(void **state UNUSED)
{
	unsigned op;

	for (op = 0; op < 256; op++) {
		assert_int_equal(
		    keysproto_allowed(KEYSPROTO_DEVICES, (enum keysproto_op)op),
		    op >= 1 && op <= 8);
		assert_int_equal(
		    keysproto_allowed(KEYSPROTO_API, (enum keysproto_op)op),
		    op == 1 || (op >= 16 && op <= 23));
		assert_false(keysproto_allowed(
		    (enum keysproto_asker)2, (enum keysproto_op)op));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_kind_round_trips),
	    cmocka_unit_test(test_every_truncation_is_refused),
	    cmocka_unit_test(
		test_changed_bytes_decode_to_themselves_or_not_at_all),
	    cmocka_unit_test(test_batches_have_bounds),
	    cmocka_unit_test(test_a_batch_that_does_not_fit_is_refused),
	    cmocka_unit_test(test_unknown_operations_are_refused),
	    cmocka_unit_test(test_a_root_has_exactly_one_prior),
	    cmocka_unit_test(test_lengths_are_strict),
	    cmocka_unit_test(test_a_view_longer_than_its_limit_is_refused),
	    cmocka_unit_test(
		test_identities_headers_and_keys_have_their_lengths),
	    cmocka_unit_test(test_the_table_says_who_may_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
