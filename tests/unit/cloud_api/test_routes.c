/*
 * Which paths a row of the route table is for: a whole path, a segment at its
 * end, and one with more behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "api.h"

#define CAP 8

static char item[CAP];

static bool
takes(const char *pattern, const char *path)
{
	struct route route = {.path = pattern};

	memset(item, 0, sizeof(item));
	return route_takes(&route, path, item, sizeof(item));
}

static void
test_whole_path(void **state UNUSED)
{
	assert_true(takes("/v1/devices", "/v1/devices"));
	assert_false(takes("/v1/devices", "/v1/devices/"));
	assert_false(takes("/v1/devices", "/v1/devicesx"));
	assert_false(takes("/v1/devices", "/v1/device"));
	assert_false(takes("/v1/devices", ""));
	assert_string_equal(item, "");
}

static void
test_last_segment(void **state UNUSED)
{
	assert_true(takes("/v1/devices/{ID}", "/v1/devices/a1"));
	assert_string_equal(item, "a1");
	assert_false(takes("/v1/devices/{ID}", "/v1/devices/"));
	assert_false(takes("/v1/devices/{ID}", "/v1/devices"));
	assert_false(takes("/v1/devices/{ID}", "/v1/devices/a1/"));
	assert_false(takes("/v1/devices/{ID}", "/v1/devices/a1/rotate"));
}

static void
test_segment_in_the_middle(void **state UNUSED)
{
	static const char pattern[] = "/v1/devices/{ID}/rotate";

	assert_true(takes(pattern, "/v1/devices/a1/rotate"));
	assert_string_equal(item, "a1");
	assert_false(takes(pattern, "/v1/devices/a1"));
	assert_false(takes(pattern, "/v1/devices/a1/"));
	assert_false(takes(pattern, "/v1/devices//rotate"));
	assert_false(takes(pattern, "/v1/devices/rotate"));
	assert_false(takes(pattern, "/v1/devices/a1/rotated"));
	assert_false(takes(pattern, "/v1/devices/a1/rotate/"));
	assert_false(takes(pattern, "/v1/devices/a1/b2/rotate"));
}

static void
test_segment_fits_or_is_for_no_route(void **state UNUSED)
{
	assert_true(takes("/p/{ID}/x", "/p/1234567/x"));
	assert_string_equal(item, "1234567");
	assert_false(takes("/p/{ID}/x", "/p/12345678/x"));
	assert_false(takes("/p/{ID}", "/p/12345678"));
}

/* {Name} is once, whole and between slashes in every row there is. */
static void
test_table(void **state UNUSED)
{
	for (size_t i = 0; i < api_route_count; i++) {
		const char *open = strchr(api_routes[i].path, '{');

		if (open == NULL) {
			assert_null(strchr(api_routes[i].path, '}'));
			continue;
		}
		const char *close = strchr(open, '}');

		assert_non_null(close);
		assert_int_equal(open[-1], '/');
		assert_true(close[1] == '/' || close[1] == '\0');
		assert_null(strchr(close, '{'));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole_path),
	    cmocka_unit_test(test_last_segment),
	    cmocka_unit_test(test_segment_in_the_middle),
	    cmocka_unit_test(test_segment_fits_or_is_for_no_route),
	    cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
