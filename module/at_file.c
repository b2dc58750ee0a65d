/*
 * Commands of the module's file system. A file is written behind a prompt
 * and appended to when it exists, as hosts of these modules expect. The last
 * parameter may name a folder; "USER" is the only one there is.
 */
#include "at_table.h"
#include "files.h"
#include "module.h"

enum at_result
at_file_param(const struct at_command *c, size_t i, struct file_name *ret_name)
{
	struct bytes text;

	if (!at_param_text(c, i, &text))
		return CME_BAD_PARAMETERS;
	return at_result_of_file(file_name_make(text, ret_name));
}

enum at_result
at_file_read(struct terminal *t, const struct file_name *name,
    uint8_t **ret_data, size_t *ret_len)
{
	return at_result_of_file(
	    files_read(&t->module->files, name, ret_data, ret_len));
}

enum at_result
at_file_written(enum err err)
{
	return err == ERR_IO ? CME_FILE_WRITE : at_result_of_file(err);
}

/* The folder at place i, if there is one, is the only one there is. */
static bool
param_tag_ok(const struct at_command *c, size_t i)
{
	struct bytes tag;

	if (c->count > i + 1)
		return false;
	if (c->count <= i)
		return true;
	return at_param_text(c, i, &tag) && bytes_equal(tag, BYTES_LIT("USER"));
}

static enum at_result
download_data(struct terminal *t, struct bytes data)
{
	struct file_name name;
	enum at_result result = at_file_param(&t->command, 0, &name);

	if (result != AT_DONE)
		return result;
	return at_file_written(files_append(&t->module->files, &name, data));
}

/* +UDWNFILE="name",size: whether it fits is said before the prompt. */
static enum at_result
download_set(struct terminal *t, const struct at_command *c)
{
	struct file_name name;
	uint32_t size;
	size_t free_bytes;
	enum at_result result = at_file_param(c, 0, &name);
	enum err err;

	if (result != AT_DONE)
		return result;
	if (!at_param_number(c, 1, 0, UINT32_MAX, &size) || !param_tag_ok(c, 2))
		return CME_BAD_PARAMETERS;
	err = files_free(&t->module->files, &free_bytes);
	if (err != ERR_OK)
		return at_result_of_file(err);
	if (size > free_bytes || size > FILE_SIZE_MAX)
		return CME_FILE_NO_ROOM;
	result = terminal_prompt(t, size, download_data);
	t->late = CME_FILE_TIMEOUT;
	return result;
}

/* +URDFILE="name" */
static enum at_result
read_set(struct terminal *t, const struct at_command *c)
{
	char head[FILE_NAME_MAX + 40];
	struct file_name name;
	uint8_t *data;
	size_t len;
	enum at_result result = at_file_param(c, 0, &name);

	if (result != AT_DONE)
		return result;
	if (!param_tag_ok(c, 1))
		return CME_BAD_PARAMETERS;
	result = at_file_read(t, &name, &data, &len);
	if (result != AT_DONE)
		return result;
	(void)snprintf(
	    head, sizeof(head), "+URDFILE: \"%s\",%zu,", name.text, len);
	terminal_info_data(t, head, bytes_make(data, len));
	free(data);
	return AT_DONE;
}

/* +URDBLOCK="name",offset,size: what there is of it. */
static enum at_result
block_set(struct terminal *t, const struct at_command *c)
{
	char head[FILE_NAME_MAX + 40];
	struct file_name name;
	uint32_t offset, size;
	uint8_t *data;
	size_t len;
	enum at_result result = at_file_param(c, 0, &name);

	if (result != AT_DONE)
		return result;
	if (!at_param_number(c, 1, 0, UINT32_MAX, &offset) ||
	    !at_param_number(c, 2, 1, UINT32_MAX, &size) || !param_tag_ok(c, 3))
		return CME_BAD_PARAMETERS;
	result = at_file_read(t, &name, &data, &len);
	if (result != AT_DONE)
		return result;
	if (offset > len) {
		free(data);
		return CME_FILE_RANGE;
	}
	if (size > len - offset)
		size = (uint32_t)(len - offset);
	(void)snprintf(
	    head, sizeof(head), "+URDBLOCK: \"%s\",%u,", name.text, size);
	terminal_info_data(
	    t, head, size == 0 ? BYTES_NONE : bytes_make(data + offset, size));
	free(data);
	return AT_DONE;
}

/* Joins the quoted names of all files with commas. */
static enum err
names_join(const struct files *files, struct buffer *out)
{
	struct file_list *list = malloc(sizeof(*list));
	enum err err = ERR_NOMEM;
	char item[FILE_NAME_MAX + 8];
	size_t i;

	if (list != NULL)
		err = files_list(files, list);
	for (i = 0; err == ERR_OK && i < list->count; i++) {
		(void)snprintf(item, sizeof(item), "%s\"%s\"",
		    i == 0 ? "" : ",", list->names[i].text);
		err = buffer_put(out, bytes_str(item));
	}
	free(list);
	return err;
}

static enum at_result
list_names(struct terminal *t)
{
	struct buffer names;
	enum err err;

	buffer_init(&names, FILES_MAX * (FILE_NAME_MAX + 3));
	err = names_join(&t->module->files, &names);
	if (err == ERR_OK)
		terminal_info_bytes(t, "+ULSTFILE: ", buffer_bytes(&names));
	buffer_done(&names);
	return at_result_of_file(err);
}

static enum at_result
list_free(struct terminal *t)
{
	size_t bytes;
	enum err err = files_free(&t->module->files, &bytes);

	if (err == ERR_OK)
		terminal_info(t, "+ULSTFILE: %zu", bytes);
	return at_result_of_file(err);
}

static enum at_result
list_size(struct terminal *t, const struct at_command *c)
{
	struct file_name name;
	size_t size;
	enum at_result result = at_file_param(c, 1, &name);
	enum err err;

	if (result != AT_DONE)
		return result;
	if (!param_tag_ok(c, 2))
		return CME_BAD_PARAMETERS;
	err = files_size(&t->module->files, &name, &size);
	if (err == ERR_OK)
		terminal_info(t, "+ULSTFILE: %zu", size);
	return at_result_of_file(err);
}

/* +ULSTFILE=0 names, =1 free bytes, =2,"name" size of a file */
static enum at_result
list_set(struct terminal *t, const struct at_command *c)
{
	uint32_t what;

	if (!at_param_number_or(c, 0, 0, 2, 0, &what))
		return CME_BAD_PARAMETERS;
	if (what == 2)
		return list_size(t, c);
	if (!param_tag_ok(c, 1))
		return CME_BAD_PARAMETERS;
	return what == 0 ? list_names(t) : list_free(t);
}

static enum at_result
list_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	return list_names(t);
}

/* +UDELFILE="name" */
static enum at_result
delete_set(struct terminal *t, const struct at_command *c)
{
	struct file_name name;
	enum at_result result = at_file_param(c, 0, &name);

	if (result != AT_DONE)
		return result;
	if (!param_tag_ok(c, 1))
		return CME_BAD_PARAMETERS;
	return at_result_of_file(files_delete(&t->module->files, &name));
}

const struct at_entry at_file[] = {
    {"+UDWNFILE", NULL, download_set, NULL, NULL},
    {"+URDFILE", NULL, read_set, NULL, NULL},
    {"+URDBLOCK", NULL, block_set, NULL, NULL},
    {"+ULSTFILE", list_execute, list_set, NULL, "(0-2)"},
    {"+UDELFILE", NULL, delete_set, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
