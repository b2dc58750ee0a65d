/*
 * The contract and the route table say the same: no path or method is in
 * one and not in the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "api.h"
#include "openapi.h"

#define LINE_MAX_LEN 256

/* One path with a method, {Name} as it stands. */
struct operation {
	char path[LINE_MAX_LEN];
	char method[8];
	bool open; /* security: [] */
	bool seen;
};

static struct operation operations[64];
static size_t operation_count;

static bool
starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static void
path_take(const char *line, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%.*s", (int)strcspn(line + 2, ":"), line + 2);
}

static void
method_take(const char *line, const char *path)
{
	struct operation *o = &operations[operation_count++];

	assert_in_range(operation_count, 1, ARRAY_LEN(operations));
	(void)snprintf(o->path, sizeof(o->path), "%s", path);
	(void)snprintf(o->method, sizeof(o->method), "%.*s",
	    (int)strcspn(line + 4, ":"), line + 4);
	for (char *c = o->method; *c != '\0'; c++)
		*c = (char)(*c - 'a' + 'A');
}

/* The document is our own, indented by two: no need for a YAML parser. */
static int
document_read(void **state UNUSED)
{
	char path[LINE_MAX_LEN] = "", line[LINE_MAX_LEN];
	bool paths = false;
	size_t at = 0;

	while (at < openapi_yaml_len) {
		const uint8_t *start = openapi_yaml + at;
		const uint8_t *end = memchr(start, '\n', openapi_yaml_len - at);

		assert_non_null(end);
		size_t len = (size_t)(end - start);

		assert_in_range(len, 0, sizeof(line) - 1);
		memcpy(line, start, len);
		line[len] = '\0';
		at += len + 1;
		if (line[0] != ' ')
			paths = starts(line, "paths:");
		else if (paths && starts(line, "  /"))
			path_take(line, path, sizeof(path));
		else if (paths && starts(line, "    ") && line[4] != ' ')
			method_take(line, path);
		else if (paths && starts(line, "      security: []"))
			operations[operation_count - 1].open = true;
	}
	return 0;
}

static struct operation *
operation_find(const struct route *route)
{
	for (size_t i = 0; i < operation_count; i++) {
		if (strcmp(operations[i].path, route->path) == 0 &&
		    strcmp(operations[i].method, route->method) == 0)
			return &operations[i];
	}
	return NULL;
}

static void
test_routes_are_in_the_document(void **state UNUSED)
{
	for (size_t i = 0; i < api_route_count; i++) {
		struct operation *o = operation_find(&api_routes[i]);

		if (o == NULL)
			fail_msg("%s %s is not in openapi.yaml",
			    api_routes[i].method, api_routes[i].path);
		o->seen = true;
		assert_int_equal(o->open, api_routes[i].access == ROUTE_OPEN);
	}
}

static void
test_the_document_has_no_others(void **state UNUSED)
{
	for (size_t i = 0; i < operation_count; i++) {
		if (!operations[i].seen)
			fail_msg("%s %s has no route", operations[i].method,
			    operations[i].path);
	}
	assert_int_equal(operation_count, api_route_count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_routes_are_in_the_document),
	    cmocka_unit_test(test_the_document_has_no_others),
	};

	return cmocka_run_group_tests(tests, document_read, NULL);
}
