/*
 * Small files that the module keeps for itself: read whole, and replaced
 * whole, so that a power cut leaves the old one or the new one.
 */
#ifndef MODULE_STATE_FILE_H
#define MODULE_STATE_FILE_H

#include "base/bytes.h"

/*
 * Reads the file at path, seen from dir_fd, of cap bytes at most. ret_len is
 * 0 when there is none. Errors: ERR_SPACE (it is larger), ERR_IO (also: it is
 * no regular file).
 */
MUST_CHECK enum err state_file_read(
    int dir_fd, const char *path, uint8_t *out, size_t cap, size_t *ret_len);

/*
 * Writes name in dir_fd durably, through new_name beside it. Nothing follows
 * a symbolic link. Error: ERR_IO; the old file stands then.
 */
MUST_CHECK enum err state_file_write(
    int dir_fd, const char *name, const char *new_name, struct bytes content);

/*
 * Opens the folder USR/usec of a state, and makes it durably if need be.
 * Returns its descriptor, or -1.
 */
int state_folder_open(int state_fd);

#endif
