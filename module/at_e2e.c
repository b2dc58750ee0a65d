/*
 * End-to-end data protection: what the host sends to its back end, and what
 * that sends to the device. Keys and counters are the TEE's.
 */
#include "at_table.h"
#include "base/wipe.h"
#include "module.h"

/* --- +USECOPCMD --- */

static enum at_result
opcmd_tell(struct terminal *t)
{
	struct tee_answer answer;
	enum err err = at_tee_ask(t, TEE_INFO, &answer);

	if (err == ERR_OK)
		terminal_info(
		    t, "+USECOPCMD: \"e2e_enc\",%u", answer.u.info.e2e_version);
	return at_result_of_security(err);
}

/* +USECOPCMD="e2e_enc"[,0|1]: without a number it reads. */
static enum at_result
opcmd_set(struct terminal *t, const struct at_command *c)
{
	struct tee_request request = {.op = TEE_E2E_VERSION};
	struct tee_answer answer;
	struct bytes what;
	uint32_t version;

	if (c->count > 2 || !at_param_text(c, 0, &what) ||
	    !bytes_equal(what, BYTES_LIT("e2e_enc")))
		return CME_BAD_PARAMETERS;
	if (c->count == 1)
		return opcmd_tell(t);
	if (!at_param_number(c, 1, 0, 1, &version))
		return CME_BAD_PARAMETERS;
	request.u.e2e_version = version;
	return at_result_of_security(
	    tee_ask(&t->module->tee, &request, &answer));
}

/* --- +USECE2EDATAENC, +USECE2EFILEENC --- */

/* No prompt for data that could not be used anyway. */
static enum at_result
e2e_check(struct terminal *t)
{
	struct tee_answer answer;
	enum err err = at_tee_ask(t, TEE_INFO, &answer);

	if (err == ERR_OK && answer.u.info.generation == 0)
		err = ERR_STATE;
	if (err == ERR_OK && (answer.u.info.features & TEE_FEATURE_E2E) == 0)
		return at_result_off(TEE_FEATURE_E2E);
	return at_result_of_security(err);
}

/* Has the TEE work on data, and tells, named as the command that runs. */
static enum at_result
e2e_work(struct terminal *t, enum tee_op op, struct bytes data)
{
	char head[AT_NAME_MAX + 24];
	struct tee_request request = {.op = op};
	struct tee_answer answer;
	enum err err;

	request.data = data;
	err = tee_ask(&t->module->tee, &request, &answer);
	/* Malformed, forged, seen before, to another device: all look alike. */
	if (err == ERR_FORMAT || err == ERR_TRUNCATED || err == ERR_REPLAY ||
	    err == ERR_NOT_FOUND)
		err = ERR_AUTH;
	if (err != ERR_OK)
		return at_feature_result(t, err, TEE_FEATURE_E2E);
	(void)snprintf(
	    head, sizeof(head), "%s: %zu,", t->command.name, answer.u.data.len);
	terminal_info_data(
	    t, head, bytes_make(answer.u.data.ptr, answer.u.data.len));
	if (answer.u.data.len > 0)
		wipe(answer.u.data.ptr, answer.u.data.len);
	free(answer.u.data.ptr);
	return AT_DONE;
}

static enum at_result
e2e_tell(struct terminal *t, struct bytes plaintext)
{
	return e2e_work(t, TEE_E2E, plaintext);
}

/* +USECE2EDATAENC=<n>, then n bytes behind a prompt */
static enum at_result
e2e_data_set(struct terminal *t, const struct at_command *c)
{
	enum at_result result;
	uint32_t size;

	if (c->count != 1 ||
	    !at_param_number(c, 0, 1, E2E_PLAINTEXT_MAX, &size))
		return CME_BAD_PARAMETERS;
	result = e2e_check(t);
	return result == AT_DONE ? terminal_prompt(t, size, e2e_tell) : result;
}

/* +USECE2EFILEENC="<file>" */
static enum at_result
e2e_file_set(struct terminal *t, const struct at_command *c)
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
	result = e2e_tell(t, bytes_make(data, len));
	if (len > 0)
		wipe(data, len);
	free(data);
	return result;
}

/* --- +USECE2EDATADEC --- */

static enum at_result
e2e_open(struct terminal *t, struct bytes message)
{
	return e2e_work(t, TEE_E2E_OPEN, message);
}

/* +USECE2EDATADEC=<n>, then a message of n bytes behind a prompt */
static enum at_result
e2e_open_set(struct terminal *t, const struct at_command *c)
{
	enum at_result result;
	uint32_t size;

	if (c->count != 1 ||
	    !at_param_number(c, 0, E2E_V2_HEADER_LEN + E2E_V2_TAG_LEN,
		E2E_PLAINTEXT_MAX, &size))
		return CME_BAD_PARAMETERS;
	result = e2e_check(t);
	return result == AT_DONE ? terminal_prompt(t, size, e2e_open) : result;
}

const struct at_entry at_e2e[] = {
    {"+USECOPCMD", NULL, opcmd_set, NULL, "\"e2e_enc\",(0,1)"},
    {"+USECE2EDATAENC", NULL, e2e_data_set, NULL, "(1-16777215)"},
    {"+USECE2EFILEENC", NULL, e2e_file_set, NULL, NULL},
    {"+USECE2EDATADEC", NULL, e2e_open_set, NULL, "(19-16777215)"},
    {NULL, NULL, NULL, NULL, NULL},
};
