/*
 * Files as slots. A slot is written beside its place, synced, renamed and
 * its directory synced, so that a cut leaves the old file or the new one,
 * and no cut touches the other slot. Hosts only: never part of a chip.
 */
#include "rot/port_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wipe.h"
#include "file/file.h"

static const char *const slot_names[2] = {"slot0", "slot1"};

static enum err
slot_read(void *ctx, unsigned slot, uint8_t *out, size_t cap, size_t *ret_len)
{
	const struct port_file *file = ctx;
	enum err err;

	err =
	    file_read_at(file->dir_fd, slot_names[slot & 1], out, cap, ret_len);
	/* No record is that long: it is none. */
	if (err == ERR_SPACE) {
		*ret_len = 0;
		return ERR_OK;
	}
	return err;
}

static enum err
slot_write(void *ctx, unsigned slot, struct bytes record)
{
	const struct port_file *file = ctx;

	return file_replace_at(file->dir_fd, slot_names[slot & 1], record);
}

/* The counter is a file of 8 bytes; one of another length is broken. */
static enum err
counter_raise(void *ctx, uint64_t *ret_value)
{
	const struct port_file *file = ctx;
	uint8_t raw[8] = {0};
	uint64_t value = 0;
	struct reader r;
	struct writer w;
	size_t len = 0;
	enum err err;

	err = file_read_at(file->dir_fd, "counter", raw, sizeof(raw), &len);
	if (err == ERR_OK && len != sizeof(raw))
		return ERR_IO;
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return ERR_IO;
	reader_init(&r, BYTES_OF(raw));
	value = reader_u64(&r) + 1;
	writer_init(&w, raw, sizeof(raw));
	writer_u64(&w, value);
	err = file_replace_at(file->dir_fd, "counter", BYTES_OF(raw));
	if (err == ERR_OK)
		*ret_value = value;
	return err;
}

static enum err
hardware_key(void *ctx, uint8_t ret_huk[32])
{
	const struct port_file *file = ctx;

	memcpy(ret_huk, file->huk, sizeof(file->huk));
	return ERR_OK;
}

/* The kernel's generator: seeded anew at every boot, and never by a file. */
static enum err
random_draw(void *ctx, uint8_t *out, size_t len)
{
	size_t done = 0;
	ssize_t n;

	(void)ctx;
	while (done < len) {
		n = getrandom(out + done, len - done, 0);
		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return ERR_RANDOM;
	}
	return ERR_OK;
}

enum err
port_file_ticket_read(void *ctx, uint8_t *out, size_t cap, size_t *ret_len)
{
	const int *dir_fd = ctx;

	return file_read_at(*dir_fd, "ticket", out, cap, ret_len);
}

enum err
port_file_ticket_write(void *ctx, struct bytes content)
{
	const int *dir_fd = ctx;
	enum err err;

	if (content.len > 0)
		return file_replace_at(*dir_fd, "ticket", content);
	err = file_remove_at(*dir_fd, "ticket");
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void
slots_fill(struct port_file *file)
{
	file->port.ctx = file;
	file->port.slot_read = slot_read;
	file->port.slot_write = slot_write;
	file->port.random.fill = random_draw;
	file->port.random.ctx = NULL;
}

static enum err
dir_open(struct port_file *file, const char *dir)
{
	file->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->dir_fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	return ERR_OK;
}

static enum err
dir_lock(struct port_file *file)
{
	file->lock_fd = openat(file->dir_fd, "lock",
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file->lock_fd < 0)
		return ERR_IO;
	if (flock(file->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
	return ERR_OK;
}

static enum err
huk_read(struct port_file *file)
{
	size_t len = 0;
	enum err err;

	err = file_read_at(
	    file->dir_fd, "huk", file->huk, sizeof(file->huk), &len);
	if (err == ERR_SPACE || (err == ERR_OK && len != sizeof(file->huk)))
		return ERR_FORMAT;
	return err;
}

enum err
port_file_open_slots(struct port_file *file, const char *dir)
{
	enum err err;

	memset(file, 0, sizeof(*file));
	file->dir_fd = file->lock_fd = -1;
	err = dir_open(file, dir);
	if (err == ERR_OK)
		err = dir_lock(file);
	if (err == ERR_OK)
		slots_fill(file);
	else
		port_file_close(file);
	return err;
}

enum err
port_file_open(struct port_file *file, const char *dir)
{
	enum err err = port_file_open_slots(file, dir);

	if (err != ERR_OK)
		return err;
	err = huk_read(file);
	if (err != ERR_OK) {
		port_file_close(file);
		return err;
	}
	file->port.counter_raise = counter_raise;
	file->port.huk = hardware_key;
	return ERR_OK;
}

/* Draws a huk and writes it to an empty directory. */
static enum err
huk_make(const char *dir)
{
	struct port_file file;
	enum err err;

	err = dir_open(&file, dir);
	if (err != ERR_OK)
		return err;
	err = random_draw(NULL, file.huk, sizeof(file.huk));
	if (err == ERR_OK)
		err = file_replace_at(file.dir_fd, "huk", BYTES_OF(file.huk));
	wipe(file.huk, sizeof(file.huk));
	(void)close(file.dir_fd);
	return err;
}

enum err
port_file_create(struct port_file *file, const char *dir)
{
	enum err err;

	if (mkdir(dir, 0700) != 0)
		return errno == EEXIST ? ERR_EXISTS : ERR_IO;
	err = huk_make(dir);
	return err == ERR_OK ? port_file_open(file, dir) : err;
}

void
port_file_close(struct port_file *file)
{
	if (file->lock_fd >= 0)
		(void)close(file->lock_fd);
	if (file->dir_fd >= 0)
		(void)close(file->dir_fd);
	wipe(file, sizeof(*file));
	file->dir_fd = file->lock_fd = -1;
}
