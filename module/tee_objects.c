/*
 * The directory's files, by the names below. How a file is written so that a
 * power cut leaves the old or the new one is the root of trust's own way.
 */
#include "tee_objects.h"

#include "file/file.h"

static const char *
object_name(enum device_object object)
{
	return object == DEVICE_CA ? "ca" : "certificate";
}

static enum err
object_write(void *ctx, enum device_object object, struct bytes content)
{
	const struct tee_objects *objects = ctx;

	return file_replace_at(objects->dir_fd, object_name(object), content);
}

void
tee_objects_init(struct tee_objects *objects, int dir_fd)
{
	objects->dir_fd = dir_fd;
	objects->port =
	    (struct device_port){.ctx = objects, .object_write = object_write};
}

enum err
tee_objects_read(const struct tee_objects *objects, enum device_object object,
    uint8_t ret_out[PKI_CERTIFICATE_MAX], size_t *ret_len)
{
	enum err err = file_read_at(objects->dir_fd, object_name(object),
	    ret_out, PKI_CERTIFICATE_MAX, ret_len);

	return err == ERR_SPACE ? ERR_FORMAT : err;
}
