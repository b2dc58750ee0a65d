/*
 * Reads test vectors. Any surprise ends the test that asked.
 */
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/text.h"

struct bytes
view(const struct buffer *b)
{
	return bytes_make(b->at, b->len);
}

static json_t *
load(const char *variable, const char *folder, const char *name)
{
	const char *top = getenv(variable);
	char path[512];
	json_error_t error;
	json_t *root;

	assert_non_null(top);
	snprintf(path, sizeof(path), "%s%s/%s.json", top, folder, name);
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		fail_msg("%s: %s", path, error.text);
	return root;
}

json_t *
vectors_load(const char *name)
{
	return load("HOLDFAST_SOURCE", "/tests/vectors", name);
}

json_t *
vector_cases(json_t *root, const char *name)
{
	json_t *cases = json_object_get(root, name);

	assert_true(json_is_array(cases));
	return cases;
}

void
vector_hex(const json_t *object, const char *field, struct buffer *ret)
{
	const char *text = json_string_value(json_object_get(object, field));

	ret->len = 0;
	if (text == NULL)
		return;
	assert_int_equal(
	    hex_decode(bytes_str(text), ret->at, sizeof(ret->at), &ret->len),
	    ERR_OK);
}

void
trace_read(const char *trace, const char *section, const char *name,
    struct buffer *ret)
{
	json_t *root = load("HOLDFAST_VECTORS", "", "edhoc_rfc9529");
	json_t *values =
	    json_object_get(json_object_get(root, "traces"), trace);
	json_t *value;
	size_t i;

	ret->len = 0;
	json_array_foreach(values, i, value)
	{
		const char *in =
		    json_string_value(json_object_get(value, "section"));
		const char *is =
		    json_string_value(json_object_get(value, "name"));

		if (ret->len == 0 && in != NULL && is != NULL &&
		    bytes_equal(bytes_str(in), bytes_str(section)) &&
		    strncmp(is, name, strlen(name)) == 0)
			vector_hex(value, "hex", ret);
	}
	json_decref(root);
	if (ret->len == 0)
		fail_msg("no %s in %s", name, section);
}
