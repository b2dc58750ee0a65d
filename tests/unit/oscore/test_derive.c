/* Contexts: which IDs are refused, and what each input changes. */
#include "common.h"

static const uint8_t bytes8[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static enum err
derive(struct oscore_context *c, const struct bytes *id_context,
    struct bytes sender, struct bytes recipient)
{
	return oscore_derive(c, BYTES_LIT("secret of 16 byt"),
	    BYTES_LIT("salt"), id_context, sender, recipient);
}

static void
test_id_lengths(void **state UNUSED)
{
	struct oscore_context c;

	assert_int_equal(
	    derive(&c, NULL, bytes_make(bytes8, 7), BYTES_NONE), ERR_OK);
	assert_int_equal(c.sender.len, 7);
	assert_memory_equal(c.sender.id, bytes8, 7);
	assert_int_equal(c.recipient.len, 0);
	assert_int_equal(
	    derive(&c, NULL, BYTES_NONE, bytes_make(bytes8, 7)), ERR_OK);
	assert_int_equal(
	    derive(&c, NULL, bytes_make(bytes8, 8), BYTES_NONE), ERR_INVALID);
	assert_int_equal(
	    derive(&c, NULL, BYTES_NONE, bytes_make(bytes8, 8)), ERR_INVALID);
}

static void
test_same_id_twice(void **state UNUSED)
{
	struct oscore_context c;

	assert_int_equal(derive(&c, NULL, BYTES_NONE, BYTES_NONE), ERR_INVALID);
	assert_int_equal(derive(&c, NULL, B(1), B(1)), ERR_INVALID);
	assert_int_equal(derive(&c, NULL, B(1), B(1, 0)), ERR_OK);
}

static void
test_id_context(void **state UNUSED)
{
	struct bytes none = BYTES_NONE;
	struct bytes eight = bytes_make(bytes8, 8);
	struct bytes nine = bytes_make(bytes8, 9);
	struct oscore_context without;
	struct oscore_context empty;
	struct oscore_context full;

	assert_int_equal(derive(&without, NULL, B(1), B(2)), ERR_OK);
	assert_false(without.has_id_context);
	assert_int_equal(derive(&empty, &none, B(1), B(2)), ERR_OK);
	assert_true(empty.has_id_context);
	assert_int_equal(empty.id_context_len, 0);
	assert_int_equal(derive(&full, &eight, B(1), B(2)), ERR_OK);
	assert_int_equal(full.id_context_len, 8);
	assert_memory_equal(full.id_context, bytes8, 8);
	/* None, empty and full are three contexts. */
	assert_memory_not_equal(
	    without.sender_key, empty.sender_key, OSCORE_KEY_LEN);
	assert_memory_not_equal(
	    empty.sender_key, full.sender_key, OSCORE_KEY_LEN);
	assert_memory_not_equal(
	    without.common_iv, full.common_iv, OSCORE_IV_LEN);
	assert_int_equal(derive(&full, &nine, B(1), B(2)), ERR_INVALID);
}

static void
test_mirrored(void **state UNUSED)
{
	struct oscore_context a;
	struct oscore_context b;

	assert_int_equal(derive(&a, NULL, B(1), B(2)), ERR_OK);
	assert_int_equal(derive(&b, NULL, B(2), B(1)), ERR_OK);
	assert_memory_equal(a.sender_key, b.recipient_key, OSCORE_KEY_LEN);
	assert_memory_equal(a.recipient_key, b.sender_key, OSCORE_KEY_LEN);
	assert_memory_equal(a.common_iv, b.common_iv, OSCORE_IV_LEN);
	assert_memory_not_equal(a.sender_key, a.recipient_key, OSCORE_KEY_LEN);
}

static void
test_untouched_on_error(void **state UNUSED)
{
	struct oscore_context c;
	struct oscore_context before;

	memset(&c, 0xa5, sizeof(c));
	before = c;
	assert_int_equal(derive(&c, NULL, B(1), B(1)), ERR_INVALID);
	assert_memory_equal(&c, &before, sizeof(c));
}

static void
test_done_wipes(void **state UNUSED)
{
	static const struct oscore_context zero;
	struct oscore_context c;

	assert_int_equal(derive(&c, NULL, B(1), B(2)), ERR_OK);
	oscore_done(&c);
	assert_memory_equal(&c, &zero, sizeof(c));
}

static int
setup(void **state UNUSED)
{
	return crypto_init() == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_id_lengths),
	    cmocka_unit_test(test_same_id_twice),
	    cmocka_unit_test(test_id_context),
	    cmocka_unit_test(test_mirrored),
	    cmocka_unit_test(test_untouched_on_error),
	    cmocka_unit_test(test_done_wipes),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
