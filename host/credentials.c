/*
 * Certificates and keys of the module, and the TLS profiles that use them.
 */
#include <string.h>

#include "internal.h"

#define MD5_DIGITS 32
#define OP_PSK 8
#define OP_PSK_IDENTITY 9

/* <op>,<type>,"<name>","<md5>" of an answer. */
static enum hf_err
md5_read(struct bytes text, char ret_md5[33])
{
	struct bytes md5;
	struct reader r;

	reader_init(&r, text);
	(void)answer_number(&r);
	answer_comma(&r);
	(void)answer_number(&r);
	answer_comma(&r);
	(void)answer_quoted(&r);
	answer_comma(&r);
	md5 = answer_quoted(&r);
	if (reader_end(&r) != ERR_OK || md5.len != MD5_DIGITS)
		return HF_ERR_FORMAT;
	memcpy(ret_md5, md5.ptr, MD5_DIGITS);
	ret_md5[MD5_DIGITS] = '\0';
	return HF_OK;
}

static void
manage(struct command *c, size_t op, enum hf_credential type, const char *name)
{
	command_init(c, "AT+USECMNG=");
	command_number(c, op);
	command_text(c, ",");
	command_number(c, (size_t)type);
	command_text(c, ",");
	command_quoted(c, name);
}

/* Runs a command that is answered with an MD5. */
static enum hf_err
run_md5(struct hf_host *h, struct command *c, struct hf_call *call,
    char ret_md5[33])
{
	uint8_t text[HF_LINE_MAX];
	enum hf_err err;

	call->prefix = "+USECMNG:";
	call->out = text;
	call->out_cap = sizeof(text);
	err = command_run(h, c, call);
	if (err != HF_OK)
		return err;
	return md5_read(bytes_make(text, call->out_len), ret_md5);
}

static void
password_put(struct command *c, const char *password)
{
	if (password == NULL)
		return;
	command_text(c, ",");
	command_quoted(c, password);
}

enum hf_err
hf_credential_store(struct hf_host *h, enum hf_credential type,
    const char *name, const uint8_t *data, size_t len, const char *password,
    char ret_md5[33])
{
	struct hf_call call = {.prompt = '>', .data = data, .data_len = len};
	struct command c;

	manage(&c, 0, type, name);
	command_text(&c, ",");
	command_number(&c, len);
	password_put(&c, password);
	return run_md5(h, &c, &call, ret_md5);
}

enum hf_err
hf_credential_import(struct hf_host *h, enum hf_credential type,
    const char *name, const char *file, const char *password, char ret_md5[33])
{
	struct hf_call call = {0};
	struct command c;

	manage(&c, 1, type, name);
	command_text(&c, ",");
	command_quoted(&c, file);
	password_put(&c, password);
	return run_md5(h, &c, &call, ret_md5);
}

enum hf_err
hf_credential_remove(
    struct hf_host *h, enum hf_credential type, const char *name)
{
	struct command c;

	manage(&c, 2, type, name);
	return command_run(h, &c, NULL);
}

enum hf_err
hf_credential_list(
    struct hf_host *h, char *ret_list, size_t cap, size_t *ret_len)
{
	struct hf_call call = {.out = ret_list, .out_cap = cap};
	struct command c;
	enum hf_err err;

	command_init(&c, "AT+USECMNG=3");
	err = command_run(h, &c, &call);
	if (err == HF_OK)
		*ret_len = call.out_len;
	return err;
}

enum hf_err
hf_credential_md5(struct hf_host *h, enum hf_credential type, const char *name,
    char ret_md5[33])
{
	struct hf_call call = {0};
	struct command c;

	manage(&c, 4, type, name);
	return run_md5(h, &c, &call, ret_md5);
}

static void
profile_op(struct command *c, unsigned profile, unsigned op)
{
	command_init(c, "AT+USECPRF=");
	command_number(c, profile);
	command_text(c, ",");
	command_number(c, op);
}

enum hf_err
hf_tls_reset(struct hf_host *h, unsigned profile)
{
	struct command c;

	command_init(&c, "AT+USECPRF=");
	command_number(&c, profile);
	return command_run(h, &c, NULL);
}

enum hf_err
hf_tls_set(struct hf_host *h, unsigned profile, unsigned op, unsigned value)
{
	struct command c;

	profile_op(&c, profile, op);
	command_text(&c, ",");
	command_number(&c, value);
	return command_run(h, &c, NULL);
}

enum hf_err
hf_tls_set_text(
    struct hf_host *h, unsigned profile, unsigned op, const char *value)
{
	struct command c;

	profile_op(&c, profile, op);
	command_text(&c, ",");
	command_quoted(&c, value);
	return command_run(h, &c, NULL);
}

enum hf_err
hf_tls_set_psk(struct hf_host *h, unsigned profile, const struct hf_psk *psk)
{
	struct command c;
	enum hf_err err;

	if (psk->key_len > sizeof(psk->key))
		return HF_ERR_INVALID;
	profile_op(&c, profile, OP_PSK);
	command_text(&c, ",");
	command_hex(&c, bytes_make(psk->key, psk->key_len));
	command_text(&c, ",1");
	err = command_run(h, &c, NULL);
	if (err != HF_OK)
		return err;
	return hf_tls_set_text(h, profile, OP_PSK_IDENTITY, psk->identity);
}

enum hf_err
hf_tls_get(struct hf_host *h, unsigned profile, unsigned op, char *ret_value,
    size_t cap, size_t *ret_len)
{
	uint8_t text[HF_LINE_MAX];
	struct hf_call call = {
	    .prefix = "+USECPRF:", .out = text, .out_cap = sizeof(text)};
	struct bytes value;
	struct command c;
	struct reader r;
	enum hf_err err;

	profile_op(&c, profile, op);
	err = command_run(h, &c, &call);
	if (err != HF_OK)
		return err;
	reader_init(&r, bytes_make(text, call.out_len));
	if (answer_number(&r) != profile)
		reader_fail(&r, ERR_FORMAT);
	answer_comma(&r);
	if (answer_number(&r) != op)
		reader_fail(&r, ERR_FORMAT);
	answer_comma(&r);
	value = reader_rest(&r);
	if (reader_end(&r) != ERR_OK)
		return HF_ERR_FORMAT;
	if (value.len > cap)
		return HF_ERR_SPACE;
	if (value.len > 0)
		memcpy(ret_value, value.ptr, value.len);
	*ret_len = value.len;
	return HF_OK;
}
