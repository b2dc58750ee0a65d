/*
 * What is measured is /proc/self/exe: the file that runs, which nobody can
 * write to while it does, and which stays what it is when its name is given
 * to another.
 */
#include "tee_boot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rot/boot_file.h"

#define PROGRAM "/proc/self/exe"
#define PATH_SIZE 4096

/* The manifest's place; false when the path is too long. */
static bool
manifest_place(const char *given, char path[PATH_SIZE])
{
	static const char suffix[] = ".manifest";
	ssize_t n;

	if (given != NULL)
		return (size_t)snprintf(path, PATH_SIZE, "%s", given) <
		       PATH_SIZE;
	n = readlink(PROGRAM, path, PATH_SIZE - sizeof(suffix));
	if (n <= 0 || (size_t)n >= PATH_SIZE - sizeof(suffix))
		return false;
	memcpy(path + n, suffix, sizeof(suffix));
	return true;
}

/* Reads a manifest; one byte too many is enough to be refused for. */
static enum err
manifest_load(const char *given, uint8_t buf[BOOT_MANIFEST_MAX + 1],
    struct bytes *ret_manifest)
{
	char path[PATH_SIZE];
	ssize_t n = -1;
	int fd;

	if (!manifest_place(given, path))
		return ERR_NOT_FOUND;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	do
		n = read(fd, buf, BOOT_MANIFEST_MAX + 1);
	while (n < 0 && errno == EINTR);
	(void)close(fd);
	if (n < 0)
		return ERR_IO;
	*ret_manifest = bytes_make(buf, (size_t)n);
	return ERR_OK;
}

static enum tee_boot_state
state_of(enum err err)
{
	switch (err) {
	case ERR_OK:
		return TEE_BOOT_VERIFIED;
	case ERR_UNSUPPORTED:
		return TEE_BOOT_UNSIGNED;
	case ERR_NOT_FOUND:
		return TEE_BOOT_NO_MANIFEST;
	case ERR_CONFLICT:
		return TEE_BOOT_CHANGED;
	case ERR_REPLAY:
		return TEE_BOOT_OLD;
	case ERR_FORMAT:
	case ERR_TRUNCATED:
	case ERR_INVALID:
	case ERR_AUTH:
		return TEE_BOOT_BAD_MANIFEST;
	default:
		return TEE_BOOT_FAILED;
	}
}

void
tee_boot_check(
    struct rot *rot, const char *manifest_path, struct tee_boot *ret_boot)
{
	uint8_t buf[BOOT_MANIFEST_MAX + 1];
	struct boot_manifest m = {.version = 0};
	struct boot_image image;
	struct bytes manifest = BYTES_NONE;
	struct rot_state state;
	enum err err;

	memset(ret_boot, 0, sizeof(*ret_boot));
	rot_state(rot, &state);
	if (!state.secure_boot) {
		ret_boot->state = TEE_BOOT_UNSIGNED;
		return;
	}
	err = manifest_load(manifest_path, buf, &manifest);
	if (err == ERR_OK)
		err = boot_file_measure(PROGRAM, &image);
	if (err == ERR_OK)
		err = rot_boot(rot, manifest, &image, &m);
	ret_boot->state = state_of(err);
	if (err != ERR_OK)
		return;
	ret_boot->version = m.version;
	memcpy(ret_boot->name, m.name.ptr, m.name.len);
}
