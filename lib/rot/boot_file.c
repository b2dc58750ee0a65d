/*
 * The image is mapped, not read: it is hashed as the kernel would load it.
 */
#include "rot/boot_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err
measure(int fd, size_t size, struct boot_image *ret_image)
{
	void *ptr = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	struct bytes whole = bytes_make(ptr, size);
	enum err err;

	if (ptr == MAP_FAILED)
		return ERR_IO;
	err = sha256(&whole, 1, ret_image->hash);
	(void)munmap(ptr, size);
	ret_image->size = size;
	return err;
}

enum err
boot_file_measure(const char *path, struct boot_image *ret_image)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err err = ERR_IO;
	struct stat st;

	if (fd < 0)
		return ERR_IO;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		err = measure(fd, (size_t)st.st_size, ret_image);
	(void)close(fd);
	return err;
}
