/*
 * Small files that are read or replaced as a whole.
 */
#ifndef CLOUD_FILE_H
#define CLOUD_FILE_H

#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"

/*
 * Replaces a file by content, so that after a power cut the old or the new
 * one stands, whole: written beside it, synchronised, renamed, and the
 * directory synchronised. Error: ERR_IO, with errno.
 */
MUST_CHECK enum err file_replace(
    const char *path, struct bytes content, mode_t mode);

/*
 * Reads a whole file of cap bytes at most. Errors: ERR_NOT_FOUND, ERR_SPACE
 * (it is longer), ERR_IO, with errno.
 */
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
