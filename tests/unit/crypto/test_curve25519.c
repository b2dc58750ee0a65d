/*
 * X25519 on both implementations, Ed25519 on the one that has it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto.h"
#include "vectors.h"

#define CANARY 0xEE

static void
test_x25519_vectors(void **state)
{
	json_t *root = vectors_load("curve25519"), *v;
	struct buffer secret, public, peer, shared;
	uint8_t out[X25519_LEN];
	size_t i, pairs = 0;

	(void)state;
	json_array_foreach(vector_cases(root, "x25519"), i, v)
	{
		vector_hex(v, "secret", &secret);
		vector_hex(v, "public", &public);
		vector_hex(v, "peer", &peer);
		vector_hex(v, "shared", &shared);
		assert_int_equal(x25519_ecdh(secret.at, peer.at, out), ERR_OK);
		assert_memory_equal(out, shared.at, X25519_LEN);
		if (public.len == 0)
			continue;
		assert_int_equal(x25519_public(secret.at, out), ERR_OK);
		assert_memory_equal(out, public.at, X25519_LEN);
		pairs++;
	}
	assert_int_equal(pairs, 2);
	json_decref(root);
}

/* Points of order 1, 2, 4: every secret makes zero of them. */
static void
test_x25519_low_order(void **state)
{
	uint8_t secret[X25519_LEN] = {7}, peer[X25519_LEN] = {0};
	uint8_t out[X25519_LEN] = {CANARY};

	(void)state;
	assert_int_equal(x25519_ecdh(secret, peer, out), ERR_INVALID);
	peer[0] = 1;
	assert_int_equal(x25519_ecdh(secret, peer, out), ERR_INVALID);
	/* p - 1, p and p + 1, for p = 2^255 - 19. */
	memset(peer, 0xFF, sizeof(peer));
	peer[31] = 0x7F;
	for (peer[0] = 0xEC; peer[0] <= 0xEE; peer[0]++)
		assert_int_equal(x25519_ecdh(secret, peer, out), ERR_INVALID);
	assert_int_equal(out[0], CANARY);
}

static void
test_ed25519_vectors(void **state)
{
	struct buffer secret, public, message, signature;
	uint8_t out[ED25519_SIGNATURE_LEN];
	json_t *root, *v;
	size_t i, at;

	(void)state;
	if (!crypto_has_ed25519())
		skip();
	root = vectors_load("curve25519");
	json_array_foreach(vector_cases(root, "ed25519"), i, v)
	{
		vector_hex(v, "secret", &secret);
		vector_hex(v, "public", &public);
		vector_hex(v, "message", &message);
		vector_hex(v, "signature", &signature);
		assert_int_equal(
		    ed25519_sign(secret.at, view(&message), out), ERR_OK);
		assert_memory_equal(out, signature.at, sizeof(out));
		assert_int_equal(
		    ed25519_verify(public.at, view(&message), out), ERR_OK);
		for (at = 0; at < sizeof(out); at++) {
			out[at] ^= 1;
			assert_int_equal(
			    ed25519_verify(public.at, view(&message), out),
			    ERR_AUTH);
			out[at] ^= 1;
		}
		message.at[message.len++] = 0;
		assert_int_equal(
		    ed25519_verify(public.at, view(&message), out), ERR_AUTH);
	}
	assert_true(i >= 5);
	json_decref(root);
}

static void
test_without_ed25519(void **state)
{
	uint8_t key[ED25519_PUBLIC_LEN] = {1};
	uint8_t signature[ED25519_SIGNATURE_LEN] = {CANARY};

	(void)state;
	if (crypto_has_ed25519())
		skip();
	assert_int_equal(
	    ed25519_sign(key, BYTES_NONE, signature), ERR_UNSUPPORTED);
	assert_int_equal(
	    ed25519_verify(key, BYTES_NONE, signature), ERR_UNSUPPORTED);
	assert_int_equal(signature[0], CANARY);
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
	    cmocka_unit_test(test_x25519_vectors),
	    cmocka_unit_test(test_x25519_low_order),
	    cmocka_unit_test(test_ed25519_vectors),
	    cmocka_unit_test(test_without_ed25519),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
