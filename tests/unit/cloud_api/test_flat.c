/*
 * The strict reader: what it takes, what it leaves to the general reader,
 * and that the two never differ on what it takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <jansson.h>

#include "flat.h"

static const char *const names[] = {"KeyID", "KeyLength"};

static bool
read_text(const char *text, struct bytes values[2])
{
	return flat_read(bytes_str(text), names, ARRAY_LEN(names), values);
}

static void
assert_values(const char *text, const char *first, const char *second)
{
	struct bytes v[2];

	assert_true(read_text(text, v));
	assert_true(bytes_equal(v[0], bytes_str(first)));
	assert_true(bytes_equal(v[1], bytes_str(second)));
}

static void
test_it_takes_the_usual(void **state UNUSED)
{
	assert_values(
	    "{\"KeyID\": \"11\", \"KeyLength\": \"128\"}", "11", "128");
	assert_values("{\"KeyID\":\"11\",\"KeyLength\":256}", "11", "256");
	assert_values("{\"KeyLength\":256,\"KeyID\":\"11\"}", "11", "256");
	assert_values("{\"KeyID\":\"11\"}", "11", "");
	assert_values(" \t\r\n{ \"KeyID\" : \"\" } \n", "", "");
}

static void
test_it_leaves_the_rest(void **state UNUSED)
{
	static const char *const texts[] = {"", "{", "{}", "[]", "null",
	    "{\"KeyID\"}", "{\"KeyID\":}", "{\"KeyID\":\"1\"",
	    "{\"KeyID\":\"1\"}x", "{\"KeyID\":\"1\",}",
	    "{\"KeyID\":\"1\" \"KeyLength\":1}", "{\"Other\":\"1\"}",
	    "{\"KeyID\":\"1\",\"KeyID\":\"1\"}", "{\"KeyID\":\"\\u0031\"}",
	    "{\"KeyID\":\"\x7f\"}", "{\"KeyID\":\"\xc3\xa9\"}",
	    "{\"KeyID\":\"a\tb\"}", "{\"KeyID\":null}", "{\"KeyID\":true}",
	    "{\"KeyID\":[]}", "{\"KeyID\":{}}", "{\"KeyLength\":-1}",
	    "{\"KeyLength\":01}", "{\"KeyLength\":0}", "{\"KeyLength\":1.0}",
	    "{\"KeyLength\":1e3}", "{\"KeyLength\":1234567890123456789}",
	    "{'KeyID':'1'}", "{\"KeyID\":\"1}", "{KeyID:1}"};
	struct bytes v[2];

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_false(read_text(texts[i], v));
}

static void
test_every_cut_is_left(void **state UNUSED)
{
	static const char text[] =
	    "{\"KeyID\": \"1101\", \"KeyLength\": \"128\"}";
	struct bytes v[2];

	for (size_t len = 0; len < sizeof(text) - 1; len++)
		assert_false(flat_read(
		    bytes_make(text, len), names, ARRAY_LEN(names), v));
}

/* What the strict reader took, the general reader has to read alike. */
static void
compare(const char *text, size_t len)
{
	struct bytes v[2];

	if (!flat_read(bytes_make(text, len), names, ARRAY_LEN(names), v))
		return;
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	assert_true(json_is_object(json));
	size_t fields = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const json_t *value = json_object_get(json, names[i]);
		char digits[24];

		fields += value != NULL;
		if (json_is_string(value)) {
			assert_true(bytes_equal(
			    v[i], bytes_str(json_string_value(value))));
		} else if (json_is_integer(value)) {
			(void)snprintf(digits, sizeof(digits), "%lld",
			    (long long)json_integer_value(value));
			assert_true(bytes_equal(v[i], bytes_str(digits)));
		} else {
			assert_null(value);
			assert_int_equal(v[i].len, 0);
		}
	}
	assert_int_equal(json_object_size(json), fields);
	json_decref(json);
}

static void
test_it_agrees_with_the_general_reader(void **state UNUSED)
{
	static const char seed[] =
	    "{\"KeyID\": \"1101ab\", \"KeyLength\": 128}";
	static const char alphabet[] = "{}[]\",:\\ 0129aK\n\x7f\x80.eE-+u";
	uint64_t x = 0x9e3779b97f4a7c15;
	char text[sizeof(seed)];

	for (int round = 0; round < 200000; round++) {
		memcpy(text, seed, sizeof(seed));
		for (int i = 0; i < 1 + round % 3; i++) {
			x = x * 6364136223846793005 + 1442695040888963407;
			text[(x >> 33) % (sizeof(seed) - 1)] =
			    alphabet[(x >> 50) % (sizeof(alphabet) - 1)];
		}
		compare(text, sizeof(seed) - 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_it_takes_the_usual),
	    cmocka_unit_test(test_it_leaves_the_rest),
	    cmocka_unit_test(test_every_cut_is_left),
	    cmocka_unit_test(test_it_agrees_with_the_general_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
