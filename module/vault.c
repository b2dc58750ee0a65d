/*
 * The root of trust seals and opens; this file only keeps what it is given.
 */
#include "vault.h"

#include <dirent.h>
#include <unistd.h>

#include "base/wipe.h"
#include "file/file.h"
#include "state_folder.h"

#define SEALED_MAX (VAULT_CONTENT_MAX + LOCAL_OVERHEAD)

STATIC_ASSERT(VAULT_NAME_MAX <= LOCAL_NAME_MAX, every_name_is_bound);

static bool
name_ok(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return len > 0 && len <= VAULT_NAME_MAX && name[len] == '\0';
}

/* Asks for a content; the answer's data is the caller's to wipe and free. */
static enum err
ask(const struct module *module, enum tee_op op, const char *name,
    struct bytes data, struct tee_answer *ret_answer)
{
	struct tee_request request = {.op = op, .data = data};

	request.u.file = bytes_str(name);
	return tee_ask(&module->tee, &request, ret_answer);
}

static void
answer_free(struct tee_answer *answer)
{
	if (answer->u.data.len > 0)
		wipe(answer->u.data.ptr, answer->u.data.len);
	free(answer->u.data.ptr);
}

static enum err
sealed_write(const struct module *module, const char *name, struct bytes sealed)
{
	int fd = state_folder_open(module->state_fd);
	enum err err;

	if (fd < 0)
		return ERR_IO;
	err = file_replace_at(fd, name, sealed);
	(void)close(fd);
	return err;
}

enum err
vault_put(const struct module *module, const char *name, struct bytes content)
{
	struct tee_answer answer;
	enum err err;

	if (!name_ok(name))
		return ERR_INVALID;
	if (content.len > VAULT_CONTENT_MAX)
		return ERR_SPACE;
	err = ask(module, TEE_VAULT_SEAL, name, content, &answer);
	if (err != ERR_OK)
		return err;
	err = sealed_write(
	    module, name, bytes_make(answer.u.data.ptr, answer.u.data.len));
	answer_free(&answer);
	return err;
}

/* Reads a sealed file; the caller frees it. */
static enum err
sealed_read(const struct module *module, const char *name, uint8_t **ret_sealed,
    size_t *ret_len)
{
	uint8_t *sealed = malloc(SEALED_MAX);
	int fd = state_folder_open(module->state_fd);
	enum err err = ERR_IO;

	if (fd >= 0) {
		err = sealed == NULL
			  ? ERR_NOMEM
			  : file_read_at(fd, name, sealed, SEALED_MAX, ret_len);
		(void)close(fd);
	}
	if (err == ERR_OK && *ret_len == 0)
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		*ret_sealed = sealed;
	else
		free(sealed);
	/* One that is too large was not written by this module. */
	return err == ERR_SPACE ? ERR_AUTH : err;
}

enum err
vault_get(const struct module *module, const char *name, uint8_t *out,
    size_t cap, size_t *ret_len)
{
	struct tee_answer answer;
	uint8_t *sealed;
	size_t len;
	enum err err;

	if (!name_ok(name))
		return ERR_INVALID;
	err = sealed_read(module, name, &sealed, &len);
	if (err != ERR_OK)
		return err;
	err =
	    ask(module, TEE_VAULT_OPEN, name, bytes_make(sealed, len), &answer);
	free(sealed);
	if (err != ERR_OK)
		return err == ERR_FORMAT ? ERR_AUTH : err;
	if (answer.u.data.len > cap) {
		err = ERR_SPACE;
	} else {
		if (answer.u.data.len > 0)
			memcpy(out, answer.u.data.ptr, answer.u.data.len);
		*ret_len = answer.u.data.len;
	}
	answer_free(&answer);
	return err;
}

enum err
vault_remove(const struct module *module, const char *name)
{
	enum err err;
	int fd;

	if (!name_ok(name))
		return ERR_INVALID;
	fd = state_folder_open(module->state_fd);
	if (fd < 0)
		return ERR_IO;
	err = file_remove_at(fd, name);
	(void)close(fd);
	return err;
}

static int
name_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

enum err
vault_list(const struct module *module, const char *prefix,
    struct vault_names *ret_names)
{
	const struct dirent *entry;
	size_t len = strlen(prefix);
	int fd = state_folder_open(module->state_fd);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return ERR_IO;
	}
	ret_names->count = 0;
	while ((entry = readdir(dir)) != NULL &&
	       ret_names->count < VAULT_NAMES_MAX) {
		if (strncmp(entry->d_name, prefix, len) != 0 ||
		    !name_ok(entry->d_name))
			continue;
		(void)snprintf(ret_names->names[ret_names->count++],
		    VAULT_NAME_MAX + 1, "%.*s", VAULT_NAME_MAX, entry->d_name);
	}
	(void)closedir(dir);
	qsort(ret_names->names, ret_names->count, sizeof(ret_names->names[0]),
	    name_compare);
	return ERR_OK;
}
