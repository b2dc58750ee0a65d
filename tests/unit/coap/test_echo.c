/* Echo: its lengths of 1 to 40, both ways. */
#include "common.h"

#include "coap/echo.h"

static const uint8_t zeros[64];

/* An option of any length, as a peer might send it. */
static struct bytes
echo_raw(uint8_t *buf, size_t cap, size_t len)
{
	struct coap_writer w;
	struct bytes out;

	coap_write_body(&w, buf, cap);
	coap_write_option(&w, COAP_OPT_ECHO, bytes_make(zeros, len));
	assert_int_equal(coap_write_end(&w, &out), ERR_OK);
	return out;
}

static void
test_find(void **state UNUSED)
{
	uint8_t buf[80];
	struct bytes value = BYTES_LIT("untouched");
	size_t len;

	assert_false(coap_echo_find(BYTES_NONE, &value));
	assert_false(coap_echo_find(echo_raw(buf, sizeof(buf), 0), &value));
	assert_false(coap_echo_find(echo_raw(buf, sizeof(buf), 41), &value));
	assert_view(value, BYTES_LIT("untouched"));
	for (len = 1; len <= 40; len++) {
		assert_true(
		    coap_echo_find(echo_raw(buf, sizeof(buf), len), &value));
		assert_int_equal(value.len, len);
	}
}

static enum err
echo_write(size_t len)
{
	uint8_t buf[80];
	struct coap_writer w;
	struct bytes out;

	coap_write_body(&w, buf, sizeof(buf));
	coap_write_echo(&w, bytes_make(zeros, len));
	return coap_write_end(&w, &out);
}

static void
test_write(void **state UNUSED)
{
	uint8_t buf[16];
	struct coap_writer w;
	struct bytes out;
	struct bytes value;

	coap_write_body(&w, buf, sizeof(buf));
	coap_write_echo(&w, B(1, 2, 3, 4, 5, 6, 7, 8));
	assert_int_equal(coap_write_end(&w, &out), ERR_OK);
	assert_view(out, B(0xd8, 239, 1, 2, 3, 4, 5, 6, 7, 8));
	assert_true(coap_echo_find(out, &value));
	assert_view(value, B(1, 2, 3, 4, 5, 6, 7, 8));
	assert_int_equal(echo_write(0), ERR_INVALID);
	assert_int_equal(echo_write(1), ERR_OK);
	assert_int_equal(echo_write(40), ERR_OK);
	assert_int_equal(echo_write(41), ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
