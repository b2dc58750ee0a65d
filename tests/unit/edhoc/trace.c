/*
 * Reading of the traces, from the file that was made from RFC 9529.
 */
#include "trace.h"

#include <jansson.h>

#include "base/text.h"
#include "cbor/cbor.h"

static json_t *
file_load(void)
{
	const char *dir = getenv("HOLDFAST_VECTORS");
	char path[1024];
	json_error_t error;
	json_t *file;

	assert_non_null(dir);
	snprintf(path, sizeof(path), "%s/edhoc_rfc9529.json", dir);
	file = json_load_file(path, 0, &error);
	if (file == NULL)
		print_error("%s: %s\n", path, error.text);
	assert_non_null(file);
	return file;
}

static char *
copy_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	char *copy;

	assert_non_null(text);
	copy = strdup(text);
	assert_non_null(copy);
	return copy;
}

void
trace_load(struct trace *t, const char *name)
{
	json_t *file = file_load();
	json_t *list = json_object_get(json_object_get(file, "traces"), name);
	struct trace_entry *entry;
	json_t *item;
	size_t i;

	memset(t, 0, sizeof(*t));
	assert_in_range(json_array_size(list), 1, TRACE_MAX);
	json_array_foreach(list, i, item)
	{
		entry = &t->entry[t->count++];
		entry->section = copy_of(item, "section");
		entry->name = copy_of(item, "name");
		entry->text = copy_of(item, "hex");
		assert_ok(hex_decode(bytes_str(entry->text), entry->value,
		    sizeof(entry->value), &entry->len));
	}
	json_decref(file);
}

void
trace_free(struct trace *t)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		free(t->entry[i].section);
		free(t->entry[i].name);
		free(t->entry[i].text);
	}
}

struct trace_entry *
trace_find(struct trace *t, const char *section, const char *name)
{
	struct trace_entry *found = NULL;
	size_t i, matches = 0;

	for (i = 0; i < t->count; i++) {
		if (strcmp(t->entry[i].section, section) != 0 ||
		    strncmp(t->entry[i].name, name, strlen(name)) != 0)
			continue;
		found = &t->entry[i];
		matches++;
	}
	if (matches != 1)
		fail_msg(
		    "%zu entries \"%s\" in \"%s\"", matches, name, section);
	found->used = true;
	return found;
}

struct bytes
trace_input(struct trace *t, const char *section, const char *name)
{
	struct trace_entry *entry = trace_find(t, section, name);

	return bytes_make(entry->value, entry->len);
}

void
trace_check(
    struct trace *t, const char *section, const char *name, struct bytes got)
{
	struct bytes want = trace_input(t, section, name);

	if (!bytes_equal(got, want))
		print_error("%s: %s\n", section, name);
	assert_view(got, want);
}

void
trace_check_bstr(
    struct trace *t, const char *section, const char *name, struct bytes got)
{
	uint8_t buf[TRACE_VALUE_MAX];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	cbor_put_bstr(&w, got);
	assert_ok(w.err);
	trace_check(t, section, name, writer_bytes(&w));
}

void
trace_check_both(
    struct trace *t, const char *section, const char *name, struct bytes got)
{
	char full[128];

	snprintf(full, sizeof(full), "%s (Raw Value)", name);
	trace_check(t, section, full, got);
	snprintf(full, sizeof(full), "%s (CBOR Data Item)", name);
	trace_check_bstr(t, section, full, got);
}

void
trace_check_all_used(const struct trace *t)
{
	size_t i, unused = 0;

	for (i = 0; i < t->count; i++) {
		if (t->entry[i].used)
			continue;
		print_error(
		    "unused: %s: %s\n", t->entry[i].section, t->entry[i].name);
		unused++;
	}
	assert_int_equal(unused, 0);
}
