/*
 * The settings: what they are without a file, what a file and the command
 * line make of them, and a clear sentence for everything that is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <unistd.h>

#include "cloud/config.h"

static char path[] = "/tmp/holdfast-config-XXXXXX";

static int
group_setup(void **ignored UNUSED)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int
group_teardown(void **ignored UNUSED)
{
	unlink(path);
	return 0;
}

static enum err
load(const char *text, const char *const *sets, size_t count,
    struct config *config, char *error)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return config_load("/data", path, sets, count, config, error);
}

/* The sentence starts with the file and line and holds what is said. */
static void
assert_bad(const char *text, int line, const char *says)
{
	char error[CONFIG_ERROR_MAX] = "", where[64];
	struct config config;

	assert_int_equal(load(text, NULL, 0, &config, error), ERR_INVALID);
	snprintf(where, sizeof(where), "%s:%d: ", path, line);
	assert_memory_equal(error, where, strlen(where));
	assert_non_null(strstr(error, says));
}

static void
assert_bad_set(const char *set, const char *says)
{
	char error[CONFIG_ERROR_MAX] = "";
	struct config config;

	assert_int_equal(
	    config_load("/data", NULL, &set, 1, &config, error), ERR_INVALID);
	assert_non_null(strstr(error, says));
}

static void
test_everything_has_a_default(void **ignored UNUSED)
{
	char error[CONFIG_ERROR_MAX];
	struct config c;

	assert_int_equal(
	    config_load("/data", NULL, NULL, 0, &c, error), ERR_OK);
	assert_string_equal(c.data, "/data");
	assert_string_equal(c.database, "/data/db/holdfast.db");
	assert_string_equal(c.key_file, "/data/keys/keys");
	assert_string_equal(c.devices_listen, "[::]:5683");
	assert_string_equal(c.api_listen, "127.0.0.1:8080");
	assert_int_equal(c.api_connections, 1024);
	assert_int_equal(c.heartbeat_s, 604800);
	assert_int_equal(c.devices_budget, 200000);
	assert_int_equal(c.api_budget, 200000);
	config_done(&c);
	config_done(&c);
}

static void
test_a_file_and_the_command_line_change_it(void **ignored UNUSED)
{
	static const char *const sets[] = {
	    "api.listen=127.0.0.1:0", "devices.heartbeat=3600"};
	char error[CONFIG_ERROR_MAX];
	struct config c;

	assert_int_equal(load("; a comment\n"
			      "# another\n"
			      "\n"
			      "[store]\n"
			      "database = other/x.db\n"
			      "[keys]\n"
			      "file = /elsewhere/k\n"
			      "[api]\n"
			      "listen = [::1]:9000 ; IPv6\n"
			      "connections=2000",
			     sets, 2, &c, error),
	    ERR_OK);
	assert_string_equal(c.database, "/data/other/x.db");
	assert_string_equal(c.key_file, "/elsewhere/k");
	assert_string_equal(c.api_listen, "127.0.0.1:0");
	assert_int_equal(c.api_connections, 2000);
	assert_int_equal(c.heartbeat_s, 3600);
	config_done(&c);
}

static void
test_errors_name_file_and_line(void **ignored UNUSED)
{
	assert_bad("[api]\nlisten = 1.2.3.4:5\n[apo]\nlisten = x\n", 4,
	    "no setting is called \"apo.listen\"");
	assert_bad("[api]\n\nlisden = 1\n", 3, "api.lisden");
	assert_bad("listen = 1\n", 1, "no setting is called \".listen\"");
	assert_bad("[api]\nconnections = many\n", 2,
	    "api.connections must be a number from 1 to 65536, not \"many\"");
	assert_bad("[api]\nconnections = 0\n", 2, "not \"0\"");
	assert_bad("[api]\nconnections = 65537\n", 2, "not \"65537\"");
	assert_bad("[api]\nconnections = -1\n", 2, "not \"-1\"");
	assert_bad("[api]\nconnections = 1k\n", 2, "not \"1k\"");
	assert_bad("[api]\nconnections = 99999999999999999999\n", 2, "number");
	assert_bad("[api]\nconnections =\n", 2, "number");
	assert_bad("[api]\nlisten = example.com:80\n", 2, "HOST:PORT");
	assert_bad("[keys]\nfile =\n", 2, "a path");
	assert_bad(
	    "[api]\nconnections = 5\nconnections = 6\n", 3, "given twice");
}

static void
test_lines_that_are_none_are_refused(void **ignored UNUSED)
{
	char text[400];

	assert_bad("[api\n", 1, "neither");
	assert_bad("[api]\nconnections\n", 2, "neither");
	/* The first of several errors is said. */
	assert_bad("[api]\nnonsense\nconnections = x\n", 2, "neither");
	assert_bad("[api]\nconnections = x\nnonsense\n", 2, "number");
	/* A line that is carried on is the same setting twice. */
	assert_bad("[api]\nconnections = 5\n  6\n", 3, "given twice");
	memset(text, 'x', sizeof(text));
	memcpy(text, "[keys]\nfile = ", 14);
	memcpy(text + sizeof(text) - 2, "\n", 2);
	assert_bad(text, 2, "longer than");
}

static void
test_a_missing_file_is_an_error(void **ignored UNUSED)
{
	char error[CONFIG_ERROR_MAX];
	struct config c;

	assert_int_equal(
	    config_load("/data", "/nowhere/x.ini", NULL, 0, &c, error), ERR_IO);
	assert_string_equal(error, "/nowhere/x.ini: No such file or directory");
	assert_int_equal(config_load("/data", "/", NULL, 0, &c, error), ERR_IO);
}

static void
test_settings_of_the_command_line_are_strict(void **ignored UNUSED)
{
	assert_bad_set("api.listen", "not section.key=value");
	assert_bad_set("listen=1", "not section.key=value");
	assert_bad_set("api.nothing=1", "no setting is called");
	assert_bad_set("api.connections=x", "api.connections must be");
	assert_bad_set("=", "not section.key=value");
	assert_bad_set(
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaa.b=1",
	    "not section.key=value");
}

static void
test_help_shows_every_setting(void **ignored UNUSED)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	config_help(f);
	fclose(f);
	assert_non_null(strstr(text, "store.database = db/holdfast.db"));
	assert_non_null(strstr(text, "api.connections = 1024"));
	assert_non_null(strstr(text, "a number from 1 to 65536"));
	assert_non_null(strstr(text, "devices.listen = [::]:5683"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything_has_a_default),
	    cmocka_unit_test(test_a_file_and_the_command_line_change_it),
	    cmocka_unit_test(test_errors_name_file_and_line),
	    cmocka_unit_test(test_lines_that_are_none_are_refused),
	    cmocka_unit_test(test_a_missing_file_is_an_error),
	    cmocka_unit_test(test_settings_of_the_command_line_are_strict),
	    cmocka_unit_test(test_help_shows_every_setting),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
