/*
 * Local data protection: data that the host gives is sealed by the TEE into
 * a file of the module, which opens on this module and under its own name
 * only. The plaintext is never written.
 */
#include "at_table.h"
#include "base/wipe.h"
#include "module.h"

STATIC_ASSERT(FILE_NAME_MAX <= LOCAL_NAME_MAX, every_name_is_bound);

/* Whether the feature, or the evaluation, allows it. */
static enum at_result
local_check(struct terminal *t)
{
	struct tee_request request = {.op = TEE_INFO};
	struct tee_answer answer;
	enum err err = tee_ask(&t->module->tee, &request, &answer);

	if (err == ERR_OK)
		err = answer.u.info.local_data;
	return at_feature_result(t, err, TEE_FEATURE_LOCAL_DATA);
}

/* The answer's data is the caller's to free when it is AT_DONE. */
static enum at_result
local_ask(struct terminal *t, enum tee_op op, const struct file_name *name,
    struct bytes data, struct tee_answer *ret_answer)
{
	struct tee_request request = {.op = op, .data = data};
	enum err err;

	request.u.file = bytes_str(name->text);
	err = tee_ask(&t->module->tee, &request, ret_answer);
	/* What no module has sealed is like what another one has. */
	if (err == ERR_FORMAT)
		err = ERR_AUTH;
	return at_feature_result(t, err, TEE_FEATURE_LOCAL_DATA);
}

/* --- +USECDATAENC --- */

static enum at_result
data_seal(struct terminal *t, struct bytes data)
{
	struct file_name name;
	struct tee_answer answer;
	enum at_result result = at_file_param(&t->command, 1, &name);
	enum err err;

	if (result == AT_DONE)
		result = local_ask(t, TEE_LOCAL_SEAL, &name, data, &answer);
	if (result != AT_DONE)
		return result;
	err = files_write(&t->module->files, &name,
	    bytes_make(answer.u.data.ptr, answer.u.data.len));
	free(answer.u.data.ptr);
	return at_file_written(err);
}

/* +USECDATAENC=<n>,"<file>", then n bytes behind a prompt */
static enum at_result
data_set(struct terminal *t, const struct at_command *c)
{
	struct file_name name;
	enum at_result result;
	uint32_t size;
	enum err err;

	if (c->count != 2 ||
	    !at_param_number(c, 0, 1, LOCAL_PLAINTEXT_MAX, &size))
		return CME_BAD_PARAMETERS;
	result = at_file_param(c, 1, &name);
	/* No prompt for data that could not be kept anyway. */
	if (result == AT_DONE)
		result = local_check(t);
	if (result != AT_DONE)
		return result;
	err = files_room(&t->module->files, &name, size + LOCAL_OVERHEAD);
	if (err != ERR_OK)
		return at_result_of_file(err);
	return terminal_prompt(t, size, data_seal);
}

/* --- +USECFILEDEC --- */

static enum at_result
file_open(struct terminal *t, const struct file_name *name, struct bytes file)
{
	char head[40];
	struct tee_answer answer;
	enum at_result result =
	    local_ask(t, TEE_LOCAL_OPEN, name, file, &answer);

	if (result != AT_DONE)
		return result;
	(void)snprintf(
	    head, sizeof(head), "+USECFILEDEC: %zu,", answer.u.data.len);
	terminal_info_data(
	    t, head, bytes_make(answer.u.data.ptr, answer.u.data.len));
	wipe(answer.u.data.ptr, answer.u.data.len);
	free(answer.u.data.ptr);
	return AT_DONE;
}

/* +USECFILEDEC="<file>" */
static enum at_result
file_set(struct terminal *t, const struct at_command *c)
{
	struct file_name name;
	enum at_result result;
	uint8_t *data;
	size_t len;

	if (c->count != 1)
		return CME_BAD_PARAMETERS;
	result = at_file_param(c, 0, &name);
	if (result == AT_DONE)
		result = at_file_read(t, &name, &data, &len);
	if (result != AT_DONE)
		return result;
	result = file_open(t, &name, bytes_make(data, len));
	free(data);
	return result;
}

const struct at_entry at_local[] = {
    {"+USECDATAENC", NULL, data_set, NULL, "(1-16777186),\"file\""},
    {"+USECFILEDEC", NULL, file_set, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
