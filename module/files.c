/*
 * Files of the module as files of the host. Every change is a new file that
 * is synced and then renamed over the old one; appending copies, which costs
 * time with the file's size but never leaves half of it. Nothing here
 * follows a symbolic link.
 */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file.h"

#define FILES_DIR "files"
#define FILES_NEW "files.new" /* a file that has no name yet */

enum err
files_open(struct files *files, int state_fd)
{
	int parent, dir;

	if (mkdirat(state_fd, FILES_DIR, 0700) != 0 && errno != EEXIST)
		return ERR_IO;
	parent = fcntl(state_fd, F_DUPFD_CLOEXEC, 3);
	if (parent < 0)
		return ERR_IO;
	dir = openat(state_fd, FILES_DIR,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0) {
		(void)close(parent);
		return ERR_IO;
	}
	files->parent_fd = parent;
	files->dir_fd = dir;
	return ERR_OK;
}

void
files_close(struct files *files)
{
	(void)close(files->dir_fd);
	(void)close(files->parent_fd);
}

static bool
name_char_ok(uint8_t c)
{
	return c > 0x20 && c < 0x7f && c != '/' && c != '\\' && c != '"';
}

enum err
file_name_make(struct bytes text, struct file_name *ret_name)
{
	size_t i;

	if (text.len == 0 || text.len > FILE_NAME_MAX)
		return ERR_INVALID;
	for (i = 0; i < text.len; i++) {
		if (!name_char_ok(text.ptr[i]))
			return ERR_INVALID;
	}
	if (bytes_equal(text, BYTES_LIT(".")) ||
	    bytes_equal(text, BYTES_LIT("..")))
		return ERR_INVALID;
	memcpy(ret_name->text, text.ptr, text.len);
	ret_name->text[text.len] = '\0';
	return ERR_OK;
}

static enum err
err_of_errno(void)
{
	return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
}

/* The size of a regular file. */
static enum err
stat_size(int dir_fd, const char *name, size_t *ret_size)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return err_of_errno();
	if (!S_ISREG(st.st_mode) || st.st_size < 0)
		return ERR_NOT_FOUND;
	*ret_size = (size_t)st.st_size;
	return ERR_OK;
}

enum err
files_size(
    const struct files *files, const struct file_name *name, size_t *ret_size)
{
	return stat_size(files->dir_fd, name->text, ret_size);
}

/* Counts the files and their bytes. */
static enum err
files_usage(const struct files *files, size_t *ret_count, size_t *ret_bytes)
{
	struct file_list *list = malloc(sizeof(*list));
	size_t i, size, bytes = 0;
	enum err err;

	if (list == NULL)
		return ERR_NOMEM;
	err = files_list(files, list);
	for (i = 0; err == ERR_OK && i < list->count; i++) {
		err = files_size(files, &list->names[i], &size);
		if (err == ERR_OK)
			bytes += size;
	}
	if (err == ERR_OK) {
		*ret_count = list->count;
		*ret_bytes = bytes;
	}
	free(list);
	return err;
}

enum err
files_free(const struct files *files, size_t *ret_free)
{
	size_t count, bytes;
	enum err err = files_usage(files, &count, &bytes);

	if (err != ERR_OK)
		return err;
	*ret_free = bytes < FILES_SIZE_MAX ? FILES_SIZE_MAX - bytes : 0;
	return ERR_OK;
}

static enum err
read_all(int fd, uint8_t *out, size_t len)
{
	size_t pos = 0;
	ssize_t n;

	while (pos < len) {
		n = read(fd, out + pos, len - pos);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		pos += (size_t)n;
	}
	return ERR_OK;
}

