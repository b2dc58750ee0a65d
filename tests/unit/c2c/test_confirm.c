/*
 * The confirmation of a pairing: the vectors of PROTOCOL.md, one flipped bit
 * anywhere, and what of the pair it depends on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../keys/golden.h"
#include "crypto/crypto.h"
#include "fixture.h"

/* The pair whose confirmation a driver of the original was seen to send. */
static struct hf_c2c_pair
pair_confirm(void)
{
	struct hf_c2c_pair pair;

	pair.version = HF_C2C_V2;
	memcpy(pair.te_secret, golden("c2c-confirm-te-secret").ptr, 16);
	memcpy(pair.key, golden("c2c-confirm-key").ptr, 16);
	memcpy(pair.hmac_key, golden("c2c-confirm-hmac-key").ptr, 16);
	return pair;
}

static enum err
check(const struct hf_c2c_pair *pair, const uint8_t *confirm)
{
	return c2c_confirm_check(
	    port_real(), pair, golden("c2c-confirm-tag").ptr, confirm);
}

static void
test_vector(void **state)
{
	struct hf_c2c_pair pair = pair_confirm();
	uint8_t confirm[HF_C2C_CONFIRM_LEN];

	(void)state;
	assert_int_equal(check(&pair, golden("c2c-confirm").ptr), ERR_OK);
	pair.version = HF_C2C_V3; /* which does not matter here */
	assert_int_equal(check(&pair, golden("c2c-confirm").ptr), ERR_OK);
	memcpy(pair.key, golden("c2c-pair-key").ptr, 16);
	memcpy(pair.hmac_key, golden("c2c-pair-hmac-key").ptr, 16);
	memcpy(pair.te_secret, golden("c2c-te-secret").ptr, 16);
	assert_int_equal(c2c_confirm_make(port_counting(), &pair,
			     golden("c2c-pair-tag").ptr, confirm),
	    ERR_OK);
	golden_equal("c2c-pair-confirmation", confirm, sizeof(confirm));
}

static void
test_there_and_back(void **state)
{
	struct hf_c2c_pair pair = pair_confirm();
	uint8_t confirm[HF_C2C_CONFIRM_LEN];

	(void)state;
	assert_int_equal(c2c_confirm_make(port_real(), &pair,
			     golden("c2c-confirm-tag").ptr, confirm),
	    ERR_OK);
	assert_int_equal(check(&pair, confirm), ERR_OK);
	assert_int_equal(c2c_confirm_check(port_real(), &pair,
			     golden("c2c-pair-tag").ptr, confirm),
	    ERR_AUTH);
}

static void
test_flipped_bits(void **state)
{
	struct hf_c2c_pair pair = pair_confirm();
	uint8_t confirm[HF_C2C_CONFIRM_LEN];
	size_t bit;

	(void)state;
	for (bit = 0; bit < 8 * sizeof(confirm); bit++) {
		memcpy(confirm, golden("c2c-confirm").ptr, sizeof(confirm));
		confirm[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(check(&pair, confirm), ERR_AUTH);
	}
}

static void
test_other_pairs(void **state)
{
	struct hf_c2c_pair pair = pair_confirm();

	(void)state;
	pair.key[0] ^= 1;
	assert_int_equal(check(&pair, golden("c2c-confirm").ptr), ERR_AUTH);
	pair = pair_confirm();
	pair.hmac_key[0] ^= 1;
	assert_int_equal(check(&pair, golden("c2c-confirm").ptr), ERR_AUTH);
	pair = pair_confirm();
	pair.te_secret[15] ^= 1;
	assert_int_equal(check(&pair, golden("c2c-confirm").ptr), ERR_AUTH);
}

static void
test_port_fails(void **state)
{
	struct hf_c2c_pair pair = pair_confirm();
	uint8_t confirm[HF_C2C_CONFIRM_LEN];
	unsigned n;

	(void)state;
	for (n = 1; n <= 3; n++)
		assert_int_not_equal(
		    c2c_confirm_make(port_failing(n), &pair,
			golden("c2c-confirm-tag").ptr, confirm),
		    ERR_OK);
	for (n = 1; n <= 2; n++)
		assert_int_equal(c2c_confirm_check(port_failing(n), &pair,
				     golden("c2c-confirm-tag").ptr,
				     golden("c2c-confirm").ptr),
		    ERR_CRYPTO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vector),
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_flipped_bits),
	    cmocka_unit_test(test_other_pairs),
	    cmocka_unit_test(test_port_fails),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
