/*
 * The layout of wrapped blobs, opened here by hand as PROTOCOL.md says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "../keys/golden.h"
#include "factory.h"
#include "wrap.h"

static struct keys_state state;
static const uint8_t secret[KEY_LEN] = {1, 2, 3, 4, 5};
static const uint8_t uid[UID_LEN] = {0, 2, 0, 0, 0x89, 0x28, 0x22, 0x45};

static int
setup(void **ignored UNUSED)
{
	assert_int_equal(crypto_init(), ERR_OK);
	test_random_seed(2);
	assert_int_equal(keys_state_generate(&test_random, &state), ERR_OK);
	return 0;
}

/*
 * HKDF-Expand with info = CBOR ["holdfast wrap v1", kind | uid, 32], written
 * out byte by byte.
 */
static void
wrapping_key(const uint8_t *kek, uint8_t kind, uint8_t ret[KEY_LEN])
{
	uint8_t info[] = {0x83, 0x70, 'h', 'o', 'l', 'd', 'f', 'a', 's', 't',
	    ' ', 'w', 'r', 'a', 'p', ' ', 'v', '1', 0x49, kind, 0, 2, 0, 0,
	    0x89, 0x28, 0x22, 0x45, 0x18, 32};

	assert_int_equal(
	    hkdf_expand(bytes_make(kek, KEY_LEN), BYTES_OF(info), ret, KEY_LEN),
	    ERR_OK);
}

static enum err
open_by_hand(const uint8_t *kek, uint8_t kind, struct bytes aad,
    const struct keysproto_blob *blob, uint8_t ret[KEY_LEN])
{
	uint8_t key[KEY_LEN];

	wrapping_key(kek, kind, key);
	return aead_open(AEAD_GCM_256, BYTES_OF(key),
	    bytes_make(blob->b + 2, 12), aad, bytes_make(blob->b + 14, 48),
	    ret);
}

static void
test_a_root_is_laid_out_as_the_page_says(void **ignored UNUSED)
{
	const uint8_t aad[29] = {2, 0, 2, 0, 0, 0x89, 0x28, 0x22, 0x45, 0, 0, 1,
	    3, 1, 2, 3, 4, 5, 6, 7, 8};
	struct blob_name name = {.kind = BLOB_ROOT,
	    .uid = uid,
	    .generation = 0x103,
	    .profile = test_profile};
	struct keysproto_blob blob;
	uint8_t got[KEY_LEN];

	assert_int_equal(wrap_seal(&state, &name, secret, &blob), ERR_OK);
	assert_int_equal(blob.len, 62);
	assert_int_equal(blob.b[0], 1);
	assert_int_equal(blob.b[1], state.kek[0].id);
	assert_int_equal(
	    open_by_hand(state.kek[0].kek, 2, BYTES_OF(aad), &blob, got),
	    ERR_OK);
	assert_memory_equal(got, secret, KEY_LEN);
	assert_int_equal(
	    wrap_open(&state, &name, wrap_blob_bytes(&blob), got), ERR_OK);
	assert_memory_equal(got, secret, KEY_LEN);
}

/* The vector was made by others' code; its key-encryption key has id 1. */
static void
test_a_ticket_of_the_page_opens(void **ignored UNUSED)
{
	struct keys_state s = {.random = &test_random, .kek_count = 1};
	uint8_t more[BLOB_TICKET_MORE], got[KEY_LEN];
	struct blob_name name = {.kind = BLOB_TICKET,
	    .uid = golden("uid").ptr,
	    .generation = 1,
	    .profile = golden("profile").ptr,
	    .more = BYTES_OF(more)};
	struct bytes wrapped = golden("recovery-ticket");

	assert_int_equal(wrapped.len, TICKET_LEN);
	assert_memory_equal(wrapped.ptr, name.profile, PROFILE_UID_LEN);
	wrapped = bytes_make(wrapped.ptr + PROFILE_UID_LEN, BLOB_MAX);
	s.kek[0].id = 1;
	memcpy(s.kek[0].kek, golden("kek").ptr, KEY_LEN);
	memcpy(more, golden("alias").ptr, ALIAS_LEN);
	memcpy(more + ALIAS_LEN, golden("key").ptr, P256_COMPRESSED_LEN);
	assert_int_equal(wrap_open(&s, &name, wrapped, got), ERR_OK);
	golden_equal("root", got, sizeof(got));
}

