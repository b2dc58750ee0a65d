/*
 * One file in the folder of the security client.
 */
#include "c2c_db.h"

#include <stdio.h>
#include <unistd.h>

#include "state_file.h"

#define FOLDER "USR/usec"
#define FILE_NAME "c2c_db"
#define NEW_NAME "c2c_db.new"
#define ASIDE_NAME "c2c_db.damaged"

enum err
c2c_db_read(int state_fd, uint8_t *out, size_t cap, size_t *ret_len)
{
	enum err err =
	    state_file_read(state_fd, FOLDER "/" FILE_NAME, out, cap, ret_len);

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
	err = state_file_write(fd, FILE_NAME, NEW_NAME, db);
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
