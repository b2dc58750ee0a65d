/*
 * Reads "Golden vectors" of $HOLDFAST_SOURCE/PROTOCOL.md once: indented
 * lines of a name and hex digits. Values live until the program ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "golden.h"

#define VECTORS_MAX 128
#define VALUE_MAX 256

static struct {
	char name[48];
	uint8_t value[VALUE_MAX];
	size_t len;
} vectors[VECTORS_MAX];
static size_t vector_count;

static void
vector_add(const char *line)
{
	char hex[2 * VALUE_MAX + 1];

	assert_true(vector_count < VECTORS_MAX);
	if (sscanf(line, "%47s %512s", vectors[vector_count].name, hex) != 2)
		fail_msg("not a vector: %s", line);
	assert_int_equal(hex_decode(bytes_str(hex), vectors[vector_count].value,
			     VALUE_MAX, &vectors[vector_count].len),
	    ERR_OK);
	vector_count++;
}

static void
vectors_load(void)
{
	const char *source = getenv("HOLDFAST_SOURCE");
	char line[1024];
	bool inside = false;
	FILE *f;

	assert_non_null(source);
	snprintf(line, sizeof(line), "%s/PROTOCOL.md", source);
	f = fopen(line, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			inside = strcmp(line, "## Golden vectors\n") == 0;
		else if (inside && strncmp(line, "    ", 4) == 0)
			vector_add(line);
	}
	fclose(f);
	assert_true(vector_count > 0);
}

struct bytes
golden(const char *name)
{
	size_t i;

	if (vector_count == 0)
		vectors_load();
	for (i = 0; i < vector_count; i++)
		if (strcmp(vectors[i].name, name) == 0)
			return bytes_make(vectors[i].value, vectors[i].len);
	fail_msg("PROTOCOL.md has no golden vector %s", name);
	return BYTES_NONE;
}

void
golden_equal(const char *name, const void *got, size_t len)
{
	struct bytes want = golden(name);

	assert_int_equal(len, want.len);
	assert_memory_equal(got, want.ptr, len);
}
