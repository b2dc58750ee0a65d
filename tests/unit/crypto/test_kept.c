/*
 * Keys that are kept give what keys that are set up each time give, whatever
 * came before in the same key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "crypto/kept.h"

#define DATA_MAX 320
#define ROUNDS 200

static void
draw(uint8_t *out, size_t len)
{
	assert_int_equal(crypto_random(out, len), ERR_OK);
}

static void
check_cbc(struct kept_cbc *kept, const uint8_t *key, size_t len)
{
	uint8_t data[DATA_MAX], text[DATA_MAX], expected[DATA_MAX];
	uint8_t iv[AES_BLOCK_LEN];

	draw(iv, sizeof(iv));
	draw(data, sizeof(data));
	memcpy(text, data, sizeof(text));
	assert_int_equal(
	    aes128_cbc_encrypt(key, iv, bytes_make(data, len), expected),
	    ERR_OK);
	assert_int_equal(kept_cbc_encrypt(kept, iv, data, len), ERR_OK);
	assert_memory_equal(data, expected, len);
	/* Another frame comes in between, and is not ours to open. */
	if (len % 32 == 0)
		assert_int_equal(
		    kept_cbc_decrypt(kept, iv, expected, len), ERR_OK);
	assert_int_equal(kept_cbc_decrypt(kept, iv, data, len), ERR_OK);
	assert_memory_equal(data, text, len);
}

static void
test_cbc(void **state)
{
	uint8_t key[AES128_KEY_LEN], data[DATA_MAX] = {0};
	struct kept_cbc *kept = NULL;

	(void)state;
	draw(key, sizeof(key));
	assert_int_equal(kept_cbc_new(key, &kept), ERR_OK);
	for (size_t i = 0; i < ROUNDS; i++)
		check_cbc(kept, key, 16 * (1 + i % (DATA_MAX / 16)));
	assert_int_equal(kept_cbc_encrypt(kept, key, data, 0), ERR_OK);
	assert_int_equal(kept_cbc_encrypt(kept, key, data, 15), ERR_INVALID);
	assert_int_equal(kept_cbc_decrypt(kept, key, data, 17), ERR_INVALID);
	kept_cbc_free(kept);
	kept_cbc_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cbc),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
