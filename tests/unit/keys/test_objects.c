/*
 * Objects of the bulk channel: what is written is read, and nothing else is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "keys/objects.h"

static struct bytes
request_make(uint8_t *buf, size_t cap, struct ztp_request *m)
{
	struct keys_up up;
	struct writer w;

	memcpy(m->key, golden("key").ptr, sizeof(m->key));
	memcpy(up.k, golden("up").ptr, sizeof(up.k));
	assert_int_equal(keys_ztp_tag(&up, m->key, m->tag), ERR_OK);
	writer_init(&w, buf, cap);
	ztp_request_write(&w, m);
	assert_int_equal(w.err, ERR_OK);
	return writer_bytes(&w);
}

static void
test_the_request_is_the_golden_one(void **state)
{
	uint8_t buf[OBJECT_REQUEST_MAX];
	struct ztp_request m, got;
	struct bytes in = request_make(buf, sizeof(buf), &m);

	(void)state;
	golden_equal("ztp-request", in.ptr, in.len);
	assert_int_equal(ztp_request_read(in, &got), ERR_OK);
	assert_memory_equal(&got, &m, sizeof(m));
}

static void
test_cut_and_changed_requests(void **state)
{
	uint8_t buf[OBJECT_REQUEST_MAX + 1];
	struct ztp_request m, got;
	struct bytes in = request_make(buf, sizeof(buf) - 1, &m);
	/* Heads: of the array, the kind, both byte strings. */
	const size_t heads[] = {0, 1, 2, 3, 4 + P256_COMPRESSED_LEN};

	(void)state;
	for (size_t len = 0; len < in.len; len++)
		assert_int_not_equal(
		    ztp_request_read(bytes_make(buf, len), &got), ERR_OK);
	buf[in.len] = 0;
	assert_int_equal(
	    ztp_request_read(bytes_make(buf, in.len + 1), &got), ERR_FORMAT);
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		buf[heads[i]] ^= 1;
		assert_int_not_equal(ztp_request_read(in, &got), ERR_OK);
		buf[heads[i]] ^= 1;
	}
	assert_int_equal(ztp_request_read(in, &got), ERR_OK);
}

static void
test_responses_have_bounds(void **state)
{
	static uint8_t der[PKI_CERTIFICATE_MAX + 1], buf[2048];
	const size_t lens[] = {
	    0, 1, 500, PKI_CERTIFICATE_MAX, PKI_CERTIFICATE_MAX + 1};
	struct ztp_response m, got;
	struct writer w;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		bool good = lens[i] >= 1 && lens[i] <= PKI_CERTIFICATE_MAX;

		der[0] = 0x30;
		m.ca = bytes_make(der, lens[i]);
		m.certificate = BYTES_LIT("x");
		writer_init(&w, buf, sizeof(buf));
		ztp_response_write(&w, &m);
		assert_int_equal(w.err, good ? ERR_OK : ERR_INVALID);
		if (!good)
			continue;
		assert_int_equal(
		    ztp_response_read(writer_bytes(&w), &got), ERR_OK);
		assert_true(bytes_equal(got.ca, m.ca));
		assert_true(bytes_equal(got.certificate, m.certificate));
		for (size_t len = 0; len < w.len; len++)
			assert_int_not_equal(
			    ztp_response_read(bytes_make(buf, len), &got),
			    ERR_OK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_request_is_the_golden_one),
	    cmocka_unit_test(test_cut_and_changed_requests),
	    cmocka_unit_test(test_responses_have_bounds),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
