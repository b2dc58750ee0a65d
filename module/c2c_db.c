/*
 * One file in the folder of the security client.
 */
#include "c2c_db.h"

#include <stdio.h>
#include <unistd.h>

#include "file/file.h"
#include "state_folder.h"

#define FOLDER "USR/usec"
#define FILE_NAME "c2c_db"
#define ASIDE_NAME "c2c_db.damaged"

enum err
c2c_db_read(int state_fd, uint8_t *out, size_t cap, size_t *ret_len)
{
	enum err err =
	    file_read_at(state_fd, FOLDER "/" FILE_NAME, out, cap, ret_len);

	if (err == ERR_NOT_FOUND) {
		*ret_len = 0;
		return ERR_OK;
	}
	/* One that is too large was not written by this module. */
	return err == ERR_SPACE ? ERR_CONFLICT : err;
}

enum err
c2c_db_write(int state_fd, struct bytes db)
{
	int fd = state_folder_open(state_fd);
	enum err err;

	if (fd < 0)
		return ERR_IO;
	err = file_replace_at(fd, FILE_NAME, db);
	(void)close(fd);
	return err;
}

enum err
c2c_db_set_aside(int state_fd)
{
	int fd = state_folder_open(state_fd);
	enum err err = ERR_IO;

	if (fd < 0)
		return ERR_IO;
	if (renameat(fd, FILE_NAME, fd, ASIDE_NAME) == 0 && fsync(fd) == 0)
		err = ERR_OK;
	(void)close(fd);
	return err;
}
