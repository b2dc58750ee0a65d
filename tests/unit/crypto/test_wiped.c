/*
 * Where keys stand after their use: the heap, where OpenSSL's contexts are,
 * is looked through for them. AES's first round keys are the key itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "crypto/crypto.h"

#define MAPS_LINE_MAX 512

static uint8_t key[KEY_LEN]; /* not on the heap */

/* How often the key stands on the heap. */
static size_t
count_keys(size_t len)
{
	unsigned long from = 0, to = 0;
	char line[MAPS_LINE_MAX];
	size_t found = 0;
	FILE *f = fopen("/proc/self/maps", "re");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, "[heap]") != NULL)
			assert_int_equal(
			    sscanf(line, "%lx-%lx", &from, &to), 2);
	(void)fclose(f);
	assert_true(to - from > len);
	for (const uint8_t *at = (const uint8_t *)from;
	     at + len <= (const uint8_t *)to; at++)
		if (*at == key[0] && memcmp(at, key, len) == 0)
			found++;
	return found;
}

static void
use(enum aead aead)
{
	static const uint8_t zeros[32];
	uint8_t out[48], back[16];
	struct bytes nonce = bytes_make(zeros, aead_nonce_len(aead));
	struct bytes k = bytes_make(key, aead_key_len(aead));

	assert_int_equal(aead_seal(aead, k, nonce, BYTES_LIT("aad"),
			     bytes_make(zeros, 16), out),
	    ERR_OK);
	assert_int_equal(aead_open(aead, k, nonce, BYTES_LIT("aad"),
			     bytes_make(out, 16 + aead_tag_len(aead)), back),
	    ERR_OK);
}

static void
after_use(enum aead aead)
{
	size_t len = aead_key_len(aead), seen;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(0xa5 + 7 * i + aead);
	use(aead);
	assert_int_equal(count_keys(len), 0);
	aead_batch();
	use(aead);
	seen = count_keys(len);
	aead_batch_end();
	if (seen == 0)
		skip(); /* an AES whose round keys look otherwise */
	assert_int_equal(count_keys(len), 0);
	use(aead);
	assert_int_equal(count_keys(len), 0);
}

static void
test_keys_are_gone(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip(); /* its allocations are elsewhere, and nobody may look there */
#endif
	after_use(AEAD_GCM_256);
	after_use(AEAD_CCM_16_64_128);
	after_use(AEAD_CCM_16_128_128);
	after_use(AEAD_CCM_12_128_128);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys_are_gone),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
