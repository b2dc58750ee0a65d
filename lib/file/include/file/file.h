/*
 * Small files of hosts, read, replaced or removed as a whole. Never part of a
 * chip.
 */
#ifndef FILE_FILE_H
#define FILE_FILE_H

#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"

/* Writes all of content. Error: ERR_IO, with errno. */
MUST_CHECK enum err file_write(int fd, struct bytes content);

/*
 * Replaces a file of a directory by content, so that after a power cut the
 * old or the new one stands, whole: written beside it as NAME.new,
 * synchronised, renamed, and the directory synchronised. Nothing follows a
 * symbolic link. Its mode is 0600. Error: ERR_IO, with errno.
 */
MUST_CHECK enum err file_replace_at(
    int dir_fd, const char *name, struct bytes content);

/*
 * The same for a path and a mode, whatever the umask. The directory must be
 * readable.
 */
MUST_CHECK enum err file_replace(
    const char *path, struct bytes content, mode_t mode);

/*
 * Removes a file of a directory, so that it is gone after a power cut too.
 * Errors: ERR_NOT_FOUND (and it stays so), ERR_IO, with errno.
 */
MUST_CHECK enum err file_remove_at(int dir_fd, const char *name);

/*
 * Reads a whole regular file of a directory, cap bytes at most, and follows
 * no symbolic link. Errors: ERR_NOT_FOUND, ERR_SPACE (it is longer), ERR_IO,
 * with errno.
 */
MUST_CHECK enum err file_read_at(
    int dir_fd, const char *name, uint8_t *out, size_t cap, size_t *ret_len);

/* The same for a path, which may be a symbolic link or a pipe. */
MUST_CHECK enum err file_read(
    const char *path, uint8_t *out, size_t cap, size_t *ret_len);

/*
 * Makes a directory with mode 0700 unless there is one. Error: ERR_IO, with
 * errno.
 */
MUST_CHECK enum err file_make_dir(const char *path);

/* The directory part of a path as a new string ("." without one), or NULL. */
char *file_dirname(const char *path);

#endif
