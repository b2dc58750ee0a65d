/*
 * AES-128-CBC against the example of NIST SP 800-38A: whole, every prefix of
 * whole blocks, in place, and what has to be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto.h"
#include "vectors.h"

#define CANARY 0xEE

struct example {
	struct buffer key, iv, plaintext, ciphertext;
};

static void
read_example(struct example *ret)
{
	json_t *root = vectors_load("aes128_cbc");
	const json_t *v = json_array_get(vector_cases(root, "cases"), 0);

	vector_hex(v, "key", &ret->key);
	vector_hex(v, "iv", &ret->iv);
	vector_hex(v, "plaintext", &ret->plaintext);
	vector_hex(v, "ciphertext", &ret->ciphertext);
	assert_int_equal(ret->key.len, AES128_KEY_LEN);
	assert_int_equal(ret->iv.len, AES_BLOCK_LEN);
	assert_int_equal(ret->plaintext.len, 4 * AES_BLOCK_LEN);
	json_decref(root);
}

/* The first blocks of CBC do not depend on those that follow. */
static void
test_prefixes(void **state)
{
	struct example e;
	uint8_t out[4 * AES_BLOCK_LEN + 1];
	size_t len;

	(void)state;
	read_example(&e);
	for (len = 0; len <= e.plaintext.len; len += AES_BLOCK_LEN) {
		memset(out, CANARY, sizeof(out));
		assert_int_equal(aes128_cbc_encrypt(e.key.at, e.iv.at,
				     bytes_make(e.plaintext.at, len), out),
		    ERR_OK);
		assert_memory_equal(out, e.ciphertext.at, len);
		assert_int_equal(out[len], CANARY);
		memset(out, CANARY, sizeof(out));
		assert_int_equal(aes128_cbc_decrypt(e.key.at, e.iv.at,
				     bytes_make(e.ciphertext.at, len), out),
		    ERR_OK);
		assert_memory_equal(out, e.plaintext.at, len);
		assert_int_equal(out[len], CANARY);
	}
}

static void
test_in_place(void **state)
{
	struct example e;
	struct buffer b;

	(void)state;
	read_example(&e);
	b = e.plaintext;
	assert_int_equal(
	    aes128_cbc_encrypt(e.key.at, e.iv.at, view(&b), b.at), ERR_OK);
	assert_memory_equal(b.at, e.ciphertext.at, b.len);
	assert_int_equal(
	    aes128_cbc_decrypt(e.key.at, e.iv.at, view(&b), b.at), ERR_OK);
	assert_memory_equal(b.at, e.plaintext.at, b.len);
}

static void
test_whole_blocks_only(void **state)
{
	struct example e;
	uint8_t out[4 * AES_BLOCK_LEN], canary[sizeof(out)];
	size_t len;

	(void)state;
	read_example(&e);
	memset(out, CANARY, sizeof(out));
	memset(canary, CANARY, sizeof(canary));
	for (len = 1; len < e.plaintext.len; len++) {
		struct bytes in = bytes_make(e.plaintext.at, len);

		if (len % AES_BLOCK_LEN == 0)
			continue;
		assert_int_equal(aes128_cbc_encrypt(e.key.at, e.iv.at, in, out),
		    ERR_INVALID);
		assert_int_equal(aes128_cbc_decrypt(e.key.at, e.iv.at, in, out),
		    ERR_INVALID);
		assert_memory_equal(out, canary, sizeof(out));
	}
}

/* A long text there and back, and the other direction in between. */
static void
test_long(void **state)
{
	static uint8_t text[4096], sealed[4096], again[4096];
	struct example e;
	size_t i;

	(void)state;
	read_example(&e);
	for (i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + i / 256);
	assert_int_equal(
	    aes128_cbc_encrypt(e.key.at, e.iv.at, BYTES_OF(text), sealed),
	    ERR_OK);
	assert_int_equal(
	    aes128_cbc_decrypt(e.key.at, e.iv.at, BYTES_OF(sealed), again),
	    ERR_OK);
	assert_memory_equal(text, again, sizeof(text));
	/* Chained by hand: the last block of the first half is the IV. */
	assert_int_equal(
	    aes128_cbc_encrypt(e.key.at, sealed + 2048 - AES_BLOCK_LEN,
		bytes_make(text + 2048, 2048), again),
	    ERR_OK);
	assert_memory_equal(again, sealed + 2048, 2048);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_prefixes),
	    cmocka_unit_test(test_in_place),
	    cmocka_unit_test(test_whole_blocks_only),
	    cmocka_unit_test(test_long),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
