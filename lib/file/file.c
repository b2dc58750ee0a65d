/*
 * A file is never changed in place.
 */
#include "file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- writing --- */

enum err
file_write(int fd, struct bytes content)
{
	size_t done = 0;
	ssize_t n;

	while (done < content.len) {
		n = write(fd, content.ptr + done, content.len - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return ERR_IO;
	}
	return ERR_OK;
}

/* The mode is what was asked for, whatever the umask; 0600 is by itself. */
static bool
mode_set(int fd, mode_t mode)
{
	return mode == 0600 || fchmod(fd, mode) == 0;
}

/*
 * Writes a new file and sees it to the disk. What a crash left under its name
 * goes first: somebody else may have that open.
 */
static enum err
write_new(int dir_fd, const char *name, struct bytes content, mode_t mode)
{
	bool good;
	int fd;

	(void)unlinkat(dir_fd, name, 0);
	fd =
	    openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return ERR_IO;
	good = file_write(fd, content) == ERR_OK && mode_set(fd, mode) &&
	       fsync(fd) == 0;
	good = close(fd) == 0 && good;
	return good ? ERR_OK : ERR_IO;
}

/* Some file systems know no sync of a directory: there is nothing to wait for. */
static enum err
dir_sync(int dir_fd)
{
	return fsync(dir_fd) == 0 || errno == EINVAL ? ERR_OK : ERR_IO;
}

static enum err
replace(int dir_fd, const char *name, struct bytes content, mode_t mode)
{
	char beside[NAME_MAX + 1];
	int len = snprintf(beside, sizeof(beside), "%s.new", name);
	int saved;

	if (len < 0 || (size_t)len >= sizeof(beside)) {
		errno = ENAMETOOLONG;
		return ERR_IO;
	}
	if (write_new(dir_fd, beside, content, mode) == ERR_OK &&
	    renameat(dir_fd, beside, dir_fd, name) == 0)
		return dir_sync(dir_fd);
	saved = errno;
	(void)unlinkat(dir_fd, beside, 0);
	errno = saved;
	return ERR_IO;
}

enum err
file_replace_at(int dir_fd, const char *name, struct bytes content)
{
	return replace(dir_fd, name, content, 0600);
}

enum err
file_remove_at(int dir_fd, const char *name)
{
	bool is = unlinkat(dir_fd, name, 0) == 0;

	if (!is && errno != ENOENT)
		return ERR_IO;
	/* One that is gone may have been removed and not synchronised. */
	if (dir_sync(dir_fd) != ERR_OK)
		return ERR_IO;
	return is ? ERR_OK : ERR_NOT_FOUND;
}

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

enum err
file_replace(const char *path, struct bytes content, mode_t mode)
{
	char *dir = file_dirname(path);
	enum err err;
	int fd;

	if (dir == NULL)
		return ERR_IO;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return ERR_IO;
	err = replace(fd, name_of(path), content, mode);
	(void)close(fd);
	return err;
}

/* --- reading --- */

/* Reads up to the end of the file, and a byte more to see that it is one. */
static enum err
read_whole(int fd, uint8_t *out, size_t cap, size_t *ret_len)
{
	size_t len = 0;
	uint8_t more;
	ssize_t n;

	do {
		n = len < cap ? read(fd, out + len, cap - len)
			      : read(fd, &more, 1);
		if (n > 0 && len == cap)
			return ERR_SPACE;
		if (n > 0)
			len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return ERR_IO;
	*ret_len = len;
	return ERR_OK;
}

static bool
is_regular(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	errno = EINVAL;
	return S_ISREG(st.st_mode);
}

enum err
file_read_at(
    int dir_fd, const char *name, uint8_t *out, size_t cap, size_t *ret_len)
{
	int fd = openat(
	    dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum err err = ERR_IO;

	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	if (is_regular(fd))
		err = read_whole(fd, out, cap, ret_len);
	(void)close(fd);
	return err;
}

enum err
file_read(const char *path, uint8_t *out, size_t cap, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err err;

	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	err = read_whole(fd, out, cap, ret_len);
	(void)close(fd);
	return err;
}

/* --- directories --- */

enum err
file_make_dir(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return ERR_OK;
	if (errno != EEXIST || stat(path, &st) != 0)
		return ERR_IO;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return ERR_IO;
	}
	return ERR_OK;
}

char *
file_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	if (slash == path)
		return strdup("/");
	return strndup(path, (size_t)(slash - path));
}
