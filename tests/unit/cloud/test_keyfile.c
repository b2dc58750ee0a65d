/*
 * The key file on the disk: made once, never overwritten, refused when it is
 * damaged, missing beside a database, or open to others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file.h"
#include "keyfile.h"
#include "scratch.h"

static struct config config;

static int
group_setup(void **ignored UNUSED)
{
	return crypto_init() == ERR_OK ? 0 : -1;
}

static int
setup(void **state)
{
	char error[CONFIG_ERROR_MAX];
	int rc = scratch_setup(state);

	assert_int_equal(
	    config_load(scratch_dir(), NULL, NULL, 0, &config, error), ERR_OK);
	assert_int_equal(file_make_dir(scratch_path("db")), ERR_OK);
	return rc;
}

static int
teardown(void **state)
{
	config_done(&config);
	return scratch_teardown(state);
}

static size_t
read_keys(uint8_t out[KEYS_TEXT_MAX])
{
	size_t len = 0;

	assert_int_equal(
	    file_read(config.key_file, out, KEYS_TEXT_MAX, &len), ERR_OK);
	return len;
}

/* A refusal that leaves the file as it is. */
static void
assert_refused(enum err err)
{
	uint8_t before[KEYS_TEXT_MAX], after[KEYS_TEXT_MAX];
	size_t len = read_keys(before);
	struct keys_state state;

	assert_int_equal(keyfile_open(&config, &state), err);
	assert_int_equal(read_keys(after), len);
	assert_memory_equal(before, after, len);
}

static void
test_made_once_and_read_again(void **ignored UNUSED)
{
	struct keys_state first, second;
	struct stat st;

	assert_int_equal(keyfile_open(&config, &first), ERR_OK);
	assert_return_code(stat(config.key_file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_return_code(stat(scratch_path("keys"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* Once there is a database, the keys are read all the same. */
	scratch_write("db/holdfast.db", "", 0600);
	assert_int_equal(keyfile_open(&config, &second), ERR_OK);
	assert_memory_equal(first.kek, second.kek, sizeof(first.kek));
	assert_memory_equal(&first.import_public, &second.import_public,
	    sizeof(first.import_public));
}

static void
test_keys_of_two_services_differ(void **ignored UNUSED)
{
	struct keys_state first, second;

	assert_int_equal(keyfile_open(&config, &first), ERR_OK);
	assert_return_code(unlink(config.key_file), 0);
	assert_int_equal(keyfile_open(&config, &second), ERR_OK);
	assert_memory_not_equal(first.kek, second.kek, sizeof(first.kek));
}

static void
test_a_damaged_file_is_refused_and_kept(void **ignored UNUSED)
{
	struct keys_state state;
	uint8_t text[KEYS_TEXT_MAX];
	size_t len;

	assert_int_equal(keyfile_open(&config, &state), ERR_OK);
	len = read_keys(text);
	text[30] ^= 1;
	assert_int_equal(
	    file_replace(config.key_file, bytes_make(text, len), 0600), ERR_OK);
	assert_refused(ERR_AUTH);
	text[30] ^= 1;
	assert_int_equal(
	    file_replace(config.key_file, bytes_make(text, len - 1), 0600),
	    ERR_OK);
	assert_refused(ERR_FORMAT);
	assert_int_equal(
	    file_replace(config.key_file, BYTES_NONE, 0600), ERR_OK);
	assert_refused(ERR_TRUNCATED);
}

static void
test_a_file_that_is_too_long_is_refused(void **ignored UNUSED)
{
	static uint8_t text[KEYS_TEXT_MAX + 1];
	struct keys_state state;

	assert_int_equal(file_make_dir(scratch_path("keys")), ERR_OK);
	assert_int_equal(
	    file_replace(config.key_file, BYTES_OF(text), 0600), ERR_OK);
	assert_int_equal(keyfile_open(&config, &state), ERR_SPACE);
}

static void
test_a_file_that_others_may_read_is_refused(void **ignored UNUSED)
{
	struct keys_state state;

	assert_int_equal(keyfile_open(&config, &state), ERR_OK);
	assert_return_code(chmod(config.key_file, 0640), 0);
	assert_refused(ERR_DENIED);
	assert_return_code(chmod(config.key_file, 0604), 0);
	assert_refused(ERR_DENIED);
	assert_return_code(chmod(config.key_file, 0400), 0);
	assert_int_equal(keyfile_open(&config, &state), ERR_OK);
}

static void
test_no_new_keys_beside_an_old_database(void **ignored UNUSED)
{
	struct keys_state state;

	scratch_write("db/holdfast.db", "", 0600);
	assert_int_equal(keyfile_open(&config, &state), ERR_NOT_FOUND);
	assert_int_equal(access(config.key_file, F_OK), -1);
}

static void
test_a_directory_is_no_key_file(void **ignored UNUSED)
{
	struct keys_state state;

	assert_int_equal(file_make_dir(scratch_path("keys")), ERR_OK);
	assert_int_equal(file_make_dir(config.key_file), ERR_OK);
	assert_int_equal(keyfile_open(&config, &state), ERR_IO);
}

static void
test_the_public_side_is_published(void **ignored UNUSED)
{
	struct keys_state state;
	uint8_t text[1024], want[1024];
	struct writer w;
	size_t len;

	assert_int_equal(keyfile_open(&config, &state), ERR_OK);
	assert_int_equal(keyfile_publish(&config, &state), ERR_OK);
	assert_int_equal(
	    file_read(scratch_path("service.json"), text, sizeof(text), &len),
	    ERR_OK);
	writer_init(&w, want, sizeof(want));
	assert_int_equal(keys_state_public_json(&state, &w), ERR_OK);
	assert_true(bytes_equal(bytes_make(text, len), writer_bytes(&w)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_made_once_and_read_again),
	    TEST(test_keys_of_two_services_differ),
	    TEST(test_a_damaged_file_is_refused_and_kept),
	    TEST(test_a_file_that_is_too_long_is_refused),
	    TEST(test_a_file_that_others_may_read_is_refused),
	    TEST(test_no_new_keys_beside_an_old_database),
	    TEST(test_a_directory_is_no_key_file),
	    TEST(test_the_public_side_is_published),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
