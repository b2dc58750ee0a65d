/*
 * Bodies: what the strict reader takes, the general reader takes too, and
 * reads the same in it.
 */
#include <jansson.h>

#include "flat.h"
#include "fuzz.h"

static const char *const names[] = {"KeyID", "KeyLength"};

static void
check_value(const json_t *value, struct bytes flat)
{
	char digits[24];

	if (value == NULL) {
		fuzz_check(flat.ptr == NULL);
	} else if (json_is_string(value)) {
		fuzz_check(
		    bytes_equal(flat, bytes_make(json_string_value(value),
					  json_string_length(value))));
	} else {
		fuzz_check(json_is_integer(value));
		(void)snprintf(digits, sizeof(digits), "%lld",
		    (long long)json_integer_value(value));
		fuzz_check(bytes_equal(flat, bytes_str(digits)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes v[2];

	if (!flat_read(bytes_make(data, size), names, ARRAY_LEN(names), v))
		return 0;
	json_t *json =
	    json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

	fuzz_check(json_is_object(json));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		check_value(json_object_get(json, names[i]), v[i]);
	json_decref(json);
	return 0;
}
