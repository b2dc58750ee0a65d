/*
 * SHA-256, HMAC and HKDF against published vectors, and at their limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto.h"
#include "vectors.h"

#define HKDF_MAX (255 * SHA256_LEN)

static void
test_sha256_vectors(void **state)
{
	json_t *root = vectors_load("sha256"), *v;
	struct buffer message, hash;
	struct bytes parts[3];
	uint8_t out[SHA256_LEN];
	size_t i;

	(void)state;
	json_array_foreach(vector_cases(root, "cases"), i, v)
	{
		vector_hex(v, "message", &message);
		vector_hex(v, "hash", &hash);
		parts[0] = view(&message);
		assert_int_equal(sha256(parts, 1, out), ERR_OK);
		assert_memory_equal(out, hash.at, SHA256_LEN);
		/* The same in three parts, the middle one empty. */
		parts[0].len = message.len / 3;
		parts[1] = BYTES_NONE;
		parts[2] = bytes_make(message.at + message.len / 3,
		    message.len - message.len / 3);
		assert_int_equal(sha256(parts, 3, out), ERR_OK);
		assert_memory_equal(out, hash.at, SHA256_LEN);
	}
	assert_true(i > 10);
	json_decref(root);
}

static void
test_sha256_of_no_parts(void **state)
{
	uint8_t none[SHA256_LEN], empty[SHA256_LEN];
	struct bytes part = BYTES_NONE;

	(void)state;
	assert_int_equal(sha256(NULL, 0, none), ERR_OK);
	assert_int_equal(sha256(&part, 1, empty), ERR_OK);
	assert_memory_equal(none, empty, SHA256_LEN);
}

static void
test_hmac_vectors(void **state)
{
	json_t *root = vectors_load("hmac_sha256"), *v;
	struct buffer key, message, mac;
	struct bytes parts[2];
	uint8_t out[SHA256_LEN];
	size_t i;

	(void)state;
	json_array_foreach(vector_cases(root, "cases"), i, v)
	{
		vector_hex(v, "key", &key);
		vector_hex(v, "message", &message);
		vector_hex(v, "mac", &mac);
		parts[0] = bytes_make(message.at, 1);
		parts[1] = bytes_make(message.at + 1, message.len - 1);
		assert_int_equal(
		    hmac_sha256(view(&key), parts, 2, out), ERR_OK);
		assert_memory_equal(out, mac.at, SHA256_LEN);
	}
	assert_int_equal(i, 6);
	json_decref(root);
}

/* Keys at the edges of a block, against the definition in RFC 2104. */
static void
test_hmac_key_lengths(void **state)
{
	static const size_t lens[] = {0, 1, 32, 63, 64, 65, 200};
	uint8_t key[200], block[64], inner[SHA256_LEN], want[SHA256_LEN];
	uint8_t out[SHA256_LEN];
	struct bytes message = BYTES_LIT("message"), parts[2], whole;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 7 + 1);
	for (i = 0; i < ARRAY_LEN(lens); i++) {
		memset(block, 0, sizeof(block));
		whole = bytes_make(key, lens[i]);
		if (lens[i] > sizeof(block))
			assert_int_equal(sha256(&whole, 1, block), ERR_OK);
		else
			memcpy(block, key, lens[i]);
		for (j = 0; j < sizeof(block); j++)
			block[j] ^= 0x36;
		parts[0] = BYTES_OF(block);
		parts[1] = message;
		assert_int_equal(sha256(parts, 2, inner), ERR_OK);
		for (j = 0; j < sizeof(block); j++)
			block[j] ^= 0x36 ^ 0x5C;
		parts[1] = BYTES_OF(inner);
		assert_int_equal(sha256(parts, 2, want), ERR_OK);
		assert_int_equal(hmac_sha256(whole, &message, 1, out), ERR_OK);
		assert_memory_equal(out, want, SHA256_LEN);
	}
}

/*
 * A prepared key, and one that is not, for every length of message: short
 * ones are hashed in one piece, and longer ones are not.
 */
static void
test_hmac_message_lengths(void **state)
{
	uint8_t key[64], data[600], out[SHA256_LEN], want[SHA256_LEN];
	struct bytes parts[3], inner[2], outer[2];
	uint8_t pads[2][64], hash[SHA256_LEN];
	struct hmac_key prepared;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 11 + 3);
	for (i = 0; i < sizeof(key); i++) {
		key[i] = (uint8_t)(i * 7 + 1);
		pads[0][i] = key[i] ^ 0x36;
		pads[1][i] = key[i] ^ 0x5C;
	}
	inner[0] = BYTES_OF(pads[0]);
	outer[0] = BYTES_OF(pads[1]);
	outer[1] = BYTES_OF(hash);
	assert_int_equal(hmac_key_init(BYTES_OF(key), &prepared), ERR_OK);
	for (i = 0; i <= sizeof(data); i++) {
		inner[1] = bytes_make(data, i);
		assert_int_equal(sha256(inner, 2, hash), ERR_OK);
		assert_int_equal(sha256(outer, 2, want), ERR_OK);
		parts[0] = bytes_make(data, i / 3);
		parts[1] = BYTES_NONE;
		parts[2] = bytes_make(data + i / 3, i - i / 3);
		assert_int_equal(
		    hmac_sha256(BYTES_OF(key), parts, 3, out), ERR_OK);
		assert_memory_equal(out, want, SHA256_LEN);
		assert_int_equal(
		    hmac_key_make(&prepared, parts, 3, out), ERR_OK);
		assert_memory_equal(out, want, SHA256_LEN);
	}
}

