/*
 * Files that are read and replaced as a whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file.h"
#include "scratch.h"

/* --- what the disk would see, by the linker's --wrap --- */

static char calls[8]; /* m: mode, f: sync of a file, d: of a directory, r */
static char failing; /* the one of them that fails, */
static int failing_errno; /* like this */

static int
call(char name, int result)
{
	size_t len = strlen(calls);

	if (len < sizeof(calls) - 1)
		calls[len] = name;
	if (name != failing)
		return result;
	errno = failing_errno;
	return -1;
}

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fsync(int fd);
int __real_renameat(int from, const char *name, int to, const char *new_name);
int __wrap_renameat(int from, const char *name, int to, const char *new_name);

int
__wrap_fchmod(int fd, mode_t mode)
{
	return call('m', __real_fchmod(fd, mode));
}

int
__wrap_fsync(int fd)
{
	struct stat st;

	assert_return_code(fstat(fd, &st), 0);
	return call(S_ISDIR(st.st_mode) ? 'd' : 'f', 0);
}

int
__wrap_renameat(int from, const char *name, int to, const char *new_name)
{
	return failing == 'r'
		   ? call('r', -1)
		   : call('r', __real_renameat(from, name, to, new_name));
}

static int
setup(void **state)
{
	memset(calls, 0, sizeof(calls));
	failing = 0;
	return scratch_setup(state);
}

/* --- tests --- */

