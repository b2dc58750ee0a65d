/*
 * Written beside itself and renamed: what has a name is always whole.
 */
#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err
read_up_to(int fd, uint8_t *out, size_t cap, size_t *ret_len)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, out + len, cap - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len < cap) || (n < 0 && errno == EINTR));
	if (n < 0)
		return ERR_IO;
	*ret_len = len;
	return ERR_OK;
}

enum err
state_file_read(
    int dir_fd, const char *path, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct stat st;
	enum err err = ERR_IO;
	int fd = openat(
	    dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT) {
		*ret_len = 0;
		return ERR_OK;
	}
	if (fd < 0)
		return ERR_IO;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		err = st.st_size > (off_t)cap
			  ? ERR_SPACE
			  : read_up_to(fd, out, cap, ret_len);
	(void)close(fd);
	return err;
}

static enum err
new_write(int fd, struct bytes content)
{
	size_t pos = 0;
	ssize_t n;

	while (pos < content.len) {
		n = write(fd, content.ptr + pos, content.len - pos);
		if (n > 0)
			pos += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return ERR_IO;
	}
	return fsync(fd) == 0 ? ERR_OK : ERR_IO;
}

enum err
state_file_write(
    int dir_fd, const char *name, const char *new_name, struct bytes content)
{
	int fd = openat(dir_fd, new_name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err err;

	if (fd < 0)
		return ERR_IO;
	err = new_write(fd, content);
	if (close(fd) != 0 && err == ERR_OK)
		err = ERR_IO;
	if (err != ERR_OK)
		return err;
	if (renameat(dir_fd, new_name, dir_fd, name) != 0 || fsync(dir_fd) != 0)
		return ERR_IO;
	return ERR_OK;
}

/* Makes a folder in another durably; its descriptor, or -1. */
static int
folder_make(int parent_fd, const char *name)
{
	bool made = mkdirat(parent_fd, name, 0700) == 0;

	if (!made && errno != EEXIST)
		return -1;
	if (made && fsync(parent_fd) != 0)
		return -1;
	return openat(
	    parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Each folder is made durable before what is in it. */
int
state_folder_open(int state_fd)
{
	int usr = folder_make(state_fd, "USR");
	int usec;

	if (usr < 0)
		return -1;
	usec = folder_make(usr, "usec");
	(void)close(usr);
	return usec;
}
