/*
 * ES256: NIST's and RFC 6979's signatures, our own, and false ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "vectors.h"

#define CURVE_N                                                                \
	"FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"

static void
test_vectors(void **state)
{
	json_t *root = vectors_load("p256"), *v;
	struct buffer message, x, y, signature;
	struct p256_point signer;
	size_t i, good = 0;

	(void)state;
	json_array_foreach(vector_cases(root, "signatures"), i, v)
	{
		const char *result =
		    json_string_value(json_object_get(v, "result"));

		vector_hex(v, "message", &message);
		vector_hex(v, "x", &x);
		vector_hex(v, "y", &y);
		vector_hex(v, "signature", &signature);
		assert_int_equal(x.len + y.len, 2 * P256_LEN);
		assert_int_equal(signature.len, P256_SIGNATURE_LEN);
		memcpy(signer.x, x.at, P256_LEN);
		memcpy(signer.y, y.at, P256_LEN);
		assert_int_equal(
		    p256_verify(&signer, view(&message), signature.at),
		    result[0] == 'P' ? ERR_OK : ERR_AUTH);
		good += result[0] == 'P';
	}
	assert_true(good >= 4 && i - good >= 8);
	json_decref(root);
}

/* The public key of RFC 6979 belongs to its private one. */
static void
test_rfc6979_key(void **state)
{
	json_t *root = vectors_load("p256"), *v;
	struct buffer secret, x;
	struct p256_secret d;
	struct p256_point q;
	size_t i, seen = 0;

	(void)state;
	json_array_foreach(vector_cases(root, "signatures"), i, v)
	{
		vector_hex(v, "secret", &secret);
		if (secret.len == 0)
			continue;
		vector_hex(v, "x", &x);
		memcpy(d.d, secret.at, P256_LEN);
		assert_int_equal(p256_public(&d, &q), ERR_OK);
		assert_memory_equal(q.x, x.at, P256_LEN);
		seen++;
	}
	assert_int_equal(seen, 2);
	json_decref(root);
}

static void
sign(struct bytes message, struct p256_point *ret_signer,
    uint8_t ret_signature[P256_SIGNATURE_LEN])
{
	struct p256_secret d;

	assert_int_equal(
	    p256_generate(&crypto_random_source, &d, ret_signer), ERR_OK);
	assert_int_equal(p256_sign(&d, message, ret_signature), ERR_OK);
}

static void
test_own_signatures(void **state)
{
	static uint8_t text[1000];
	uint8_t signature[P256_SIGNATURE_LEN];
	struct p256_point signer;
	size_t len;

	(void)state;
	/* Enough of them that some r or s starts with a zero byte. */
	for (len = 0; len < 300; len++) {
		sign(bytes_make(text, len), &signer, signature);
		assert_int_equal(
		    p256_verify(&signer, bytes_make(text, len), signature),
		    ERR_OK);
		assert_int_equal(
		    p256_verify(&signer, bytes_make(text, len + 1), signature),
		    ERR_AUTH);
	}
}

static void
test_one_bit_flipped(void **state)
{
	uint8_t text[] = "message", signature[P256_SIGNATURE_LEN];
	struct bytes message = BYTES_OF(text);
	struct p256_point signer, other;
	size_t i;

	(void)state;
	sign(message, &other, signature);
	sign(message, &signer, signature);
	assert_int_equal(p256_verify(&other, message, signature), ERR_AUTH);
	for (i = 0; i < sizeof(signature); i++) {
		signature[i] ^= (uint8_t)(1u << (i % 8));
		assert_int_equal(
		    p256_verify(&signer, message, signature), ERR_AUTH);
		signature[i] ^= (uint8_t)(1u << (i % 8));
	}
	for (i = 0; i < sizeof(text); i++) {
		text[i] ^= (uint8_t)(1u << (i % 8));
		assert_int_equal(
		    p256_verify(&signer, message, signature), ERR_AUTH);
		text[i] ^= (uint8_t)(1u << (i % 8));
	}
	assert_int_equal(p256_verify(&signer, message, signature), ERR_OK);
}

/* r and s have to be in 1..n-1. */
static void
test_numbers_out_of_range(void **state)
{
	struct bytes message = BYTES_LIT("message");
	uint8_t good[P256_SIGNATURE_LEN], bad[P256_SIGNATURE_LEN];
	struct p256_point signer;
	size_t half, len;

	(void)state;
	sign(message, &signer, good);
	for (half = 0; half < P256_SIGNATURE_LEN; half += P256_LEN) {
		memcpy(bad, good, sizeof(bad));
		memset(bad + half, 0, P256_LEN);
		assert_int_equal(p256_verify(&signer, message, bad), ERR_AUTH);
		memset(bad + half, 0xFF, P256_LEN);
		assert_int_equal(p256_verify(&signer, message, bad), ERR_AUTH);
		assert_int_equal(
		    hex_decode(bytes_str(CURVE_N), bad + half, P256_LEN, &len),
		    ERR_OK);
		assert_int_equal(p256_verify(&signer, message, bad), ERR_AUTH);
	}
	memset(bad, 0, sizeof(bad));
	assert_int_equal(p256_verify(&signer, message, bad), ERR_AUTH);
}

static void
test_signer_off_the_curve(void **state)
{
	struct bytes message = BYTES_LIT("message");
	uint8_t signature[P256_SIGNATURE_LEN];
	struct p256_point signer;

	(void)state;
	sign(message, &signer, signature);
	signer.y[31] ^= 1;
	assert_int_equal(p256_verify(&signer, message, signature), ERR_INVALID);
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
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_rfc6979_key),
	    cmocka_unit_test(test_own_signatures),
	    cmocka_unit_test(test_one_bit_flipped),
	    cmocka_unit_test(test_numbers_out_of_range),
	    cmocka_unit_test(test_signer_off_the_curve),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