static void
assert_content(const char *path, const char *want, unsigned mode)
{
	uint8_t buf[100];
	struct stat st;
	size_t len = 0;

	assert_int_equal(file_read(path, buf, sizeof(buf), &len), ERR_OK);
	assert_true(bytes_equal(bytes_make(buf, len), bytes_str(want)));
	assert_return_code(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void
test_a_file_is_made_and_replaced(void **ignored UNUSED)
{
	const char *path = scratch_path("f");

	assert_int_equal(file_replace(path, BYTES_LIT("one"), 0600), ERR_OK);
	assert_content(path, "one", 0600);
	assert_int_equal(file_replace(path, BYTES_LIT(""), 0644), ERR_OK);
	assert_content(path, "", 0644);
	assert_int_equal(access(scratch_path("f.new"), F_OK), -1);
}

static void
test_what_a_crash_left_beside_it_is_no_matter(void **ignored UNUSED)
{
	const char *path = scratch_path("f");

	scratch_write("f.new", "half of something longer", 0666);
	assert_int_equal(file_replace(path, BYTES_LIT("whole"), 0600), ERR_OK);
	assert_content(path, "whole", 0600);
}

static void
test_a_replacement_that_fails_leaves_the_old(void **ignored UNUSED)
{
	const char *path = scratch_path("f");

	scratch_write("f", "old", 0600);
	assert_return_code(mkdir(scratch_path("f.new"), 0700), 0);
	assert_int_equal(file_replace(path, BYTES_LIT("new"), 0600), ERR_IO);
	assert_content(path, "old", 0600);
	assert_int_equal(
	    file_replace(scratch_path("no/f"), BYTES_LIT("x"), 0600), ERR_IO);
	assert_int_equal(errno, ENOENT);
}

/* A secret that was not put in place stands nowhere else either. */
static void
test_a_replacement_that_fails_leaves_nothing_beside(void **ignored UNUSED)
{
	const char *path = scratch_path("f");

	assert_return_code(mkdir(path, 0700), 0);
	assert_int_equal(file_replace(path, BYTES_LIT("new"), 0600), ERR_IO);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(access(scratch_path("f.new"), F_OK), -1);
}

/* The content is on the disk before its name is, and the name before OK. */
static void
test_what_is_replaced_is_durable(void **ignored UNUSED)
{
	const char *path = scratch_path("f");

	assert_int_equal(file_replace(path, BYTES_LIT("one"), 0644), ERR_OK);
	assert_string_equal(calls, "mfrd");
	memset(calls, 0, sizeof(calls));
	assert_int_equal(file_replace(path, BYTES_LIT("two"), 0600), ERR_OK);
	assert_string_equal(calls, "frd");
}

static void
test_each_failure_is_told(void **ignored UNUSED)
{
	const char *path = scratch_path("f"), *name;

	assert_int_equal(file_replace(path, BYTES_LIT("old"), 0644), ERR_OK);
	failing_errno = EIO;
	for (name = "mfr"; *name != '\0'; name++) {
		failing = *name;
		assert_int_equal(
		    file_replace(path, BYTES_LIT("new"), 0644), ERR_IO);
		assert_int_equal(errno, EIO);
		assert_content(path, "old", 0644);
		assert_int_equal(access(scratch_path("f.new"), F_OK), -1);
	}
	failing = 'd'; /* it has its place, but for how long? */
	assert_int_equal(file_replace(path, BYTES_LIT("new"), 0644), ERR_IO);
	assert_int_equal(errno, EIO);
	/* A file system whose directories need no sync says so like this. */
	failing_errno = EINVAL;
	assert_int_equal(file_replace(path, BYTES_LIT("new"), 0644), ERR_OK);
	assert_content(path, "new", 0644);
}

static int
scratch_open(void)
{
	int fd = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_return_code(fd, errno);
	return fd;
}

static void
test_names_in_a_directory(void **ignored UNUSED)
{
	int dir = scratch_open();
	char longest[NAME_MAX - 2]; /* with .new one too many */
	uint8_t buf[10];
	size_t len = 77;

	assert_int_equal(
	    file_read_at(dir, "f", buf, sizeof(buf), &len), ERR_NOT_FOUND);
	assert_int_equal(file_replace_at(dir, "f", BYTES_LIT("one")), ERR_OK);
	assert_content(scratch_path("f"), "one", 0600);
	assert_int_equal(file_read_at(dir, "f", buf, 2, &len), ERR_SPACE);
	assert_int_equal(len, 77);
	assert_int_equal(file_read_at(dir, "f", buf, 3, &len), ERR_OK);
	assert_memory_equal(buf, "one", 3);
	assert_int_equal(len, 3);
	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(file_replace_at(dir, longest, BYTES_LIT("x")), ERR_IO);
	assert_int_equal(errno, ENAMETOOLONG);
	longest[sizeof(longest) - 2] = '\0';
	assert_int_equal(file_replace_at(dir, longest, BYTES_LIT("x")), ERR_OK);
	assert_return_code(close(dir), 0);
}

/* Gone for good; a name that is gone already is told. */
static void
test_what_is_removed_stays_away(void **ignored UNUSED)
{
	int dir = scratch_open();

	assert_int_equal(file_remove_at(dir, "f"), ERR_NOT_FOUND);
	assert_string_equal(calls, "d");
	scratch_write("f", "x", 0600);
	assert_int_equal(file_remove_at(dir, "f"), ERR_OK);
	assert_string_equal(calls, "dd");
	assert_int_equal(access(scratch_path("f"), F_OK), -1);
	scratch_write("f", "x", 0600);
	failing = 'd';
	failing_errno = EIO;
	assert_int_equal(file_remove_at(dir, "f"), ERR_IO);
	/* Gone already, and not yet for good. */
	assert_int_equal(file_remove_at(dir, "f"), ERR_IO);
	failing_errno = EINVAL;
	scratch_write("f", "x", 0600);
	assert_int_equal(file_remove_at(dir, "f"), ERR_OK);
	assert_return_code(mkdir(scratch_path("d"), 0700), 0);
	assert_int_equal(file_remove_at(dir, "d"), ERR_IO);
	assert_int_equal(errno, EISDIR);
	(void)close(dir);
}

/* A link, a pipe that nobody writes, a directory: none is read or waited for. */
static void
test_only_regular_files_in_a_directory(void **ignored UNUSED)
{
	int dir = scratch_open();
	uint8_t buf[10];
	size_t len;

	scratch_write("f", "text", 0600);
	assert_return_code(symlink("f", scratch_path("link")), 0);
	assert_return_code(mkfifo(scratch_path("pipe"), 0600), 0);
	assert_return_code(mkdir(scratch_path("dir"), 0700), 0);
	assert_int_equal(
	    file_read_at(dir, "link", buf, sizeof(buf), &len), ERR_IO);
	assert_int_equal(
	    file_read_at(dir, "pipe", buf, sizeof(buf), &len), ERR_IO);
	assert_int_equal(
	    file_read_at(dir, "dir", buf, sizeof(buf), &len), ERR_IO);
	/* Whoever may write there cannot have another file overwritten. */
	assert_return_code(symlink("f", scratch_path("g.new")), 0);
	assert_int_equal(file_replace_at(dir, "g", BYTES_LIT("new")), ERR_OK);
	assert_content(scratch_path("f"), "text", 0600);
	assert_content(scratch_path("g"), "new", 0600);
	assert_return_code(close(dir), 0);
}

static void
test_reading_has_a_limit(void **ignored UNUSED)
{
	const char *path = scratch_path("f");
	uint8_t buf[10];
	size_t len = 77;

	assert_int_equal(file_read(path, buf, 10, &len), ERR_NOT_FOUND);
	scratch_write("f", "0123456789", 0600);
	assert_int_equal(file_read(path, buf, 9, &len), ERR_SPACE);
	assert_int_equal(len, 77);
	assert_int_equal(file_read(path, buf, 10, &len), ERR_OK);
	assert_int_equal(len, 10);
	assert_int_equal(file_read(scratch_dir(), buf, 10, &len), ERR_IO);
}

static void
test_directories_are_private(void **ignored UNUSED)
{
	const char *path = scratch_path("d");
	struct stat st;

	assert_int_equal(file_make_dir(path), ERR_OK);
	assert_return_code(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(file_make_dir(path), ERR_OK);
	scratch_write("f", "", 0600);
	assert_int_equal(file_make_dir(scratch_path("f")), ERR_IO);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(file_make_dir(scratch_path("no/d")), ERR_IO);
}

static void
test_names_of_directories(void **ignored UNUSED)
{
	static const char *const cases[][2] = {
	    {"a/b", "a"}, {"/a/b/c", "/a/b"}, {"a", "."}, {"/a", "/"}};
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		char *dir = file_dirname(cases[i][0]);

		assert_string_equal(dir, cases[i][1]);
		free(dir);
	}
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, setup, scratch_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_file_is_made_and_replaced),
	    TEST(test_what_a_crash_left_beside_it_is_no_matter),
	    TEST(test_a_replacement_that_fails_leaves_the_old),
	    TEST(test_a_replacement_that_fails_leaves_nothing_beside),
	    TEST(test_what_is_replaced_is_durable),
	    TEST(test_each_failure_is_told),
	    TEST(test_names_in_a_directory),
	    TEST(test_what_is_removed_stays_away),
	    TEST(test_only_regular_files_in_a_directory),
	    TEST(test_reading_has_a_limit),
	    TEST(test_directories_are_private),
	    TEST(test_names_of_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
