/* Paths as text: what matches, and what a written path looks like. */
#include "common.h"

static uint8_t buf[512];

static struct bytes
path_write(const char *path)
{
	struct coap_writer w;
	struct bytes out;

	coap_write_body(&w, buf, sizeof(buf));
	coap_write_path(&w, path);
	assert_int_equal(coap_write_end(&w, &out), ERR_OK);
	return out;
}

static void
test_write(void **state UNUSED)
{
	assert_view(path_write(""), BYTES_NONE);
	assert_view(path_write("e"), B(0xb1, 'e'));
	assert_view(path_write("ab/c"), B(0xb2, 'a', 'b', 0x01, 'c'));
	/* A slash at the end is an empty last segment: RFC 7252, 6.4. */
	assert_view(path_write("e/"), B(0xb1, 'e', 0x00));
	assert_view(path_write(".well-known/edhoc"),
	    B(0xbb, '.', 'w', 'e', 'l', 'l', '-', 'k', 'n', 'o', 'w', 'n', 0x05,
		'e', 'd', 'h', 'o', 'c'));
}

static void
test_long_segments(void **state UNUSED)
{
	char path[257];
	struct coap_writer w;
	struct bytes out;

	memset(path, 'x', sizeof(path));
	path[255] = '\0';
	assert_true(coap_path_is(path_write(path), path));
	path[255] = 'x';
	path[256] = '\0';
	coap_write_body(&w, buf, sizeof(buf));
	coap_write_path(&w, path);
	assert_int_equal(coap_write_end(&w, &out), ERR_INVALID);
}

static void
test_is(void **state UNUSED)
{
	static const char *const paths[] = {"", "e", "e/", "e/f", "ef", "E",
	    ".well-known/core", ".well-known/edhoc", "a/b/c", "a//c"};
	size_t i;
	size_t j;

	for (i = 0; i < ARRAY_LEN(paths); i++) {
		for (j = 0; j < ARRAY_LEN(paths); j++)
			assert_int_equal(
			    coap_path_is(path_write(paths[i]), paths[j]),
			    i == j);
	}
}

static void
test_slash_inside_a_segment(void **state UNUSED)
{
	struct bytes one = B(0xb3, 'a', '/', 'b');

	assert_false(coap_path_is(one, "a/b"));
	assert_true(coap_path_is(B(0xb1, 'a', 0x01, 'b'), "a/b"));
}

static void
test_other_options_around(void **state UNUSED)
{
	/* Uri-Host "h", Uri-Path "e", Content-Format 65. */
	struct bytes options = B(0x31, 'h', 0x81, 'e', 0x11, 65);

	assert_true(coap_path_is(options, "e"));
	assert_false(coap_path_is(options, ""));
	assert_true(coap_path_is(B(0x31, 'h'), ""));
}

/* An empty segment is not the root path, which has none. */
static void
test_empty_segment(void **state UNUSED)
{
	assert_false(coap_path_is(B(0xb0), ""));
	assert_true(coap_path_is(BYTES_NONE, ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_long_segments),
	    cmocka_unit_test(test_is),
	    cmocka_unit_test(test_slash_inside_a_segment),
	    cmocka_unit_test(test_other_options_around),
	    cmocka_unit_test(test_empty_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