/* No key is one of zeros, and a long one is hashed. */
static void
test_hmac_prepared_key_lengths(void **state)
{
	struct bytes message = BYTES_LIT("message");
	uint8_t key[200], out[SHA256_LEN], want[SHA256_LEN];
	struct hmac_key prepared;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 7 + 1);
	for (i = 0; i <= sizeof(key); i++) {
		struct bytes part = bytes_make(key, i);

		assert_int_equal(hmac_sha256(part, &message, 1, want), ERR_OK);
		assert_int_equal(hmac_key_init(part, &prepared), ERR_OK);
		assert_int_equal(
		    hmac_key_make(&prepared, &message, 1, out), ERR_OK);
		assert_memory_equal(out, want, SHA256_LEN);
	}
}

/* The output may be the key, or a part of the message. */
static void
test_hmac_output_may_be_input(void **state)
{
	uint8_t key[SHA256_LEN] = {1, 2, 3}, want[SHA256_LEN];
	struct bytes message = BYTES_LIT("message");

	(void)state;
	assert_int_equal(hmac_sha256(BYTES_OF(key), &message, 1, want), ERR_OK);
	assert_int_equal(hmac_sha256(BYTES_OF(key), &message, 1, key), ERR_OK);
	assert_memory_equal(key, want, SHA256_LEN);
}

static void
test_hkdf_vectors(void **state)
{
	json_t *root = vectors_load("hkdf_sha256"), *v;
	struct buffer salt, ikm, info, prk, okm;
	uint8_t out[BUFFER_MAX];
	size_t i, len;

	(void)state;
	json_array_foreach(vector_cases(root, "cases"), i, v)
	{
		vector_hex(v, "salt", &salt);
		vector_hex(v, "ikm", &ikm);
		vector_hex(v, "info", &info);
		vector_hex(v, "prk", &prk);
		vector_hex(v, "okm", &okm);
		assert_int_equal(
		    hkdf_extract(view(&salt), view(&ikm), out), ERR_OK);
		assert_memory_equal(out, prk.at, SHA256_LEN);
		/* Every shorter output is the start of the longer one. */
		for (len = 1; len <= okm.len; len++) {
			memset(out, 0xEE, sizeof(out));
			assert_int_equal(
			    hkdf_expand(view(&prk), view(&info), out, len),
			    ERR_OK);
			assert_memory_equal(out, okm.at, len);
			assert_int_equal(out[len], 0xEE);
		}
	}
	assert_int_equal(i, 3);
	json_decref(root);
}

static void
test_hkdf_limits(void **state)
{
	static uint8_t out[HKDF_MAX + 1];
	uint8_t prk[SHA256_LEN] = {9};
	struct bytes info = BYTES_LIT("info");

	(void)state;
	memset(out, 0xEE, sizeof(out));
	assert_int_equal(hkdf_expand(BYTES_OF(prk), info, out, 0), ERR_OK);
	assert_int_equal(out[0], 0xEE);
	assert_int_equal(
	    hkdf_expand(BYTES_OF(prk), info, out, HKDF_MAX + 1), ERR_INVALID);
	assert_int_equal(out[0], 0xEE);
	assert_int_equal(
	    hkdf_expand(BYTES_OF(prk), info, out, HKDF_MAX), ERR_OK);
	assert_int_equal(out[HKDF_MAX], 0xEE);
	assert_int_equal(hkdf_expand(BYTES_NONE, info, out, 1), ERR_INVALID);
	assert_int_equal(hkdf_expand(bytes_make(prk, 1), info, out, 1), ERR_OK);
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sha256_vectors),
	    cmocka_unit_test(test_sha256_of_no_parts),
	    cmocka_unit_test(test_hmac_vectors),
	    cmocka_unit_test(test_hmac_key_lengths),
	    cmocka_unit_test(test_hmac_message_lengths),
	    cmocka_unit_test(test_hmac_prepared_key_lengths),
	    cmocka_unit_test(test_hmac_output_may_be_input),
	    cmocka_unit_test(test_hkdf_vectors),
	    cmocka_unit_test(test_hkdf_limits),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