static void
test_a_ticket_names_alias_and_key_too(void **ignored UNUSED)
{
	uint8_t aad[29 + 39] = {5, 0, 2, 0, 0, 0x89, 0x28, 0x22, 0x45, 0, 0, 0,
	    1, 1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t more[BLOB_TICKET_MORE];
	struct blob_name name = {.kind = BLOB_TICKET,
	    .uid = uid,
	    .generation = 1,
	    .profile = test_profile,
	    .more = BYTES_OF(more)};
	struct keysproto_blob blob;
	uint8_t got[KEY_LEN];

	memset(more, 0x5a, sizeof(more));
	memcpy(aad + 29, more, sizeof(more));
	assert_int_equal(wrap_seal(&state, &name, secret, &blob), ERR_OK);
	assert_int_equal(
	    open_by_hand(state.kek[0].kek, 5, BYTES_OF(aad), &blob, got),
	    ERR_OK);
	assert_memory_equal(got, secret, KEY_LEN);
}

static void
test_a_factory_secret_is_under_the_import_key(void **ignored UNUSED)
{
	const uint8_t aad[29] = {1, 0, 2, 0, 0, 0x89, 0x28, 0x22, 0x45};
	uint8_t import_key[KEY_LEN] = {7}, got[KEY_LEN];
	struct blob_name name = {.kind = BLOB_FACTORY, .uid = uid};
	struct keysproto_blob blob;

	assert_int_equal(
	    wrap_seal_import(&state, import_key, &name, secret, &blob), ERR_OK);
	assert_int_equal(blob.b[1], 0);
	assert_int_equal(
	    open_by_hand(import_key, 1, BYTES_OF(aad), &blob, got), ERR_OK);
	assert_memory_equal(got, secret, KEY_LEN);
	assert_int_equal(
	    wrap_open_import(import_key, &name, wrap_blob_bytes(&blob), got),
	    ERR_OK);
	/* Neither opens as the other. */
	assert_int_equal(
	    wrap_open(&state, &name, wrap_blob_bytes(&blob), got), ERR_AUTH);
	assert_int_equal(wrap_seal(&state, &name, secret, &blob), ERR_OK);
	assert_int_equal(
	    wrap_open_import(import_key, &name, wrap_blob_bytes(&blob), got),
	    ERR_AUTH);
}

static void
test_each_blob_has_its_own_nonce(void **ignored UNUSED)
{
	struct blob_name name = {.kind = BLOB_ROOT, .uid = uid};
	struct keysproto_blob a, b;

	assert_int_equal(wrap_seal(&state, &name, secret, &a), ERR_OK);
	assert_int_equal(wrap_seal(&state, &name, secret, &b), ERR_OK);
	assert_memory_not_equal(a.b + 2, b.b + 2, 12);
}

static enum err
broken_fill(void *ctx UNUSED, uint8_t *out UNUSED, size_t len UNUSED)
{
	return ERR_RANDOM;
}

static void
test_without_randomness_nothing_is_wrapped(void **ignored UNUSED)
{
	static const struct random_source broken = {broken_fill, NULL};
	struct blob_name name = {.kind = BLOB_ROOT, .uid = uid};
	struct keys_state dry = state;
	struct keysproto_blob blob;

	dry.random = &broken;
	assert_int_equal(wrap_seal(&dry, &name, secret, &blob), ERR_RANDOM);
	assert_int_equal(keys_state_generate(&broken, &dry), ERR_RANDOM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_root_is_laid_out_as_the_page_says),
	    cmocka_unit_test(test_a_ticket_of_the_page_opens),
	    cmocka_unit_test(test_a_ticket_names_alias_and_key_too),
	    cmocka_unit_test(test_a_factory_secret_is_under_the_import_key),
	    cmocka_unit_test(test_each_blob_has_its_own_nonce),
	    cmocka_unit_test(test_without_randomness_nothing_is_wrapped),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
