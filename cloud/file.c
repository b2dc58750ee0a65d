/*
 * Reading and replacing small files. A file is never changed in place.
 */
#include "cloud/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err
write_all(int fd, struct bytes content)
{
	size_t done = 0;
	ssize_t n;

	while (done < content.len) {
		n = write(fd, content.ptr + done, content.len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		done += (size_t)n;
	}
	return ERR_OK;
}

/* Writes a new file and sees it to the disk. */
static enum err
write_new(const char *path, struct bytes content, mode_t mode)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	enum err err;

	if (fd < 0)
		return ERR_IO;
	err = write_all(fd, content);
	if (err == ERR_OK && fchmod(fd, mode) != 0)
		err = ERR_IO;
	if (err == ERR_OK && fsync(fd) != 0)
		err = ERR_IO;
	if (close(fd) != 0)
		err = ERR_IO;
	return err;
}

static enum err
sync_dir_of(const char *path)
{
	char *dir = file_dirname(path);
	enum err err = ERR_IO;
	int fd;

	if (dir == NULL)
		return ERR_IO;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return ERR_IO;
	if (fsync(fd) == 0)
		err = ERR_OK;
	close(fd);
	return err;
}

enum err
file_replace(const char *path, struct bytes content, mode_t mode)
{
	char *beside;
	enum err err;

	if (asprintf(&beside, "%s.new", path) < 0)
		return ERR_IO;
	err = write_new(beside, content, mode);
	if (err == ERR_OK && rename(beside, path) != 0)
		err = ERR_IO;
	if (err == ERR_OK)
		err = sync_dir_of(path);
	else
		unlink(beside);
	free(beside);
	return err;
}

enum err
file_read(const char *path, uint8_t *out, size_t cap, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err err = ERR_OK;
	size_t len = 0;
	uint8_t more;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	while (len < cap && (n = read(fd, out + len, cap - len)) != 0) {
		if (n < 0 && errno != EINTR) {
			err = ERR_IO;
			break;
		}
		if (n > 0)
			len += (size_t)n;
	}
	if (err == ERR_OK && len == cap && read(fd, &more, 1) != 0)
		err = ERR_SPACE;
	close(fd);
	if (err == ERR_OK)
		*ret_len = len;
	return err;
}

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
