/*
 * Directories below /tmp for tests that need files.
 */
#include <stddef.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

static char dir[64];

int
scratch_setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/holdfast-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st;
	(void)flag;
	(void)walk;
	return remove(path);
}

int
scratch_teardown(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
scratch_dir(void)
{
	return dir;
}

const char *
scratch_path(const char *name)
{
	static char paths[8][256];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

void
scratch_write(const char *name, const char *text, unsigned mode)
{
	const char *path = scratch_path(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_return_code(chmod(path, mode), 0);
}
