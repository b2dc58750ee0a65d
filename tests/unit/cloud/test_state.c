/*
 * The text of the key file: one for each state, and nothing else is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/text.h"
#include "factory.h"

static struct keys_state state;
static uint8_t text[KEYS_TEXT_MAX];
static size_t text_len;

static int
setup(void **ignored UNUSED)
{
	struct writer w;

	assert_int_equal(crypto_init(), ERR_OK);
	test_random_seed(3);
	assert_int_equal(keys_state_generate(&test_random, &state), ERR_OK);
	writer_init(&w, text, sizeof(text));
	assert_int_equal(keys_state_encode(&state, &w), ERR_OK);
	text_len = w.len;
	return 0;
}

static enum err
decode(const void *in, size_t len)
{
	struct keys_state got;

	return keys_state_decode(bytes_make(in, len), &test_random, &got);
}

/* Adds the right checksum to some lines and reads them. */
static enum err
decode_lines(const char *lines)
{
	char all[KEYS_TEXT_MAX], hex[HEX_SIZE(SHA256_LEN)];
	struct bytes above = bytes_str(lines);
	uint8_t hash[SHA256_LEN];
	int len;

	assert_int_equal(sha256(&above, 1, hash), ERR_OK);
	hex_encode_lower(BYTES_OF(hash), hex);
	len = snprintf(all, sizeof(all), "%schecksum %s\n", lines, hex);
	return decode(all, (size_t)len);
}

static void
test_a_state_comes_back(void **ignored UNUSED)
{
	struct keys_state got;

	assert_int_equal(
	    keys_state_decode(bytes_make(text, text_len), &test_random, &got),
	    ERR_OK);
	assert_memory_equal(got.kek, state.kek, sizeof(state.kek));
	assert_int_equal(got.kek_count, 1);
	assert_int_equal(got.credential_count, 1);
	assert_memory_equal(
	    got.credential, state.credential, sizeof(state.credential));
	assert_memory_equal(&got.import_secret, &state.import_secret,
	    sizeof(state.import_secret));
	assert_memory_equal(&got.import_public, &state.import_public,
	    sizeof(state.import_public));
}

static void
test_every_cut_is_refused(void **ignored UNUSED)
{
	size_t len;

	for (len = 0; len < text_len; len++)
		assert_int_not_equal(decode(text, len), ERR_OK);
	text[text_len] = '\n';
	assert_int_not_equal(decode(text, text_len + 1), ERR_OK);
}

static void
test_every_changed_bit_is_refused(void **ignored UNUSED)
{
	uint8_t bad[KEYS_TEXT_MAX];
	size_t bit;

	for (bit = 0; bit < 8 * text_len; bit++) {
		memcpy(bad, text, text_len);
		bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(decode(bad, text_len), ERR_OK);
	}
}

#define K "0000000000000000000000000000000000000000000000000000000000000001"
#define Z "0000000000000000000000000000000000000000000000000000000000000000"
#define UPPER "000000000000000000000000000000000000000000000000000000000000000A"
#define V1 "holdfast-keys 1\n"

