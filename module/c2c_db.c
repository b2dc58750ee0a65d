/*
 * Written beside itself and renamed, so that a power cut leaves one or the
 * other; each folder is made durable before what is in it.
 */
#include "c2c_db.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "USR/usec"
#define FILE_NAME "c2c_db"
#define NEW_NAME "c2c_db.new"

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
c2c_db_read(int state_fd, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct stat st;
	enum err err = ERR_IO;
	int fd = openat(state_fd, FOLDER "/" FILE_NAME,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT) {
		*ret_len = 0;
		return ERR_OK;
	}
	if (fd < 0)
		return ERR_IO;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		err = st.st_size > (off_t)cap
			  ? ERR_AUTH
			  : read_up_to(fd, out, cap, ret_len);
	(void)close(fd);
	return err;
}

/* Makes a folder in another durably; its descriptor, or -1. */
static int
folder_open(int parent_fd, const char *name)
{
	bool made = mkdirat(parent_fd, name, 0700) == 0;

	if (!made && errno != EEXIST)
		return -1;
	if (made && fsync(parent_fd) != 0)
		return -1;
	return openat(
	    parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static enum err
new_write(int fd, struct bytes db)
{
	size_t pos = 0;
	ssize_t n;

	while (pos < db.len) {
		n = write(fd, db.ptr + pos, db.len - pos);
		if (n > 0)
			pos += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return ERR_IO;
	}
	return fsync(fd) == 0 ? ERR_OK : ERR_IO;
}

static enum err
file_replace(int folder_fd, struct bytes db)
{
	int fd = openat(folder_fd, NEW_NAME,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err err;

	if (fd < 0)
		return ERR_IO;
	err = new_write(fd, db);
	if (close(fd) != 0 && err == ERR_OK)
		err = ERR_IO;
	if (err != ERR_OK)
		return err;
	if (renameat(folder_fd, NEW_NAME, folder_fd, FILE_NAME) != 0 ||
	    fsync(folder_fd) != 0)
		return ERR_IO;
	return ERR_OK;
}

enum err
c2c_db_write(int state_fd, struct bytes db)
{
	enum err err = ERR_IO;
	int usr, usec;

	usr = folder_open(state_fd, "USR");
	if (usr < 0)
		return ERR_IO;
	usec = folder_open(usr, "usec");
	if (usec >= 0) {
		err = file_replace(usec, db);
		(void)close(usec);
	}
	(void)close(usr);
	return err;
}
