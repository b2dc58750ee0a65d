/*
 * OpenSSL's side only: the n-th allocation fails, for every n. Each operation
 * has to report it, to leave its output alone, and to work the next time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/hpke.h"

#define CANARY 0xEE
#define NEVER (-1)
#define OUT_MAX 128

/* Declared here: OpenSSL's headers and base/err.h share a name. */
int CRYPTO_set_mem_functions(
    void *(*get)(size_t len, const char *file, int line),
    void *(*resize)(void *ptr, size_t len, const char *file, int line),
    void (*give)(void *ptr, const char *file, int line));

/* How many allocations succeed before one fails. */
static long left = NEVER;
static bool failed;

static bool
fails_now(void)
{
	if (left == NEVER || left-- > 0)
		return false;
	left = NEVER;
	failed = true;
	return true;
}

static void *
get(size_t len, const char *file UNUSED, int line UNUSED)
{
	return fails_now() ? NULL : malloc(len);
}

static void *
resize(void *ptr, size_t len, const char *file UNUSED, int line UNUSED)
{
	return fails_now() ? NULL : realloc(ptr, len);
}

static void
give(void *ptr, const char *file UNUSED, int line UNUSED)
{
	free(ptr);
}

static struct p256_secret secret;
static struct p256_point point;
static uint8_t compressed[P256_COMPRESSED_LEN];
static uint8_t signature[P256_SIGNATURE_LEN];
static uint8_t scalar[X25519_LEN] = {9};

static enum err
run_public(uint8_t *out)
{
	struct p256_point made;
	enum err err = p256_public(&secret, &made);

	if (err == ERR_OK)
		memcpy(out, &made, sizeof(made));
	return err;
}

static enum err
run_decode(uint8_t *out)
{
	struct p256_point made;
	enum err err = p256_point_decode(BYTES_OF(compressed), &made);

	if (err == ERR_OK)
		memcpy(out, &made, sizeof(made));
	return err;
}

static enum err
run_check(uint8_t *out UNUSED)
{
	return p256_point_check(&point);
}

static enum err
run_ecdh(uint8_t *out)
{
	return p256_ecdh(&secret, &point, out);
}

static enum err
run_sign(uint8_t *out)
{
	return p256_sign(&secret, BYTES_LIT("message"), out);
}

static enum err
run_verify(uint8_t *out UNUSED)
{
	return p256_verify(&point, BYTES_LIT("message"), signature);
}

static enum err
run_x25519(uint8_t *out)
{
	uint8_t public[X25519_LEN];
	enum err err = x25519_public(scalar, public);

	return err != ERR_OK ? err : x25519_ecdh(scalar, public, out);
}

static enum err
run_ed25519(uint8_t *out)
{
	return ed25519_sign(scalar, BYTES_LIT("message"), out);
}

static enum err
run_hmac(uint8_t *out)
{
	struct bytes message = BYTES_LIT("message");

	return hmac_sha256(BYTES_OF(scalar), &message, 1, out);
}

static enum err
run_hpke(uint8_t *out)
{
	uint8_t enc[HPKE_ENC_LEN];

	return hpke_seal(&crypto_random_source, &point, BYTES_NONE, BYTES_NONE,
	    BYTES_OF(scalar), enc, out);
}

static enum err (*const operations[])(uint8_t *out) = {run_public, run_decode,
    run_check, run_ecdh, run_sign, run_verify, run_x25519, run_ed25519,
    run_hmac, run_hpke};

static void
check_untouched(const uint8_t out[OUT_MAX])
{
	size_t i;

	for (i = 0; i < OUT_MAX; i++)
		assert_int_equal(out[i], CANARY);
}

/* Fails allocation n of an operation; false when it makes fewer than that. */
static bool
fail_nth(enum err (*run)(uint8_t *out), long n)
{
	uint8_t out[OUT_MAX];
	enum err err;

	memset(out, CANARY, sizeof(out));
	failed = false;
	left = n;
	err = run(out);
	left = NEVER;
	if (!failed) {
		assert_int_equal(err, ERR_OK);
		return false;
	}
	/* OpenSSL goes on without some of what it wanted. */
	if (err != ERR_OK)
		check_untouched(out);
	assert_int_equal(run(out), ERR_OK);
	return true;
}

static void
test_every_allocation_fails_once(void **state)
{
	size_t i;
	long n, all = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(operations); i++) {
		n = 0;
		while (fail_nth(operations[i], n))
			n++;
		all += n;
	}
	assert_true(all > 50);
}

static int
setup(void **state)
{
	(void)state;
	if (crypto_init() != ERR_OK ||
	    p256_generate(&crypto_random_source, &secret, &point) != ERR_OK)
		return -1;
	p256_point_compress(&point, compressed);
	return p256_sign(&secret, BYTES_LIT("message"), signature);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_allocation_fails_once),
	};

	if (CRYPTO_set_mem_functions(get, resize, give) != 1)
		return 1;
	return cmocka_run_group_tests(tests, setup, NULL);
}
