/*
 * The module's file system: a flat folder of named files on the host.
 *
 * A name has 1 to FILE_NAME_MAX printable ASCII characters, no slash, back-
 * slash or quote, and is not "." or "..". What has been written stands
 * after a power cut as it was before or as it is after, never in between.
 */
#ifndef MODULE_FILES_H
#define MODULE_FILES_H

#include "base/bytes.h"
#include "maxima.h"

struct files {
	int dir_fd; /* the files */
	int parent_fd; /* where a file is written before it gets its name */
};

/* A name with its NUL. */
struct file_name {
	char text[FILE_NAME_MAX + 1];
};

/*
 * Opens the folder `files` of a state directory and makes it if need be.
 * Error: ERR_IO.
 */
MUST_CHECK enum err files_open(struct files *files, int state_fd);
void files_close(struct files *files);

/* Checks a name. Error: ERR_INVALID. */
MUST_CHECK enum err file_name_make(
    struct bytes text, struct file_name *ret_name);

/*
 * Appends to a file, or makes it. Errors: ERR_SPACE (the file over
 * FILE_SIZE_MAX, all over FILES_SIZE_MAX), ERR_EXHAUSTED (FILES_MAX are
 * there), ERR_NOMEM, ERR_IO.
 */
MUST_CHECK enum err files_append(
    const struct files *files, const struct file_name *name, struct bytes data);

/*
 * Writes a file anew, whatever it held before, or makes it. Errors: as
 * files_append.
 */
MUST_CHECK enum err files_write(
    const struct files *files, const struct file_name *name, struct bytes data);

/* Whether files_write of len bytes has room. Errors: as files_append. */
MUST_CHECK enum err files_room(
    const struct files *files, const struct file_name *name, size_t len);

/*
 * Reads a whole file into memory that the caller frees; NULL when it is
 * empty. Errors: ERR_NOT_FOUND, ERR_SPACE (over FILE_SIZE_MAX), ERR_NOMEM,
 * ERR_IO.
 */
MUST_CHECK enum err files_read(const struct files *files,
    const struct file_name *name, uint8_t **ret_data, size_t *ret_len);

/* Its size. Errors: ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK enum err files_size(
    const struct files *files, const struct file_name *name, size_t *ret_size);

/* Removes it for good. Errors: ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK enum err files_delete(
    const struct files *files, const struct file_name *name);

/* All names in the order of their bytes, FILES_MAX at most. */
struct file_list {
	size_t count;
	struct file_name names[FILES_MAX];
};

/* Lists the names. Error: ERR_IO. */
MUST_CHECK enum err files_list(
    const struct files *files, struct file_list *ret_list);

/* How many bytes may still be written. Error: ERR_IO. */
MUST_CHECK enum err files_free(const struct files *files, size_t *ret_free);

#endif