static void
test_lines_are_strict(void **ignored UNUSED)
{
	static const char *const good[] = {
	    V1 "kek 1 " K "\ncredential 1 " K "\nimport " K "\n",
	    V1 "kek 1 " K "\nkek 255 " Z "\ncredential 1 " K "\ncredential 2 " K
	       "\nimport " K "\n",
	};
	static const struct {
		const char *lines;
		enum err err;
	} bad[] = {
	    {"holdfast-keys 2\n", ERR_UNSUPPORTED},
	    {"", ERR_UNSUPPORTED},
	    {V1, ERR_TRUNCATED},
	    {V1 "credential 1 " K "\nimport " K "\n", ERR_FORMAT},
	    {V1 "kek 1 " K "\nimport " K "\n", ERR_FORMAT},
	    {V1 "kek 0 " K "\ncredential 1 " K "\nimport " K "\n", ERR_FORMAT},
	    {V1 "kek 256 " K "\ncredential 1 " K "\nimport " K "\n",
		ERR_FORMAT},
	    {V1 "kek 01 " K "\ncredential 1 " K "\nimport " K "\n", ERR_FORMAT},
	    {V1 "kek 1 " K "\nkek 1 " Z "\ncredential 1 " K "\nimport " K "\n",
		ERR_FORMAT},
	    {V1 "kek 1 " K "\ncredential 1 " K "\ncredential 1 " K "\nimport " K
		"\n",
		ERR_FORMAT},
	    {V1 "kek 1 " K "\ncredential 1 " Z "\nimport " K "\n", ERR_INVALID},
	    {V1 "kek 1 " K "\ncredential 1 " K "\nimport " Z "\n", ERR_INVALID},
	    {V1 "kek 1 " UPPER "\ncredential 1 " K "\nimport " K "\n",
		ERR_FORMAT},
	    {V1 "kek 1 " K "\ncredential 1 " K "\nimport " K "\nmore\n",
		ERR_FORMAT},
	    {V1 "kek 1 " K "\nkek 2 " K "\nkek 3 " K "\nkek 4 " K "\nkek 5 " K
		"\ncredential 1 " K "\nimport " K "\n",
		ERR_FORMAT},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(decode_lines(good[i]), ERR_OK);
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(decode_lines(bad[i].lines), bad[i].err);
}

static void
test_a_wrong_checksum_is_told_from_a_bad_line(void **ignored UNUSED)
{
	uint8_t bad[KEYS_TEXT_MAX];

	memcpy(bad, text, text_len);
	bad[20] ^= 1;
	assert_int_equal(decode(bad, text_len), ERR_AUTH);
}

static void
test_the_public_side_is_json_without_secrets(void **ignored UNUSED)
{
	char json[1024], secret[HEX_SIZE(32)];
	uint8_t point[P256_POINT_LEN], want[P256_POINT_LEN];
	const char *import_key, *public_key;
	struct writer w;
	size_t len;
	json_t *j;
	int kid;

	writer_init(&w, (uint8_t *)json, sizeof(json));
	assert_int_equal(keys_state_public_json(&state, &w), ERR_OK);
	j = json_loadb(json, w.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	assert_int_equal(
	    json_unpack_ex(j, NULL, JSON_STRICT, "{s:s, s:[{s:i, s:s}!]!}",
		"ImportKey", &import_key, "Credentials", "Kid", &kid,
		"PublicKey", &public_key),
	    0);
	assert_int_equal(kid, 1);
	assert_int_equal(
	    base64_decode(bytes_str(import_key), point, sizeof(point), &len),
	    ERR_OK);
	p256_point_encode(&state.import_public, want);
	assert_memory_equal(point, want, sizeof(want));
	assert_int_equal(
	    base64_decode(bytes_str(public_key), point, sizeof(point), &len),
	    ERR_OK);
	p256_point_encode(&state.credential[0].public_key, want);
	assert_memory_equal(point, want, sizeof(want));
	json[w.len] = '\0';
	base64_encode(BYTES_OF(state.import_secret.d), secret);
	assert_null(strstr(json, secret));
	json_decref(j);
}

static void
test_what_does_not_fit_is_not_written(void **ignored UNUSED)
{
	uint8_t small[KEYS_TEXT_MAX];
	struct writer w;

	writer_init(&w, small, 200);
	assert_int_equal(keys_state_encode(&state, &w), ERR_SPACE);
	writer_init(&w, small, text_len - 1);
	assert_int_equal(keys_state_encode(&state, &w), ERR_SPACE);
	writer_init(&w, small, 100);
	assert_int_equal(keys_state_public_json(&state, &w), ERR_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_state_comes_back),
	    cmocka_unit_test(test_every_cut_is_refused),
	    cmocka_unit_test(test_every_changed_bit_is_refused),
	    cmocka_unit_test(test_lines_are_strict),
	    cmocka_unit_test(test_a_wrong_checksum_is_told_from_a_bad_line),
	    cmocka_unit_test(test_the_public_side_is_json_without_secrets),
	    cmocka_unit_test(test_what_does_not_fit_is_not_written),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
