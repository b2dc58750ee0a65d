/*
 * Each folder is made durable before what is in it.
 */
#include "c2c_db.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_file.h"

#define FOLDER "USR/usec"
#define FILE_NAME "c2c_db"
#define NEW_NAME "c2c_db.new"

enum err
c2c_db_read(int state_fd, uint8_t *out, size_t cap, size_t *ret_len)
{
	enum err err =
	    state_file_read(state_fd, FOLDER "/" FILE_NAME, out, cap, ret_len);

	/* One that is too large was not written by this module. */
	return err == ERR_SPACE ? ERR_AUTH : err;
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
		err = state_file_write(usec, FILE_NAME, NEW_NAME, db);
		(void)close(usec);
	}
	(void)close(usr);
	return err;
}
