/*
 * Command lines and the file of credentials.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static const char *name;
static bool loud;

static const struct cli_usage usage = {"thing", "WORD", "A thing.", 1, 2};

static int
parse(int argc, const char *const *argv, struct cli_common *common,
    char ***ret_words)
{
	static char text[16][256], *copy[16];
	const struct cli_option options[] = {
	    {"name", "TEXT", "a name", &name, NULL, true},
	    {"loud", NULL, "a flag", NULL, &loud, false},
	};

	name = NULL;
	loud = false;
	assert_true(argc < 16);
	for (int i = 0; i < argc; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%s", argv[i]);
		copy[i] = text[i];
	}
	copy[argc] = NULL;
	int status = cli_parse(
	    argc, copy, &usage, options, ARRAY_LEN(options), common, ret_words);

	/* What was parsed points into it: it stays until the end. */
	return status;
}

#define PARSE(...)                                                             \
	parse((int)ARRAY_LEN(((const char *[]){"thing", __VA_ARGS__})),        \
	    (const char *[]){"thing", __VA_ARGS__}, &common, &words)

static void
test_good_lines(void **state UNUSED)
{
	struct cli_common common;
	char **words;

	assert_int_equal(PARSE("--name", "x", "w"), -1);
	assert_string_equal(name, "x");
	assert_false(loud);
	assert_string_equal(words[0], "w");
	assert_null(words[1]);
	assert_null(common.service);
	assert_int_equal(
	    PARSE("a", "--loud", "--name=y", "b", "--service", "u"), -1);
	assert_true(loud);
	assert_string_equal(name, "y");
	assert_string_equal(words[0], "a");
	assert_string_equal(words[1], "b");
	assert_string_equal(common.service, "u");
	assert_int_equal(PARSE("--name", "x", "--", "--loud"), -1);
	assert_false(loud);
	assert_string_equal(words[0], "--loud");
}

static void
test_bad_lines(void **state UNUSED)
{
	struct cli_common common;
	char **words;

	assert_int_equal(PARSE("w"), CLI_USAGE);
	assert_int_equal(PARSE("--name", "x"), CLI_USAGE);
	assert_int_equal(PARSE("--name", "x", "1", "2", "3"), CLI_USAGE);
	assert_int_equal(PARSE("--name"), CLI_USAGE);
	assert_int_equal(PARSE("--other", "--name", "x", "w"), CLI_USAGE);
	assert_int_equal(PARSE("-x", "--name", "x", "w"), CLI_USAGE);
	assert_int_equal(PARSE("--help"), CLI_OK);
}

/* --- credentials --- */

static char dir[64];

static int
dir_make(void **state UNUSED)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/holdfast-cli-XXXXXX");
	assert_non_null(mkdtemp(dir));
	return 0;
}

static void
test_credentials_come_back(void **state UNUSED)
{
	const struct credentials c = {
	    .service = "http://x", .apikey = "key", .secret = "se\"cret"};
	struct credentials got;
	struct stat st;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/a/b/credentials", dir);
	assert_int_equal(credentials_read(path, &got), ERR_NOT_FOUND);
	assert_int_equal(credentials_write(path, &c), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(credentials_read(path, &got), ERR_OK);
	assert_string_equal(got.service, c.service);
	assert_string_equal(got.apikey, c.apikey);
	assert_string_equal(got.secret, c.secret);
	/* Replacing leaves nothing beside it. */
	assert_int_equal(credentials_write(path, &c), ERR_OK);
	(void)snprintf(path, sizeof(path), "%s/a/b/credentials.new", dir);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
test_other_files_are_no_credentials(void **state UNUSED)
{
	static const char *const texts[] = {"", "x", "{}", "[]",
	    "{\"Service\": \"s\", \"APIKey\": \"k\"}",
	    "{\"Service\": \"s\", \"APIKey\": 1, \"APISecret\": \"x\"}",
	    "{\"Service\": \"s\", \"APIKey\": \"k\", \"APISecret\": \"\"}"};
	struct credentials got;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/other", dir);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		FILE *out = fopen(path, "we");

		assert_non_null(out);
		(void)fputs(texts[i], out);
		(void)fclose(out);
		assert_int_equal(credentials_read(path, &got), ERR_FORMAT);
	}
}

static void
test_where_credentials_are(void **state UNUSED)
{
	struct cli_common common = {NULL, "here"};
	char path[64];

	assert_int_equal(credentials_path(&common, path, sizeof(path)), ERR_OK);
	assert_string_equal(path, "here");
	common.credentials = NULL;
	(void)setenv("HOME", "/home/x", 1);
	(void)unsetenv("XDG_CONFIG_HOME");
	assert_int_equal(credentials_path(&common, path, sizeof(path)), ERR_OK);
	assert_string_equal(path, "/home/x/.config/holdfast/credentials");
	(void)setenv("XDG_CONFIG_HOME", "/c", 1);
	assert_int_equal(credentials_path(&common, path, sizeof(path)), ERR_OK);
	assert_string_equal(path, "/c/holdfast/credentials");
	assert_int_equal(credentials_path(&common, path, 10), ERR_SPACE);
	(void)unsetenv("XDG_CONFIG_HOME");
	(void)unsetenv("HOME");
	assert_int_equal(
	    credentials_path(&common, path, sizeof(path)), ERR_INVALID);
}

static void
test_files_are_bounded(void **state UNUSED)
{
	uint8_t *data;
	size_t len;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/bounded", dir);
	assert_int_equal(file_slurp(path, 10, &data, &len), ERR_IO);
	assert_int_equal(errno, ENOENT);
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	(void)fputs("0123456789", out);
	(void)fclose(out);
	assert_int_equal(file_slurp(path, 9, &data, &len), ERR_SPACE);
	assert_int_equal(file_slurp(path, 10, &data, &len), ERR_OK);
	assert_int_equal(len, 10);
	assert_memory_equal(data, "0123456789", 10);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_lines),
	    cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_credentials_come_back),
	    cmocka_unit_test(test_other_files_are_no_credentials),
	    cmocka_unit_test(test_where_credentials_are),
	    cmocka_unit_test(test_files_are_bounded),
	};

	return cmocka_run_group_tests(tests, dir_make, NULL);
}
