/*
 * One file in the folder of the security client.
 */
#include "c2c_db.h"

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