enum err
files_read(const struct files *files, const struct file_name *name,
    uint8_t **ret_data, size_t *ret_len)
{
	uint8_t *data = NULL;
	size_t size;
	enum err err = files_size(files, name, &size);
	int fd;

	if (err != ERR_OK)
		return err;
	if (size > FILE_SIZE_MAX)
		return ERR_SPACE;
	fd = openat(files->dir_fd, name->text,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return err_of_errno();
	if (size > 0) {
		data = malloc(size);
		err = data == NULL ? ERR_NOMEM : read_all(fd, data, size);
	}
	(void)close(fd);
	if (err != ERR_OK) {
		free(data);
		return err;
	}
	*ret_data = data;
	*ret_len = size;
	return ERR_OK;
}

/* Writes old and more to the file without a name, durably. */
static enum err
new_write(const struct files *files, struct bytes old, struct bytes more)
{
	int fd = openat(files->parent_fd, FILES_NEW,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err err;

	if (fd < 0)
		return ERR_IO;
	err = file_write(fd, old);
	if (err == ERR_OK)
		err = file_write(fd, more);
	if (err == ERR_OK && fsync(fd) != 0)
		err = ERR_IO;
	if (close(fd) != 0 && err == ERR_OK)
		err = ERR_IO;
	return err;
}

static enum err
new_rename(const struct files *files, const struct file_name *name)
{
	if (renameat(files->parent_fd, FILES_NEW, files->dir_fd, name->text) !=
	    0)
		return ERR_IO;
	return fsync(files->dir_fd) == 0 ? ERR_OK : ERR_IO;
}

/* Whether len more bytes, and perhaps one file more, have room. */
static enum err
room_check(const struct files *files, bool is_new, size_t old, size_t len)
{
	size_t count, bytes;
	enum err err = files_usage(files, &count, &bytes);

	if (err != ERR_OK)
		return err;
	if (is_new && count >= FILES_MAX)
		return ERR_EXHAUSTED;
	if (len > FILE_SIZE_MAX || old > FILE_SIZE_MAX - len)
		return ERR_SPACE;
	if (bytes > FILES_SIZE_MAX || len > FILES_SIZE_MAX - bytes)
		return ERR_SPACE;
	return ERR_OK;
}

enum err
files_append(
    const struct files *files, const struct file_name *name, struct bytes data)
{
	uint8_t *old = NULL;
	size_t old_len = 0;
	bool is_new;
	enum err err = files_read(files, name, &old, &old_len);

	is_new = err == ERR_NOT_FOUND;
	if (err != ERR_OK && !is_new)
		return err;
	err = room_check(files, is_new, old_len, data.len);
	if (err == ERR_OK)
		err = new_write(files, bytes_make(old, old_len), data);
	if (err == ERR_OK)
		err = new_rename(files, name);
	free(old);
	return err;
}

enum err
files_room(const struct files *files, const struct file_name *name, size_t len)
{
	size_t old = 0;
	enum err err = files_size(files, name, &old);

	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	if (len > FILE_SIZE_MAX)
		return ERR_SPACE;
	/* The old content goes: only what is more needs room. */
	return room_check(
	    files, err == ERR_NOT_FOUND, 0, len > old ? len - old : 0);
}

enum err
files_write(
    const struct files *files, const struct file_name *name, struct bytes data)
{
	enum err err = files_room(files, name, data.len);

	if (err == ERR_OK)
		err = new_write(files, BYTES_NONE, data);
	return err == ERR_OK ? new_rename(files, name) : err;
}

enum err
files_delete(const struct files *files, const struct file_name *name)
{
	size_t size;
	enum err err = files_size(files, name, &size);

	return err == ERR_OK ? file_remove_at(files->dir_fd, name->text) : err;
}

static int
name_compare(const void *a, const void *b)
{
	const struct file_name *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* Adds an entry of the folder, if it is one of the module's files. */
static void
list_add(const struct files *files, struct file_list *list, const char *entry)
{
	struct file_name name;
	size_t size;

	if (list->count >= FILES_MAX)
		return;
	if (file_name_make(bytes_str(entry), &name) != ERR_OK)
		return;
	if (files_size(files, &name, &size) != ERR_OK)
		return;
	list->names[list->count++] = name;
}

enum err
files_list(const struct files *files, struct file_list *ret_list)
{
	const struct dirent *entry;
	DIR *dir;
	int fd = openat(files->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return ERR_IO;
	dir = fdopendir(fd);
	if (dir == NULL) {
		(void)close(fd);
		return ERR_IO;
	}
	ret_list->count = 0;
	while ((entry = readdir(dir)) != NULL)
		list_add(files, ret_list, entry->d_name);
	(void)closedir(dir);
	qsort(ret_list->names, ret_list->count, sizeof(ret_list->names[0]),
	    name_compare);
	return ERR_OK;
}
